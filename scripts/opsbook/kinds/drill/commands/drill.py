"""rehearse: play a drill on a clock that can be hurried, and see which promises of the process were kept"""

from __future__ import annotations

from datetime import timedelta

from opsbook.core.book import Book
from opsbook.core.command import Event, Play, Script, Table, View
from opsbook.core.errors import Refused
from opsbook.core.record import Record
from opsbook.core.types import spoken
from opsbook.kinds.drill.model import Drill


def _script(record: Record) -> Script:
    found = record.only("", Drill)
    if found is None:
        raise Refused(f"{record.path} cannot be read.", f"See: opsbook check {record.path}")
    drill = found[1]
    services = [word for name in drill.services for word in ("--service", name)]
    return Script(
        title=drill.title,
        length=drill.length,
        declare=("declare", "--drill", "--title", drill.title, "--severity", drill.severity, *services),
        events=tuple(Event(timedelta(minutes=i.minute), i.who, i.text, i.expect or "") for i in drill.injects),
        note=("note",),
        score=("drill", "score"),
    )


def _listed(book: Book) -> View:
    found = [(name, book.record(ref).only("", Drill)) for name, ref in sorted(book.refs("drill").items())]
    rows = [(name, of[1].severity, spoken(of[1].length), of[1].title) for name, of in found if of is not None]
    data = {"drills": [dict(zip(("name", "severity", "length", "title"), row, strict=True)) for row in rows]}
    none = "There is no drill yet: write one into operations/drills/."
    blocks = [Table(("drill", "severity", "length", "what is wrong"), rows)] if rows else []
    return View(data, blocks, none, bool(rows))


COMMAND = Play(_script, _listed)
