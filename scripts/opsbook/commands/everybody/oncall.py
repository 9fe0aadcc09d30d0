"""say who is on call now, until when, and who is next"""

from __future__ import annotations

import argparse

from opsbook.commands.options import completes
from opsbook.commands.showing import present
from opsbook.commands.workspace import Workspace
from opsbook.core.book import CONFIG_PATH
from opsbook.core.command import Table, View
from opsbook.core.duty import duties, said
from opsbook.core.errors import Refused
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.core.types import write_time


def arguments(parser: argparse.ArgumentParser) -> None:
    """Of which rota, when, and how."""
    completes(parser.add_argument("rota", nargs="?", help="its id; every rota when none is named"), "rotas")
    parser.add_argument("--at", metavar="TIME", help="at another time, like 18:00 (the next one) or 2026-11-21T18:00")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """What each rota says; what could not be seen is said, and is never nobody."""
    book = workspace.open_book
    core, at = book.config.core, workspace.now()
    rotas = [rota for rota in core.rotas if rota.retired is None]
    if args.rota is not None:
        rotas = [rota for rota in core.rotas if rota.id == args.rota]
        if not rotas:
            known = ", ".join(rota.id for rota in core.rotas) or "none"
            raise Refused(f"“{shorten(one_line(args.rota), 60)}” is no rota of {CONFIG_PATH}.", f"Known are {known}.")
    if args.at is not None:
        try:
            at = Times(at, core.timezone).typed(args.at, coming=True)
        except (ValueError, OverflowError):
            raise Refused(
                f"“{shorten(one_line(args.at), 40)}” is no time.", "Write 18:00, or 2026-11-21T18:00."
            ) from None
    times, rows, data = Times(at, core.timezone), [], []
    for rota in rotas:
        coming = duties(book, rota.id, at)
        on, after = next(coming), next(coming, None)
        workspace.unseen += [on.unseen] if on.unseen is not None else []
        facts = {"rota": rota.id, "person": on.person, "known": on.unseen is None, "source": on.source}
        until = write_time(on.until) if on.until is not None else None
        data.append({**facts, "until": until, "next": after.person if after is not None else None})
        named = [said(duty, core) if duty is not None else "" for duty in (on, after)]
        ends = times.full(on.until) if args.at and on.until else times.clock(on.until) if on.until else ""
        rows.append((rota.title, named[0], ends, named[1]))
    view = View(
        {"at": write_time(at), "rotas": data},
        [Table(("rota", "on call", "until", "then"), rows)] if rows else [],
        "No rota is on record.",
        found=bool(rows),
    )
    return present(view, args, workspace)
