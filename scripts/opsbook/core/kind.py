"""What a kind of record is: everything that the rest of the program needs to know about it, in one value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opsbook.core.config import Section
from opsbook.core.record import Part, Record
from opsbook.core.rule import BookRule, RecordRule

if TYPE_CHECKING:
    from datetime import datetime

    from opsbook.core.announcement import Announcement
    from opsbook.core.book import Book
    from opsbook.core.ids import Ids
    from opsbook.core.plan import Plan, Request

    Action = Callable[[Book, Request, datetime, Ids, str], Plan]
    """A pure function from the book, a request, its time, the ids and its operation key to a plan."""
    Announce = Callable[[Record | None, Record | None, Book], Sequence[Announcement]]
    """What the change from one state of a record to the next says."""
    Propose = Callable[[Record, Book], Plan]
    """The words of a record's pull request, as a plan without files."""
    Remind = Callable[[Record, Book, datetime], Sequence[Announcement]]
    """What people are to be reminded of about a record at a moment."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a page of a kind is made of: a template of the kind and its values.

    Attributes:
        path: where the page lies on the site, ending in `.md`.
        template: name of the template in the folder of the kind (`page.md.j2`).
        values: what the template prints; every text in it is printed inert.
        source: what a person edits to change the page.
        body: reviewed Markdown that follows, word for word.
    """

    path: str
    template: str
    values: Mapping[str, Any]
    source: str
    body: str = ""


def _no_sheets(book: Book, now: datetime) -> Iterator[Sheet]:
    del book, now
    return iter(())


def _never_open(record: Record) -> bool:
    del record
    return False


def _plainly(record: Record, book: Book) -> Plan:
    from opsbook.core.plan import Plan

    del book
    return Plan(record.id, record.path, {}, record.id, record.id, "")


def _none_open(book: Book) -> Sequence[Record]:
    del book
    return ()


def _by_people(before: Record | None, after: Record) -> str:
    del before
    return f"Every {after.kind.name} is merged by people."


def _nothing(before: Record | None, after: Record | None, book: Book) -> Sequence[Announcement]:
    del before, after, book
    return ()


def _no_reminders(record: Record, book: Book, now: datetime) -> Sequence[Announcement]:
    del record, book, now
    return ()


@dataclass(frozen=True)
class Kind:
    """A kind of record.

    Attributes:
        name: singular, as in the command line; plural: its section of `opsbook.yml` and of the site.
        folder: its top-level folder in a book.
        path: matches the path of a record below that folder, with the group `id`.
        depth: how many folders deep a record lies below `folder` (1 for `services/x.yaml`).
        naming: says what names look like, for messages.
        parts: its files.
        section: the model of its section of `opsbook.yml`.
        rules: rules about one record; book_rules: rules about all of them and its configuration.
        actions: verb to action.
        announce: what a change says.
        remind: what people are reminded of; the fact of a reminder is what is due, so that it comes once.
        sheets: what its pages are made of, one after another: a book may have more than fit into memory.
        propose: the words of its pull request, where whoever began it could not open one.
        needs_people: why a change that passes the check is not merged by itself all the same; nothing when it may be.
        is_open: whether people are working under pressure on the record, so that the check may not stand in the way.
        open_in: the records of a book that are so, found without reading all the others.
    """

    name: str
    plural: str
    folder: str
    path: re.Pattern[str]
    depth: int
    naming: str
    parts: tuple[Part, ...]
    section: type[Section] = Section
    rules: tuple[type[RecordRule], ...] = ()
    book_rules: tuple[type[BookRule], ...] = ()
    actions: Mapping[str, Action] = field(default_factory=dict)
    announce: Announce = _nothing
    remind: Remind = _no_reminders
    sheets: Callable[[Book, datetime], Iterator[Sheet]] = _no_sheets
    propose: Propose = _plainly
    needs_people: Callable[[Record | None, Record], str] = _by_people
    is_open: Callable[[Record], bool] = _never_open
    open_in: Callable[[Book], Sequence[Record]] = _none_open

    @property
    def is_file(self) -> bool:
        """Whether a record is one file and not a folder."""
        return self.parts[0].pattern == ""
