"""Everything that the rest of the program asks of runbooks, in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from opsbook.core.kind import Kind
from opsbook.core.shape import PICTURES, Part
from opsbook.kinds.runbook.config import RunbooksConfig
from opsbook.kinds.runbook.model import Runbook

if TYPE_CHECKING:
    from opsbook.core.book import Book
    from opsbook.core.entry import Entry
    from opsbook.core.front import Front
    from opsbook.core.kind import Sheet
    from opsbook.core.record import Record
    from opsbook.core.rows import Row, Rows
    from opsbook.core.rule import RecordRule


class RunbookKind(Kind):
    """A reviewed page: front matter, prose, checklists."""

    name = "runbook"
    plural = "runbooks"
    folder = "runbooks"
    path = re.compile(r"(?P<id>[a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*)\.md")
    depth = 2
    naming = "runbooks/<area>/<name>.md in lower case with hyphens, for example runbooks/tickets/check-queue-backlog.md"
    parts = (Part("", "runbook", format="markdown", schema="runbook", model=Runbook, required=True),)
    section = RunbooksConfig
    pages = ("runbooks/index.md",)
    beside = PICTURES
    found_in = ("",)

    @property
    def rules(self) -> tuple[type[RecordRule], ...]:
        """See `Kind.rules`."""
        from opsbook.kinds.runbook.rules import RULES

        return RULES

    @property
    def row_type(self) -> type[Row]:
        """See `Kind.row_type`."""
        from opsbook.kinds.runbook.page import RunbookRow

        return RunbookRow

    def row(self, record: Record, book: Book) -> Row:
        """See `Kind.row`."""
        from opsbook.kinds.runbook.page import row_of

        return row_of(record, book)

    def sheet(self, record: Record, row: Any, rows: Rows, book: Book, now: datetime) -> Sheet:
        """See `Kind.sheet`."""
        from opsbook.kinds.runbook.page import sheet

        return sheet(record, row, rows, book, now)

    def indexes(self, rows: Rows, book: Book, now: datetime) -> Iterable[Sheet]:
        """See `Kind.indexes`: by area, by service and by what somebody sees."""
        from opsbook.kinds.runbook.page import index

        return [index(rows, book, now)]

    def found(self, record: Record) -> Entry | None:
        """See `Kind.found`: symptoms and goals are what people look for it by."""
        from opsbook.core.entry import Entry, passages

        file = record.files.get("")
        if file is None or file.markdown is None:
            return None
        runbook = file.get(Runbook)
        if runbook is None:  # its text may be what somebody needs at this moment
            return Entry(record.path, record.id, passages(file.markdown, ""), note="its front matter cannot be read")
        return Entry(
            record.path,
            runbook.title,
            passages(file.markdown, runbook.title),
            (*runbook.symptoms, *runbook.goals),
            " ".join((record.id, *runbook.services)),
            str(runbook.reviewed or ""),
            "" if runbook.reviewed is not None else "a draft that nobody has reviewed",
        )

    def front(self, book: Book, now: datetime) -> Front:
        """See `Kind.front`."""
        from opsbook.core.front import Front, Way

        return Front(browse=[Way("Runbooks", "runbooks/index.md", "What to do, step by step")])
