"""The rules of the service catalogue."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.code import Problem
from opsbook.core.drafting import LeftToFillIn
from opsbook.core.record import File, Record
from opsbook.core.rule import RecordRule
from opsbook.kinds.service.model import Service


def _service(record: Record) -> Iterator[tuple[File, Service]]:
    found = record.only("", Service)
    if found is not None:
        yield found


class SVC001(RecordRule):
    """A service of ours without an owner.

    Name the team that runs it under `owner`: in an incident somebody must know whom to wake.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`owner` of every service that is ours and not retired."""
        for file, service in _service(record):
            if service.ours and service.owner is None and service.lifecycle != "retired":
                yield Problem(f"{service.name} is ours and has no owner", file, ("ours",), key=True)


class SVC002(RecordRule):
    """A service that is not ours, without the way to its help.

    Say under `go_to` where somebody goes with a problem; a link and a status page help too.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`go_to` of every service that is not ours."""
        for file, service in _service(record):
            if not service.ours and service.go_to is None and service.lifecycle != "retired":
                yield Problem(f"{service.name} is not ours and does not say where to go", file, ("ours",), key=True)


class SVC003(RecordRule):
    """A runbook that does not exist.

    Correct its name (`<area>/<name>`), write it (`opsbook new runbook`), or take it out.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Each runbook of a service."""
        for file, service in _service(record):
            for index, name in enumerate(service.runbooks):
                if book.find("runbook", name) is None:
                    yield Problem(f"there is no runbooks/{name}.md", file, ("runbooks", index))


class SVC004(RecordRule):
    """A dependency that is not in the catalogue.

    Correct its name, or add the service, also when it is not ours.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Each dependency of a service."""
        for file, service in _service(record):
            for index, name in enumerate(service.depends_on):
                if name == service.name:
                    yield Problem("a service does not depend on itself", file, ("depends_on", index))
                elif book.find("service", name) is None:
                    yield Problem(f"there is no services/{name}.yaml", file, ("depends_on", index))


class SVC005(RecordRule):
    """A name that differs from the file's.

    Rename the file or correct `name`: records refer to the service by the name of its file.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`name` against the file name."""
        for file, service in _service(record):
            # A file name that is none (BOK002) says no name to compare with.
            if service.name != record.id and posixpath.basename(record.path) == f"{record.id}.yaml":
                yield Problem(f"the name is {service.name}, and the file is {record.id}.yaml", file, ("name",))


class SVC006(LeftToFillIn):
    """Something in a service that its draft left to fill in.

    Put what it asks for in place of the words that begin with `TODO:`. Incidents, pages and menus show them.
    """


RULES: tuple[type[RecordRule], ...] = (SVC001, SVC002, SVC003, SVC004, SVC005, SVC006)
