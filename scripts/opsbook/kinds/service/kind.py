"""Everything that the rest of the program asks of services, in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from opsbook.core.kind import Kind
from opsbook.core.shape import Part
from opsbook.kinds.service.config import ServicesConfig
from opsbook.kinds.service.model import Service

if TYPE_CHECKING:
    from opsbook.core.book import Book
    from opsbook.core.entry import Entry
    from opsbook.core.front import Front
    from opsbook.core.kind import Sheet
    from opsbook.core.record import Record
    from opsbook.core.rows import Row, Rows
    from opsbook.core.rule import RecordRule
    from opsbook.core.start import Start


class ServiceKind(Kind):
    """A service of ours, or one that is not ours and where to go with it."""

    name = "service"
    plural = "services"
    folder = "services"
    path = re.compile(r"(?P<id>[a-z0-9]+(?:-[a-z0-9]+)*)\.yaml")
    depth = 1
    naming = "services/<name>.yaml in lower case with hyphens, for example services/support-ticket-system.yaml"
    parts = (Part("", "service", schema="service", model=Service, required=True),)
    section = ServicesConfig
    pages = ("services/index.md",)
    found_in = ("",)

    @property
    def rules(self) -> tuple[type[RecordRule], ...]:
        """See `Kind.rules`."""
        from opsbook.kinds.service.rules import RULES

        return RULES

    @property
    def start(self) -> Start:
        """See `Kind.start`."""
        from opsbook.kinds.service.start import START

        return START

    @property
    def row_type(self) -> type[Row]:
        """See `Kind.row_type`."""
        from opsbook.kinds.service.page import ServiceRow

        return ServiceRow

    def row(self, record: Record, book: Book) -> Row:
        """See `Kind.row`."""
        from opsbook.kinds.service.page import row_of

        return row_of(record, book)

    def sheet(self, record: Record, row: Any, rows: Rows, book: Book, now: datetime) -> Sheet:
        """See `Kind.sheet`."""
        from opsbook.kinds.service.page import sheet

        return sheet(record, row, rows, book)

    def indexes(self, rows: Rows, book: Book, now: datetime) -> Iterable[Sheet]:
        """See `Kind.indexes`: ours, and those that are not."""
        from opsbook.kinds.service.page import index

        return [index(rows)]

    def found(self, record: Record) -> Entry | None:
        """See `Kind.found`: what it does, and where to go with it."""
        from opsbook.core.entry import Entry, Passage

        if (found := record.only("", Service)) is None:
            return None
        file, service = found
        said = [("", "title", service.title), ("", "description", service.description)]
        said += [("Where to go", "go_to", service.go_to or "")]
        said += [("How to see whether it is well", "health", "\n".join(check.title for check in service.health))]
        parts = tuple(Passage(name, text, file.place((key,))[0] - 1) for name, key, text in said if text)
        note = "retired" if service.lifecycle == "retired" else ""
        return Entry(record.path, service.title, parts, (), " ".join((record.id, *service.depends_on)), "", note)

    def front(self, book: Book, now: datetime) -> Front:
        """See `Kind.front`: the status pages of services that are not ours."""
        from opsbook.core.front import Front, Way

        elsewhere: list[Way] = []
        for ref in sorted(book.refs(self.name).values()):
            found = book.record(ref).only("", Service)
            service = found[1] if found is not None else None
            if service is not None and not service.ours and service.status_page and service.lifecycle != "retired":
                elsewhere.append(Way(service.title, service.status_page))
        browse = [Way("Services", "services/index.md", "Who runs what, and where to go")]
        return Front(elsewhere=elsewhere, browse=browse)
