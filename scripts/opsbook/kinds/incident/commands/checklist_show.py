"""show the checklist of an incident and what is done"""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Block, Option, Read, Table, Text, View
from opsbook.core.record import Record
from opsbook.kinds.incident.view import IncidentView

_MARKS = {"done": "[x]", "skipped": "[-]", None: "[ ]"}


def _show(book: Book, args: Namespace, now: datetime, record: Record | None) -> View:
    assert record is not None
    view = IncidentView(record)
    done = view.steps()
    rows = []
    for frozen in view.checklist.checklists if view.checklist is not None else ():
        for step in frozen.steps:
            entry = done.get((frozen.runbook, step.step))
            if (args.owner and step.owner != args.owner) or (args.todo and entry is not None):
                continue
            row = {"runbook": frozen.runbook, **step.model_dump(), "outcome": None, "by": None}
            rows.append(row if entry is None else {**row, "outcome": entry.outcome, "by": entry.by})
    blocks: list[Block] = []
    if rows:
        header = ("", "step", "owner", "action")
        cells = [(_MARKS[row["outcome"]], str(row["step"]), row["owner"], row["action"]) for row in rows]
        blocks = [Table(header, cells), Text(f"Tick them with: opsbook checklist tick {record.id[-5:]} 1 2 3")]
    return View({"id": record.id, "steps": rows}, blocks, f"{record.id} has no such steps.", found=bool(rows))


COMMAND = Read(
    _show,
    picks=True,
    options=(
        Option("--owner", "only the steps of this role or team", {"metavar": "ROLE"}, "owners"),
        Option("--todo", "only the steps that are not done", {"action": "store_true"}),
    ),
)
