"""What was known at a minute is what people saw at that minute, whatever happened since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.errors import Refused
from opsbook.core.times import Times
from opsbook.core.types import write_time
from opsbook.kinds.incident.agreements import pending
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.replay import as_of, moment_of
from opsbook.kinds.incident.view import IncidentView
from tests.kinds.incident.test_actions import ACTIONS, PEOPLE
from tests.kinds.small import Desk, book
from tests.support.tries import tries


def seen(view: IncidentView, desk: Desk) -> tuple[object, ...]:
    """What people read of an incident that changes with time."""
    facts = view.facts
    assert facts is not None
    return (
        facts.status,
        facts.severity,
        facts.roles,
        view.next_update(desk.book.config.section(IncidentsConfig)),
        view.people,
        [item.missing for item in pending(view, desk.book)],
        len(view.timeline.entries),
    )


@tries(60)
@given(st.lists(st.tuples(ACTIONS, PEOPLE.filter(bool), st.sampled_from([60, 600, 86_400])), max_size=7))
def test_each_minute_shows_what_was_seen_then(walk: list[tuple[tuple[str, dict[str, Any]], str, int]]) -> None:
    desk = Desk()
    id_ = desk.declare(lead="oncall-a")
    then = [(desk.now, seen(desk.view(id_), desk))]
    for (verb, values), by, passed in walk:
        desk.later(seconds=passed)
        values = {name: value for name, value in values.items() if name not in ("at", "ended_as", "same_as")}
        try:
            desk.do(verb, id_, "oncall-a" if by == "nobody" else by, **values)
        except Refused:
            continue
        then.append((desk.now, seen(desk.view(id_), desk)))
    for moment, was in then:
        assert seen(as_of(desk.view(id_), moment), desk) == was, write_time(moment)


def test_a_time_of_day_is_the_first_one_after_it_was_declared() -> None:
    night = Desk(book(zone=("timezone: Etc/UTC", "timezone: Europe/London")).tree)
    night.later(hours=12, minutes=30)  # 23:30
    view, times = night.view(night.declare()), Times(night.now + timedelta(days=9), "Europe/London")
    assert write_time(moment_of("23:45", view, times)) == "2026-11-21T23:45:59Z"
    assert write_time(moment_of("03:15", view, times)) == "2026-11-22T03:15:59Z"
    assert write_time(moment_of("2026-11-22T03:15", view, times)) == "2026-11-22T03:15:59Z"
    with pytest.raises(Refused, match="12:00 GMT, Tue 1 Dec 2026 is still to come"):
        moment_of("2026-12-01T12:00", view, times)
    with pytest.raises(Refused, match="Nothing was declared yet"):
        moment_of("2026-11-21T23:15", view, times)
    with pytest.raises(Refused, match="is no time"):
        moment_of("soon", view, times)
