"""Times as people read them: in the zone of the book, with the zone's name."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Clock:
    """Writes times in one zone.

    Args:
        zone: an IANA name; UTC is used for a name that does not exist (CFG003 reports it).
    """

    def __init__(self, zone: str) -> None:
        try:
            self._zone: ZoneInfo | None = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            self._zone = None

    def local(self, moment: datetime) -> datetime:
        """The moment in the zone."""
        return moment.astimezone(self._zone or UTC)

    def full(self, moment: datetime) -> str:
        """`21 November 2026 at 10:05 GMT`."""
        local = self.local(moment)
        return f"{local.day} {local:%B %Y} at {local:%H:%M %Z}"

    def short(self, moment: datetime, now: datetime) -> str:
        """`16:30` on the day of `now`, else `21 Nov 16:30`."""
        local = self.local(moment)
        same = local.date() == self.local(now).date()
        return f"{local:%H:%M}" if same else f"{local.day} {local:%b} {local:%H:%M}"
