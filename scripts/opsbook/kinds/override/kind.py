"""Everything that the rest of the program asks of overrides, in one place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from opsbook.core.kind import Kind
from opsbook.core.shape import Part
from opsbook.kinds.override.model import Override

if TYPE_CHECKING:
    from datetime import datetime

    from opsbook.core.book import Book
    from opsbook.core.ids import Ids
    from opsbook.core.kind import Action
    from opsbook.core.plan import Plan
    from opsbook.core.record import Record
    from opsbook.core.request import Request
    from opsbook.core.rows import Row
    from opsbook.core.rule import BookRule, RecordRule
    from opsbook.kinds.override.requests import KeepCalendars, OverrideRota


class OverrideKind(Kind):
    """An override: written once, and part of who is on duty. Rotas and their calendars are judged here too."""

    name = "override"
    plural = "overrides"
    folder = "operations/overrides"
    path = re.compile(r"[a-z0-9-]+/(?P<id>OVR-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{5})\.yaml")
    depth = 2
    naming = "operations/overrides/<rota>/OVR-<date>-<5 characters>.yaml, as `opsbook oncall override` writes it"
    parts = (Part("", "override", schema="override", model=Override, required=True),)

    def page(self, path: str) -> str:
        """See `Shape.page`: an override has none."""
        return ""

    @property
    def rules(self) -> tuple[type[RecordRule], ...]:
        """See `Kind.rules`."""
        from opsbook.kinds.override.rules import RULES

        return RULES

    @property
    def book_rules(self) -> tuple[type[BookRule], ...]:
        """See `Kind.book_rules`."""
        from opsbook.kinds.override.rules import BOOK_RULES

        return BOOK_RULES

    @property
    def actions(self) -> Mapping[type[Request], Action]:
        """See `Kind.actions`."""
        from opsbook.kinds.override.requests import KeepCalendars, OverrideRota

        return {OverrideRota: _override, KeepCalendars: _calendars}

    @property
    def row_type(self) -> type[Row]:
        """See `Kind.row_type`."""
        from opsbook.core.duty import OverrideRow

        return OverrideRow

    def row(self, record: Record, book: Book) -> Row:
        """See `Kind.row`."""
        from opsbook.core.duty import OverrideRow

        found = record.only("", Override)
        if found is None:
            return OverrideRow(id=record.id, path="", title=record.id)
        said = {name: getattr(found[1], name) for name in ("rota", "person", "starts", "until", "at")}
        return OverrideRow(id=record.id, path="", title=record.id, **said)

    def needs_people(self, before: Record | None, after: Record) -> str:
        """See `Kind.needs_people`: whoever stands in does so now; changing that later is another matter."""
        return "" if before is None else super().needs_people(before, after)


def _override(book: Book, request: OverrideRota, now: datetime, ids: Ids, operation: str) -> Plan:
    from opsbook.kinds.override.record import override

    return override(book, request, now, ids, operation)


def _calendars(book: Book, request: KeepCalendars, now: datetime, ids: Ids, _operation: str) -> Plan:
    from opsbook.kinds.override.record import calendars

    return calendars(book, request, now, ids)
