"""Reviews: somebody found a record true, in the words that it had then."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from opsbook.core.book import Book
from opsbook.core.kind import Kind
from opsbook.core.record import Ref
from opsbook.core.rows import Row

KIND: Final = "review"
FOLDER: Final = "reviews"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow(Row):
    """What other pages say of a review; see its model."""

    at: datetime | None = None
    by: str = ""
    how: str = ""
    incident: str | None = None
    words: str = ""
    note: str | None = None


def words_of(body: str) -> str:
    """The digest of what a page says; line ends, and space at the end of a line or of the page, say nothing."""
    lines = "\n".join(line.rstrip() for line in body.strip().splitlines())
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def reviews_of(kind: str, id_: str, book: Book) -> list[ReviewRow]:
    """The readable reviews of a record, the latest last."""
    reviews, folder = book.kinds.get(KIND), f"{FOLDER}/{kind}/{id_}"
    if not isinstance(reviews, Kind):
        return []
    refs = (Ref(KIND, name.removesuffix(".yaml"), f"{folder}/{name}") for name in book.tree.folders(folder))
    return latest_last(reviews.row(book.record(ref), book) for ref in refs)


def latest_last(rows: Iterable[Row]) -> list[ReviewRow]:
    """The reviews among rows, in the order of time."""
    return sorted(
        (row for row in rows if isinstance(row, ReviewRow) and row.at is not None),
        key=lambda row: (row.at is not None and row.at.timestamp(), row.id),
    )


def standing(reviews: Sequence[ReviewRow], words: str) -> ReviewRow | None:
    """The last review of these words."""
    return next((review for review in reversed(reviews) if review.words == words), None)
