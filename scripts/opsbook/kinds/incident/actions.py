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
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.core.types import write_time
from opsbook.kinds.incident import files
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.declare import declare, service, severity_of
from opsbook.kinds.incident.model import AnyEntry, Incident, RoleChange, SeverityChange, StatusChange
from opsbook.kinds.incident.view import FACTS, IncidentView
from opsbook.kinds.incident.vocabulary import STATUSES
from opsbook.kinds.incident.words import CLOCK_SKEW, listed, moment, person, words

_TIME_OF = {
    "identified": "identified_at",
    "monitoring": "mitigated_at",
    "resolved": "resolved_at",
    "closed": "closed_at",
}
"""The time that a status sets when it is reached for the first time."""

_FACTUAL = (StatusChange, SeverityChange, RoleChange)
"""Entries that repeat a fact of `incident.yaml`."""


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
    at = moment(request.values["at"], now, "at") if request.values.get("at") else now
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
    values, facts = request.values, view.facts
    now = _not_before(view, now)
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
        severity = severity_of(book, severity).id
        _unchanged("severity", facts.severity, severity, seen, view)
        if severity != facts.severity:
            changes.append((("severity",), severity))
            say("severity", severity=severity, text=why)
            lines.append(("Severity", f"{facts.severity} → {severity}"))
    for role in ("lead", "comms"):
        if not values.get(role):
            continue
        who, holder = person(book, values[role], role), getattr(facts.roles, role)
        _unchanged(role, holder, who, seen, view)
        if who != holder:
            changes.append((("roles", role), who))
            say("role", role=role, person=who)
            lines.append((role.capitalize(), f"{holder or 'nobody'} → {who}"))
    changes += _impact(book, view, values, seen, lines)
    if values.get("summary"):
        summary = words(book, values["summary"], "summary")
        _unchanged("summary", facts.summary, summary, seen, view)
        changes.append((("summary",), summary))
        lines.append(("Summary", "rewritten"))
    if values.get("services"):
        services = list(dict.fromkeys([*facts.services, *(service(book, name) for name in values["services"])]))
        changes.append((("services",), services))
        lines.append(("Services", ", ".join(services)))
    if values.get("reviewed_at"):
        reviewed = write_time(moment(values["reviewed_at"], now, "reviewed-at"))
        _unchanged("reviewed_at", held(facts)["reviewed_at"], reviewed, seen, view)
        changes.append((("times", "reviewed_at"), reviewed))
        lines.append(("Reviewed", reviewed))
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


def held(facts: Incident) -> dict[str, Any]:
    """The facts that two people may change at the same time, as JSON values: what a person saw, for `seen`."""
    impact, reviewed = facts.impact, facts.times.reviewed_at
    return {
        "status": facts.status,
        "severity": facts.severity,
        "lead": facts.roles.lead,
        "comms": facts.roles.comms,
        "summary": facts.summary,
        "impact": impact.summary if impact is not None else None,
        "user_facing": impact.user_facing if impact is not None else None,
        "components": list(impact.components) if impact is not None else [],
        "reviewed_at": write_time(reviewed) if reviewed is not None else None,
    }


def _unchanged(name: str, current: object, wanted: object, seen: Mapping[str, Any], view: IncidentView) -> None:
    """Refuse when the fact is no longer what the person looked at, and not what they ask for either."""
    if name not in seen or seen[name] == current or current == wanted:
        return
    theirs = [entry for _, entry in view.timeline.entries if _says(entry, name)]
    who = f"{theirs[-1].by} changed it at {write_time(theirs[-1].at)}" if theirs else "Somebody changed it"
    raise Refused(
        f"The {name.replace('_', ' ')} is not what you saw. {who} from {_quoted(seen[name])} to {_quoted(current)}; "
        f"you asked for {_quoted(wanted)}.",
        "Look at it (`opsbook incident show`), and ask again if you still want it.",
    )


def _says(entry: AnyEntry, name: str) -> bool:
    """Whether an entry says that the fact `name` changed."""
    match entry:
        case StatusChange():
            return name == "status"
        case SeverityChange():
            return name == "severity"
        case RoleChange():
            return name == entry.role
    return False


def _quoted(value: object) -> str:
    if value is None or value == []:
        return "nothing"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"“{shorten(one_line(text), 200)}”"


def _not_before(view: IncidentView, now: datetime) -> datetime:
    """`now`, or the latest fact on record if that is ahead of this machine's clock by no more than clocks differ.

    What is said now comes after what was said before: otherwise the timeline would end with what was said before, and
    an incident would be resolved before it was mitigated.
    """
    assert view.facts is not None
    times = view.facts.times
    known: list[datetime | None] = [getattr(times, name) for name in type(times).model_fields]
    known += [entry.at for _, entry in view.timeline.entries if isinstance(entry, _FACTUAL)]
    return max([now, *(at for at in known if at is not None and at <= now + CLOCK_SKEW)])


def _times(view: IncidentView, status: str, now: datetime) -> list[tuple[tuple[str, ...], Any]]:
    """The times that follow from a status: reached now, or no longer true."""
    assert view.facts is not None
    changes: list[tuple[tuple[str, ...], Any]] = []
    name = _TIME_OF.get(status)
    if name is not None and getattr(view.facts.times, name) is None:
        changes.append((("times", name), write_time(now)))
    if status == "closed" and view.facts.times.resolved_at is None:
        raise Refused("An incident is resolved before it is closed.", "Use --status resolved first.")
    later = [time for other, time in _TIME_OF.items() if STATUSES.index(other) > STATUSES.index(status)]
    if "resolved_at" in later:
        later.append("reviewed_at")  # what is opened again is reviewed again
    changes += [(("times", time), yaml.DELETE) for time in later if getattr(view.facts.times, time) is not None]
    return changes


def _impact(
    book: Book, view: IncidentView, values: Mapping[str, Any], seen: Mapping[str, Any], lines: list[tuple[str, str]]
) -> list[tuple[tuple[str, ...], Any]]:
    assert view.facts is not None
    components = listed(book, values.get("components"), "components", "status page component")
    user_facing, summary = values.get("user_facing"), values.get("impact")
    if user_facing is None and not components and not summary:
        return []
    now = held(view.facts)
    changes: list[tuple[tuple[str, ...], Any]] = []
    if user_facing is not None:
        _unchanged("user_facing", now["user_facing"], bool(user_facing), seen, view)
    if view.facts.impact is None or user_facing is not None:
        changes.append((("impact", "user_facing"), True if user_facing is None else bool(user_facing)))
        lines.append(("User-facing", "yes" if user_facing is None or user_facing else "no"))
    if summary:
        text = words(book, summary, "impact")
        _unchanged("impact", now["impact"], text, seen, view)
        changes.append((("impact", "summary"), text))
        lines.append(("Impact", shorten(text, 200)))
    if components:
        _unchanged("components", now["components"], components, seen, view)
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


def _plan(
    record: Record, out: Mapping[str, bytes | None], subject: str, lines: tuple[tuple[str, str], ...], body: str
) -> Plan:
    return Plan(record.id, record.path, out, subject, f"{record.id}: {subject}", body + "\n", lines, ("incident",))


ACTIONS = {"declare": declare, "note": note, "update": update, "step": step}
