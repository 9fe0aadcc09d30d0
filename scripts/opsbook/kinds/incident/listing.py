"""Incidents as rows of a list on a terminal."""

from __future__ import annotations

from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Table, View
from opsbook.core.text import shorten
from opsbook.core.times import Times
from opsbook.core.types import write_time
from opsbook.kinds.incident.agreements import awaiting
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.similar import open_incidents
from opsbook.kinds.incident.view import IncidentView


def listing(book: Book, now: datetime, *, every: bool) -> View:
    """The open ones, the worst first; or all, the latest first."""
    config, clock = book.config.section(IncidentsConfig), Times(now, book.config.core.timezone)
    refs = reversed([*book.refs("incident").values()])
    asked = awaiting(book, now)
    late = {view.record.id for view in asked}
    views = [IncidentView(book.record(ref)) for ref in refs] if every else [*open_incidents(book), *asked]
    rows, cells = [], []
    for view in views:
        facts, due = view.facts, view.next_update(config)
        row = dict.fromkeys(("title", "severity", "status", "drill", "declared_at"))
        if facts is not None:
            row |= {name: getattr(facts, name) for name in ("title", "severity", "status", "drill")}
            row["declared_at"] = write_time(facts.times.declared_at)
        next_update = write_time(due) if due is not None else None
        here = view.record.id in book.unrecorded
        rows.append(
            {
                "id": view.record.id,
                "on_record": not here,
                "path": view.record.path,
                **row,
                "next_update": next_update,
                "agreement_pending": view.record.id in late,
            }
        )
        if facts is None:
            cells.append((view.record.id, "?", "?", "", "cannot be read: opsbook check " + view.record.path))
            continue
        when = "" if due is None else clock.clock(due) + (" (late)" if due < now else "")
        saved = "(not yet on record) " if here else ""
        if view.record.id in late:
            when = "agreement pending"
        title = saved + ("DRILL " if facts.drill else "") + shorten(facts.title, 70)
        cells.append((view.record.id, facts.severity or "-", facts.status, when, title))
    table = Table(("incident", "sev", "status", "next update", "title"), cells)
    none = "No incident is on record." if every else "No open incident is on record."
    return View({"incidents": rows}, [table] if cells else [], none, found=bool(cells))
