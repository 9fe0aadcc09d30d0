"""What the home page says, read from the book."""

from __future__ import annotations

from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.config import Rota
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.forms import TEMPLATE
from opsbook.kinds.incident.page import page_path, rank
from opsbook.kinds.incident.similar import open_incidents
from opsbook.kinds.incident.view import IncidentView
from opsbook.kinds.service.model import Service
from opsbook.site.home import Alert, Declare, Home, Link, OnCall, OpenIncident
from opsbook.site.page import address


def front(book: Book, now: datetime) -> Home:
    """The home page of the book at a moment."""
    core, config = book.config.core, book.config.section(IncidentsConfig)
    found = [_open(view, config, now) for view in open_incidents(book)]
    return Home(
        now=now,
        timezone=core.timezone,
        security=Alert(core.security.who, _first_sentence(core.security.how), address("security-breach.md")),
        declare=Declare("opsbook declare", address("incident-process/index.md"), _form(core.site.repository)),
        incidents=address("incidents/index.md"),
        stuck=address("help/index.md"),
        changing=address("change/index.md"),
        open_incidents=sorted(found, key=lambda item: (item.drill, item.rank or 99)),
        vendors=_vendors(book),
        on_call=[OnCall(rota.title, *_turn(rota, now, book)) for rota in core.rotas if rota.retired is None],
        browse=[
            Link("Runbooks", address("runbooks/index.md"), "What to do, step by step"),
            Link("Services", address("services/index.md"), "Who runs what, and where to go"),
            Link("Reports", address("incidents/reports.md"), "What happened, and what was done about it"),
        ],
    )


def _form(repository: str | None) -> str:
    """The issue form that `opsbook forms` writes, where GitHub shows it."""
    return f"{repository.rstrip('/')}/issues/new?template={TEMPLATE}" if repository else ""


def _open(view: IncidentView, config: IncidentsConfig, now: datetime) -> OpenIncident:
    facts = view.facts
    where = address(page_path(view.record.path))
    if facts is None:
        return OpenIncident(view.record.id, f"{view.record.id} cannot be read", "", 0, "unknown", where)
    due = view.next_update(config)
    return OpenIncident(
        id=facts.id,
        title=facts.title,
        severity=facts.severity or "",
        rank=rank(config, facts),
        status=facts.status,
        url=where,
        next_update=due,
        overdue=due is not None and due < now,
        drill=facts.drill,
    )


def _vendors(book: Book) -> list[Link]:
    """The status pages of services that are not ours."""
    found: list[Link] = []
    for ref in sorted(book.refs("service").values()):
        record = book.record(ref)
        service = record.files[""].get(Service) if "" in record.files else None
        if service is not None and not service.ours and service.status_page and service.lifecycle != "retired":
            found.append(Link(service.title, service.status_page))
    return found


def _turn(rota: Rota, now: datetime, book: Book) -> tuple[str, datetime | None]:
    """Who has the turn of a rota at `now`, and until when; a rota that has not begun has nobody."""
    if now < rota.starts:
        return "nobody yet", rota.starts
    turn = (now - rota.starts) // rota.every
    who = rota.people[turn % len(rota.people)]
    return book.config.core.person_name(who), rota.starts + (turn + 1) * rota.every


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).partition(". ")[0].rstrip(".")
