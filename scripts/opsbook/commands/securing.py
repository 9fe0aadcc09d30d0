"""Moving a record whose facts must not be here: whom to alert first, then the facts, then what was already told."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from opsbook.commands.asking import alert, yes
from opsbook.commands.options import request_of
from opsbook.commands.printing import phrase, show, show_plan
from opsbook.commands.workspace import Workspace
from opsbook.core.command import Write
from opsbook.core.errors import ForgeFault, Refused
from opsbook.perform import performing_secret, preview
from opsbook.report.screen import Screen


def move(command: Write, kind: str, record: str, args: argparse.Namespace, workspace: Workspace) -> int:
    """Move the facts of a record to the restricted book, leave its stub, and list where they were told before."""
    assert command.carried is not None
    screen = Screen(sys.stderr if args.format == "json" else sys.stdout, color=workspace.color)
    book, security = workspace.open_book, workspace.book.config.core.security
    alert(security, screen)
    by = workspace.actor(args.by)
    found = book.resolve(kind, record)
    stub = request_of(command.request, by, record, {})
    if found is None or security.restricted:
        where = "This is the restricted book" if security.restricted else f"{record} cannot be seen from here"
        raise Refused(f"{where}: nothing is moved.", "`opsbook list` shows the open ones.")
    whole = request_of(command.request, by, record, {"files": command.carried(found, stub)})
    plan = preview(stub, workspace.context(args.by))  # or it says why not, before anything is written anywhere
    if args.dry_run:
        show_plan(plan, args, workspace)
        return 0
    restricted = workspace.restricted(args.by)
    if restricted is None:
        raise Refused(
            "The facts stay where they are: no restricted book can be written to from here.",
            f"Tell {security.who} in person. docs/how-to/keep-security-facts-apart.md says how to make one.",
        )
    if workspace.asks and not yes(screen, f"Move the facts of {record} and leave a stub?", default=True):
        raise Refused("Nothing was moved.", f"Alert {security.who} in any case.")
    context = workspace.context(args.by)
    told = list(_told(record, workspace))
    context.outbox.clear(record)  # its words are there to be told, and must not be any more
    with performing_secret(whole, context, restricted) as (outcome, kept):
        show(outcome, args, workspace, done=phrase(command.said(whole)), tells=command.tells, kept=kept)
        screen.line("Already told, and not taken back by this:")
        for line in (
            *told,
            f"the history of this repository, where it was pushed or merged: branch opsbook/{record}, and main",
        ):
            screen.line(f"  {line}")
        return kept.exit_code or outcome.exit_code


def _told(record: str, workspace: Workspace) -> Iterator[str]:
    """Where something was said of a record, as its receipts have it."""
    try:
        receipts = workspace.context().forge.receipts(record)
    except ForgeFault as error:
        yield f"nobody could look who was told: {error.message}"
        return
    names = {channel.id: channel.name for channel in workspace.book.config.core.channels}
    places: dict[str, int] = {}
    for receipt in receipts.values():
        words = receipt.key.rpartition("/")[2].rpartition("-")[0]  # name-audience-sink
        middle, _, sink = words.rpartition("-")
        if sink == "console":  # a text that was kept here for a person to send by hand
            sink = "only if somebody sent the text by hand"
        audience = middle.partition("-")[2]
        place = f"{names.get(audience, audience)} ({sink})"
        places[place] = places.get(place, 0) + 1
    yield from (f"{place}: {count} message{'s' if count > 1 else ''}" for place, count in places.items())
