"""bring the calendars of rotas into the book, as far as they say who is on duty when"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from opsbook.commands.options import completes
from opsbook.commands.printing import phrase
from opsbook.commands.workspace import Workspace, seen
from opsbook.commands.writing import NEVER_ASKS, carry_out, options
from opsbook.core.book import CONFIG_PATH
from opsbook.core.calendar import Kept, keep
from opsbook.core.config import Rota
from opsbook.core.duty import KEEP, calendar_of
from opsbook.core.errors import OpsbookError, Refused, UsageError
from opsbook.core.kind import requests_of
from opsbook.core.request import read_request
from opsbook.core.text import one_line, shorten
from opsbook.core.unseen import EXIT, Unseen
from opsbook.report.screen import Screen

WRITES = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which rota, from where, and how to report."""
    completes(
        parser.add_argument("rota", nargs="?", help="its id; every rota with an address when none is named"), "rotas"
    )
    parser.add_argument(
        "--from", dest="source", metavar="FILE", help="a calendar that somebody has put here, like rota.ics"
    )
    options(parser, yes=NEVER_ASKS, by="who runs it")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Fetch each, and write those that say something new, in one commit."""
    book = workspace.open_book
    unseen: list[Unseen] = []
    found = {rota.id: kept for rota in _asked(args, workspace) if (kept := _kept(rota, args.source, workspace, unseen))}
    lines = [f"{rota}: nobody is known for {event}" for rota, kept in found.items() for event in kept.unmatched]
    for line in lines:
        print(f"opsbook: {line}", file=sys.stderr)
    new = {rota: kept.data.decode() for rota, kept in found.items() if kept.data != book.tree.read(calendar_of(rota))}
    code = 0
    if new:
        asked = {"action": KEEP, "by": workspace.actor(args.by), "record": None, "values": {"calendars": new}}
        request = read_request(asked, requests_of(workspace.kinds))
        code = carry_out(request, args, workspace, phrase(f"Wrote {', '.join(map(calendar_of, new))}"))
    elif args.format == "json":
        Screen(sys.stdout).json({"id": None, **seen(workspace)})
    else:
        Screen(sys.stdout).line("Nothing is new." if found else "Nothing was fetched.")
    for item in unseen:
        print(f"opsbook: not seen: {item}", file=sys.stderr)
    return code or (EXIT if unseen else 0)


def _asked(args: argparse.Namespace, workspace: Workspace) -> list[Rota]:
    rotas = [rota for rota in workspace.book.config.core.rotas if rota.ical is not None and rota.retired is None]
    if args.rota is None:
        if args.source is not None:
            raise UsageError("A file is the calendar of one rota.", "Name it: opsbook rotas fetch ROTA --from FILE")
        return [rota for rota in rotas if rota.ical != "file"]
    named = [rota for rota in rotas if rota.id == args.rota]
    if not named:
        known = ", ".join(rota.id for rota in rotas) or "none"
        what = f"“{shorten(one_line(args.rota), 60)}” is no rota of {CONFIG_PATH} with a calendar."
        raise Refused(what, f"Such are {known}; give it `ical`.")
    if named[0].ical == "file" and args.source is None:
        raise UsageError(f"The calendar of {args.rota} has no address.", f"opsbook rotas fetch {args.rota} --from FILE")
    return named


def _kept(rota: Rota, source: str | None, workspace: Workspace, unseen: list[Unseen]) -> Kept | None:
    """What is kept of a calendar; one that cannot be had, or read, stops no other."""
    try:
        data = workspace.calendar(rota.ical or "") if source is None else Path(source).read_bytes()
        return keep(data, workspace.book.config.core)
    except OpsbookError as error:
        unseen.append(Unseen.of(f"the calendar of {rota.id}", error))
    except OSError as error:
        raise UsageError(f"{shorten(one_line(str(source)), 200)} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        unseen.append(Unseen(f"the calendar of {rota.id}", f"It cannot be used: {error}.", "What the book has stays."))
    return None
