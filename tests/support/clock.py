"""The two clocks of the tests: one that stands still, and that of this machine.

A program in a process of its own reads the machine's clock, so whatever answers it has the machine's too: that is what
the servers of the tests begin with. A test that gives the program a clock gives the same one to the servers.
"""

from __future__ import annotations

import os
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


def handed_on() -> dict[str, str]:
    """What moves the clock of this process (see `tests.any_day`), for one that gets an environment of its own."""
    moving = ("LD_PRELOAD", "SECONDS_AHEAD", "TZ")
    return {name: os.environ[name] for name in moving if name in os.environ} if "SECONDS_AHEAD" in os.environ else {}
