"""The kind `wish`: something that somebody wishes for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from opsbook.core import yaml
from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.code import Problem
from opsbook.core.command import Write
from opsbook.core.config import Section
from opsbook.core.front import Front, Way
from opsbook.core.ids import Ids
from opsbook.core.kind import Kind, Sheet
from opsbook.core.plan import Plan
from opsbook.core.record import Record
from opsbook.core.request import Given, Request
from opsbook.core.rows import Row, Rows
from opsbook.core.rule import RecordRule
from opsbook.core.shape import Part
from opsbook.core.types import ChannelRef, Line, Model, Operation, PersonRef


class Wish(Model):
    """`wishes/<year>/<month>/<id>.yaml`: what somebody wishes for."""

    id: str
    """The id; the file has the same."""
    title: Line
    """What is wished for."""
    by: PersonRef
    """Whose wish it is."""
    status: Literal["open", "granted"] = "open"
    """Whether it was granted."""
    operation: Operation | None = None
    """The operation that wrote it."""


class WishesConfig(Section):
    """Who hears of wishes."""

    channel: ChannelRef | None = None
    """Where wishes are told."""


class Make(Request):
    """Make a wish."""

    action: ClassVar[str] = "wish.make"

    title: Annotated[str, Given(metavar="TEXT")] = ""
    """What is wished for."""


class Grant(Request):
    """Grant a wish."""

    action: ClassVar[str] = "wish.grant"


class WSH001(RecordRule):
    """A wish for more wishes.

    Wish for something else.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """The title."""
        found = record.only("", Wish)
        if found is not None and "more wishes" in found[1].title:
            yield Problem("nobody may wish for more wishes", found[0], ("title",))


def make(book: Book, request: Make, now: datetime, ids: Ids, operation: str) -> Plan:
    """A new file."""
    wish = Wish(id=ids.record("WSH", now), title=request.title, by=request.by, operation=operation)
    path = f"wishes/{now:%Y/%m}/{wish.id}.yaml"
    text = yaml.dump(wish.model_dump(mode="json", exclude_none=True), schema="../../../schemas/wish.schema.json")
    return Plan(wish.id, path, {path: text.encode()}, f"Make {wish.id}", f"{wish.id}: a wish", "A wish.\n")


def grant(book: Book, request: Grant, now: datetime, ids: Ids, operation: str) -> Plan:
    """Another status, and nothing else."""
    record = book.resolve("wish", request.record or "")
    assert record is not None
    text = yaml.edit(record.files[""].text, [(("status",), "granted"), (("operation",), operation)])
    return Plan(record.id, record.path, {record.path: text.encode()}, f"Grant {record.id}", record.id, "Granted.\n")


class WishKind(Kind):
    """A wish."""

    name = "wish"
    plural = "wishes"
    folder = "wishes"
    path = re.compile(r"[0-9]{4}/[0-9]{2}/(?P<id>WSH-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{5})\.yaml")
    depth = 3
    naming = "wishes/<year>/<month>/WSH-<date>-<5 characters>.yaml"
    parts = (Part("", "wish", schema="wish", model=Wish, required=True),)
    section = WishesConfig
    published = "main"
    rules = (WSH001,)
    actions: ClassVar = {Make: make, Grant: grant}

    def is_open(self, record: Record) -> bool:
        found = record.only("", Wish)
        return found is None or found[1].status == "open"

    def open_in(self, book: Book) -> Sequence[Record]:
        records = (book.record(ref) for ref in book.refs(self.name).values())
        return [record for record in records if self.is_open(record)]

    def announce(self, before: Record | None, after: Record | None, book: Book) -> Sequence[Announcement]:
        found, old = (record.only("", Wish) if record is not None else None for record in (after, before))
        channel = book.config.section(WishesConfig).channel
        if found is None or channel is None or (old is not None and old[1].status == found[1].status):
            return ()
        status = found[1].status
        return [Announcement(found[1].id, status, status, channel, f"A wish is {status}: {found[1].title}")]

    def row(self, record: Record, book: Book) -> Row:
        return Row(id=record.id, path=self.page(record.path), title=record.id)

    def sheet(self, record: Record, row: Row, rows: Rows, book: Book, now: datetime) -> Sheet:
        found = record.only("", Wish)
        return Sheet("page.html.j2", {"wish": found[1] if found else None}, record.path)

    def indexes(self, rows: Rows, book: Book, now: datetime) -> Iterable[Sheet]:
        return [Sheet("index.html.j2", {"rows": rows.of(self.name)}, "wishes", "wishes/index.md")]

    def front(self, book: Book, now: datetime) -> Front:
        return Front(browse=[Way("Wishes", "wishes/index.md", "What people wish for")])


MAKE = Write(Make, done="Wished {id}", tells=True)
GRANT = Write(Grant, done="Granted {id}", picks="optional")
