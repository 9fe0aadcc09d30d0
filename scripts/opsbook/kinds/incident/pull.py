"""The words of a declaration's pull request: what is wrong, how bad it is, who is on it, and what to do first.

It is the first page that many people see of an incident, often on a phone. So the one sentence that matters stands at
the top, and names are those that people know. What somebody typed acts on nothing (`core.inert`).
"""

from __future__ import annotations

from collections.abc import Sequence

from opsbook.core.alert import link
from opsbook.core.book import Book
from opsbook.core.inert import github
from opsbook.core.plan import Plan
from opsbook.core.record import Record
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.core.types import Step
from opsbook.kinds.incident.config import IncidentsConfig, Severity
from opsbook.kinds.incident.model import FrozenChecklist, Incident
from opsbook.kinds.incident.steps import needed
from opsbook.kinds.incident.view import IncidentView

STUB = "A security incident was declared. Its facts are not kept here, and must not be added.\n"
"""The body for a stub."""


def title(facts: Incident, severity: Severity) -> str:
    """The title: what it is, how bad, and what is wrong."""
    return f"{'Drill: ' if facts.drill else ''}{facts.id} {severity.id}: {shorten(facts.title, 80)}"


def labels(facts: Incident, severity: Severity) -> tuple[str, ...]:
    """Words by which pull requests of incidents are found."""
    return ("incident", severity.id, *(("drill",) if facts.drill else ()))


def propose(record: Record, book: Book) -> Plan:
    """The same words, read from the record by somebody who does not have the request."""
    view = IncidentView(record)
    facts = view.facts
    severity = book.config.section(IncidentsConfig).severity(facts.severity) if facts is not None else None
    if facts is None or severity is None:
        stub = facts is not None and facts.classification == "security"
        return Plan(record.id, record.path, {}, record.id, record.id, STUB if stub else "")
    lists = needed(view.checklist.checklists if view.checklist is not None else (), facts)
    return Plan(
        record=record.id,
        path=record.path,
        files={},
        subject=record.id,
        title=title(facts, severity),
        body=body(book, facts, severity, lists),
        labels=labels(facts, severity),
    )


def body(
    book: Book, facts: Incident, severity: Severity, checklists: Sequence[tuple[FrozenChecklist, Sequence[Step]]]
) -> str:
    """The body as GitHub's Markdown; ids are shown by their names.

    Args:
        checklists: what is needed of those in the incident; the first one says what to do first.
    """
    core, at = book.config.core, facts.times.declared_at
    times, called = Times(at, core.timezone), book.config.section(IncidentsConfig).words
    services = [github(book.title("service", name) or name) for name in facts.services]
    rows = [
        ("Services", ", ".join(services) or "none named yet"),
        (github(called.label("lead")), _person(book, facts.roles.lead)),
        (github(called.label("comms")), _person(book, facts.roles.comms)),
    ]
    if severity.update_every is not None:
        rows.append(("Next update", f"by {github(times.clock(at + severity.update_every))}"))
    if checklists:
        counted = [f"{github(item.title)} ({len(steps)} steps)" for item, steps in checklists]
        rows.append(("Checklists", ", ".join(counted)))
    by = _person(book, facts.declared_by or "nobody knows")
    parts = ["**This is a drill.** Nothing is broken."] if facts.drill else []
    parts.append(f"**{github(f'{severity.id} {severity.title}')}**, declared by {by} at {github(times.full(at))}.")
    if facts.summary:
        parts.append(github(facts.summary))
    parts.append("\n".join(f"- **{label}:** {value}" for label, value in rows))
    for first, steps in checklists[:1]:
        listed = "\n".join(f"{step.step}. {github(one_line(step.action))}" for step in steps[:3])
        parts.append(f"**Do first** ({github(first.title)})\n\n{listed}")
    if core.site.status_page is not None:
        parts.append(link(core.site.status_page))
    short = facts.id.rpartition("-")[2]
    parts.append(
        f"Add to it with `opsbook incident note {short} TEXT`, look at it with `opsbook incident show {short}`. "
        "Nobody has to wait for a reviewer to have an incident on record: merge this as soon as you like."
    )
    return "\n\n".join(parts) + "\n"


def _person(book: Book, ref: str | None) -> str:
    return github(book.config.core.person_name(ref)) if ref else "not named yet"
