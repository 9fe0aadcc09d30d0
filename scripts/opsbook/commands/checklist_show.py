"""show the checklist of an incident and what is done"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.workspace import Workspace, seen
from opsbook.commands.writing import pick_incident
from opsbook.core.unseen import absent
from opsbook.kinds.incident.view import IncidentView
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which incident, and whose steps."""
    parser.add_argument("id", nargs="?", help="its id or its last characters; nothing when only one is open")
    parser.add_argument("--owner", metavar="ROLE", help="only the steps of this role or team")
    parser.add_argument("--todo", action="store_true", help="only the steps that are not done")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Print the steps."""
    record = workspace.open_book.resolve("incident", pick_incident(args.id, workspace))
    assert record is not None
    view = IncidentView(record)
    done = view.steps()
    rows = []
    for frozen in view.checklist.checklists if view.checklist is not None else ():
        for step in frozen.steps:
            entry = done.get((frozen.runbook, step.step))
            if (args.owner and step.owner != args.owner) or (args.todo and entry is not None):
                continue
            rows.append(
                {
                    "runbook": frozen.runbook,
                    "step": step.step,
                    "action": step.action,
                    "owner": step.owner,
                    "outcome": entry.outcome if entry is not None else None,
                    "by": entry.by if entry is not None else None,
                }
            )
    screen = Screen(sys.stdout, color=workspace.color)
    if args.format == "json":
        on_record = record.id not in workspace.unrecorded
        screen.json({"id": record.id, "on_record": on_record, "steps": rows, **seen(workspace)})
        return 0
    if not rows:
        screen.line(absent(f"{record.id} has no such steps.", workspace.unseen))
        return 0
    if record.id in workspace.unrecorded:
        screen.bad("Part of this is saved on this machine and not yet on record: opsbook reconcile")
    marks = {"done": "[x]", "skipped": "[-]", None: "[ ]"}
    screen.table(
        ("", "step", "owner", "action"),
        [
            (
                marks[str(row["outcome"]) if row["outcome"] else None],
                str(row["step"]),
                str(row["owner"]),
                str(row["action"]),
            )
            for row in rows
        ],
    )
    screen.line(f"Tick them with: opsbook checklist tick {record.id[-5:]} 1 2 3")
    return 0
