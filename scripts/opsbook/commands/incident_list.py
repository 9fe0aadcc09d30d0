"""list incidents: the open ones, or all of them"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.workspace import Workspace, seen
from opsbook.core.text import shorten
from opsbook.core.times import Times
from opsbook.core.types import write_time
from opsbook.core.unseen import absent
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.similar import open_incidents
from opsbook.kinds.incident.view import IncidentView
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which, and in what form."""
    parser.add_argument("--all", action="store_true", help="also those that are resolved")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Print them, the latest first."""
    book, now = workspace.open_book, workspace.now()
    config = book.config.section(IncidentsConfig)
    clock = Times(now, book.config.core.timezone)
    refs = [*book.refs("incident").values()]
    views = [IncidentView(book.record(ref)) for ref in reversed(refs)] if args.all else open_incidents(book)
    screen = Screen(sys.stdout, color=workspace.color)
    if args.format == "json":
        rows = [
            {
                "id": view.record.id,
                "on_record": view.record.id not in workspace.unrecorded,
                "path": view.record.path,
                "title": view.facts.title if view.facts else None,
                "severity": view.facts.severity if view.facts else None,
                "status": view.facts.status if view.facts else None,
                "drill": view.facts.drill if view.facts else None,
                "declared_at": write_time(view.facts.times.declared_at) if view.facts else None,
                "next_update": write_time(due) if (due := view.next_update(config)) else None,
            }
            for view in views
        ]
        screen.json({"incidents": rows, **seen(workspace)})
        return 0
    if not views:
        words = "No incident is on record." if args.all else "No open incident is on record."
        screen.line(absent(words, workspace.unseen))
        return 0
    table = []
    for view in views:
        if view.facts is None:
            table.append((view.record.id, "?", "?", "", "cannot be read: opsbook check " + view.record.path))
            continue
        due = view.next_update(config)
        when = "" if due is None else clock.clock(due) + (" (late)" if due < now else "")
        here = "(not yet on record) " if view.record.id in workspace.unrecorded else ""
        title = here + ("DRILL " if view.facts.drill else "") + shorten(view.facts.title, 70)
        table.append((view.record.id, view.facts.severity or "-", view.facts.status, when, title))
    screen.table(("incident", "sev", "status", "next update", "title"), table)
    return 0
