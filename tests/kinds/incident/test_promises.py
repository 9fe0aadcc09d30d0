"""When people are told next, and how long they waited: by the severity that was in force at each moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.tree import Overlay
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.promises import Cadence, Wait, waits
from tests.kinds.small import Desk, book

DAY = datetime(2026, 11, 21, tzinfo=UTC)
CONFIG = book().config.section(IncidentsConfig)


def at(hour: float) -> datetime:
    """An hour of the day."""
    return DAY + timedelta(hours=hour)


def hours(count: float) -> timedelta:
    """A number of hours."""
    return timedelta(hours=count)


def due(waiting: list[Wait]) -> datetime | None:
    """By when the promise is due that is still open."""
    return waiting[-1].due


def test_a_promise_begins_with_the_last_time_that_it_was_kept() -> None:
    assert due(waits([at(10), at(11), at(11.5)], [(at(10), hours(1))])) == at(12.5)


def test_nothing_is_promised_without_a_cadence() -> None:
    assert due(waits([at(10)], [(at(10), None)])) is None


def test_a_wait_is_late_by_what_it_took_longer_than_promised() -> None:
    found = waits([at(10), at(11), at(13)], [(at(10), hours(1))], end=at(13.5))
    assert [wait.late for wait in found] == [hours(0), hours(1), hours(0)]
    assert [(wait.since, wait.until) for wait in found] == [(at(10), at(11)), (at(11), at(13)), (at(13), at(13.5))]


def test_what_becomes_worse_is_promised_from_then_on() -> None:
    assert due(waits([at(10)], [(at(10), None), (at(15), hours(1))])) == at(16)
    assert due(waits([at(10)], [(at(10), hours(4)), (at(11), hours(1))])) == at(12)
    assert due(waits([at(10)], [(at(10), hours(4)), (at(13.5), hours(1))])) == at(14), "the earlier promise stands"


def test_what_becomes_less_bad_is_promised_from_the_last_time_it_was_kept() -> None:
    assert due(waits([at(10)], [(at(10), hours(1)), (at(10.5), hours(4))])) == at(14)


def test_what_was_late_stays_late_whatever_the_severity_becomes() -> None:
    for cadence in (None, hours(1), hours(4), hours(24)):
        found = waits([at(10)], [(at(10), hours(1)), (at(12), cadence)], end=at(13))
        assert sum((wait.late for wait in found), timedelta()) >= hours(1), cadence


def test_nothing_is_promised_while_it_is_resolved() -> None:
    closed = [(at(11), False)]
    assert waits([at(10)], [(at(10), hours(2))], closed, at(20)) == [Wait(at(10), at(11), at(12))]
    again = [*closed, (at(18), True)]
    assert due(waits([at(10)], [(at(10), hours(2))], again)) == at(20)


SORTED = st.lists(st.floats(0, 48, allow_nan=False), min_size=1, max_size=8).map(lambda found: [at(h) for h in found])
CADENCES = st.lists(st.tuples(st.floats(0, 48).map(at), st.none() | st.integers(1, 8).map(hours)), max_size=4)
STATES = st.lists(st.tuples(st.floats(0, 48).map(at), st.booleans()), max_size=4)


@given(SORTED, CADENCES, STATES, st.none() | st.floats(0, 48).map(at))
def test_waits_follow_one_another_and_end_in_time(
    kept: list[datetime], cadences: list[Cadence], states: list[tuple[datetime, bool]], end: datetime | None
) -> None:
    found = waits(kept, cadences, states, end)
    for wait in found:
        assert wait.since <= wait.until
        assert wait.late >= timedelta()
        assert wait.late <= wait.until - wait.since or not wait.late
        assert end is None or wait.until <= end
    for first, second in pairwise(found):
        assert first.until <= second.since


@given(SORTED, st.integers(1, 8).map(hours))
def test_one_cadence_is_the_plain_difference_between_updates(kept: list[datetime], cadence: timedelta) -> None:
    told = sorted(kept)
    found = waits(kept, [(told[0], cadence)], end=told[-1])
    late = [second - first - cadence for first, second in pairwise(told)]
    assert [wait.late for wait in found if wait.late] == [span for span in late if span > timedelta()]


# -- an incident


def test_the_next_update_of_an_incident() -> None:
    desk = Desk()
    id_ = desk.declare(severity="P1")
    assert desk.view(id_).next_update(CONFIG) == desk.now + hours(1)
    desk.later(minutes=30)
    desk.do("update", id_, tell="We are looking.")
    assert desk.view(id_).next_update(CONFIG) == desk.now + hours(1)
    desk.later(minutes=10)
    desk.do("update", id_, severity="P3")
    assert desk.view(id_).next_update(CONFIG) is None
    desk.later(hours=5)
    desk.do("update", id_, severity="P1")
    assert desk.view(id_).next_update(CONFIG) == desk.now + hours(1)
    assert desk.view(id_).gaps(CONFIG, desk.now) == []
    desk.later(hours=2)
    assert [late for _, _, late in desk.view(id_).gaps(CONFIG, desk.now)] == [hours(1)]
    desk.do("update", id_, status="resolved")
    assert desk.view(id_).next_update(CONFIG) is None
    desk.later(hours=9)
    assert [late for _, _, late in desk.view(id_).gaps(CONFIG, desk.now)] == [hours(1)], "nothing after the resolution"
    desk.do("update", id_, status="investigating")
    assert desk.view(id_).next_update(CONFIG) == desk.now + hours(1)


def test_when_a_severity_that_was_changed_is_not_on_record_nothing_is_guessed() -> None:
    """Incidents of before the declaration said how bad it was."""
    desk = Desk()
    id_ = desk.declare(severity="P1")
    desk.later(hours=5)
    desk.do("update", id_, severity="P2")
    (path,) = [file.path for file, _ in desk.view(id_).timeline.entries[:1]]
    data = desk.tree.read(path)
    assert data is not None
    desk.tree = Overlay(desk.tree, {path: data.replace(b"severity: P1\n", b"")})
    assert desk.view(id_).gaps(CONFIG, desk.now) == []
    assert desk.view(id_).next_update(CONFIG) == desk.now + hours(4)


def test_the_deadline_of_a_role() -> None:
    desk = Desk()
    id_ = desk.declare(severity="P2")
    assert desk.view(id_).due_by("lead", CONFIG) == desk.now + timedelta(minutes=15)
    assert desk.view(id_).due_by("comms", CONFIG) == desk.now + timedelta(minutes=30)


def test_an_incident_that_cannot_be_read_promises_nothing() -> None:
    desk = Desk(book({"incidents/2026/INC-20261121-7KQ4M-checkout-down/incident.yaml": "id: ["}).tree)
    view = desk.view("INC-20261121-7KQ4M")
    assert view.is_open
    assert view.next_update(CONFIG) is None
    assert view.due_by("lead", CONFIG) is None
    assert view.gaps(CONFIG, desk.now) == []
