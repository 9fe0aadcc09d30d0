"""show the checklists of an incident: which, what is next and for whom"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from opsbook.core.book import Book
from opsbook.core.command import Block, Option, Read, Table, Text, View
from opsbook.core.record import Record
from opsbook.core.times import Times
from opsbook.kinds.incident.steps import Stand, following, stands, whose
from opsbook.kinds.incident.view import IncidentView

_MARKS = {"done": "[x]", "skipped": "[-]", None: "[ ]"}
_NEXT = 3
"""How many open steps of each list are shown in full."""


def _show(book: Book, args: Namespace, now: datetime, record: Record | None) -> View:
    assert record is not None
    view = IncidentView(record)
    found = stands(view)
    chosen = [item for item in found if (not args.owner or item.step.owner == args.owner) and _wanted(item, args)]
    people = {owner: whose(owner, view.facts, book, now) for owner in {item.step.owner for item in chosen}}
    blocks = list[Block]()
    for frozen in dict.fromkeys(item.frozen for item in chosen):
        same = [item for item in chosen if item.frozen is frozen]
        blocks += [*_list(same, people, Times(now, book.config.core.timezone), full=args.all or args.todo), Text()]
    first = following(chosen)
    if first is not None:
        blocks.append(Text(f"Tick what is done: opsbook tick {first.number} -i {record.id[-5:]}"))
    elif chosen:
        blocks.append(Text("No step is open."))
    rows = [_row(item, people) for item in chosen]
    return View({"id": record.id, "steps": rows}, blocks, f"{record.id} has no such steps.", found=bool(rows))


def _wanted(item: Stand, args: Namespace) -> bool:
    return item.is_open or not args.todo


def _row(item: Stand, people: dict[str, str | None]) -> dict[str, Any]:
    entry = item.entry
    said = entry.model_dump(mode="json", include={"outcome", "by", "at", "text", "evidence"}) if entry else {}
    return {
        "number": item.number,
        "runbook": item.frozen.runbook,
        **item.step.model_dump(mode="json"),
        "person": people[item.step.owner],
        "not_needed": item.spare or None,
        **{name: said.get(name) for name in ("outcome", "by", "at", "text", "evidence")},
    }


def _list(same: Sequence[Stand], people: dict[str, str | None], times: Times, *, full: bool) -> Iterator[Block]:
    """One checklist: in full, or what is next in it and how much of the rest there is."""
    rest = [item for item in same if item.is_open]
    ticked = [item.entry.outcome for item in same if item.entry is not None]
    counts = [f"{ticked.count('done')} of {len(rest) + len(ticked)} done"] if rest or ticked else []
    counts += [f"{ticked.count('skipped')} left out"] if "skipped" in ticked else []
    spare = [item.spare for item in same if item.spare]
    counts += [f"{spare.count(why)} not needed: {why}" for why in dict.fromkeys(spare)]
    yield Text(f"{same[0].frozen.title}: {', '.join(counts)}", "bold")
    lines = list(same) if full else rest[:_NEXT]
    if lines:
        yield Table(("", "step", "owner", "action"), [_cells(item, people, times) for item in lines])
    if not full and len(rest) > _NEXT:
        yield Text(f"and {len(rest) - _NEXT} more (--all)", "dim", "     ")


def _cells(item: Stand, people: dict[str, str | None], times: Times) -> tuple[str, str, str, str]:
    entry, who = item.entry, people[item.step.owner]
    owner = item.step.owner + (f" ({who})" if who else "")
    if entry is None:
        return (
            _MARKS[None] if item.is_open else "",
            str(item.number),
            owner,
            item.step.action + (f" (not needed: {item.spare})" if item.spare else ""),
        )
    said = [f"{'left out by' if entry.outcome == 'skipped' else 'by'} {entry.by} at {times.clock(entry.at)}"]
    said += [entry.text] if entry.text else []
    said += [entry.evidence.url] if entry.evidence is not None else []
    return _MARKS[entry.outcome], str(item.number), owner, f"{item.step.action} ({', '.join(said)})"


COMMAND = Read(
    _show,
    picks=True,
    options=(
        Option("--owner", "only the steps of this role or team", {"metavar": "ROLE"}, "owners"),
        Option("--todo", "every step that is open", {"action": "store_true"}),
        Option("--all", "every step", {"action": "store_true"}),
    ),
)
