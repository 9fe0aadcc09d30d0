"""show which promises of the process an incident kept, drill or not, and what to do next time"""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Block, Read, Table, Text, View
from opsbook.core.record import Record


def _show(book: Book, args: Namespace, now: datetime, record: Record | None) -> View:
    from opsbook.kinds.incident.score import score
    from opsbook.kinds.incident.view import IncidentView

    assert record is not None
    found = score(IncidentView(record), book, now)
    kept, broken = (sum(item.verdict == verdict for item in found) for verdict in ("kept", "broken"))
    spare = len(found) - kept - broken
    said = f"{kept} of {kept + broken} promises kept" + (f", {spare} not called for" if spare else "")
    blocks: list[Block] = [
        Text(said, "bold"),
        Table(("promise", "", "why"), [(item.promise, item.verdict, item.why) for item in found]),
    ]
    if broken:
        blocks += [Text(), Text("Next time:", "bold")]
        blocks += [Text(f"  {item.promise}: {item.next_time}") for item in found if item.verdict == "broken"]
    data = {"id": record.id, "kept": kept, "called_for": kept + broken}
    return View({**data, "promises": [item._asdict() for item in found]}, blocks)


COMMAND = Read(_show, picks=True)
