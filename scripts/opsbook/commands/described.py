"""Runs the commands that kinds describe as data: they write, show, draft, import or find."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from opsbook.commands.options import add_options, completes, request_of, values_of
from opsbook.commands.picking import pick, pick_to_write
from opsbook.core.command import Bring, Command, Draft, Find, Option, Play, Read, Write
from opsbook.core.errors import Refused

if TYPE_CHECKING:
    from opsbook.commands.workspace import Workspace


def arguments(command: Command, kind: str, parser: argparse.ArgumentParser, *, helping: bool) -> None:
    """What the command of a kind takes."""
    words = "its id or its last characters; nothing when only one is open"
    if isinstance(command, Write):
        from opsbook.commands import writing

        if command.picks == "first":
            words = "its id or its last characters, or - for the only open one"
            completes(parser.add_argument("id", help=words), kind)
        elif command.picks:
            named = parser.add_argument("-i", "--id", help=words) if command.picks == "-i" else None
            completes(named or parser.add_argument("id", nargs="?", help=words), kind)
        _options(parser, command.options)
        add_options(parser, command.request, helping=helping, only=("keep",) if command.values is not None else None)
        writing.options(parser)
        return
    if isinstance(command, Play):
        from opsbook.commands import playing

        playing.arguments(parser, kind)
        return
    if isinstance(command, Find):
        parser.add_argument("words", nargs="+", help=command.help)
        parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")
        return
    if isinstance(command, Read) and command.picks:
        completes(parser.add_argument("id", nargs="?", help=words), kind)
    _options(parser, command.options)
    if isinstance(command, Bring):
        from opsbook.commands import bringing

        bringing.arguments(parser)
    elif isinstance(command, Read):
        parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")
    else:
        parser.add_argument("--slug", help="its name in addresses; made from the title otherwise")
        parser.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


def _options(parser: argparse.ArgumentParser, options: Sequence[Option]) -> None:
    for option in options:
        completes(parser.add_argument(option.name, help=option.help, **option.settings), option.of)


def run(command: Command, kind: str, args: argparse.Namespace, workspace: Workspace) -> int:
    """Carry it out for a kind of record."""
    if isinstance(command, Write):
        return _write(command, kind, args, workspace)
    if isinstance(command, Bring):
        from opsbook.commands import bringing

        return bringing.run(command, args, workspace)
    if isinstance(command, Play):
        from opsbook.commands import playing

        return playing.play(command, kind, args, workspace)
    if isinstance(command, Find):
        from opsbook.commands.finding import find

        return find(args, workspace, kind)
    return _show(command, kind, args, workspace) if isinstance(command, Read) else _draft(command, args, workspace)


def _write(command: Write, kind: str, args: argparse.Namespace, workspace: Workspace) -> int:
    from opsbook.commands import writing
    from opsbook.commands.printing import phrase

    values = values_of(args, command.request, command.need) if command.values is None else {}
    if command.dialogue is not None:
        from opsbook.commands import asking

        return asking.declare(command, command.dialogue, values, args, workspace)
    record = pick_to_write(args.id, kind, workspace, awaited=command.awaited) if command.picks else None
    if command.carried is not None:
        from opsbook.commands import securing

        return securing.move(command, kind, record or "", args, workspace)
    if command.values is not None:
        made = {"keep": getattr(args, "keep", None), **command.values(args, workspace.actor(args.by))}
        values = {name: value for name, value in made.items() if value is not None}
    request = request_of(command.request, workspace.actor(args.by), record, values)
    if command.seen is not None and record is not None:
        found = workspace.open_book.resolve(kind, record)
        values["seen"] = command.seen(found, request) if found is not None else {}
        request = request_of(command.request, request.by, record, values)
    title = None
    unsaid = command.picks == "-i" and args.id is None and workspace.about is None
    if unsaid and record is not None:  # whoever did not say which is told which
        title = workspace.open_book.title(kind, record)
    return writing.carry_out(request, args, workspace, phrase(command.said(request), title or ""), tells=command.tells)


def _show(command: Read, kind: str, args: argparse.Namespace, workspace: Workspace) -> int:
    from opsbook.commands.showing import present

    book = workspace.open_book if command.opened else workspace.book
    record = book.resolve(kind, pick(args.id, kind, workspace)) if command.picks else None
    return present(command.show(book, args, workspace.now(), record), args, workspace, record)


def _draft(command: Draft, args: argparse.Namespace, workspace: Workspace) -> int:
    from opsbook.commands import asking
    from opsbook.commands.generated import refresh
    from opsbook.report.screen import Screen
    from opsbook.report.templates import draft

    screen = Screen(sys.stdout, color=workspace.color)
    if args.title is None and workspace.asks:
        args.title = asking.question(screen, "What is its title?")
        answers = {name: value for name, value in vars(args).items() if value not in (None, False)}
        asking.ask_all(command.questions(workspace.book, answers) if command.questions else (), answers, screen)
        vars(args).update(answers)
    path, values = command.values(workspace.book, args, workspace.now())
    if workspace.book.tree.read(path) is not None:
        raise Refused(f"{path} exists.", "Edit it, or give another title or --slug.")
    if args.dry_run:
        screen.line(f"Would write {path}")
        return 0
    draft([(command.template, values)], workspace.root)
    screen.good(f"Drafted {path}")
    refresh(workspace.again(), screen)
    screen.line(f"Edit it, then: opsbook check {path}")
    return 0
