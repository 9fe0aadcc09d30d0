"""One incident on a terminal: its facts, its timeline and how far its checklist is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Block, Pairs, Text, View
from opsbook.core.record import Record
from opsbook.core.times import Times
from opsbook.kinds.incident import story
from opsbook.kinds.incident.agreements import asked, decisions
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.model import StepDone
from opsbook.kinds.incident.paging import calls, in_words
from opsbook.kinds.incident.steps import stands
from opsbook.kinds.incident.told import said
from opsbook.kinds.incident.view import IncidentView


def shown(record: Record, book: Book, now: datetime, view: IncidentView | None = None) -> View:
    """What is on record, or of the record as `view` has it."""
    view = view or IncidentView(record)
    data = {
        "path": record.path,
        "incident": view.facts.model_dump(mode="json", exclude_none=True) if view.facts is not None else None,
        "timeline": [entry.model_dump(mode="json", exclude_none=True) for _, entry in view.timeline.entries],
    }
    return View(data, _blocks(view, book, now))


def _people(view: IncidentView, book: Book) -> Iterator[tuple[str, str]]:
    """Who else works on it, where they talk, how it ended, and who is still asked whether they agree."""
    facts, core = view.facts, book.config.core
    assert facts is not None
    if view.people:
        yield "Working on it", ", ".join(who + (f" ({role})" if role else "") for who, role in view.people.items())
    if facts.bridge is not None:
        yield "Bridge", facts.bridge
    if facts.ended_as is not None:
        yield "Ended as", f"{facts.ended_as}{f' ({facts.same_as})' if facts.same_as is not None else ''}"
    for decision in decisions(view, book):
        who = [by + ("" if said is None or said.attested else " (claimed)") for by, said in decision.agreed.items()]
        still = f"; still asked: {asked(decision, core)}" if decision.missing else ""
        yield f"Agreed: {decision.what}", f"{', '.join(who) or 'nobody'}{still}"


def _checklist(view: IncidentView) -> Iterator[tuple[str, str]]:
    found = [stand for stand in stands(view) if not stand.spare]
    if found:
        done = sum(stand.entry is not None for stand in found)
        yield "Checklist", f"{done} of {len(found)} steps: opsbook checklist show {view.record.id[-5:]}"


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
            *_people(view, book),
            *(("Called", in_words(called, clock)) for called in calls(view)),
            ("Next update", clock.clock(due) + late if due is not None else "-"),
            *((story.LINK, where) for where in [story.address(view, book)] if where is not None),
            ("Folder", record.path),
        ]
        yield Pairs([*(secret if facts.classification == "security" else rows), *_checklist(view)])
    if view.timeline.entries:
        yield Text()
    numbers = {(frozen.runbook, step.step): number for number, (frozen, step) in view.numbered.items()}
    for entry, right in view.as_read:
        if isinstance(entry, StepDone):  # as people tick it
            entry = entry.model_copy(update={"step": numbers.get((entry.runbook, entry.step), entry.step)})
        corrected = f", corrected by {right.by} at {clock.clock(right.at)}" if right is not None else ""
        yield Text(f"{clock.clock(entry.at)}  {entry.by}{corrected}", "dim")
        yield Text(said(entry, words), indent="    ")
