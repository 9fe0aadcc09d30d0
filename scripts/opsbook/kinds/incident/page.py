"""The pages of incidents: each one, each year, the open ones, the reports, and how we handle them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opsbook.core.book import Book
from opsbook.core.kind import Sheet
from opsbook.core.text import untitled
from opsbook.core.types import spoken
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.model import Declared, StepDone, Update
from opsbook.kinds.incident.report import GUIDANCE
from opsbook.kinds.incident.similar import rank
from opsbook.kinds.incident.told import words_of
from opsbook.kinds.incident.view import FACTS, REPORT, IncidentView

RECENT = 20
"""How many incidents the first page lists; the others are on the pages of their years."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an index: small, because there may be tens of thousands."""

    id: str
    path: str
    title: str
    severity: str
    rank: int
    status: str
    drill: bool
    is_open: bool
    reported: bool
    declared_at: datetime | None
    resolved_at: datetime | None
    next_update: datetime | None


def page_path(record_path: str) -> str:
    """Where the page of an incident lies: `incidents/2026/INC-….md`."""
    return f"{record_path}.md"


def sheets(book: Book) -> Iterator[Sheet]:
    """Every page of the kind."""
    config = book.config.section(IncidentsConfig)
    rows: list[Row] = []
    for ref in sorted(book.refs("incident").values(), key=lambda ref: ref.id, reverse=True):
        view = IncidentView(book.record(ref))
        row = _row(view, config)
        rows.append(row)
        source = f"{view.record.path}/{FACTS}"
        yield Sheet(row.path, "page.md.j2", _values(view, row, book), source, record=ref)
        book.forget(ref)
    years: dict[str, list[Row]] = {}
    for row in rows:
        years.setdefault(row.path.split("/")[1], []).append(row)
    for year, some in years.items():
        yield Sheet(f"incidents/{year}/index.md", "year.md.j2", {"year": year, "rows": some}, f"incidents/{year}")
    reports = [row for row in rows if row.reported]
    values = {
        "open": [row for row in rows if row.is_open],
        "recent": [row for row in rows if not row.is_open][:RECENT],
        "years": [(year, f"incidents/{year}/index.md", len(some)) for year, some in years.items()],
        "reports": len(reports),
    }
    yield Sheet("incidents/index.md", "index.md.j2", values, "incidents")
    yield Sheet("incidents/reports.md", "reports.md.j2", {"rows": reports}, "incidents")
    yield Sheet("incident-process/at-a-glance.md", "process.md.j2", _process(book, config), "opsbook.yml")


def _row(view: IncidentView, config: IncidentsConfig) -> Row:
    facts, record = view.facts, view.record
    report = record.files.get(REPORT)
    return Row(
        id=record.id,
        path=page_path(record.path),
        title=facts.title if facts is not None else "This record cannot be read",
        severity=(facts.severity or "") if facts is not None else "",
        rank=rank(config, facts),
        status=facts.status if facts is not None else "unknown",
        drill=facts.drill if facts is not None else False,
        is_open=view.is_open,
        reported=facts is not None
        and facts.classification != "security"
        and facts.status == "closed"
        and report is not None
        and GUIDANCE not in report.text,
        declared_at=facts.times.declared_at if facts is not None else None,
        resolved_at=facts.times.resolved_at if facts is not None else None,
        next_update=view.next_update(config),
    )


def _values(view: IncidentView, row: Row, book: Book) -> dict[str, Any]:
    facts, core, words = view.facts, book.config.core, book.config.section(IncidentsConfig).words
    secret = facts is not None and facts.classification == "security"
    report = view.record.files.get(REPORT)
    steps = view.steps()
    entries = [
        {
            "at": entry.at,
            "who": core.person_name(entry.by),
            "kind": entry.kind,
            "text": words_of(entry, core.person_name, words),
            "told": isinstance(entry, Declared | Update),
            "corrected": right and {"at": right.at, "who": core.person_name(right.by)},
        }
        for entry, right in view.as_read
        if not isinstance(entry, StepDone)  # they are shown beside their steps
    ]
    lists = [
        {
            "title": frozen.title,
            "runbook": f"runbooks/{frozen.runbook}.md" if book.find("runbook", frozen.runbook) is not None else None,
            "done": sum(1 for key, entry in steps.items() if key[0] == frozen.runbook and entry.outcome == "done"),
            "skipped": sum(
                1 for key, entry in steps.items() if key[0] == frozen.runbook and entry.outcome == "skipped"
            ),
            "steps": [
                {"step": step, "owner": core.owner_title(step.owner), "entry": steps.get((frozen.runbook, step.step))}
                for step in frozen.steps
            ],
        }
        for frozen in (view.checklist.checklists if view.checklist is not None and not secret else ())
    ]
    return {
        "row": row,
        "facts": facts,
        "secret": secret,
        "security": core.security,
        "words": words,
        "lead": core.person_name(facts.roles.lead) if facts is not None and facts.roles.lead else None,
        "comms": core.person_name(facts.roles.comms) if facts is not None and facts.roles.comms else None,
        "declared_by": core.person_name(facts.declared_by) if facts is not None and facts.declared_by else None,
        "services": [
            (title or name, f"services/{name}.md" if title is not None else None)
            for name in (facts.services if facts is not None else ())
            for title in [book.title("service", name)]
        ],
        "components": [
            getattr(book.config.vocabulary.get("components", {}).get(name), "title", name)
            for name in (facts.impact.components if facts is not None and facts.impact is not None else ())
        ],
        "follow_ups": [
            {"item": item, "owner": core.person_name(item.owner)}
            for item in (facts.follow_ups if facts is not None else ())
        ],
        "entries": entries if not secret else [],
        "lists": lists,
        "report": untitled(report.markdown.body)
        if report is not None and report.markdown is not None and row.reported
        else None,
        "unfinished": report is not None and not row.reported and not secret,
        "folder": view.record.path,
    }


def _process(book: Book, config: IncidentsConfig) -> dict[str, Any]:
    core = book.config.core
    roles = {role.id: role for role in core.roles}

    def channel(id_: str | None) -> object:
        return core.channel(id_) if id_ is not None else None

    return {
        "words": config.words,
        "severities": [
            {
                "severity": severity,
                "rank": number,
                "updates": spoken(severity.update_every) if severity.update_every is not None else None,
                "lead_within": spoken(severity.lead_within),
                "comms_within": spoken(severity.comms_within),
                "runbooks": [
                    (title or name, f"runbooks/{name}.md" if title is not None else None)
                    for name in severity.checklists
                    for title in [book.title("runbook", name)]
                ],
            }
            for number, severity in enumerate(config.severities, 1)
            if severity.retired is None
        ],
        "channels": [
            (what, found)
            for what, id_ in (
                ("The work on an incident", config.channels.incident),
                ("The team", config.channels.team),
                ("Drills", config.channels.drill),
                ("Security incidents, without facts", core.security.channel),
            )
            if (found := channel(id_)) is not None
        ],
        "templates": [template for template in config.templates if template.retired is None],
        "escalation": [
            (roles[step.role].title if step.role in roles else step.role, step.note) for step in config.escalation
        ],
        "escalation_link": config.escalation_link,
        "review_within": spoken(config.review.within),
        "invited": [roles[role].title if role in roles else role for role in config.review.invite],
        "publication": config.publication,
        "publishers": [roles[role].title if role in roles else role for role in config.publication.roles],
        "roles": [role for role in core.roles if role.retired is None],
        "holders": {
            role.id: [person.name for person in core.people if role.id in person.roles and person.retired is None]
            for role in core.roles
        },
        "security": core.security,
    }
