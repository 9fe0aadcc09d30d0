"""Everything that the rest of the program asks of runbooks, in one place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

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

    def sheets(self, book: Book, now: datetime) -> Iterator[Sheet]:
        """See `Kind.sheets`."""
        from opsbook.kinds.runbook.page import sheets

        return sheets(book, now)

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
