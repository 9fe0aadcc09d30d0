"""Who is on duty for a rota at a moment, and until when: from turns or a calendar, with overrides on top.

Nothing is guessed. Where a calendar is not there, cannot be read, or has run out, nobody knows who is on duty, and
that is another answer than nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.config import CALENDARS, CoreConfig, Rota
from opsbook.core.kind import Kind
from opsbook.core.record import Ref
from opsbook.core.rows import Row
from opsbook.core.times import Times
from opsbook.core.types import write_time
from opsbook.core.unseen import Unseen

KIND: Final = "override"
KEEP: Final = f"{KIND}.calendars"
"""The action that brings calendars into the book."""
OVERRIDES: Final = "operations/overrides"

AHEAD = timedelta(days=92)
"""How far somebody looks for the next handover: a quarter."""

Source = Literal["turns", "calendar", "override", "unseen"]


class Duty(NamedTuple):
    """Who is on duty.

    Attributes:
        person: nobody in a gap, and where it could not be seen.
        until: when somebody else takes over, or nobody; `None` where no end is in sight.
        source: what says so.
        unseen: what could not be seen, and what to do.
        since: from when, not earlier than what was asked about.
    """

    person: str | None
    until: datetime | None
    source: Source
    unseen: Unseen | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRow(Row):
    """What is known of an override; see its model."""

    rota: str = ""
    person: str = ""
    starts: datetime | None = None
    until: datetime | None = None
    at: datetime | None = None


class _Span(NamedTuple):
    """A span of time as somebody wrote it; of those that overlap the one with the greatest rank counts."""

    rank: tuple[object, ...]
    starts: datetime
    ends: datetime
    person: str | None
    source: Source
    unseen: Unseen | None = None


def on_duty(book: Book, rota_id: str, at: datetime) -> Duty:
    """Who is on duty for a rota at a moment (aware)."""
    return next(duties(book, rota_id, at))


def duties(book: Book, rota_id: str, at: datetime, ahead: timedelta = AHEAD) -> Iterator[Duty]:
    """Who is on duty from a moment on, one after the other, as far ahead as this."""
    end = at + ahead
    rota = book.config.core.rota(rota_id)
    spans = [
        *(_planned(rota, book, at, end) if rota is not None else _unsaid(rota_id, at, end)),
        *_overrides(rota_id, book),
    ]
    spans = [span for span in spans if span.starts < end and span.ends > at]
    edges = sorted({at, end, *(edge for span in spans for edge in (span.starts, span.ends) if at < edge < end)})
    source: Source = "turns" if rota is None or rota.ical is None else "calendar"
    found: Duty | None = None
    for since, until in pairwise(edges):
        top = max(
            (span for span in spans if span.starts <= since < span.ends), key=lambda span: span.rank, default=None
        )
        now = Duty(top and top.person, until, top.source if top else source, top and top.unseen, since)
        if found is not None and (found.person, found.unseen) == (now.person, now.unseen):
            found = found._replace(until=until)
            continue
        if found is not None:
            yield found
        found = now
    assert found is not None
    yield found._replace(until=None)


def said(duty: Duty, core: CoreConfig) -> str:
    """Who is on duty, as people read it."""
    if duty.person is not None:
        return core.person_name(duty.person)
    return "nobody" if duty.unseen is None else "not known"


def calendar_of(rota: str) -> str:
    """Where the calendar of a rota lies in the book."""
    return f"{CALENDARS}/{rota}.ics"


def zone_of(book: Book, at: datetime) -> tzinfo:
    """The zone of the book."""
    found = Times(at, book.config.core.timezone).local(at).tzinfo
    assert found is not None
    return found


def _unsaid(rota: str, at: datetime, end: datetime) -> Iterator[_Span]:
    unseen = Unseen(f"who is on duty for {rota}", f"{CONFIG_PATH} has no such rota that can be read.", "opsbook check")
    yield _Span((0,), at, end, None, "unseen", unseen)


def _planned(rota: Rota, book: Book, at: datetime, end: datetime) -> Iterable[_Span]:
    if rota.ical is not None and rota.starts is None and not rota.people:
        return _calendar(rota, book, at, end)
    if rota.ical is None and rota.starts is not None and rota.people:
        return _turns(rota.starts, rota.every, rota.people, at, end)
    return _unsaid(rota.id, at, end)


def _turns(starts: datetime, every: timedelta, people: Sequence[str], at: datetime, end: datetime) -> Iterator[_Span]:
    turn = max((at - starts) // every, 0)
    while (begins := starts + turn * every) < end:
        yield _Span((0,), begins, begins + every, people[turn % len(people)], "turns")
        turn += 1


def _calendar(rota: Rota, book: Book, at: datetime, end: datetime) -> Iterator[_Span]:
    """What the calendar says. Of two events that overlap the one that began last counts, then the shorter one."""
    from opsbook.core.calendar import NOBODY, following, spans

    path, what = calendar_of(rota.id), f"who is on duty for {rota.id}"
    how = f"opsbook rotas fetch {rota.id}{' --from FILE' if rota.ical == 'file' else ''}"
    data = book.tree.read(path)
    if data is None:
        yield _Span((0,), at, end, None, "unseen", Unseen(what, f"There is no {path}.", how))
        return
    try:
        zone = zone_of(book, at)
        found = spans(data, zone, at, end)
        ended = following(data, zone, end) is None
    except ValueError:
        yield _Span((0,), at, end, None, "unseen", Unseen(what, f"{path} cannot be read.", how))
        return
    for starts, ends, person in found:
        rank = (1, starts, -ends.timestamp(), person)
        if person != NOBODY:
            yield _Span(rank, starts, ends, person, "calendar")
            continue
        why = f"{path} has an event at {write_time(starts)} that names nobody of {CONFIG_PATH}."
        yield _Span(rank, starts, ends, None, "unseen", Unseen(what, why, "Name somebody in the calendar."))
    if ended:
        last = max((span.ends for span in found), default=at)
        yield _Span((0,), max(last, at), end, None, "unseen", Unseen(what, f"{path} ends before that.", how))


def _overrides(rota: str, book: Book) -> Iterator[_Span]:
    """The overrides of a rota; of those that overlap the one that was written last counts."""
    for row in overrides_of(rota, book):
        if row.starts is not None and row.until is not None and row.at is not None:
            yield _Span((2, row.at, row.id), row.starts, row.until, row.person, "override")


def overrides_of(rota: str, book: Book) -> list[OverrideRow]:
    """The readable overrides of a rota."""
    kind, folder = book.kinds.get(KIND), f"{OVERRIDES}/{rota}"
    if not isinstance(kind, Kind):
        return []
    refs = (Ref(KIND, name.removesuffix(".yaml"), f"{folder}/{name}") for name in book.tree.folders(folder))
    rows = (kind.row(book.record(ref), book) for ref in refs)
    return [row for row in rows if isinstance(row, OverrideRow) and row.at is not None]
