"""The two clocks of the tests: one that stands still, and that of this machine.

A program in a process of its own reads the machine's clock, so whatever answers it has the machine's too: that is what
the servers of the tests begin with. A test that gives the program a clock gives the same one to the servers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands still until somebody moves it."""

    at: datetime = START

    def now(self) -> datetime:
        """See `Context.now`."""
        return self.at

    def later(self, **span: float) -> None:
        """Move it on."""
        self.at += timedelta(**span)


def machine() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)
