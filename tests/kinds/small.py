"""The base book of the rule cases, and what a person does with it: pure functions from a book to the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.check import check_record, introduced, known_before
from opsbook.core.finding import Finding
from opsbook.core.ids import Ids, operation_key
from opsbook.core.plan import Plan
from opsbook.core.record import Record
from opsbook.core.tree import MemoryTree, Overlay, Tree
from opsbook.core.types import parse_time
from opsbook.kinds import registry
from opsbook.kinds.incident.view import IncidentView
from tests.cases.cases import NOW, base
from tests.support.requests import ask

START = parse_time(NOW)


def book(changes: Mapping[str, bytes | str | None] | None = None, **config: tuple[str, str]) -> Book:
    """The base book with other files; `config` replaces texts of `opsbook.yml`."""
    files: dict[str, bytes | None] = dict(base())
    for path, data in (changes or {}).items():
        files[path] = data.encode() if isinstance(data, str) else data
    text = base()["opsbook.yml"].decode()
    for old, new in config.values():
        assert old in text
        text = text.replace(old, new, 1)
    files["opsbook.yml"] = text.encode()
    return Book(MemoryTree({path: data for path, data in files.items() if data is not None}), registry())


@dataclass
class Desk:
    """A book that actions change, and its clock: what `perform` does, without forge and announcements.

    Attributes:
        tree: the book as it is.
        now: the clock.
        drawn: how many operations there were.
    """

    tree: Tree = field(default_factory=lambda: book().tree)
    now: datetime = START
    drawn: int = 0
    before: Book | None = None
    _read: tuple[Tree, Book] | None = None

    @property
    def book(self) -> Book:
        """The book as it is, read once."""
        if self._read is None or self._read[0] is not self.tree:
            self._read = self.tree, Book(self.tree, registry())
        return self._read[1]

    def plan(self, verb: str, record: str | None = None, by: str = "oncall-a", **values: Any) -> Plan:
        """What an action wants; raises `Refused`."""
        self.drawn += 1
        seed = self.drawn.to_bytes(16, "big")
        request = ask(f"incident.{verb}", by, values, record)
        return registry()["incident"].actions[type(request)](
            self.book, request, self.now, Ids(seed), operation_key(seed)
        )

    def broken_by(self, plan: Plan) -> list[Finding]:
        """The errors that a plan would bring."""
        old, new = self.book, Book(Overlay(self.tree, plan.files), registry())
        ref, before = new.at(plan.path), self.book.find("incident", plan.record)
        assert ref is not None
        return introduced(known_before(before, old, self.now, registry()), check_record(ref, new, self.now, registry()))

    def take(self, plan: Plan) -> Plan:
        """Let a plan become the book."""
        self.before, self.tree = self.book, Overlay(self.tree, plan.files)
        return plan

    def do(self, verb: str, record: str | None = None, by: str = "oncall-a", **values: Any) -> Plan:
        """Apply an action."""
        return self.take(self.plan(verb, record, by, **values))

    def declare(self, title: str = "Mail is late", severity: str = "P1", **values: Any) -> str:
        """Declare an incident; its id."""
        return self.do("declare", None, title=title, severity=severity, **values).record

    def later(self, **span: float) -> None:
        """Move the clock on, or back."""
        self.now += timedelta(**span)

    def record(self, id_: str) -> Record:
        """A record of the book."""
        found = self.book.resolve("incident", id_)
        assert found is not None
        return found

    def view(self, id_: str) -> IncidentView:
        """An incident."""
        return IncidentView(self.record(id_))

    def findings(self, id_: str) -> list[Finding]:
        """What is wrong with an incident now."""
        return check_record(self.record(id_).ref, self.book, self.now, registry())

    def said(self, id_: str) -> list[Announcement]:
        """What the last change says."""
        before = self.before.resolve("incident", id_) if self.before is not None else None
        return list(registry()["incident"].announce(before, self.record(id_), self.book))
