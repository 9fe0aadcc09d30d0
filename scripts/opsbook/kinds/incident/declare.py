"""Declaring an incident: from a request to a folder of facts, the first entry, the checklists and a report skeleton."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any

from slugify import slugify

from opsbook.core import checklist as checklists
from opsbook.core import markdown
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.plan import Plan, Request
from opsbook.core.record import Record
from opsbook.core.text import shorten
from opsbook.core.types import write_time
from opsbook.kinds.incident import files, pull
from opsbook.kinds.incident.config import IncidentsConfig, Severity
from opsbook.kinds.incident.report import skeleton
from opsbook.kinds.incident.view import IncidentView
from opsbook.kinds.incident.vocabulary import SECURITY_TITLE
from opsbook.kinds.incident.words import listed, moment, person, sentence, words

_ID = re.compile(r"INC-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{5}")


def declare(book: Book, request: Request, now: datetime, ids: Ids, operation: str) -> Plan:
    """A new incident.

    `request.values`: title, severity, services (list), summary, lead, comms, started_at, user_facing (bool), components
    (list), drill (bool), security (bool), id (of a stub, whose facts have it in the restricted book).

    A security incident leaves a stub and no facts, unless this is the restricted book (design, section 5).

    Raises:
        Refused: a value cannot be used; the sentence says which and what would do.
    """
    values = request.values
    secret = bool(values.get("security"))
    id_ = _given_id(book, values["id"], operation) if secret and "id" in values else _new_id(book, ids, now, operation)
    if secret and not book.config.core.security.restricted:
        return _stub(id_, now, operation, drill=bool(values.get("drill")))

    title = sentence(book, values.get("title"), "title")
    severity = severity_of(book, values.get("severity"))
    services = list(dict.fromkeys(service(book, name) for name in values.get("services") or []))
    components = listed(book, values.get("components"), "components", "status page component")
    if not components and services:
        components = _components_of(book, services)
    summary = words(book, values["summary"], "summary") if values.get("summary") else None
    roles = {role: person(book, values[role], role) for role in ("lead", "comms") if values.get(role)}
    user_facing = values.get("user_facing")
    impact: dict[str, Any] | None = None
    if user_facing is not None or components:
        impact = {"user_facing": bool(user_facing) if user_facing is not None else True}
        if components:
            impact["components"] = components
    slug = slugify(title, max_length=40, word_boundary=True, save_order=True)
    folder = f"incidents/{now:%Y}/{id_}" + (f"-{slug}" if slug else "")
    started = moment(values["started_at"], now, "started-at") if values.get("started_at") else None
    times = {"started_at": write_time(started) if started else None, "declared_at": write_time(now)}

    out: dict[str, bytes | None] = {
        f"{folder}/incident.yaml": files.facts(
            {
                "id": id_,
                "title": title,
                "classification": "restricted" if secret else "operational",
                "drill": True if values.get("drill") else None,
                "severity": severity.id,
                "status": "investigating",
                "declared_by": request.by,
                "times": {name: moment for name, moment in times.items() if moment},
                "roles": roles,
                "services": services,
                "impact": impact,
                "summary": summary,
                "operation": operation,
            }
        )
    }
    said = {"severity": severity.id, "text": summary or title}
    written = [files.entry(folder, now, request.by, "declared", ids, **said, operation=operation)]
    for role, who in roles.items():
        written.append(files.entry(folder, now, request.by, "role", ids, role=role, person=who, operation=operation))
    out.update(written)
    frozen = _freeze(book, severity)
    if frozen:
        out[f"{folder}/checklist.yaml"] = files.checklist({"checklists": frozen})
    out[f"{folder}/report.md"] = skeleton().encode()

    summary_lines = (
        ("Title", title),
        ("Severity", f"{severity.id} {severity.title}"),
        ("Services", ", ".join(services) or "none named"),
        ("Lead", roles.get("lead", "not named yet")),
        ("Comms", roles.get("comms", "not named yet")),
        ("Checklist", ", ".join(f"{item['title']} ({len(item['steps'])} steps)" for item in frozen) or "none"),
        ("Folder", folder),
    )
    drill = "Drill: " if values.get("drill") else ""
    return Plan(
        record=id_,
        path=folder,
        files=out,
        subject=f"{drill}Declare {id_} ({severity.id})",
        title=pull.title(id_, severity.id, title, drill=bool(drill)),
        body=pull.body(
            book,
            id_=id_,
            severity=severity,
            by=request.by,
            at=now,
            services=services,
            lead=roles.get("lead"),
            comms=roles.get("comms"),
            summary=summary,
            checklists=frozen,
            drill=bool(values.get("drill")),
        ),
        summary=summary_lines,
        labels=pull.labels(severity.id, drill=bool(drill)),
    )


def _stub(id_: str, now: datetime, operation: str, *, drill: bool) -> Plan:
    folder = f"incidents/{id_[4:8]}/{id_}"
    facts = files.facts(
        {
            "id": id_,
            "title": SECURITY_TITLE,
            "classification": "security",
            "drill": True if drill else None,
            "status": "investigating",
            "times": {"declared_at": write_time(now)},
            "operation": operation,
        }
    )
    lines = (("Title", SECURITY_TITLE), ("Folder", folder))
    return Plan(
        record=id_,
        path=folder,
        files={f"{folder}/incident.yaml": facts},
        subject=f"Declare {id_} (security)",
        title=f"{id_}: {SECURITY_TITLE}",
        body=pull.STUB,
        summary=lines,
        labels=("incident",),
        anonymous=True,
    )


def _new_id(book: Book, ids: Ids, now: datetime, operation: str) -> str:
    """An id that no record of the book has, but one that this operation wrote."""
    id_ = ids.record("INC", now)
    while (taken := book.resolve("incident", id_)) is not None and not _written_by(taken, operation):
        id_ = ids.record("INC", now)
    return id_


def _given_id(book: Book, id_: object, operation: str) -> str:
    """The id of the facts in the restricted book; raises `Refused` if a record of this book has it already."""
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        raise Refused("The id is not that of an incident.", "Ids look like INC-20261121-7KQ4M.")
    taken = book.resolve("incident", id_)
    if taken is not None and not _written_by(taken, operation):
        raise Refused(f"{id_} is another incident here.", "Declare it again: it gets another id.")
    return id_


def _written_by(record: Record, operation: str) -> bool:
    """Whether this very operation declared the incident: then it is no other one that took the id."""
    facts = IncidentView(record).facts
    return facts is not None and facts.operation == operation


def severity_of(book: Book, value: object) -> Severity:
    """The severity that somebody names; one whose entry in opsbook.yml is broken has its name and nothing else.

    Raises:
        Refused: there is none of that name.
    """
    config = book.config.section(IncidentsConfig)
    offered = [severity for severity in config.severities if severity.retired is None]
    known = ", ".join(f"{severity.id} ({severity.title})" for severity in offered)
    if not isinstance(value, str) or not value:
        raise Refused("The severity is missing.", f"Choose one of {known}; it can be changed later.")
    for severity in offered:
        if severity.id.lower() == value.strip().lower():
            return severity
    name, words = value.strip().upper(), book.config.vocabulary.get("severities")
    lost = words is None or (name in words and config.severity(name) is None)
    if lost and re.fullmatch(r"[A-Z][A-Z0-9]{0,9}", name):
        return Severity(id=name, title=name, meaning="Its entry in opsbook.yml cannot be read.")
    raise Refused(f"“{shorten(value, 40)}” is not a severity.", f"Choose one of {known}; it can be changed later.")


def service(book: Book, name: str) -> str:
    """The name of a service of the catalogue.

    Raises:
        Refused: there is none of that name.
    """
    found = name.strip().lower()
    if not re.fullmatch(r"[a-z0-9-]{1,60}", found) or book.find("service", found) is None:
        import difflib

        known = sorted(book.refs("service"))
        near = difflib.get_close_matches(found, known, n=3, cutoff=0.5) or known[:8]
        raise Refused(
            f"“{shorten(name, 60)}” is not a service of the catalogue.",
            f"Known are {', '.join(near)}{' …' if len(known) > len(near) else ''}. Leave it out if you are not sure.",
        )
    return found


def _components_of(book: Book, services: list[str]) -> list[str]:
    """The status page components of the affected services, as the catalogue names them."""
    found: list[str] = []
    for name in services:
        record = book.resolve("service", name)
        document = record.files[""].document if record is not None and "" in record.files else None
        component = document.value.get("component") if document and isinstance(document.value, dict) else None
        if isinstance(component, str) and component in book.config.vocabulary.get("components", {}):
            found.append(component)
    return list(dict.fromkeys(found))


def _freeze(book: Book, severity: Severity) -> list[dict[str, Any]]:
    """The checklists that the severity calls for, as they are now; a runbook that is broken is left out."""
    frozen: list[dict[str, Any]] = []
    for name in severity.checklists:
        record = book.resolve("runbook", name)
        file = record.files.get("") if record is not None else None
        if file is None or file.data is None:
            continue
        lines = checklists.lines_of(markdown.parse(file.data))
        steps = [
            {"step": number, "action": line.action, "owner": line.owner}
            for number, line in enumerate(lines, 1)
            if line.action and line.owner
        ]
        if steps:
            frozen.append(
                {
                    "runbook": name,
                    "title": book.title("runbook", name) or name,
                    "revision": hashlib.sha256(file.data).hexdigest(),
                    "steps": steps,
                }
            )
    return frozen
