"""Moments as people read them, in their own zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

HOUR = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
"""A time of day as people type it."""
_AHEAD = timedelta(minutes=5)
"""A clock that is this much behind does not make yesterday of a time that was typed."""

_NEAR = {0: "", 1: " tomorrow", -1: " yesterday"}


@cache
def zones() -> frozenset[str]:
    """Every zone that Python knows, read once: that opens six hundred files."""
    return frozenset(available_timezones())


class Times(NamedTuple):
    """How moments are written on one page.

    Attributes:
        now: when the page is made, aware.
        zone: the IANA name of the zone in which people read times, such as `Europe/London`.
    """

    now: datetime
    zone: str

    def typed(self, text: str, *, coming: bool = False) -> datetime:
        """A moment as somebody typed it: `10:05` (the last one), or a day and a time, with a zone or in this one.

        Args:
            coming: `10:05` is the next one, and not the last.

        Raises:
            ValueError: it is neither.
        """
        if (found := HOUR.fullmatch(text.strip())) is not None:
            local = self.local(self.now)
            moment = local.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
            if coming:
                return (moment if moment > local else moment + timedelta(days=1)).astimezone(UTC)
            return (moment if moment <= local + _AHEAD else moment - timedelta(days=1)).astimezone(UTC)
        moment = datetime.fromisoformat(text.strip())
        if len(text.strip()) < len("2026-11-21T10:05"):
            raise ValueError("it has no time of day")
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.local(self.now).tzinfo)).astimezone(UTC)

    def clock(self, moment: datetime) -> str:
        """`16:30` today, else with the day: `16:30 tomorrow`, `16:30 on Mon 23 Nov`, `16:30 on 23 Nov 2025`."""
        local, today = self.local(moment), self.local(self.now).date()
        days = (local.date() - today) // timedelta(days=1)
        if days in _NEAR:
            return f"{local:%H:%M}{_NEAR[days]}"
        if abs(days) < 180:
            return f"{local:%H:%M} on {local:%a} {local.day} {local:%b}"
        return f"{local:%H:%M} on {local.day} {local:%b} {local.year}"

    def hour(self, moment: datetime) -> str:
        """`16:30`, where the day stands beside it."""
        return f"{self.local(moment):%H:%M}"

    def day(self, moment: datetime) -> str:
        """`Saturday 21 November 2026`."""
        local = self.local(moment)
        return f"{local:%A} {local.day} {local:%B} {local.year}"

    def date(self, moment: datetime) -> str:
        """`21 Nov 2026`."""
        local = self.local(moment)
        return f"{local.day} {local:%b} {local.year}"

    def full(self, moment: datetime) -> str:
        """`16:30 GMT, Sat 21 Nov 2026`: complete, for what is read later."""
        local = self.local(moment)
        return f"{local:%H:%M} {self.zone_name(moment)}, {local:%a} {self.date(moment)}"

    def zone_name(self, moment: datetime) -> str:
        """What people call the zone at that moment: `GMT`, `BST`, `UTC+03` where it has no letters."""
        name = self.local(moment).tzname() or "UTC"
        return name if name.isalpha() else f"UTC{name}"

    def machine(self, moment: datetime) -> str:
        """The `datetime` attribute of a `<time>` element: `2026-11-21T16:02:00+00:00`."""
        return moment.isoformat(timespec="seconds")

    def local(self, moment: datetime) -> datetime:
        """The moment in the zone of the reader: its day, its month and its year are those that people mean."""
        try:
            return moment.astimezone(ZoneInfo(self.zone))
        except (ZoneInfoNotFoundError, ValueError):
            # CFG003 reports a zone that does not exist; a page in UTC is better than none.
            return moment.astimezone(UTC)
