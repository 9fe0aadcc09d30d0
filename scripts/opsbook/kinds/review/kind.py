"""Everything that the rest of the program asks of reviews, in one place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from opsbook.core.kind import Kind
from opsbook.core.shape import Part
from opsbook.kinds.review.model import Review

if TYPE_CHECKING:
    from datetime import datetime

    from opsbook.core.book import Book
    from opsbook.core.ids import Ids
    from opsbook.core.kind import Action
    from opsbook.core.plan import Plan
    from opsbook.core.record import Record
    from opsbook.core.request import Request
    from opsbook.core.rows import Row
    from opsbook.core.rule import RecordRule
    from opsbook.kinds.review.requests import ReviewRunbook


class ReviewKind(Kind):
    """A review: a fact that is written once, and shown on the page of what was reviewed."""

    name = "review"
    plural = "reviews"
    folder = "reviews"
    path = re.compile(r"runbook/[a-z0-9-]+/[a-z0-9-]+/(?P<id>REV-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{5})\.yaml")
    depth = 4
    naming = "reviews/runbook/<area>/<name>/REV-<date>-<5 characters>.yaml, as `opsbook runbook review` writes it"
    parts = (Part("", "review", schema="review", model=Review, required=True),)

    def page(self, path: str) -> str:
        """See `Shape.page`: a review stands on the page of what it is of."""
        return ""

    @property
    def rules(self) -> tuple[type[RecordRule], ...]:
        """See `Kind.rules`."""
        from opsbook.kinds.review.rules import RULES

        return RULES

    @property
    def actions(self) -> Mapping[type[Request], Action]:
        """See `Kind.actions`."""
        from opsbook.kinds.review.requests import ReviewRunbook

        return {ReviewRunbook: _record}

    @property
    def row_type(self) -> type[Row]:
        """See `Kind.row_type`."""
        from opsbook.core.reviews import ReviewRow

        return ReviewRow

    def row(self, record: Record, book: Book) -> Row:
        """See `Kind.row`."""
        from opsbook.core.reviews import ReviewRow

        found = record.only("", Review)
        if found is None:
            return ReviewRow(id=record.id, path="", title=record.id)
        review = found[1]
        kind, _, id_ = review.of.partition("/")
        said = {name: getattr(review, name) for name in ("at", "by", "how", "incident", "words", "note")}
        return ReviewRow(id=record.id, path="", title=record.id, names=((kind, id_),), **said)

    def needs_people(self, before: Record | None, after: Record) -> str:
        """See `Kind.needs_people`: whoever reviewed something says so; changing that later is another matter."""
        return "" if before is None else super().needs_people(before, after)


def _record(book: Book, request: ReviewRunbook, now: datetime, ids: Ids, operation: str) -> Plan:
    from opsbook.kinds.review.record import record

    return record(book, request, now, ids, operation)
