"""The rules of reviews."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from opsbook.core.book import Book
from opsbook.core.code import Problem
from opsbook.core.record import File, Record
from opsbook.core.reviews import FOLDER
from opsbook.core.rule import RecordRule
from opsbook.kinds.review.model import Review

CLOCK_SKEW = timedelta(minutes=5)


def _review(record: Record) -> Iterator[tuple[File, Review]]:
    found = record.only("", Review)
    if found is not None:
        yield found


class REV001(RecordRule):
    """A review that does not lie where it belongs.

    Do not move reviews by hand: `opsbook runbook review` writes one where it belongs, below what it is of.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """The path against what it is of, and its id."""
        for file, review in _review(record):
            place = f"{FOLDER}/{review.of}/{review.id}.yaml"
            if record.path != place:
                yield Problem(f"it belongs at {place}", file, ("of",))


class REV002(RecordRule):
    """A review of something that is not there.

    Move the folder of reviews together with the runbook, and remove the reviews of one that is gone.
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """What it is of, and the incident in which that was used."""
        for file, review in _review(record):
            kind, _, id_ = review.of.partition("/")
            if book.find(kind, id_) is None:
                yield Problem(f"there is no {kind} {id_}", file, ("of",))
            if review.incident is not None and book.find("incident", review.incident) is None:
                yield Problem(f"there is no incident {review.incident}", file, ("incident",))


class REV003(RecordRule):
    """A review that says too little, or more than anybody can know.

    Name the incident of a runbook that was used in one, and the moment at which the review was made.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`incident` where it was used in one and nowhere else; `at` against now, with five minutes for clocks."""
        for file, review in _review(record):
            if (review.how == "used") is not (review.incident is not None):
                yield Problem(f"{review.how} {'with' if review.incident else 'without'} an incident", file, ("how",))
            if review.at > now + CLOCK_SKEW:
                yield Problem("this review is in the future", file, ("at",))


RULES: tuple[type[RecordRule], ...] = (REV001, REV002, REV003)
