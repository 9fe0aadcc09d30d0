"""Declaring at a terminal: ask what is missing, show what looks the same, keep a secret out of the open book."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from opsbook.commands.options import request_of
from opsbook.commands.printing import phrase, show, show_plan
from opsbook.commands.workspace import Workspace
from opsbook.commands.writing import carry_out
from opsbook.core.command import Dialogue, Question, Write
from opsbook.core.config import SecurityAlert
from opsbook.core.errors import Refused, Stopped, UsageError
from opsbook.core.request import Request
from opsbook.perform import performing_secret, preview
from opsbook.report.screen import Screen

Values = dict[str, Any]


def declare(command: Write, dialogue: Dialogue, values: Values, args: argparse.Namespace, workspace: Workspace) -> int:
    """Ask what is missing, show what looks the same, and carry out the request."""
    screen = Screen(sys.stderr if args.format == "json" else sys.stdout, color=workspace.color, lines=workspace.lines)
    security = workspace.book.config.core.security
    # Whom to alert is said before anything that was typed is judged: it helps also whoever is refused.
    if alerted := command.request.model_construct(by="", **values).stub() is not None:
        alert(security, screen)
    by = workspace.actor(args.by)
    if alerted and not security.restricted:
        return _in_two_books(request_of(command.request, by, None, values), dialogue, args, workspace, screen)
    ask, book = workspace.asks, workspace.open_book
    first, rest = dialogue.first(book), list(dialogue.rest(book, by)) if ask else []
    if first.field not in values and not ask:
        raise UsageError(*command.need)
    # Who leads is asked only of somebody who is asked anyway.
    asked = ask and any(question.field not in values for question in (first, *rest[:-1]))
    if asked:
        ask_all([first], values, screen)
    _show_alike(dialogue, values, workspace, screen, asked=asked)
    if asked:
        ask_all(rest, values, screen)
    request = request_of(command.request, by, None, values)
    if asked and args.dry_run:
        show_plan(preview(request, workspace.context(args.by)), args, workspace)
        return 0
    context = workspace.context(args.by)
    if asked:
        # What is shown is what will be declared, with the same id; its time is that of the answer.
        seed = context.seed()
        context = replace(context, seed=lambda: seed)
        plan = preview(request, context)
        screen.line()
        screen.pairs(plan.summary)
        if not yes(screen, "Declare it?", default=True):
            raise Refused("Nothing was declared.", "Run the command again when you want to.")
    return carry_out(request, args, workspace, phrase(command.said(request)), tells=command.tells, context=context)


def _show_alike(dialogue: Dialogue, values: Values, workspace: Workspace, screen: Screen, *, asked: bool) -> None:
    alike = dialogue.alike(workspace.open_book, values)
    if not alike:
        return
    instead = dialogue.instead(alike[0][0])
    screen.heading(dialogue.heading)
    screen.table(dialogue.columns, alike)
    screen.line(f"To add to one of them instead: {instead}")
    if asked and not yes(screen, "Declare a new one all the same?", default=False):
        raise Refused("Nothing was declared.", instead)


def alert(security: SecurityAlert, screen: Screen) -> None:
    """Say whom to alert, before anything else."""
    screen.bad(f"First: alert {security.who}.")
    screen.block(security.how.strip(), "  ")
    if security.link is not None:
        screen.line(f"  {security.link.title}: {security.link.url}")


def _in_two_books(
    request: Request, dialogue: Dialogue, args: argparse.Namespace, workspace: Workspace, screen: Screen
) -> int:
    """Write the stub and nothing but the stub here; the facts go to the restricted book, if there is one."""
    book, stub = workspace.book, request.stub()
    security = book.config.core.security
    restricted = workspace.restricted(args.by)
    ask = workspace.asks and not args.dry_run
    if (facts := request.facts()) and restricted is None:
        where = f"Put them into {security.book}." if security.book else f"Tell them to {security.who} in person."
        screen.bad(f"The details ({', '.join(facts)}) are not kept here. {where}")
    if ask and not yes(screen, "Done? Write the stub now?", default=True):
        raise Refused("Nothing was written.", f"Alert {security.who} in any case.")
    assert stub is not None
    if restricted is None or args.dry_run:
        return carry_out(stub, args, workspace, phrase("Stub of {id} written"), tells=True)
    values = request.values
    if ask:
        ask_all([dialogue.secret(book)], values, screen)
    whole = request_of(type(request), request.by, None, {**dialogue.completed(book), **values})
    with performing_secret(whole, workspace.context(args.by), restricted) as (outcome, kept):
        show(outcome, args, workspace, done=phrase("Stub of {id} written"), tells=True, kept=kept)
        return kept.exit_code or outcome.exit_code


def ask_all(questions: Iterable[Question], values: Values, screen: Screen) -> None:
    """Ask each until the answer can be used: one wrong letter must not cost the answers before it."""
    for item in questions:
        if item.field in values:
            continue
        for line in item.before:
            screen.line(f"  {line}")
        while item.field not in values:
            answer = question(screen, item.text, item.default)
            try:
                values[item.field] = item.accept(answer)
            except (Refused, UsageError) as error:
                screen.bad(f"{error.message} {error.remedy}".rstrip())


def question(screen: Screen, text: str, default: str | None = None, *, hint: bool = True) -> str:
    """Ask until there is an answer; an empty one means the default, which a `hint` names."""
    shown = f" [{default}]" if default and hint else ""
    while True:
        try:
            answer = input(screen.paint(f"{text}{shown} ", "bold")).strip()
        except KeyboardInterrupt:
            screen.line()
            raise Stopped("Nothing was written.") from None
        except EOFError:
            raise Refused("Nothing was written: the answers ended.", "Give the rest as options; see --help.") from None
        if answer or default is not None:
            return answer or default or ""


def yes(screen: Screen, text: str, *, default: bool) -> bool:
    """Whether the person says yes."""
    answer = question(screen, f"{text} ({'Y/n' if default else 'y/N'})", default="y" if default else "n", hint=False)
    return answer.lower() in ("y", "yes")
