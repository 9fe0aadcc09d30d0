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
    rows, blocks, cells = [], list[Block](), dict[str, list[tuple[str, str, str, str]]]()
    for number, (frozen, step) in view.numbered.items():
        entry = done.get((frozen.runbook, step.step))
        if (args.owner and step.owner != args.owner) or (args.todo and entry is not None):
            continue
        outcome = entry.outcome if entry is not None else None
        by = entry.by if entry is not None else None
        rows.append({"number": number, "runbook": frozen.runbook, **step.model_dump(), "outcome": outcome, "by": by})
        cells.setdefault(frozen.title, []).append((_MARKS[outcome], str(number), step.owner, step.action))
    for title, lines in cells.items():
        blocks += [Text(title, "bold"), Table(("", "step", "owner", "action"), lines), Text()]
    if rows:
        todo = next((row["number"] for row in rows if row["outcome"] is None), rows[0]["number"])
        blocks.append(Text(f"Tick what is done: opsbook tick {todo} -i {record.id[-5:]}"))
    return View({"id": record.id, "steps": rows}, blocks, f"{record.id} has no such steps.", found=bool(rows))


COMMAND = Read(
    _show,
    picks=True,
    options=(
        Option("--owner", "only the steps of this role or team", {"metavar": "ROLE"}, "owners"),
        Option("--todo", "only the steps that are not done", {"action": "store_true"}),
    ),
)
