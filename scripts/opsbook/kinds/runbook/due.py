"""Which runbooks somebody should look at: wrong when they were used, changed, overdue, or never reviewed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from opsbook.core.book import Book
from opsbook.core.command import Table, Text, View
from opsbook.core.kind import Kind
from opsbook.core.reviews import ReviewRow, latest_last
from opsbook.core.rows import Rows
from opsbook.core.times import Times
from opsbook.kinds.runbook.page import RunbookRow, standing_of

MOST = 10
"""How many are listed: as many as somebody looks through in an hour."""


class Due(NamedTuple):
    """One of them.

    Attributes:
        wrong: how many steps of it were wrong when it was used; uses: how many records name it; days: since when its
            review is due, as far as that is known.
    """

    row: RunbookRow
    why: str
    wrong: int
    uses: int
    days: int


def listed(book: Book, now: datetime, *, owner: str | None, every: bool) -> View:
    """Those that matter most first: wrong steps, then how many records lead to them, then how long they are due."""
    titles = {book.config.core.owner_title(owner), owner} if owner is not None else None
    found = [item for item in _due(book, now) if titles is None or item.row.owner in titles]
    found.sort(key=lambda item: (-item.wrong, -item.uses, -item.days, item.row.id))
    shown = found if every else found[:MOST]
    rows = [
        {"id": item.row.id, "owner": item.row.owner, "why": item.why, "wrong": item.wrong, "uses": item.uses}
        for item in shown
    ]
    cells = [(item.row.id, item.row.owner, str(item.uses), item.why) for item in shown]
    more = f" {len(found) - len(shown)} more: --all." if len(found) > len(shown) else ""
    if not shown:
        return View({"due": rows, "total": 0}, [], "No runbook has to be looked at.", found=False)
    then = Text(f"Found true: opsbook runbook review {shown[0].row.id} --read.{more}")
    table = Table(("runbook", "owner", "used by", "why"), cells)
    return View({"due": rows, "total": len(found)}, [table, Text(), then])


def _due(book: Book, now: datetime) -> Iterator[Due]:
    kinds = [kind for kind in book.kinds.values() if isinstance(kind, Kind)]
    rows = Rows(
        {kind.name: [kind.row(book.record(ref), book) for ref in book.refs(kind.name).values()] for kind in kinds},
        {kind.name: kind.plural for kind in kinds},
        {},
    )
    reviews: dict[str, list[ReviewRow]] = {}
    for review in latest_last(rows.of("review")):
        for _, name in review.names:
            reviews.setdefault(name, []).append(review)
    times, today = Times(now, book.config.core.timezone), now.date()
    for row in rows.of("runbook"):
        if not isinstance(row, RunbookRow):
            continue
        standing = standing_of(row, reviews.get(row.id, []))
        file = book.record(book.refs("runbook")[row.id]).files.get("")
        revision = hashlib.sha256(file.data or b"").hexdigest() if file is not None else ""
        wrong = [said for _, said in rows.remarks("runbook", row.id) if said.revision == revision]
        days = (today - standing.due).days if standing.due is not None else 0
        reasons = [f"step {said.step} was wrong on {times.date(said.at)}" for said in wrong]
        if not row.readable:
            reasons.append("cannot be read")
        elif standing.draft:
            reasons.append("a draft that nobody has reviewed")
        elif standing.changed is not None:
            reasons.append(f"changed after its review on {standing.changed.isoformat()}")
        elif days > 0 and standing.due is not None:
            reasons.append(f"due since {standing.due.isoformat()}")
        if reasons:
            uses = sum(
                len(group.others) + len(group.urgent)
                for group in rows.beside("runbook", row.id)
                if group.kind != "review"
            )
            yield Due(row, "; ".join(reasons), len(wrong), uses, max(days, 0))
