"""What every crowd has: a scale, threads that begin together, and a tally of what its writes cost."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from opsbook.core.context import Context
from opsbook.core.errors import LostRace
from opsbook.core.ports import Commit, Forge, Head, Published, Receipt
from opsbook.core.request import Request
from opsbook.perform import Outcome, performing
from tests.support.requests import ask


@dataclass(frozen=True)
class Scale:
    """How large a crowd is.

    Attributes:
        declarers: people who declare an incident each, at the same moment.
        writers: people who note things in one incident at the same moment; notes: how many each of them writes.
        merge_every: after so many acknowledged writes somebody merges a pull request; 0 is never.
    """

    declarers: int
    writers: int
    notes: int
    merge_every: int


FULL = Scale(50, 24, 50, 9)
"""What the project promises."""

SMALL = Scale(8, 6, 3, 3)
"""What every test run can afford."""

METHODS = ("merge", "squash", "rebase")
"""The ways in which a pull request can be merged."""


def declaration(number: int) -> Request:
    """What one person declares."""
    words = {"title": f"Failure number {number}", "severity": "P1", "services": ["checkout"], "lead": "oncall-a"}
    return ask("incident.declare", "oncall-a", words)


def note(record: str, text: str) -> Request:
    """What one person notes."""
    return ask("incident.note", "oncall-b", {"text": text}, record)


def words(scale: Scale) -> list[list[str]]:
    """What each writer notes, one after the other."""
    return [[f"Seen by writer {writer}, time {time}" for time in range(scale.notes)] for writer in range(scale.writers)]


def seeds(person: str) -> Callable[[], bytes]:
    """Randomness that nobody else has, and that is the same in every run."""
    count = iter(range(1_000_000))
    return lambda: sha256(f"{person}/{next(count)}".encode()).digest()


@dataclass
class Tally:
    """What a crowd did, counted as it happened.

    Attributes:
        lost: how many races each write lost before it was acknowledged; seconds: how long each took.
        left: outcomes that are not fine: exit code and reason.
        merged: how often a pull request was merged, by method.
        cleared: called after every write that was acknowledged, with how many there were.
    """

    writes: int = 0
    lost: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    left: Counter[tuple[int, str]] = field(default_factory=Counter)
    merged: Counter[str] = field(default_factory=Counter)
    cleared: Callable[[int], object] = lambda count: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def perform(self, request: Request, context: Context) -> Outcome:
        """One write by one person."""
        counted = Counted(context.forge)
        began = time.monotonic()
        with performing(request, replace_forge(context, counted)) as outcome:
            pass
        with self._lock:
            self.writes += 1
            count = self.writes
            self.lost.append(counted.lost)
            self.seconds.append(time.monotonic() - began)
            if outcome.exit_code:
                reason = outcome.unpublished or outcome.unreceipted or str([item.error for item in outcome.told])
                self.left[outcome.exit_code, reason] += 1
        self.cleared(count)
        return outcome


@dataclass
class Figures:
    """What a run cost. `calls` are those of GitHub's API, by the phase in which they were made."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, Counter[str]] = field(default_factory=dict)
    fetches: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Counted:
    """A forge that counts lost races; everything else is handed on."""

    def __init__(self, inner: Forge) -> None:
        self._inner = inner
        self.lost = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def publish(self, expected: Head, commit: Commit, claims: Sequence[Receipt] = ()) -> Published:
        """See `Forge.publish`."""
        try:
            return self._inner.publish(expected, commit, claims)
        except LostRace:
            self.lost += 1
            raise


def replace_forge(context: Context, forge: Any) -> Context:
    """The same context with another forge."""
    return replace(context, forge=forge)


def together(works: Sequence[Callable[[], None]]) -> None:
    """Let everybody begin at the same moment, and wait for all; raises the first failure of any."""
    begin = threading.Barrier(len(works))
    failed: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        begin.wait()
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


@contextmanager
def timed(into: dict[str, float], name: str) -> Iterator[None]:
    """Seconds that a part took."""
    began = time.monotonic()
    yield
    into[name] = time.monotonic() - began
