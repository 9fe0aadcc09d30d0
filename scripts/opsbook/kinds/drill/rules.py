"""The rules of the scripts of drills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from opsbook.core.book import Book
from opsbook.core.code import Problem
from opsbook.core.record import File, Record
from opsbook.core.rule import RecordRule
from opsbook.kinds.drill.model import Drill


def _drill(record: Record) -> Iterator[tuple[File, Drill]]:
    found = record.only("", Drill)
    if found is not None:
        yield found


class DRL001(RecordRule):
    """Something in a drill that nobody would live to see.

    Give it an earlier minute, or the drill a longer `length`: what is said in the last minute leaves nobody time to do
    anything. Injects stand in the order in which they happen.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """The minute of each inject against the one before it, and against the length."""
        for file, drill in _drill(record):
            before = 0
            for index, inject in enumerate(drill.injects):
                place = ("injects", index, "minute")
                if timedelta(minutes=inject.minute) >= drill.length:
                    yield Problem("the drill is over by then", file, place)
                elif inject.minute < before:
                    yield Problem(f"this stands behind what happens in minute {before}", file, place)
                before = max(before, inject.minute)


class DRL002(RecordRule):
    """A drill of a service that is not in the catalogue.

    Correct the name, or add the service: `opsbook new service`. Otherwise the drill could not be declared.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Each affected service against `services/`."""
        for file, drill in _drill(record):
            for index, name in enumerate(drill.services):
                if book.find("service", name) is None:
                    yield Problem(f"there is no services/{name}.yaml", file, ("services", index))


RULES: tuple[type[RecordRule], ...] = (DRL001, DRL002)
