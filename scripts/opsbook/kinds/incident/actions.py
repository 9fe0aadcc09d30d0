"""What can be done with an incident that exists: notes and ticked steps. Changes of its facts are in `update`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from opsbook.core import checklist
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.inert import github
from opsbook.core.plan import Plan
from opsbook.core.record import Record
from opsbook.core.request import Request
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.core.tree import Overlay
from opsbook.core.types import Link, Step
from opsbook.kinds.incident import files, model, steps
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
    """Tick steps of a checklist, say why they are left out, or open them again.

    A step that stands so already is not recorded twice, unless there is more to say of it: whoever ticks it hears who
    was first.
    """
    record = details(book, request)
    by_number = _numbered(record, request.runbook)
    text = words(book, request.text, "text", request.keep) if request.text else None
    numbers, word = list(dict.fromkeys(request.steps)), _STANDS[request.outcome]
    if not numbers:
        raise Refused("No step is named.", f"Name one or more of 1 to {len(by_number)}.")
    if request.outcome == "skipped" and text is None:
        why = f"opsbook skip {checklist.spans(numbers)} --why 'the cause is known'"
        raise Refused("Whoever reads the incident needs to know why a step was left out.", f"Say it: {why}")
    evidence = _evidence(book, request)
    wrong = words(book, request.wrong, "wrong", request.keep) if request.wrong else None
    said = [entry for _, entry in IncidentView(record).timeline.of(model.StepDone) if entry.operation != operation]
    last = {(entry.runbook, entry.step): entry for entry in said}
    times, already = Times(now, book.config.core.timezone), dict[str, list[int]]()
    out: dict[str, bytes | None] = {}
    lines, recorded = list[tuple[str, str]](), list[int]()
    for number in numbers:
        if number not in by_number:
            of = f" of {request.runbook}" if request.runbook else ""
            raise Refused(f"There is no step {number}.", f"The steps{of} are 1 to {len(by_number)}.")
        frozen, step = by_number[number]
        earlier = last.get((frozen.runbook, step.step))
        if (earlier.outcome if earlier is not None else "undone") == request.outcome:
            by = f" already, by {earlier.by} at {times.clock(earlier.at)}" if earlier is not None else " already"
            already.setdefault(by, []).append(number)
            if evidence is None and wrong is None and text in (None, earlier and earlier.text):
                continue
        at = max(now, earlier.at + timedelta(seconds=1)) if earlier is not None else now  # the last one counts
        entry = model.StepDone(
            at=at, by=request.by, kind="step", runbook=frozen.runbook, step=step.step, outcome=request.outcome,
            text=text, evidence=evidence, wrong=wrong, operation=operation,
        )  # fmt: skip
        path, out[path] = files.entry(record.path, entry, ids)
        recorded.append(number)
        lines.append((f"Step {number}", f"{step.action} — {request.outcome}"))
    known = [
        f"Step{'' if len(same) == 1 else 's'} {checklist.spans(same)} {'is' if len(same) == 1 else 'are'} {word}{by}."
        for by, same in already.items()
    ]
    if not out:
        raise Refused(" ".join(known), "Nothing is written. `opsbook checklist show` says what is next.")
    subject = shorten(f"Record step {checklist.spans(recorded)} of {record.id} as {request.outcome}", 100)
    plan = plan_of(record, out, subject, tuple(lines), bullets(lines))
    after = Book(Overlay(book.tree, out), book.kinds).resolve("incident", record.id)
    then = _next(after, by_number[numbers[-1]], book, now) if after is not None else ""
    return replace(plan, understood=tuple(known), then=then)


_STANDS = {"done": "done", "skipped": "left out", "undone": "open"}


def _evidence(book: Book, request: Tick) -> Link | None:
    """Where it can be seen that a step was done; raises `Refused` for what is no address."""
    if not request.evidence:
        return None
    address = words(book, request.evidence, "evidence", request.keep)
    if address != request.evidence:  # what stands for something masked is no part of an address
        address = re.sub(r"[\[\] ]+", "-", address)
    try:
        return Link(title=shorten(one_line(address.partition("://")[2]), 120), url=address)
    except ValidationError:
        raise Refused(
            f"--evidence: “{shorten(one_line(address), 60)}” is no address.",
            "Give one like https://dashboards.example/d/1, and put words into --note.",
        ) from None


def _next(record: Record, ticked: tuple[model.FrozenChecklist, Step], book: Book, now: datetime) -> str:
    """What comes next, and for whom."""
    view = IncidentView(record)
    found = steps.stands(view)
    after = next(stand.number for stand in found if (stand.frozen, stand.step) == ticked)
    stand = steps.following(found, after)
    if stand is None:
        return "No step is open."
    who = steps.whose(stand.step.owner, view.facts, book, now)
    return f"Next: {stand.number}, {book.config.core.owner_title(stand.step.owner)}{f' ({who})' if who else ''}."


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


def plan_of_entries(
    record: Record, entries: Sequence[model.AnyEntry], subject: str, lines: Sequence[tuple[str, str]], ids: Ids
) -> Plan:
    """The plan of entries of the timeline, with a line for people about each thing that they say."""
    out: dict[str, bytes | None] = dict(files.entry(record.path, entry, ids) for entry in entries)
    shown = [(label, shorten(value, 400)) for label, value in lines]
    return plan_of(record, out, shorten(subject, 100), tuple(shown), bullets(shown))
