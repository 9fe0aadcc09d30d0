"""The pages of incidents: each one, each year, the open ones, the reports, and how we handle them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from opsbook.core.book import Book
from opsbook.core.config import Channel
from opsbook.core.duty import on_duty, said
from opsbook.core.kind import Sheet
from opsbook.core.record import Record
from opsbook.core.rows import Remark, Row, Rows
from opsbook.core.text import untitled
from opsbook.core.times import Times
from opsbook.core.types import spoken
from opsbook.kinds.incident import story
from opsbook.kinds.incident.agreements import Decision, asked, decisions
from opsbook.kinds.incident.announcements import links_of
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.model import Declared, FrozenChecklist, Incident, StepDone, Update
from opsbook.kinds.incident.paging import calls
from opsbook.kinds.incident.report import GUIDANCE
from opsbook.kinds.incident.similar import rank
from opsbook.kinds.incident.steps import needed, stands, whose
from opsbook.kinds.incident.told import words_of
from opsbook.kinds.incident.view import FACTS, REPORT, IncidentView

RECENT = 10
"""How many incidents that are over the first page lists; the others are on the pages of their years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow(Row):
    """One line of an index: small, because there may be tens of thousands."""

    severity: str
    rank: int
    status: str
    drill: bool
    is_open: bool
    reported: bool
    declared_at: datetime | None
    resolved_at: datetime | None
    next_update: datetime | None


def sheet(record: Record, row: IncidentRow, rows: Rows, book: Book, now: datetime) -> Sheet:
    """The page of an incident; of an open one it says who can be asked to take a role that nobody has."""
    view = IncidentView(record)
    values = {
        **_values(view, row, book, now),
        "on_call": _on_call(book, now) if row.is_open else {"lead": "", "comms": ""},
    }
    groups = [group for group in rows.beside("incident", record.id) if group.kind == "incident"]
    values["joined_by"] = [(item.title, item.path) for group in groups for item in group.others]
    return Sheet("page.html.j2", values, f"{record.path}/{FACTS}")


def _on_call(book: Book, now: datetime) -> Mapping[str, str]:
    """Who is on call for a role of an incident: the rota, and who that is now."""
    core, config = book.config.core, book.config.section(IncidentsConfig)
    rotas = {"lead": core.rota(config.lead_rota), "comms": core.rota(config.comms_rota)}
    return {
        role: f"{rota.title}: {said(on_duty(book, rota.id, now), core)}" if rota is not None else ""
        for role, rota in rotas.items()
    }


def indexes(found: Rows, book: Book, now: datetime) -> Iterator[Sheet]:
    """Those of a year, those that are open, the reports, and how we handle them."""
    config, times = book.config.section(IncidentsConfig), Times(now, book.config.core.timezone)
    rows = [row for row in found.of("incident") if isinstance(row, IncidentRow)]
    rows.sort(key=_latest, reverse=True)
    years = _by_year(rows, times)
    for year, months in years.items():
        values: dict[str, Any] = {"year": year, "months": months}
        yield Sheet("year.html.j2", values, f"incidents/{year}", f"incidents/{year}/index.md")
    reports = [row for row in rows if row.reported]
    urgent = sorted((row for row in rows if row.is_open), key=lambda row: (row.drill, row.rank or 99))
    values = {
        "open": urgent,
        "recent": [row for row in rows if not row.is_open][:RECENT],
        "years": [
            (year, f"incidents/{year}/index.md", sum(len(some) for _, some in months)) for year, months in years.items()
        ],
        "reports": len(reports),
    }
    yield Sheet("index.html.j2", values, "incidents", "incidents/index.md", lives=True)
    yield Sheet("reports.html.j2", {"rows": reports}, "incidents", "incidents/reports.md")
    values = {**_process(book, config), "on_call": _on_call(book, now)}
    yield Sheet(
        "process.html.j2",
        values,
        "opsbook.yml",
        "incident-process/at-a-glance.md",
        lives=any(values["on_call"].values()),
    )


def _latest(row: IncidentRow) -> str:
    """Orders by time; an id holds the day in UTC, for a record that does not say when it was declared."""
    return f"{row.declared_at.astimezone(UTC):%Y%m%d%H%M%S}" if row.declared_at is not None else row.id[4:12]


def _by_year(rows: list[IncidentRow], times: Times) -> dict[str, list[tuple[str, list[IncidentRow]]]]:
    """The incidents of each year by month, the latest first, as people's calendars have them.

    A folder is named by the year in UTC: it has a page also when all of its incidents began a year earlier or later
    where people are.
    """
    found: dict[str, dict[str, list[IncidentRow]]] = {row.path.split("/")[1]: {} for row in rows}
    for row in rows:
        local = times.local(row.declared_at) if row.declared_at is not None else None
        year = f"{local.year}" if local is not None else row.path.split("/")[1]
        month = f"{local:%B} {local.year}" if local is not None else "When is not known"
        found.setdefault(year, {}).setdefault(month, []).append(row)
    return {year: list(found[year].items()) for year in sorted(found, reverse=True)}


def row_of(record: Record, book: Book) -> IncidentRow:
    """What an index says of an incident."""
    view, config = IncidentView(record), book.config.section(IncidentsConfig)
    facts, report = view.facts, record.files.get(REPORT)
    services = facts.services if facts is not None else ()
    used = dict.fromkeys(runbook for runbook, _ in view.steps())  # a checklist of which no step was touched was not
    moments = [entry.at for _, entry in view.timeline.entries]
    moments += [moment for _, moment in facts.times if moment is not None] if facts is not None else []
    return IncidentRow(
        id=record.id,
        path=record.shape.page(record.path),
        names=(
            *(("service", name) for name in services),
            *((("incident", facts.same_as),) if facts is not None and facts.same_as is not None else ()),
            *(("runbook", name) for name in used),
            *(("checklist", f"{frozen.runbook}@{frozen.revision}") for frozen in _to_do(view)),
        ),
        remarks=_wrong(view),
        quiet_since=None if view.is_open else max(moments, default=None),
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


def _to_do(view: IncidentView) -> list[FrozenChecklist]:
    """The checklists that people follow now: the page of a runbook with the very words offers to tick them."""
    lists = view.checklist.checklists if view.checklist is not None and view.is_open else ()
    return [frozen for frozen, _ in needed(lists, view.facts)]


def _wrong(view: IncidentView) -> tuple[Remark, ...]:
    """What was found wrong with steps of runbooks, of the words that they had."""
    lists = view.checklist.checklists if view.checklist is not None else ()
    revisions = {frozen.runbook: frozen.revision for frozen in lists}
    return tuple(
        Remark("runbook", entry.runbook, revisions[entry.runbook], entry.step, entry.at, entry.by, entry.wrong)
        for _, entry in view.timeline.of(StepDone)
        if entry.wrong is not None and entry.runbook in revisions
    )


def _values(view: IncidentView, row: IncidentRow, book: Book, now: datetime) -> dict[str, Any]:
    facts, core, config = view.facts, book.config.core, book.config.section(IncidentsConfig)
    words, severity = config.words, config.severity(facts.severity) if facts is not None else None
    secret = facts is not None and facts.classification == "security"
    report = view.record.files.get(REPORT)
    is_open = row.is_open
    name = partial(_name, book)
    entries = [
        {
            "at": entry.at,
            "who": core.person_name(entry.by),
            "kind": entry.kind,
            "text": words_of(entry, name, words),
            "told": isinstance(entry, Declared | Update),
            "corrected": right and {"at": right.at, "who": core.person_name(right.by)},
        }
        for entry, right in view.as_read
        if not isinstance(entry, StepDone)  # they are shown beside their steps
    ]
    return {
        "row": row,
        "facts": facts,
        "secret": secret,
        "security": core.security,
        "words": words,
        "called": name,
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
        # Who follows an incident wants what is new; who reads about one that is over wants how it went.
        "entries": [] if secret else entries[::-1] if is_open else entries,
        "lists": [] if secret else _lists(view, book, now if is_open else None),
        "channel": _channel(facts, book) if facts is not None and is_open and not secret else None,
        "pull": _pull(view, book) if is_open and not secret else None,
        "story": story.address(view, book),
        "status_page": core.site.status_page if is_open and not secret else None,
        "bridge": facts.bridge if facts is not None and is_open and not secret else None,
        "people": [(core.person_name(who), role) for who, role in view.people.items()] if is_open else [],
        "decisions": [] if secret else [_decided(item, book) for item in decisions(view, book)],
        "same_as": _other(facts, book) if facts is not None and facts.same_as is not None else None,
        "taken": {name: view.taken.get(name, (None, "")) for name in ("detected_at", "acknowledged_at")},
        "last": next(({"at": said.at, "text": said.text} for _, said in reversed([*view.timeline.of(Update)])), None),
        "promised": severity is not None and severity.update_every is not None,
        "report": untitled(report.markdown.body)
        if report is not None and report.markdown is not None and row.reported
        else None,
        "unfinished": report is not None and not row.reported and not secret,
        "calls": [] if secret else calls(view),
        "folder": view.record.path,
    }


def _decided(decision: Decision, book: Book) -> dict[str, Any]:
    """What was decided, who agreed, and who is still asked."""
    core = book.config.core
    names = [(core.person_name(by), said is not None and not said.attested) for by, said in decision.agreed.items()]
    return {
        "what": decision.what,
        "agreed": names,
        "asked": asked(decision, core) if decision.missing else "",
        "pending": decision.pending,
        "due": decision.due,
        "last_day": decision.due - timedelta(seconds=1),
        "word": decision.action.partition(".")[2],
    }


def _name(book: Book, ref: str) -> str:
    """What a person, or whoever else can be called in, is called: a role, a team, a rota, a service."""
    core = book.config.core
    rotas = {rota.id: rota.title for rota in core.rotas}
    known = core.person_name(ref), core.owner_title(ref), rotas.get(ref, ref), book.title("service", ref) or ref
    return next((name for name in known if name != ref), ref)


def _other(facts: Incident, book: Book) -> tuple[str, str | None]:
    """The incident as which it goes on: its id, and where its page lies."""
    ref = book.find("incident", facts.same_as or "")
    return facts.same_as or "", book.kinds["incident"].page(ref.path) if ref is not None else None


def _lists(view: IncidentView, book: Book, now: datetime | None) -> list[dict[str, Any]]:
    """The checklists, each with its steps as `opsbook tick` numbers them, and the one that comes next.

    Args:
        now: of an open incident; then each step says who has it.
    """
    core, found = book.config.core, dict[str, dict[str, Any]]()
    for stand in stands(view):
        frozen, step, entry = stand.frozen, stand.step, stand.entry
        if frozen.runbook not in found:
            there = book.find("runbook", frozen.runbook) is not None
            page = f"runbooks/{frozen.runbook}.md" if there else None
            empty: dict[str, Any] = {"steps": [], "done": 0, "skipped": 0, "total": 0, "next": None}
            found[frozen.runbook] = {"title": frozen.title, "runbook": page, "spare": stand.spare, **empty}
        known = found[frozen.runbook]
        who = whose(step.owner, view.facts, book, now) if now is not None and stand.is_open else None
        item = {
            "number": stand.number,
            "action": step.action,
            "owner": core.owner_title(step.owner) + (f", {core.person_name(who)}" if who else ""),
            "entry": entry,
            "spare": stand.spare,
            "is_next": stand.is_open and known["next"] is None,
        }
        known["steps"].append(item)
        known["total"] += not stand.spare
        if item["is_next"]:
            known["next"] = item
        elif entry is not None:
            known["done" if entry.outcome == "done" else "skipped"] += 1
    return list(found.values())


def _channel(facts: Incident, book: Book) -> Channel | None:
    """Where people work on the incident."""
    channels = book.config.section(IncidentsConfig).channels
    id_ = channels.drill if facts.drill else channels.incident
    return book.config.core.channel(id_) if id_ is not None else None


def _pull(view: IncidentView, book: Book) -> str | None:
    """Where its pull request is found, if the configuration says where the repository is."""
    if view.facts is None or book.config.core.site.repository is None:
        return None
    return next((url for title, url in links_of(view, book) if title == "Pull request"), None)


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
                "updates": spoken(severity.update_every).removeprefix("1 ") if severity.update_every else None,
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
