"""The calendar of a rota (iCal, RFC 5545): what the book keeps of one, and who has which span of time in it.

A calendar is full of people's addresses, and a repository forgets nothing: of an event only its times are kept, and
whose it is. What is kept is written in one way, so that a calendar that says the same is the same file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from opsbook.core import secrets
from opsbook.core.config import CoreConfig
from opsbook.core.text import one_line, shorten
from opsbook.core.types import OUTSIDER

if TYPE_CHECKING:
    from icalendar import Calendar

NOBODY: Final = "?"
"""Stands for the person of an event that names nobody of `opsbook.yml`, or more than one."""

_TIMES: Final = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_OF_A_ZONE: Final = ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME", "RRULE", "RDATE")
_UID = re.compile(r"[0-9a-f]{20}")
_KEPT_NAME = re.compile(rf"[a-z0-9]+(?:-[a-z0-9]+)*|{OUTSIDER[1:-1]}")


class Span(NamedTuple):
    """Whose a span of time is in a calendar: the id of a person, or what the event says where it is nobody's."""

    starts: datetime
    ends: datetime
    person: str


class Kept(NamedTuple):
    """A calendar as the book keeps it, and the events in it of which nobody knows whose they are."""

    data: bytes
    unmatched: tuple[str, ...]


def keep(data: bytes, core: CoreConfig | None) -> Kept:
    """What the book keeps of a calendar.

    Args:
        core: whose `people` the events are; without it, the people that a kept calendar names.

    Raises:
        ValueError: it is no calendar; the sentence says why.
    """
    from icalendar import Calendar, vText

    found, unmatched = Calendar(), dict[str, None]()
    found.add("prodid", vText("-//opsbook//rota//EN"))
    found.add("version", vText("2.0"))
    zones: dict[str, Any] = {}
    events: dict[tuple[str, str], Any] = {}
    revisions: dict[tuple[str, str], int] = {}
    cancelled: list[Any] = []
    for calendar in _parsed(data):
        for zone in calendar.walk("VTIMEZONE"):
            zones.setdefault(str(zone.get("TZID", "")), _zone(zone))
        for event in cast("list[Any]", calendar.walk("VEVENT")):
            if event.errors or "DTSTART" not in event:
                raise ValueError("one of its events cannot be read")
            who = _who(event, core) if core is not None else _kept_name(event)
            if any(_too_often(rule) for rule in _list(event.get("RRULE"))):
                raise ValueError("one of its events recurs more often than daily")
            kept, place = _event(event, who), _place(event)
            if str(event.get("STATUS", "")).upper() == "CANCELLED":
                cancelled += [event] if "RECURRENCE-ID" in event else []
                continue
            if revisions.get(place, -1) <= (revision := int(event.get("SEQUENCE", 0))):
                revisions[place], events[place] = revision, kept
            if who == NOBODY:
                said, _ = secrets.mask(one_line(str(event.get("SUMMARY", ""))))
                unmatched[f"{event['DTSTART'].dt:%Y-%m-%d}: {shorten(said, 60) or 'without words'}"] = None
    for event in cancelled:  # one of many that does not take place is left out of the many
        series = events.get((_place(event)[0], ""))
        if series is not None:
            series.add("EXDATE", event["RECURRENCE-ID"].dt)
            events.pop(_place(event), None)
    used = {str(item.params["TZID"]) for event in events.values() for item in _items(event) if "TZID" in item.params}
    for name in sorted(used & set(zones)):
        found.add_component(zones[name])
    for place in sorted(events, key=lambda place: (str(events[place]["DTSTART"].dt), place)):
        found.add_component(events[place])
    kept = found.to_ical().replace(b"\r\n", b"\n")
    if b"@" in kept:
        raise ValueError("the name of a time zone in it looks like somebody's address")
    following(kept, UTC, datetime(2000, 1, 1, tzinfo=UTC))  # what cannot be read later is refused now
    return Kept(kept, tuple(unmatched))


def spans(data: bytes, zone: tzinfo, starts: datetime, ends: datetime) -> list[Span]:
    """Who has which part of the time from `starts` to `ends`, in the order in which the parts begin.

    Args:
        zone: of days, and of times that say no zone.

    Raises:
        ValueError: it is no calendar.
    """
    day = timedelta(days=1)
    found = (_span(event, zone) for event in _query(data).between(starts - day, ends + day))
    return sorted(span for span in found if span.starts < ends and span.ends > starts and span.starts < span.ends)


def following(data: bytes, zone: tzinfo, at: datetime) -> Span | None:
    """The first span that ends after a moment; `None` where the calendar has run out by then."""
    return next((span for event in _query(data).after(at) if (span := _span(event, zone)).ends > at), None)


@lru_cache(maxsize=16)
def _query(data: bytes) -> Any:
    import recurring_ical_events
    from icalendar import Calendar

    whole = Calendar()
    for calendar in _parsed(data):
        for part in calendar.subcomponents:
            whole.add_component(part)
    return recurring_ical_events.of(whole)


def _parsed(data: bytes) -> Sequence[Calendar]:
    from icalendar import Calendar

    try:
        found = Calendar.from_ical(data.decode("utf-8-sig"), multiple=True)
    except (ValueError, IndexError, KeyError, AttributeError, TypeError) as error:
        raise ValueError("it is no calendar in the format iCal") from error
    if not found or any(calendar.name != "VCALENDAR" for calendar in found):
        raise ValueError("it is no calendar in the format iCal")
    return found


def _span(event: Any, zone: tzinfo) -> Span:
    return Span(_moment(event.start, zone), _moment(event.end, zone), str(event.get("SUMMARY", NOBODY)))


def _moment(value: date | datetime, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    return value if value.tzinfo is not None else value.replace(tzinfo=zone)


def _zone(zone: Any) -> Any:
    kept = type(zone)()
    kept["TZID"] = zone["TZID"]
    for part in zone.subcomponents:
        inner = type(part)()
        for name in _OF_A_ZONE:
            if name in part:
                inner[name] = part[name]
        kept.add_component(inner)
    return kept


def _event(event: Any, who: str) -> Any:
    from icalendar import Event, vText

    kept = Event()
    kept["UID"] = vText(_place(event)[0])
    for name in _TIMES:
        for item in _list(event.get(name)):
            kept.add(name, item)
            for given in set(item.params) - {"TZID", "VALUE", "RANGE"}:
                del item.params[given]
    kept["SUMMARY"] = vText(who)
    return kept


def _items(event: Any) -> Iterator[Any]:
    return (item for name in _TIMES for item in _list(event.get(name)))


def _too_often(rule: Any) -> bool:
    often = {"SECONDLY", "MINUTELY", "HOURLY"} & {str(word).upper() for word in rule.get("FREQ", ())}
    return bool(often) or "BYMINUTE" in rule or "BYSECOND" in rule


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _place(event: Any) -> tuple[str, str]:
    """Which event of a calendar it is: the digest of its id, which often holds an address, and which of a series."""
    uid = str(event.get("UID", ""))
    known = uid if _UID.fullmatch(uid) else hashlib.sha256(uid.encode()).hexdigest()[:20]
    return known, str(event["RECURRENCE-ID"].dt) if "RECURRENCE-ID" in event else ""


def _kept_name(event: Any) -> str:
    said = str(event.get("SUMMARY", ""))
    return said if _KEPT_NAME.fullmatch(said) else NOBODY


def _who(event: Any, core: CoreConfig) -> str:
    """Whose an event is: who was invited, who invited, whom its title names. Of two it may be, it is neither's."""
    invited, host = (_named_by(event.get(name), core) for name in ("ATTENDEE", "ORGANIZER"))
    named = _named_in(one_line(str(event.get("SUMMARY", ""))), core)
    if len(invited) == 1:
        return invited.pop()
    # Whoever set up the calendar often stands in every event of it: the title may not say otherwise.
    meant = invited & named if invited else (named | host if len(host) == 1 else named)
    return meant.pop() if len(meant) == 1 else NOBODY


def _named_by(given: Any, core: CoreConfig) -> set[str]:
    """The people whom addresses name, by the name that stands with each, or by what stands before the @."""
    found: set[str] = set()
    for item in _list(given):
        said = {str(item.params.get("CN", "")), str(item).removeprefix("mailto:").removeprefix("MAILTO:").split("@")[0]}
        found |= {id_ for id_, names in _names(core) for name in names if name in {_plain(text) for text in said}}
    return found


def _named_in(text: str, core: CoreConfig) -> set[str]:
    """The people whom a title names; of a name that is part of another one, the longer counts."""
    known = sorted(((name, id_) for id_, names in _names(core) for name in names), key=lambda pair: -len(pair[0]))
    found: set[str] = set()
    rest = _plain(text)
    for name, id_ in known:
        pattern = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
        if re.search(pattern, rest):
            found.add(id_)
            rest = (
                rest
                if any(name == other and id_ != someone for other, someone in known)
                else re.sub(pattern, "\0", rest)
            )
    return found


def _names(core: CoreConfig) -> Iterable[tuple[str, set[str]]]:
    for person in core.people:
        yield person.id, {_plain(name) for name in (person.id, person.name, person.github) if name}


def _plain(text: str) -> str:
    return one_line(text).casefold()
