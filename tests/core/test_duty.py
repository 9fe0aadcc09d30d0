"""Who is on duty: from turns, from a calendar, with overrides on top, and never a guess.

The oracle walks through local time hour by hour, with `zoneinfo` and the calendar of Python alone: it shares no code
with the libraries that read a calendar, and none with `core.duty`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.core.book import Book
from opsbook.core.calendar import keep
from opsbook.core.duty import Duty, duties, on_duty
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry

LONDON = ZoneInfo("Europe/London")
HOUR = timedelta(hours=1)
PEOPLE = ("oncall-a", "oncall-b", "oncall-c")

CONFIG = """\
version: 2
timezone: Europe/London
people:
- {id: oncall-a, name: On-call engineer A, github: octo-a}
- {id: oncall-b, name: On-call engineer B}
- {id: oncall-c, name: On-call engineer C}
rotas:
- {id: day, title: By day, ical: file}
- {id: turns, title: In turn, starts: 2026-03-02T09:00:00Z, people: [oncall-a, oncall-b]}
- {id: neither, title: Nothing}
"""


@dataclass(frozen=True)
class Weekly:
    """An event that recurs by days, as somebody would draw it on paper.

    Attributes:
        first: the day on which it first begins; at: the local hour; hours: how long it takes on the clock on the wall.
        every: days from one to the next; 0 for an event that does not recur.
        times: how often; 0 for ever.
        without: which of them do not take place, by number.
        moved: which of them are somebody else's, by number: whose, and how many hours later they begin.
        whole: the days that it takes, of an event without a time of day.
    """

    who: str
    first: date
    at: int = 9
    hours: int = 168
    every: int = 7
    times: int = 0
    without: frozenset[int] = frozenset()
    moved: dict[int, tuple[str, int]] = field(default_factory=dict)
    whole: int = 0

    def begins(self, number: int) -> datetime:
        """The local time of the clock on the wall, without a zone."""
        day = self.first + timedelta(days=number * self.every)
        return datetime(day.year, day.month, day.day, 0 if self.whole else self.at)

    def length(self) -> timedelta:
        return timedelta(days=self.whole) if self.whole else timedelta(hours=self.hours)

    def occurrences(self, until: date) -> list[tuple[datetime, datetime, str]]:
        """What takes place, in local time."""
        found, number = [], 0
        while self.begins(number).date() <= until and not (self.times and number >= self.times):
            if number not in self.without:
                who, later = self.moved.get(number, (self.who, 0))
                starts = self.begins(number) + timedelta(hours=later)
                found.append((starts, starts + self.length(), who))
            number += 1
            if not self.every:
                break
        return found

    def ics(self, uid: int) -> str:
        """The same in iCal."""
        zone = ";VALUE=DATE" if self.whole else ";TZID=Europe/London"

        def when(moment: datetime) -> str:
            return f"{moment:%Y%m%d}" if self.whole else f"{moment:%Y%m%dT%H%M%S}"

        def event(starts: datetime, who: str, more: str) -> str:
            ends = starts + self.length()
            return (
                f"BEGIN:VEVENT\nUID:{uid}@calendar.example\nDTSTART{zone}:{when(starts)}\nDTEND{zone}:{when(ends)}\n"
                f"{more}SUMMARY:{who}\nEND:VEVENT\n"
            )

        rule = ""
        if self.every:
            rule = f"RRULE:FREQ=DAILY;INTERVAL={self.every}{f';COUNT={self.times}' if self.times else ''}\n"
            rule += "".join(f"EXDATE{zone}:{when(self.begins(number))}\n" for number in sorted(self.without))
        text = event(self.begins(0), self.who, rule)
        for number, (who, later) in self.moved.items():
            if number not in self.without and not (self.times and number >= self.times) and self.every:
                starts = self.begins(number)
                text += event(starts + timedelta(hours=later), who, f"RECURRENCE-ID{zone}:{when(starts)}\n")
        return text


def calendar(*events: Weekly | str) -> str:
    text = "".join(event if isinstance(event, str) else event.ics(uid) for uid, event in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{text}END:VCALENDAR\n"


def book(*events: Weekly | str, files: dict[str, str] | None = None) -> Book:
    found: dict[str, str | bytes] = {"opsbook.yml": CONFIG, **(files or {})}
    if events:
        found["operations/rotas/day.ics"] = keep(calendar(*events).encode(), None).data
    return Book(MemoryTree(found), registry())


def override(number: int, person: str, starts: str, until: str, at: str) -> dict[str, str]:
    id_ = f"OVR-20260301-0000{number}"
    said = {"id": id_, "rota": "day", "person": person, "starts": starts, "until": until, "by": person, "at": at}
    return {f"operations/overrides/day/{id_}.yaml": "".join(f"{name}: {value}\n" for name, value in said.items())}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def by_the_clock_on_the_wall(events: list[Weekly], at: datetime) -> str | None:
    """The oracle: whose event, of those that began and are not over by the local clock, began last."""
    moment = at.astimezone(UTC)
    found = [
        (starts.replace(tzinfo=LONDON).astimezone(UTC), -ends.replace(tzinfo=LONDON).timestamp(), who)
        for event in events
        for starts, ends, who in event.occurrences(at.astimezone(LONDON).date() + timedelta(days=2))
        if starts.replace(tzinfo=LONDON).astimezone(UTC) <= moment < ends.replace(tzinfo=LONDON).astimezone(UTC)
    ]
    return max(found)[2] if found else None


AB = (Weekly("oncall-a", date(2026, 3, 2), every=14), Weekly("oncall-b", date(2026, 3, 9), every=14))


@pytest.mark.parametrize(
    ("monday", "before", "after"),
    [("2026-03-30", "oncall-b", "oncall-a"), ("2026-10-26", "oncall-b", "oncall-a")],
    ids=["spring forward", "fall back"],
)
def test_a_handover_stays_at_nine_when_the_clocks_change(monday: str, before: str, after: str) -> None:
    made, handover = book(*AB), local(f"{monday}T09:00")
    last = on_duty(made, "day", handover - timedelta(minutes=1))
    assert (last.person, last.until) == (before, handover)
    assert on_duty(made, "day", handover).person == after
    assert [duty.person for duty in duties(made, "day", handover - timedelta(days=2))][:3] == [before, after, before]


events_drawn = st.builds(
    Weekly,
    who=st.sampled_from(PEOPLE),
    first=st.dates(date(2026, 3, 1), date(2026, 4, 10)) | st.dates(date(2026, 10, 1), date(2026, 10, 31)),
    at=st.integers(3, 23),
    hours=st.integers(1, 400),
    every=st.sampled_from([0, 1, 7, 14]),
    times=st.integers(0, 5),
    without=st.frozensets(st.integers(0, 5), max_size=2),
    moved=st.dictionaries(st.integers(1, 4), st.tuples(st.sampled_from(PEOPLE), st.integers(0, 5)), max_size=2),
    whole=st.sampled_from([0, 0, 1, 3]),
).map(
    lambda event: Weekly(
        event.who,
        event.first,
        event.at,
        event.hours,
        event.every,
        event.times,
        event.without if event.every else frozenset(),
        {number: (who, 0 if event.whole else later) for number, (who, later) in event.moved.items()}
        if event.every
        else {},
        event.whole,
    )
)


@settings(max_examples=150, deadline=None)
@given(st.lists(events_drawn, min_size=1, max_size=3))
def test_a_calendar_says_what_the_clock_on_the_wall_says(events: list[Weekly]) -> None:
    made = book(*events)
    for start in (utc("2026-03-27T22:00"), utc("2026-10-23T22:00")):
        found = [*duties(made, "day", start, timedelta(days=5))]
        for number in range(5 * 24):
            at = start + number * HOUR
            duty = max((duty for duty in found if duty.since <= at), key=lambda duty: duty.since)
            assert duty.person == by_the_clock_on_the_wall(events, at), at
            assert duty.until is None or at < duty.until


def test_of_two_events_that_overlap_the_one_that_began_last_counts() -> None:
    made = book(Weekly("oncall-a", date(2026, 3, 2)), Weekly("oncall-b", date(2026, 3, 4), at=18, hours=3, every=0))
    found = [*duties(made, "day", local("2026-03-04T12:00"), timedelta(days=1))]
    assert [(duty.person, duty.until) for duty in found] == [
        ("oncall-a", local("2026-03-04T18:00")),
        ("oncall-b", local("2026-03-04T21:00")),
        ("oncall-a", None),
    ]


def test_an_event_without_an_hour_takes_the_days_of_the_book() -> None:
    made = book(Weekly("oncall-a", date(2026, 7, 4), every=0, whole=2), Weekly("oncall-b", date(2027, 1, 1)))
    duty = on_duty(made, "day", utc("2026-07-03T23:00"))  # midnight in London
    assert (duty.person, duty.until) == ("oncall-a", utc("2026-07-05T23:00"))
    assert on_duty(made, "day", utc("2026-07-03T22:59"))[:2] == (None, utc("2026-07-03T23:00"))


def test_a_time_without_a_zone_is_one_of_the_book() -> None:
    floating = "BEGIN:VEVENT\nUID:1\nDTSTART:20260704T090000\nDURATION:PT8H\nSUMMARY:oncall-b\nEND:VEVENT\n"
    assert on_duty(book(floating), "day", utc("2026-07-04T08:00"))[:3] == (
        "oncall-b",
        utc("2026-07-04T16:00"),
        "calendar",
    )


def test_a_zone_that_only_the_calendar_knows_is_read_from_it() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Where we are\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0500\n"
        "TZOFFSETTO:+0500\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    event = (
        "BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Where we are:20260704T090000\nDTEND;TZID=Where we are:20260704T100000\n"
        "SUMMARY:oncall-c\nEND:VEVENT\n"
    )
    assert on_duty(book(zone, event), "day", utc("2026-07-04T04:30"))[:2] == ("oncall-c", utc("2026-07-04T05:00"))


def test_turns_follow_each_other_and_nobody_has_one_before_the_first() -> None:
    made = book()
    assert on_duty(made, "turns", utc("2026-03-01T09:00"))[:3] == (None, utc("2026-03-02T09:00"), "turns")
    assert on_duty(made, "turns", utc("2026-03-12T09:00"))[:3] == ("oncall-b", utc("2026-03-16T09:00"), "turns")


def test_whoever_goes_on_is_not_relieved() -> None:
    daily = Weekly("oncall-a", date(2026, 3, 2), hours=24, every=1, times=5)
    made = book(daily, Weekly("oncall-b", date(2026, 3, 7)))
    assert on_duty(made, "day", local("2026-03-03T12:00")).until == local("2026-03-07T09:00")
    alone = book(Weekly("oncall-a", date(2026, 3, 2)))
    assert on_duty(alone, "day", local("2026-03-03T12:00"))[:2] == ("oncall-a", None)


def test_the_override_that_was_written_last_counts() -> None:
    first = override(1, "oncall-c", "2026-03-04T00:00:00Z", "2026-03-06T00:00:00Z", "2026-03-01T10:00:00Z")
    last = override(2, "oncall-b", "2026-03-05T00:00:00Z", "2026-03-05T12:00:00Z", "2026-03-01T11:00:00Z")
    found = [*duties(book(*AB, files=first | last), "day", utc("2026-03-03T00:00"), timedelta(days=4))]
    assert [(duty.person, duty.source) for duty in found] == [
        ("oncall-a", "calendar"),
        ("oncall-c", "override"),
        ("oncall-b", "override"),
        ("oncall-c", "override"),
        ("oncall-a", "calendar"),
    ]
    assert [duty.until for duty in found[:4]] == [utc(f"2026-03-{day}") for day in ("04", "05", "05T12:00", "06")]


def test_an_override_is_known_where_the_calendar_is_not() -> None:
    stands_in = override(1, "oncall-c", "2026-03-04T00:00:00Z", "2026-03-06T00:00:00Z", "2026-03-01T10:00:00Z")
    made = book(files=stands_in)
    assert on_duty(made, "day", utc("2026-03-05T00:00"))[:3] == ("oncall-c", utc("2026-03-06T00:00"), "override")
    assert unseen(on_duty(made, "day", utc("2026-03-06T00:00"))) == "There is no operations/rotas/day.ics."


def unseen(duty: Duty) -> str:
    assert (duty.person, duty.source) == (None, "unseen")
    assert duty.unseen is not None
    return duty.unseen.why


@pytest.mark.parametrize(
    ("rota", "files", "why"),
    [
        ("day", {}, "There is no operations/rotas/day.ics."),
        ("day", {"operations/rotas/day.ics": "hello"}, "operations/rotas/day.ics cannot be read."),
        ("neither", {}, "opsbook.yml has no such rota that can be read."),
        ("gone", {}, "opsbook.yml has no such rota that can be read."),
    ],
)
def test_what_cannot_be_seen_is_not_nobody(rota: str, files: dict[str, str], why: str) -> None:
    assert unseen(on_duty(book(files=files), rota, utc("2026-03-05T00:00"))) == why


def test_a_calendar_that_has_run_out_does_not_say_that_nobody_is_on_duty() -> None:
    made = book(Weekly("oncall-a", date(2026, 3, 2), every=0))
    assert on_duty(made, "day", local("2026-03-05T12:00"))[:2] == ("oncall-a", local("2026-03-09T09:00"))
    assert unseen(on_duty(made, "day", local("2026-03-09T09:00"))) == "operations/rotas/day.ics ends before that."


def test_an_event_of_somebody_unknown_is_not_nobody() -> None:
    made = book(Weekly("?", date(2026, 3, 2)))
    assert "names nobody of opsbook.yml" in unseen(on_duty(made, "day", local("2026-03-05T12:00")))


@pytest.mark.parametrize(
    ("event", "who"),
    [
        ("SUMMARY:oncall-b", "oncall-b"),
        ("SUMMARY:On call: on-call ENGINEER b (until Monday)", "oncall-b"),
        ("SUMMARY:octo-a is on call", "oncall-a"),
        ("SUMMARY:oncall-aa", "?"),
        ("SUMMARY:oncall-a and oncall-b", "?"),
        ("SUMMARY:Christmas", "?"),
        ("ATTENDEE;CN=On-call engineer B:mailto:b@people.example\nSUMMARY:oncall-a", "oncall-b"),
        ("ATTENDEE:mailto:octo-a@people.example\nSUMMARY:Rota", "oncall-a"),
        ("ATTENDEE:mailto:oncall-a@x.example\nATTENDEE:mailto:oncall-b@x.example\nSUMMARY:Rota", "?"),
        ("ATTENDEE:mailto:oncall-a@x.example\nATTENDEE:mailto:oncall-b@x.example\nSUMMARY:oncall-b", "oncall-b"),
        ("ORGANIZER;CN=On-call engineer C:mailto:c@people.example\nSUMMARY:Rota", "oncall-c"),
        ("ORGANIZER;CN=On-call engineer C:mailto:c@people.example\nSUMMARY:oncall-a", "?"),
    ],
)
def test_an_event_is_matched_or_listed_and_never_guessed(event: str, who: str) -> None:
    core = book().config.core
    text = calendar(f"BEGIN:VEVENT\nUID:1\nDTSTART:20260302T090000Z\nDTEND:20260309T090000Z\n{event}\nEND:VEVENT\n")
    kept = keep(text.encode(), core)
    assert f"SUMMARY:{who}\n" in kept.data.decode()
    assert len(kept.unmatched) == (who == "?")


SECRET = "jane.doe@people.example"
PRIVATE = (
    f"BEGIN:VEVENT\nUID:{SECRET}\nSEQUENCE:3\nDTSTAMP:20260101T000000Z\nX-WHO:{SECRET}\nCLASS:PRIVATE\n"
    f'DTSTART;TZID=Europe/London;X-FROM="{SECRET}":20260302T090000\nDTEND;TZID=Europe/London:20260309T090000\n'
    f"RRULE:FREQ=WEEKLY;COUNT=4\nORGANIZER;CN=Jane Doe:mailto:{SECRET}\nATTENDEE;CN=On-call engineer A:mailto:{SECRET}\n"
    f"DESCRIPTION:Call {SECRET} or +44 20 7946 0000\nLOCATION:Home of Jane Doe\nURL:https://meet.example/{SECRET}\n"
    f"SUMMARY:Jane Doe\nBEGIN:VALARM\nACTION:EMAIL\nATTENDEE:mailto:{SECRET}\nTRIGGER:-PT1H\nEND:VALARM\nEND:VEVENT\n"
)


def test_nothing_of_a_person_is_kept_but_the_id() -> None:
    kept = keep(calendar(f"X-WR-CALNAME:{SECRET}\n", PRIVATE).encode(), book().config.core).data.decode()
    assert {line.split(":")[0].split(";")[0] for line in kept.splitlines()} == {
        *("BEGIN", "VERSION", "PRODID", "UID", "DTSTART", "DTEND", "RRULE", "SUMMARY", "END")
    }
    for secret in ("jane", "doe", "@", "7946", "home", "meet"):
        assert secret not in kept.casefold().replace("oncall-a", "")
    assert "SUMMARY:oncall-a\n" in kept


def test_what_says_the_same_is_the_same_file() -> None:
    core, (one, two) = book().config.core, (event.ics(uid) for uid, event in enumerate(AB))
    kept = keep(calendar(one, two).encode(), core).data
    stamped = two.replace("SUMMARY", "DTSTAMP:20260301T101112Z\nSUMMARY")
    assert keep(calendar(stamped, one).replace("\n", "\r\n").encode(), core).data == kept
    assert keep(kept, core).data == keep(kept, None).data == kept
    assert b"\r" not in kept


def test_one_of_a_series_that_was_cancelled_does_not_take_place() -> None:
    cancelled = (
        "BEGIN:VEVENT\nUID:0@calendar.example\nRECURRENCE-ID;TZID=Europe/London:20260309T090000\n"
        "DTSTART;TZID=Europe/London:20260309T090000\nSTATUS:CANCELLED\nSUMMARY:oncall-a\nEND:VEVENT\n"
    )
    made = book(Weekly("oncall-a", date(2026, 3, 2)), cancelled)
    assert on_duty(made, "day", local("2026-03-10T12:00"))[:2] == (None, local("2026-03-16T09:00"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "BEGIN:VEVENT\nEND:VEVENT\n",
        calendar("BEGIN:VEVENT\nDTSTART:soon\nEND:VEVENT\n"),
        calendar("BEGIN:VEVENT\nSUMMARY:oncall-a\nEND:VEVENT\n"),
        calendar("BEGIN:VEVENT\nDTSTART:20260302T090000Z\nRRULE:FREQ=SECONDLY\nSUMMARY:oncall-a\nEND:VEVENT\n"),
        calendar("BEGIN:VEVENT\nDTSTART:20260302T090000Z\nRRULE:FREQ=DAILY;BYMINUTE=1,2,3\nSUMMARY:a\nEND:VEVENT\n"),
        calendar(
            "BEGIN:VTIMEZONE\nTZID:me@people.example\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0500\n"
            "TZOFFSETTO:+0500\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:1\nSUMMARY:oncall-a\n"
            "DTSTART;TZID=me@people.example:20260704T090000\nDURATION:PT8H\nEND:VEVENT\n"
        ),
    ],
)
def test_what_cannot_be_read_is_refused_when_it_is_fetched(text: str) -> None:
    with pytest.raises(ValueError):
        keep(text.encode(), None)


@pytest.mark.parametrize(
    ("at", "working"),
    [
        ("2026-07-03T08:00", True),  # Friday, nine in London
        ("2026-07-03T07:59", False),
        ("2026-07-03T15:59", True),
        ("2026-07-03T16:00", False),
        ("2026-07-04T10:00", False),  # Saturday
        ("2026-12-04T09:00", True),
        ("2026-12-04T08:59", False),
    ],
)
def test_working_hours_are_those_of_the_book(at: str, working: bool) -> None:
    core = Book(MemoryTree({"opsbook.yml": f"{CONFIG}hours: {{}}\n"}), registry()).config.core
    assert core.is_working(utc(at)) is working
    assert book().config.core.is_working(utc(at)) is None
