"""The words of a declaration's pull request: what is wrong, how bad it is, who is on it, and what to do first.

It is the first page that many people see of an incident, often on a phone. So the one sentence that matters stands at
the top, and names are those that people know. What somebody typed acts on nothing (`core.inert`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from opsbook.core.book import Book
from opsbook.core.inert import github
from opsbook.core.plan import Plan
from opsbook.core.record import Record
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.kinds.incident.config import IncidentsConfig, Severity
from opsbook.kinds.incident.forms import link
from opsbook.kinds.incident.view import IncidentView

STUB = "A security incident was declared. Its facts are not kept here, and must not be added.\n"
"""The body for a stub."""


def title(id_: str, severity: str, text: str, *, drill: bool) -> str:
    """The title: what it is, how bad, and what is wrong."""
    return f"{'Drill: ' if drill else ''}{id_} {severity}: {shorten(text, 80)}"


def propose(record: Record, book: Book) -> Plan:
    """The same words, read from the record by somebody who does not have the request."""
    view = IncidentView(record)
    facts = view.facts
    severity = book.config.section(IncidentsConfig).severity(facts.severity) if facts is not None else None
    if facts is None or severity is None:
        stub = facts is not None and facts.classification == "security"
        return Plan(record.id, record.path, {}, record.id, record.id, STUB if stub else "")
    lists = view.checklist.checklists if view.checklist is not None else ()
    return Plan(
        record=record.id,
        path=record.path,
        files={},
        subject=record.id,
        title=title(record.id, severity.id, facts.title, drill=facts.drill),
        body=body(
            book,
            id_=record.id,
            severity=severity,
            by=facts.declared_by or "nobody knows",
            at=facts.times.declared_at,
            services=facts.services,
            lead=facts.roles.lead,
            comms=facts.roles.comms,
            summary=facts.summary,
            checklists=[item.model_dump() for item in lists],
            drill=facts.drill,
        ),
        labels=labels(severity.id, drill=facts.drill),
    )


def labels(severity: str, *, drill: bool) -> tuple[str, ...]:
    """Words by which pull requests of incidents are found."""
    return ("incident", severity, *(("drill",) if drill else ()))


def body(
    book: Book,
    *,
    id_: str,
    severity: Severity,
    by: str,
    at: datetime,
    services: Sequence[str],
    lead: str | None,
    comms: str | None,
    summary: str | None,
    checklists: Sequence[Mapping[str, Any]],
    drill: bool,
) -> str:
    """The body as GitHub's Markdown.

    Args:
        by: who declared it; at: when, aware.
        services, lead, comms: ids, shown by their names.
        checklists: what was copied into the incident, as in its file; the first one says what to do first.
    """
    core = book.config.core
    times = Times(at, core.timezone)
    rows = [
        ("Services", ", ".join(github(book.title("service", name) or name) for name in services) or "none named yet"),
        ("Lead", _person(book, lead)),
        ("Comms", _person(book, comms)),
    ]
    if severity.update_every is not None:
        rows.append(("Next update", f"by {github(times.clock(at + severity.update_every))}"))
    if checklists:
        counted = [f"{github(item['title'])} ({len(item['steps'])} steps)" for item in checklists]
        rows.append(("Checklists", ", ".join(counted)))
    parts = ["**This is a drill.** Nothing is broken."] if drill else []
    parts.append(
        f"**{github(f'{severity.id} {severity.title}')}**, declared by {_person(book, by)} at {github(times.full(at))}."
    )
    if summary:
        parts.append(github(summary))
    parts.append("\n".join(f"- **{label}:** {value}" for label, value in rows))
    if checklists:
        title, steps = checklists[0]["title"], checklists[0]["steps"][:3]
        listed = "\n".join(f"{number}. {github(one_line(step['action']))}" for number, step in enumerate(steps, 1))
        parts.append(f"**Do first** ({github(title)})\n\n{listed}")
    if core.site.status_page is not None:
        parts.append(link(core.site.status_page))
    short = id_.rpartition("-")[2]
    parts.append(
        f"Add to it with `opsbook incident note {short} TEXT`, look at it with `opsbook incident show {short}`. "
        "Nobody has to wait for a reviewer to have an incident on record: merge this as soon as you like."
    )
    return "\n\n".join(parts) + "\n"


def _person(book: Book, ref: str | None) -> str:
    return github(book.config.core.person_name(ref)) if ref else "not named yet"
