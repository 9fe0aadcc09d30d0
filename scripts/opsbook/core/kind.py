"""A kind of record: everything that is its own, in one class. The rest of the program names no kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

from opsbook.core.command import Pairs, Text, View
from opsbook.core.shape import Shape

if TYPE_CHECKING:
    from opsbook.core.alerting import AlertIntake
    from opsbook.core.announcement import Announcement
    from opsbook.core.book import Book
    from opsbook.core.entry import Entry
    from opsbook.core.examined import Examined
    from opsbook.core.front import Front
    from opsbook.core.ids import Ids
    from opsbook.core.intake import Intake
    from opsbook.core.markdown import Markdown
    from opsbook.core.plan import Plan
    from opsbook.core.record import Record
    from opsbook.core.request import Request
    from opsbook.core.rows import Row, Rows
    from opsbook.core.rule import BookRule, RecordRule
    from opsbook.core.start import Start

Action: TypeAlias = "Callable[[Book, Any, datetime, Ids, str], Plan]"
"""A pure function from the book, a request, its time, the ids and its operation key to a plan."""


class Sheet(NamedTuple):
    """What a page of a kind is made of: a template of the kind and its values.

    Attributes:
        template: name of the template in the folder of the kind (`page.html.j2`). That of a record sees its `findings`.
        values: what the template prints; every text in it is printed inert.
        source: what a person edits to change the page.
        path: where the page lies on the site, ending in `.md`; the page of a record lies where its row says.
        body: a page that somebody wrote, which follows.
        found_by: words by which a search finds the page before others.
        lives: an index says what changes by the minute, and not only by the day.
    """

    template: str
    values: Mapping[str, Any]
    source: str
    path: str = ""
    body: Markdown | None = None
    found_by: tuple[str, ...] = ()
    lives: bool = False


class Kind(Shape):
    """A kind of record. A new one overrides what it needs; what is here holds for a kind that is edited by hand.

    Each method imports what it stands on, beyond the models: whoever lists records does not wait for rules and pages.

    Attributes:
        found_in: the files of a record in whose words it is searched for, by name below its folder; none of a kind that
            cannot be found.
    """

    found_in: ClassVar[tuple[str, ...]] = ()

    @property
    def rules(self) -> tuple[type[RecordRule], ...]:
        """Rules about one record."""
        return ()

    @property
    def book_rules(self) -> tuple[type[BookRule], ...]:
        """Rules about all of its records, and its configuration."""
        return ()

    @property
    def actions(self) -> Mapping[type[Request], Action]:
        """The requests that it understands, and what each does."""
        return {}

    @property
    def intake(self) -> Intake | None:
        """The forms by which somebody without a terminal asks for a new record."""
        return None

    @property
    def alerts(self) -> AlertIntake | None:
        """What it makes of alerts."""
        return None

    @property
    def start(self) -> Start | None:
        """What it puts into a new book."""
        return None

    @property
    def package(self) -> str:
        """The package of the kind, which also holds the templates of its pages."""
        return type(self).__module__.rpartition(".")[0]

    def is_open(self, record: Record) -> bool:
        """Whether people are working under pressure on the record, so that the check may not stand in the way."""
        return False

    def rehearsed(self, record: Record) -> bool:
        """Whether the record is a rehearsal, in which the clock may be another one."""
        return False

    def open_in(self, book: Book) -> Sequence[Record]:
        """The records of a book that are so, the worst first, found without reading all the others."""
        return ()

    def awaiting(self, book: Book, now: datetime) -> Sequence[Record]:
        """Records that are over, and of which somebody still has to say something; the latest first."""
        return ()

    def ready(self, book: Book, now: datetime) -> Iterable[Examined]:
        """What somebody needs to know who begins a shift, in a line each."""
        return ()

    def pick(self, fragment: str, book: Book) -> list[str]:
        """The ids that a person may mean: the whole id, else all that end with it, in any case."""
        wanted = fragment.strip().casefold()
        ids = list(book.refs(self.name))
        same = [id_ for id_ in ids if id_.casefold() == wanted]
        return same or [id_ for id_ in ids if wanted and id_.casefold().endswith(wanted)]

    def listing(self, book: Book, now: datetime, *, every: bool) -> View | None:
        """Its open records as a list, or `every` one; `None` of a kind whose records are not worked on."""
        return None

    def shown(self, record: Record, book: Book, now: datetime) -> View:
        """One record on a terminal."""
        rows = (("Title", book.title(self.name, record.id) or record.id), ("Where", record.path))
        return View({"path": record.path}, [Text(record.id, "bold"), Pairs(rows)])

    def announce(self, before: Record | None, after: Record | None, book: Book) -> Sequence[Announcement]:
        """What the change from one state of a record to the next says."""
        return ()

    def remind(self, record: Record, book: Book, now: datetime) -> Sequence[Announcement]:
        """What people are to be reminded of; the fact of a reminder is what is due, so that it comes once."""
        return ()

    def propose(self, record: Record, book: Book) -> Plan:
        """The words of its pull request, as a plan without files, where whoever began it could not open one."""
        from opsbook.core.plan import Plan

        return Plan(record.id, record.path, {}, record.id, record.id, "")

    def needs_people(self, before: Record | None, after: Record) -> str:
        """Why a change that passes the check is merged by people and not by itself; nothing when it may be."""
        return f"Every {self.name} is merged by people."

    def migrate(self, record: Record, book: Book, ids: Ids) -> Mapping[str, bytes]:
        """The files of a record of an older format, as this program writes them; nothing when it is up to date."""
        return {}

    @property
    def row_type(self) -> type[Row]:
        """What `row` gives, so that it can be kept and read again."""
        from opsbook.core.rows import Row

        return Row

    def row(self, record: Record, book: Book) -> Row:
        """What other pages say of a record; of the book only the configuration may be asked."""
        from opsbook.core.rows import Row

        return Row(id=record.id, path="", title=book.title(self.name, record.id) or record.id)

    def sheet(self, record: Record, row: Any, rows: Rows, book: Book, now: datetime) -> Sheet:
        """What the page of a record is made of, if its row says that there is one."""
        raise NotImplementedError

    def indexes(self, rows: Rows, book: Book, now: datetime) -> Iterable[Sheet]:
        """What its other pages are made of, from the rows of its records: a book may have more than fit into memory."""
        return ()

    def found(self, record: Record) -> Entry | None:
        """What a search knows of a record, of its files that `found_in` names alone; `None` of what is not for all."""
        return None

    def front(self, book: Book, now: datetime) -> Front:
        """What it puts on the home page."""
        from opsbook.core.front import Front

        return Front()


Kinds = Mapping[str, Kind]
"""Every kind by its name."""


def requests_of(kinds: Kinds) -> list[type[Request]]:
    """The model of every request."""
    return [model for kind in kinds.values() for model in kind.actions]
