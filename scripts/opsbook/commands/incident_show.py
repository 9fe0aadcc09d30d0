"""show one incident: its facts, its timeline and how far its checklist is"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.workspace import Workspace, seen
from opsbook.commands.writing import pick_incident
from opsbook.core.times import Times
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.told import said
from opsbook.kinds.incident.view import IncidentView
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which one."""
    parser.add_argument("id", nargs="?", help="its id or its last characters; nothing when only one is open")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Print what is on record."""
    book, now = workspace.open_book, workspace.now()
    record = book.resolve("incident", pick_incident(args.id, workspace))
    assert record is not None
    view, config, clock = (
        IncidentView(record),
        book.config.section(IncidentsConfig),
        Times(now, book.config.core.timezone),
    )
    screen = Screen(sys.stdout, color=workspace.color)
    if args.format == "json":
        dumped = view.facts.model_dump(mode="json", exclude_none=True) if view.facts is not None else None
        entries = [entry.model_dump(mode="json", exclude_none=True) for _, entry in view.timeline.entries]
        on_record = record.id not in workspace.unrecorded
        value = {"path": record.path, "on_record": on_record, "incident": dumped, "timeline": entries}
        screen.json({**value, **seen(workspace)})
        return 0
    if record.id in workspace.unrecorded:
        screen.bad("Part of this is saved on this machine and not yet on record: opsbook reconcile")
    if view.facts is None:
        screen.heading(record.id)
        screen.bad(f"Its facts cannot be read: opsbook check {record.path}")
    else:
        facts = view.facts
        screen.heading(f"{'DRILL ' if facts.drill else ''}{facts.id}  {facts.title}")
        due = view.next_update(config)
        late = " (late)" if due is not None and due < now else ""
        screen.pairs(
            [
                ("Severity", facts.severity or "-"),
                ("Status", facts.status),
                ("Declared", clock.full(facts.times.declared_at)),
                ("Lead", facts.roles.lead or "nobody yet: opsbook incident update --lead WHO"),
                ("Comms", facts.roles.comms or "nobody yet: opsbook incident update --comms WHO"),
                ("Services", ", ".join(facts.services) or "-"),
                ("Next update", clock.clock(due) + late if due is not None else "-"),
                ("Folder", record.path),
            ]
            if facts.classification != "security"
            else [("Status", facts.status), ("Facts", "are not kept here"), ("Folder", record.path)]
        )
    if view.checklist is not None:
        done = len(view.steps())
        total = sum(len(frozen.steps) for frozen in view.checklist.checklists)
        screen.pairs([("Checklist", f"{done} of {total} steps: opsbook checklist show {record.id[-5:]}")])
    if view.timeline.entries:
        screen.line()
        for _, entry in view.timeline.entries:
            screen.line(f"{clock.clock(entry.at)}  {entry.by}", "dim")
            screen.block(said(entry), "  │ ")
    return 0
