"""show what was known and promised at a minute of an incident"""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Option, Read, Text, View
from opsbook.core.errors import Refused
from opsbook.core.record import Record
from opsbook.core.times import Times
from opsbook.kinds.incident.view import IncidentView


def _show(book: Book, args: Namespace, now: datetime, record: Record | None) -> View:
    from opsbook.kinds.incident.replay import as_of, moment_of
    from opsbook.kinds.incident.shown import shown

    assert record is not None
    view, times = IncidentView(record), Times(now, book.config.core.timezone)
    if view.facts is None:
        raise Refused(f"The facts of {record.id} cannot be read.", f"See: opsbook check {record.path}")
    at = moment_of(args.at, view, times)
    found = shown(record, book, at, as_of(view, at))
    return View(found.data, [Text(f"As it was known at {times.full(at)}", "bold"), *found.blocks])


COMMAND = Read(
    _show,
    picks=True,
    options=(Option("--at", "the minute, like 03:15, or 2026-11-21T03:15", {"required": True, "metavar": "TIME"}),),
)
