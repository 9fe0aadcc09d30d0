"""take alerts of Alertmanager, Grafana, PagerDuty or Opsgenie: an incident for each, and what changes as notes"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from opsbook.commands.printing import phrase, show
from opsbook.commands.workspace import Workspace
from opsbook.commands.writing import NEVER_ASKS, options
from opsbook.core.alerting import Unreadable
from opsbook.core.context import Context
from opsbook.core.errors import OpsbookError, Refused, UsageError
from opsbook.core.text import one_line, shorten
from opsbook.perform import Outcome
from opsbook.perform.alerting import take, wanted
from opsbook.report.screen import Screen

_LARGEST = 50_000_000
"""Bytes of a stream: an endless one must not fill the memory."""

WRITES = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where they are, and whose."""
    words = "one payload, an array of them or one in each line, as JSON; - is standard input; also GitHub's event file"
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help=words)
    parser.add_argument("--source", metavar="NAME", help="whose they are; told by their shape otherwise")
    options(parser, dry_run="show what would be declared and noted", yes=NEVER_ASKS, by="")
    parser.set_defaults(by=None)


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Read the stream, carry out what is new in it, and keep what cannot be read."""
    intake = next((kind.alerts for kind in workspace.kinds.values() if kind.alerts is not None), None)
    assert intake is not None
    if args.source not in (None, *intake.sources):
        raise UsageError(
            f"“{shorten(one_line(args.source), 40)}” is no source of alerts.", f"Known are {', '.join(intake.sources)}."
        )
    events, bad = intake.read(_read(args.file), args.source, workspace.now())
    screen = Screen(sys.stderr if args.format == "json" else sys.stdout, color=workspace.color)
    context, book = workspace.context(f"local:{events[0].source if events else 'alerts'}"), workspace.open_book
    done: list[Outcome] = []
    new, faults = 0, list(bad)
    if args.dry_run:
        for event, request in wanted(events, intake, book, context):
            new += 1
            screen.line(one_line(f"Would {'add to ' + request.record if request.record else 'declare'}: {event.title}"))
    else:
        for event, request, outcome in take(events, intake, book, context):
            new += 1
            if isinstance(outcome, Refused):
                why = f"{outcome.message} {outcome.remedy}".strip().rstrip(".")
                faults.append(Unreadable(f"alert {event.key}", why, repr(event)))
                continue
            if args.format == "text":
                said = "{record} declared" if request.record is None else "Noted in {id}"
                show(outcome, args, workspace, done=phrase(said, event.title), tells=True)
            done.append(outcome)
    _keep(faults, screen, None if args.dry_run else context)
    screen.line(
        f"{len(events)} event{'s' if len(events) != 1 else ''}: {new} new, {len(events) - new} known or of no incident."
    )
    if args.format == "json":
        left = [{"place": item.place, "why": item.why} for item in faults]
        Screen(sys.stdout).json(
            {"events": len(events), "done": [outcome.as_json() for outcome in done], "unreadable": left}
        )
    workspace.output("records", " ".join(dict.fromkeys(outcome.id for outcome in done if not outcome.unpublished)))
    codes = [outcome.exit_code for outcome in done]
    return next((code for code in (4, 5) if code in codes), 1 if faults else 0)


def _read(name: str) -> str:
    """The stream; bytes that are no UTF-8 are refused by whoever reads it as JSON."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(_LARGEST + 1)
    except OSError as error:
        what = f"{one_line(name)} cannot be read: {error.strerror}."
        raise UsageError(what, "Name a file, or - for standard input.") from None
    if len(data) > _LARGEST:
        raise UsageError(f"It is larger than {_LARGEST // 1_000_000} MB.", "Hand it over in parts.")
    return data.decode("utf-8", "replace")


def _keep(bad: Sequence[Unreadable], screen: Screen, context: Context | None) -> None:
    """Say what cannot be read, and keep it for a person: nothing that came in is lost."""
    for item in bad:
        screen.bad(f"Not read, {item.place}: {item.why}.")
        if context is None:
            continue
        digest = hashlib.sha256(item.text.encode("utf-8", "replace")).hexdigest()[:16]
        try:
            screen.line(f"  It is kept in {context.outbox.keep('alerts', f'unread-{digest}', item.text)}")
        except OpsbookError as error:
            screen.bad(f"  It cannot be kept: {error.message}")
