"""What people were promised while an incident is open, by the severity that was in force at each moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

Cadence = tuple[datetime, timedelta | None]
"""Since when people are promised something within which time; `None`: nothing is promised, or nobody knows."""

_CADENCE, _STATE, _KEPT = range(3)
"""At the same moment a new severity counts first, then a new status, then what was said."""


class Wait(NamedTuple):
    """A time in which people waited: from, until, and by when they were promised that it would end."""

    since: datetime
    until: datetime
    due: datetime | None

    @property
    def late(self) -> timedelta:
        """By how much the promise was broken; zero when it was kept, or when there was none."""
        return max(self.until - self.due, timedelta()) if self.due is not None else timedelta()


def waits(
    kept: Iterable[datetime],
    cadences: Sequence[Cadence],
    states: Iterable[tuple[datetime, bool]] = (),
    end: datetime | None = None,
) -> list[Wait]:
    """Every wait, in order; the last one is still going on at `end`, or ends where it began when there is no `end`.

    A severity that asks for more begins to count when it is declared: an incident that becomes worse after five hours
    is not five hours late. One that asks for less counts from the last time that the promise was kept. What is late
    stays late.

    Args:
        kept: when the promise was kept (people were told, a role was named); the first begins the first wait.
        cadences: the first one is in force at the beginning.
        states: when the incident stopped (False) or began again (True) to be open; nothing is promised in between.
        end: nothing after it counts.
    """
    events: list[tuple[datetime, int, timedelta | bool | None]] = [
        *((at, _CADENCE, cadence) for at, cadence in cadences),
        *((at, _STATE, is_open) for at, is_open in states),
        *((at, _KEPT, None) for at in kept),
    ]
    found: list[Wait] = []
    since: datetime | None = None
    due: datetime | None = None
    cadence: timedelta | None = None
    is_open = True
    for at, sort, value in sorted(events, key=lambda event: event[:2]):
        if end is not None and at > end:
            break
        if sort == _CADENCE:
            before, cadence = cadence, value if isinstance(value, timedelta) else None
            if since is not None and is_open:
                late = due is not None and at > due
                if late and cadence is None:
                    found.append(Wait(since, at, due))
                    since, due = at, None
                elif not late:
                    due = _moved(due, since, at, before, cadence)
            continue
        if sort == _STATE and value == is_open:
            continue
        if is_open and since is not None:
            found.append(Wait(since, at, due))
        if sort == _STATE:
            is_open = bool(value)
        since = at
        due = at + cadence if is_open and cadence is not None else None
    if is_open and since is not None:
        found.append(Wait(since, end or since, due))
    return found


def _moved(
    due: datetime | None, since: datetime, at: datetime, before: timedelta | None, cadence: timedelta | None
) -> datetime | None:
    """By when, after another severity came into force at `at`."""
    if cadence is None:
        return None
    if due is None or before is None:
        return at + cadence
    return min(due, at + cadence) if cadence < before else max(due, since + cadence)
