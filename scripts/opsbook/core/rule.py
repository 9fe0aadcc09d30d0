"""What a rule is: a class whose name is its code and whose docstring is its text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from opsbook.core.book import Book
from opsbook.core.code import Code, Problem
from opsbook.core.record import Record


class RecordRule(Code, ABC):
    """A rule about one record; it may look at others through the book."""

    @abstractmethod
    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """What is wrong with `record` at `now` (aware UTC)."""


ANY_KIND = frozenset({"*"})


class BookRule(Code, ABC):
    """A rule about the book as a whole: its configuration, or records taken together."""

    reads: ClassVar[frozenset[str] | None] = None
    """The kinds of records that it looks at besides the configuration, or `ANY_KIND`. A check of changes leaves the
    rule out when neither has changed. `None`: it is never left out."""

    @abstractmethod
    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """What is wrong with the book at `now` (aware UTC)."""
