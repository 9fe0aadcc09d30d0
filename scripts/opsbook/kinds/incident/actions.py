"""What can be done with an incident that exists: notes, updates and ticked steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from opsbook.core import yaml
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.inert import github
from opsbook.core.plan import Plan, Request
from opsbook.core.record import Record
from opsbook.core.text import shorten
from opsbook.core.times import Times
from opsbook.core.types import parse_time, write_time
from opsbook.kinds.incident import files
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.declare import declare
from opsbook.kinds.incident.model import Incident
from opsbook.kinds.incident.view import FACTS, IncidentView
from opsbook.kinds.incident.vocabulary import STATUSES
from opsbook.kinds.incident.words import listed, person, words

_TIME_OF = {
    "identified": "identified_at",
    "monitoring": "mitigated_at",
    "resolved": "resolved_at",
    "closed": "closed_at",
}
"""The time that a status sets when it is reached for the first time."""


def note(book: Book, request: Request, now: datetime, ids: Ids, operation: str) -> Plan:
    """One entry of the timeline.

    `request.values`: text, kind (`note`, `decision` or `change`), at (a time, for something that happened earlier).

    A note needs nothing but the folder: it works although the facts of the incident cannot be read.
    """
    record = _details(book, request)
    kind = request.values.get("kind") or "note"
    if kind not in ("note", "decision", "change"):
        raise Refused(f"“{shorten(str(kind), 40)}” is no kind of note.", "Choose note, decision or change.")
    text = words(book, request.values.get("text", ""), "note")
    at = _at(request.values.get("at"), now)
    path, data = files.entry(record.path, at, request.by, kind, ids, text=text, operation=operation)
    return _plan(record, {path: data}, f"Add a {kind} to {record.id}", (("Note", shorten(text, 200)),), github(text))


def update(book: Book, request: Request, now: datetime, ids: Ids, operation: str) -> Plan:
    """Change the facts, and say so in the timeline.

    `request.values`: status, severity, lead, comms, user_facing (bool), components (list), services (list), impact and
    summary (texts), tell (what tenants are told), template, text (why), reviewed_at; and `seen`, the facts that the
    person looked at, so that two people who change the same fact notice it.

    Raises:
        Refused: nothing would change, somebody else changed the same fact, or a value cannot be used.
    """
    record = _details(book, request)
    view = IncidentView(record)
    if view.file is None or view.facts is None:
        raise Refused(
            f"{record.path}/{FACTS} cannot be read, so its facts cannot be changed by a command.",
            f"Notes work meanwhile. `opsbook check {record.path}` says what is wrong.",
        )
    values, facts, config = request.values, view.facts, book.config.section(IncidentsConfig)
    seen: Mapping[str, Any] = values.get("seen") or {}
    changes: list[tuple[tuple[str, ...], Any]] = []
    entries: list[tuple[str, bytes]] = []
    lines: list[tuple[str, str]] = []
    why = words(book, values["text"], "text") if values.get("text") else None

    def say(kind: str, **fields: Any) -> None:
        entries.append(files.entry(record.path, now, request.by, kind, ids, **fields, operation=operation))

    status = values.get("status")
    if status:
        if status not in STATUSES:
            raise Refused(f"“{shorten(str(status), 40)}” is not a status.", f"Choose one of {', '.join(STATUSES)}.")
        _unchanged("status", facts.status, status, seen, view)
        if status != facts.status:
            changes += [(("status",), status), *_times(view, status, now)]
            say("status", status=status, text=why)
            lines.append(("Status", f"{facts.status} → {status}"))
    severity = values.get("severity")
    if severity:
        known = {item.id.lower(): item.id for item in config.severities}
        if str(severity).lower() not in known:
            raise Refused(
                f"“{shorten(str(severity), 40)}” is not a severity.", f"Choose one of {', '.join(known.values())}."
            )
        severity = known[str(severity).lower()]
        _unchanged("severity", facts.severity, severity, seen, view)
        if severity != facts.severity:
            changes.append((("severity",), severity))
            say("severity", severity=severity, text=why)
            lines.append(("Severity", f"{facts.severity} → {severity}"))
    for role in ("lead", "comms"):
        if not values.get(role):
            continue
        who, held = person(book, values[role], role), getattr(facts.roles, role)
        _unchanged(role, held, who, seen, view)
        if who != held:
            changes.append((("roles", role), who))
            say("role", role=role, person=who)
            lines.append((role.capitalize(), f"{held or 'nobody'} → {who}"))
    changes += _impact(book, view, values, lines)
    if values.get("summary"):
        changes.append((("summary",), words(book, values["summary"], "summary")))
        lines.append(("Summary", "rewritten"))
    if values.get("services"):
        services = [*facts.services, *(name for name in values["services"] if name not in facts.services)]
        missing = [name for name in services if book.find("service", name) is None]
        if missing:
            raise Refused(
                f"“{shorten(missing[0], 60)}” is not a service of the catalogue.", "See the folder services/."
            )
        changes.append((("services",), services))
        lines.append(("Services", ", ".join(services)))
    if values.get("reviewed_at"):
        changes.append((("times", "reviewed_at"), write_time(_at(values["reviewed_at"], now))))
        lines.append(("Reviewed", str(values["reviewed_at"])))
    if values.get("tell") or values.get("template"):
        text, template = _told(book, values, *_blanks(book, facts, severity or facts.severity, now))
        say("update", text=text, template=template)
        lines.append(("Tenants are told", shorten(text, 200)))
    if not changes and not entries:
        raise Refused(
            f"Nothing would change: {record.id} is already {facts.status}, {facts.severity or 'without a severity'}.",
            "`opsbook incident show` prints what is on record.",
        )
    text_after = yaml.edit(view.file.text, changes, files.ORDER) if changes else view.file.text
    out: dict[str, bytes | None] = {f"{record.path}/{FACTS}": text_after.encode()} if changes else {}
    out.update(entries)
    subject = f"Update {record.id}: " + ", ".join(label.lower() for label, _ in lines)
    body = "\n".join(f"* {label}: {github(value)}" for label, value in lines)
    return _plan(record, out, shorten(subject, 100), tuple(lines), body)


def step(book: Book, request: Request, now: datetime, ids: Ids, operation: str) -> Plan:
    """Tick steps of a checklist, or say why they are left out.

    `request.values`: steps (list of numbers), runbook (needed when there are several checklists), outcome (`done` or
    `skipped`), text.
    """
    record = _details(book, request)
    view = IncidentView(record)
    lists = view.checklist.checklists if view.checklist is not None else ()
    if not lists:
        raise Refused(f"{record.id} has no checklist.", "Its severity called for none when it was declared.")
    wanted = request.values.get("runbook")
    names = [frozen.runbook for frozen in lists]
    if wanted is None and len(lists) > 1:
        raise Refused(f"{record.id} has several checklists.", f"Say which with --runbook: {', '.join(names)}.")
    frozen = next((item for item in lists if item.runbook == (wanted or names[0])), None)
    if frozen is None:
        raise Refused(f"{record.id} has no checklist of “{shorten(str(wanted), 80)}”.", f"It has {', '.join(names)}.")
    outcome = request.values.get("outcome") or "done"
    text = words(book, request.values["text"], "text") if request.values.get("text") else None
    numbers = list(dict.fromkeys(request.values.get("steps") or []))
    if not numbers:
        raise Refused("No step is named.", f"Name one or more of 1 to {len(frozen.steps)}.")
    by_number = {item.step: item for item in frozen.steps}
    out: dict[str, bytes | None] = {}
    lines: list[tuple[str, str]] = []
    for number in numbers:
        if number not in by_number:
            raise Refused(f"There is no step {number}.", f"The steps of {frozen.runbook} are 1 to {len(frozen.steps)}.")
        path, data = files.entry(
            record.path, now, request.by, "step", ids,
            runbook=frozen.runbook, step=number, outcome=outcome, text=text, operation=operation,
        )  # fmt: skip
        out[path] = data
        lines.append((f"Step {number}", f"{by_number[number].action} — {outcome}"))
    which = ", ".join(str(number) for number in numbers)
    body = "\n".join(f"* {label}: {github(value)}" for label, value in lines)
    return _plan(record, out, shorten(f"Record step {which} of {record.id} as {outcome}", 100), tuple(lines), body)


def _details(book: Book, request: Request) -> Record:
    """The incident that a request is about, if details may be written into it."""
    record = book.resolve("incident", request.record or "")
    if record is None:
        raise Refused(
            f"There is no incident {shorten(request.record or '', 40)}.", "`opsbook incident list` shows the open ones."
        )
    view = IncidentView(record)
    document = view.file.document if view.file is not None else None
    value = document.value if document is not None else None
    if not isinstance(value, dict) or value.get("classification") != "operational":
        security = book.config.core.security
        where = f"the restricted book {security.book}" if security.book else f"{security.who}: {security.how}"
        raise Refused(
            f"{record.id} is a security incident: nothing but its stub may be kept here.", f"Take it to {where}"
        )
    return record


def _unchanged(name: str, current: object, wanted: object, seen: Mapping[str, Any], view: IncidentView) -> None:
    """Refuse when the fact is no longer what the person looked at, and not what they ask for either."""
    if name not in seen or seen[name] == current or current == wanted:
        return
    last = view.timeline.entries[-1][1] if view.timeline.entries else None
    who = f" by {last.by} at {write_time(last.at)}" if last is not None else ""
    raise Refused(
        f"Somebody changed the {name} meanwhile{who}: from {seen[name]} to {current}; you asked for {wanted}.",
        "Look at it (`opsbook incident show`), and ask again if you still want it.",
    )


def _times(view: IncidentView, status: str, now: datetime) -> list[tuple[tuple[str, ...], Any]]:
    """The times that follow from a status: reached now, or no longer true."""
    assert view.facts is not None
    changes: list[tuple[tuple[str, ...], Any]] = []
    name = _TIME_OF.get(status)
    if name is not None and getattr(view.facts.times, name) is None:
        changes.append((("times", name), write_time(now)))
    if status == "closed" and view.facts.times.resolved_at is None:
        raise Refused("An incident is resolved before it is closed.", "Use --status resolved first.")
    for later, time in _TIME_OF.items():
        if STATUSES.index(later) > STATUSES.index(status) and getattr(view.facts.times, time) is not None:
            changes.append((("times", time), yaml.DELETE))
    return changes


def _impact(
    book: Book, view: IncidentView, values: Mapping[str, Any], lines: list[tuple[str, str]]
) -> list[tuple[tuple[str, ...], Any]]:
    assert view.facts is not None
    components = listed(book, values.get("components"), "components", "status page component")
    user_facing, summary = values.get("user_facing"), values.get("impact")
    if user_facing is None and not components and not summary:
        return []
    changes: list[tuple[tuple[str, ...], Any]] = []
    if view.facts.impact is None or user_facing is not None:
        changes.append((("impact", "user_facing"), True if user_facing is None else bool(user_facing)))
        lines.append(("User-facing", "yes" if user_facing is None or user_facing else "no"))
    if summary:
        changes.append((("impact", "summary"), words(book, summary, "impact")))
        lines.append(("Impact", shorten(str(summary), 200)))
    if components:
        changes.append((("impact", "components"), components))
        lines.append(("Components", ", ".join(components)))
    return changes


def _blanks(book: Book, facts: Incident, severity: str | None, now: datetime) -> tuple[str, str]:
    """What goes into `{services}` and `{next_update}` of a saved template: titles, and a time in the book's zone."""
    titles = [book.title("service", name) or name for name in facts.services]
    found = book.config.section(IncidentsConfig).severity(severity)
    if found is None or found.update_every is None:
        due = "when we know more"
    else:
        due = Times(now, book.config.core.timezone).full(now + found.update_every)
    return ", ".join(titles) or "our services", due


def _told(book: Book, values: Mapping[str, Any], services: str, due: str) -> tuple[str, str | None]:
    name, config = values.get("template"), book.config.section(IncidentsConfig)
    if not name:
        return words(book, values["tell"], "update"), None
    template = next((item for item in config.templates if item.id == name), None)
    if template is None:
        known = ", ".join(item.id for item in config.templates) or "none yet"
        raise Refused(f"“{shorten(str(name), 40)}” is no saved template.", f"Known are {known}.")
    extra = f"\n\n{words(book, values['tell'], 'update')}" if values.get("tell") else ""
    filled = template.text.replace("{services}", services).replace("{next_update}", due)
    return filled.strip() + extra, template.id


def _at(value: object, now: datetime) -> datetime:
    if value is None:
        return now
    try:
        return parse_time(str(value))
    except ValueError as error:
        raise Refused(f"{error}.") from None


def _plan(
    record: Record, out: Mapping[str, bytes | None], subject: str, lines: tuple[tuple[str, str], ...], body: str
) -> Plan:
    return Plan(record.id, record.path, out, subject, f"{record.id}: {subject}", body + "\n", lines, ("incident",))


ACTIONS = {"declare": declare, "note": note, "update": update, "step": step}
