"""One incident on a terminal: its facts, its timeline and how far its checklist is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Block, Pairs, Text, View
from opsbook.core.record import Record
from opsbook.core.times import Times
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.paging import calls, in_words
from opsbook.kinds.incident.told import said
from opsbook.kinds.incident.view import IncidentView


def shown(record: Record, book: Book, now: datetime) -> View:
    """What is on record."""
    view = IncidentView(record)
    data = {
        "path": record.path,
        "incident": view.facts.model_dump(mode="json", exclude_none=True) if view.facts is not None else None,
        "timeline": [entry.model_dump(mode="json", exclude_none=True) for _, entry in view.timeline.entries],
    }
    return View(data, _blocks(view, book, now))


def _checklist(view: IncidentView) -> Iterator[tuple[str, str]]:
    if view.checklist is not None:
        done, total = len(view.steps()), sum(len(frozen.steps) for frozen in view.checklist.checklists)
        yield "Checklist", f"{done} of {total} steps: opsbook checklist show {view.record.id[-5:]}"


def _blocks(view: IncidentView, book: Book, now: datetime) -> Iterator[Block]:
    record, facts, clock = view.record, view.facts, Times(now, book.config.core.timezone)
    config = book.config.section(IncidentsConfig)
    words = config.words
    if facts is None:
        yield Text(record.id, "bold")
        yield Text(f"Its facts cannot be read: opsbook check {record.path}", "red")
        yield Pairs(list(_checklist(view)))
    else:
        yield Text(f"{'DRILL ' if facts.drill else ''}{facts.id}  {facts.title}", "bold")
        due = view.next_update(config)
        late = " (late)" if due is not None and due < now else ""
        secret = [("Status", facts.status), ("Facts", "are not kept here"), ("Folder", record.path)]
        rows = [
            ("Severity", facts.severity or "-"),
            ("Status", facts.status),
            ("Declared", clock.full(facts.times.declared_at)),
            (words.label("lead"), facts.roles.lead or "nobody yet: opsbook take lead"),
            (words.label("comms"), facts.roles.comms or "nobody yet: opsbook take comms"),
            ("Services", ", ".join(facts.services) or "-"),
            *(("Called", in_words(called, clock)) for called in calls(view)),
            ("Next update", clock.clock(due) + late if due is not None else "-"),
            ("Folder", record.path),
        ]
        yield Pairs([*(secret if facts.classification == "security" else rows), *_checklist(view)])
    if view.timeline.entries:
        yield Text()
    for entry, right in view.as_read:
        corrected = f", corrected by {right.by} at {clock.clock(right.at)}" if right is not None else ""
        yield Text(f"{clock.clock(entry.at)}  {entry.by}{corrected}", "dim")
        yield Text(said(entry, words), indent="    ")
