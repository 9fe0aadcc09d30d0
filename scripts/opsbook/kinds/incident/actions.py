"""What can be done with an incident that exists: notes and ticked steps. Changes of its facts are in `update`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.inert import github
from opsbook.core.plan import Plan
from opsbook.core.record import Record
from opsbook.core.request import Request
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.core.types import Step
from opsbook.kinds.incident import files, model
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.requests import Note, Tick
from opsbook.kinds.incident.view import IncidentView, name_of
from opsbook.kinds.incident.words import moment, words


def note(book: Book, request: Note, now: datetime, ids: Ids, operation: str) -> Plan:
    """One entry of the timeline.

    A note needs nothing but the folder: it works although the facts of the incident cannot be read.
    """
    record = details(book, request)
    text = words(book, request.text, "note", request.keep)
    at, said = moment(book, request.at, now, "at") if request.at else (now, "")
    corrects, kind = _corrected(record, request, book, now) if request.correct else (None, request.kind)
    earlier = IncidentView(record).corrections.get(corrects or "")
    if earlier is not None:  # the last one counts, also of two in one second
        at = max(at, earlier.at + timedelta(seconds=1))
    entry = model.Note(at=at, by=request.by, kind=kind, text=text, corrects=corrects, operation=operation)
    path, data = files.entry(record.path, entry, ids)
    subject = f"Correct a {kind} of {record.id}" if corrects else f"Add a {kind} to {record.id}"
    plan = plan_of(record, {path: data}, subject, (("Note", shorten(text, 200)),), github(text))
    return replace(plan, understood=tuple(filter(None, (said, _flagged(record, entry, book)))))


def _flagged(record: Record, entry: model.Note, book: Book) -> str:
    """What whoever changed production and does not lead is told: it is kept, and the lead is asked."""
    view = IncidentView(record)
    if entry.kind != "change" or entry.corrects is not None or view.led(entry):
        return ""
    called, leads = book.config.section(IncidentsConfig).words.lead, view.leads_at(entry.at)
    who = book.config.core.person_name(leads[-1]) if leads else "nobody yet"
    return f"Only the {called} changes production, and that is {who}: it is kept, and flagged."


def _corrected(record: Record, request: Note, book: Book, now: datetime) -> tuple[str, model.NoteKind]:
    """The note that somebody wants to correct: the name of its file, and what sort it is."""
    wanted, times = (request.correct or "").strip(), Times(now, book.config.core.timezone)
    notes = [(name_of(file), entry) for file, entry in IncidentView(record).timeline.of(model.Note)]
    notes = [(name, entry) for name, entry in notes if entry.corrects is None]
    if wanted.casefold() == "last":
        found = [item for item in notes if item[1].by == request.by][-1:]
    else:
        found = [(name, entry) for name, entry in notes if wanted in (times.hour(entry.at), name, name[-5:])]
    if len(found) == 1:
        return found[0][0], found[0][1].kind
    some = "; ".join(f"{name[-5:]} “{shorten(one_line(entry.text), 40)}”" for name, entry in (found or notes)[-5:])
    what = f"“{shorten(one_line(wanted), 40)}” is {'more than one note' if found else 'no note'} of {record.id}."
    raise Refused(what, f"Name one by its five characters: {some}." if some else "It has no note yet.")


def tick(book: Book, request: Tick, now: datetime, ids: Ids, operation: str) -> Plan:
    """Tick steps of a checklist, or say why they are left out."""
    record = details(book, request)
    by_number = _numbered(record, request.runbook)
    text = words(book, request.text, "text", request.keep) if request.text else None
    numbers = list(dict.fromkeys(request.steps))
    if not numbers:
        raise Refused("No step is named.", f"Name one or more of 1 to {len(by_number)}.")
    out: dict[str, bytes | None] = {}
    lines: list[tuple[str, str]] = []
    for number in numbers:
        if number not in by_number:
            of = f" of {request.runbook}" if request.runbook else ""
            raise Refused(f"There is no step {number}.", f"The steps{of} are 1 to {len(by_number)}.")
        frozen, step = by_number[number]
        entry = model.StepDone(
            at=now, by=request.by, kind="step", runbook=frozen.runbook, step=step.step, outcome=request.outcome,
            text=text, operation=operation,
        )  # fmt: skip
        path, out[path] = files.entry(record.path, entry, ids)
        lines.append((f"Step {number}", f"{step.action} — {request.outcome}"))
    which = ", ".join(str(number) for number in numbers)
    subject = shorten(f"Record step {which} of {record.id} as {request.outcome}", 100)
    return plan_of(record, out, subject, tuple(lines), bullets(lines))


def _numbered(record: Record, runbook: str | None) -> dict[int, tuple[model.FrozenChecklist, Step]]:
    """The steps by the numbers that a person types: of all checklists, or of one as its runbook numbers them."""
    view = IncidentView(record)
    lists = view.checklist.checklists if view.checklist is not None else ()
    if not lists:
        raise Refused(f"{record.id} has no checklist.", "Its severity called for none when it was declared.")
    if runbook is None:
        return view.numbered
    found = next((frozen for frozen in lists if frozen.runbook == runbook), None)
    if found is None:
        names = ", ".join(frozen.runbook for frozen in lists)
        raise Refused(f"{record.id} has no checklist of “{shorten(runbook, 80)}”.", f"It has {names}.")
    return {step.step: (found, step) for step in found.steps}


def details(book: Book, request: Request) -> Record:
    """The incident that a request is about, if details may be written into it."""
    record = book.resolve("incident", request.record or "")
    if record is None:
        raise Refused(
            f"There is no incident {shorten(request.record or '', 40)}.", "`opsbook incident list` shows the open ones."
        )
    if not _keeps_details(record):
        security = book.config.core.security
        where = f"the restricted book {security.book}" if security.book else f"{security.who}: {security.how.strip()}"
        raise Refused(
            f"{record.id} is a security incident: nothing but its stub may be kept here.", f"Take it to {where}"
        )
    return record


def _keeps_details(record: Record) -> bool:
    """Whether details may be kept here. If the facts cannot be read the folder tells: no stub has words in its name."""
    view = IncidentView(record)
    document = view.file.document if view.file is not None else None
    if document is not None and isinstance(document.value, dict):
        return document.value.get("classification") in ("operational", "restricted")
    return not record.path.endswith(f"/{record.id}")


def bullets(lines: list[tuple[str, str]]) -> str:
    """Label and value of each line as Markdown, with people's words inert."""
    return "\n".join(f"* {label}: {github(value)}" for label, value in lines)


def plan_of(
    record: Record, out: Mapping[str, bytes | None], subject: str, lines: tuple[tuple[str, str], ...], body: str
) -> Plan:
    """The plan of a change of an incident that exists."""
    return Plan(record.id, record.path, out, subject, f"{record.id}: {subject}", body + "\n", lines, ("incident",))
