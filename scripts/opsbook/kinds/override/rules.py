"""The rules of rotas, their calendars and their overrides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from opsbook.core.book import Book
from opsbook.core.code import Problem
from opsbook.core.config import Rota
from opsbook.core.duty import OVERRIDES, calendar_of, duties, zone_of
from opsbook.core.record import File, Record
from opsbook.core.rule import BookRule, RecordRule
from opsbook.core.rules import config_file
from opsbook.core.times import Times
from opsbook.kinds.override.model import Override

SOON = timedelta(days=7)
"""How long before a calendar runs out somebody has to be told."""

LOOKED = timedelta(days=14)
"""How far ahead gaps are looked for, and events that are nobody's."""


def _override(record: Record) -> Iterator[tuple[File, Override]]:
    found = record.only("", Override)
    if found is not None:
        yield found


class OVR001(RecordRule):
    """An override that does not lie where it belongs.

    Do not move overrides by hand: `opsbook oncall override` writes one into the folder of its rota.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """The path against its rota and its id."""
        for file, override in _override(record):
            place = f"{OVERRIDES}/{override.rota}/{override.id}.yaml"
            if record.path != place:
                yield Problem(f"it belongs at {place}", file, ("rota",))


class OVR002(RecordRule):
    """An override that ends before it begins.

    Correct `starts` or `until`: as it is, nobody stands in.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`until` against `starts`."""
        for file, override in _override(record):
            if override.until <= override.starts:
                yield Problem("it ends before it begins", file, ("until",))


class ROT001(BookRule):
    """A rota that does not say in exactly one way who is on duty.

    Give it `starts` and `people`, who take turns, or `ical`, a calendar, and not both.
    """

    reads = frozenset()

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Turns against the calendar."""
        for index, rota in enumerate(book.config.core.rotas):
            turns = [name for name, given in (("starts", rota.starts), ("people", rota.people)) if given]
            if rota.ical is not None and turns:
                message = f"{rota.id} has a calendar, and {' and '.join(turns)} too"
                yield Problem(message, config_file(book), ("rotas", index, "ical"))
            elif rota.ical is None and len(turns) < 2:
                missing = " and ".join(name for name in ("starts", "people") if name not in turns)
                yield Problem(
                    f"{rota.id} has neither a calendar nor {missing}", config_file(book), ("rotas", index, "id")
                )


class ROT002(BookRule):
    """A calendar that holds more than the book may keep, or cannot be read.

    Do not put a calendar into the book by hand: it holds people's addresses. `opsbook rotas fetch ROTA --from FILE`
    keeps of it who is on duty when, and nothing else. What was committed is in the history of the repository.
    """

    always = True

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Each calendar against what is kept of it."""
        from opsbook.core.calendar import keep

        for _, rota in _calendars(book):
            path = calendar_of(rota.id)
            data = book.tree.read(path)
            try:
                if data is not None and keep(data, None).data != data:
                    yield Problem("this calendar is not as `opsbook rotas fetch` writes it", path=path)
            except ValueError as error:
                yield Problem(f"{error}", path=path)


class ROT003(BookRule):
    """A calendar with an event of which nobody knows whose it is.

    Name somebody of `people` in the event, by the id, the name or the GitHub login, or add the person to `opsbook.yml`.
    Until then nobody is known to be on duty in that time.
    """

    severity = "warning"

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """The events of the next two weeks against `people`."""
        from opsbook.core.calendar import spans

        present = {person.id for person in book.config.core.people if person.retired is None}
        times = Times(now, book.config.core.timezone)
        for index, rota in _calendars(book):
            try:
                found = spans(book.tree.read(calendar_of(rota.id)) or b"", zone_of(book, now), now, now + LOOKED)
            except ValueError:  # ROT002 and ROT004 say so
                continue
            for span in found:
                if span.person not in present:
                    who = "names nobody" if span.person == "?" else f"names {span.person}, who is not there any more"
                    message = f"the event of {rota.id} at {times.full(span.starts)} {who}"
                    yield Problem(message, config_file(book), ("rotas", index, "ical"))


class ROT004(BookRule):
    """A calendar that is not there, or runs out within a week.

    Add events to the calendar; `opsbook rotas fetch` brings them into the book.
    """

    severity = "warning"

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """The last event against now."""
        from opsbook.core.calendar import following

        for index, rota in _calendars(book):
            path, place = calendar_of(rota.id), (config_file(book), ("rotas", index, "ical"))
            data = book.tree.read(path)
            if data is None:
                yield Problem(f"there is no {path}", *place)
                continue
            try:
                out = following(data, zone_of(book, now), now + SOON) is None
            except ValueError:
                continue
            if out:
                yield Problem(f"the calendar of {rota.id} runs out within {SOON.days} days", *place)


class ROT005(BookRule):
    """A gap in a rota: nobody is on duty.

    Add an event to the calendar, or let somebody stand in (`opsbook oncall override`). Of a rota that is meant to have
    gaps say so: `# opsbook: allow ROT005 because …` above its `ical`.
    """

    severity = "warning"

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """The first gap of the next two weeks."""
        times = Times(now, book.config.core.timezone)
        for index, rota in _calendars(book):
            for duty in duties(book, rota.id, now, LOOKED):
                if duty.person is None and duty.unseen is None:
                    message = f"nobody is on duty for {rota.id} from {times.full(duty.since)}"
                    yield Problem(message, config_file(book), ("rotas", index, "ical"))
                    break


def _calendars(book: Book) -> Iterator[tuple[int, Rota]]:
    """The rotas that have a calendar, with their places in opsbook.yml."""
    for index, rota in enumerate(book.config.core.rotas):
        if rota.ical is not None and rota.retired is None:
            yield index, rota


RULES: tuple[type[RecordRule], ...] = (OVR001, OVR002)
BOOK_RULES: tuple[type[BookRule], ...] = (ROT001, ROT002, ROT003, ROT004, ROT005)
