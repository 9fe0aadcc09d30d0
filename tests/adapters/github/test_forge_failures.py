"""GitHub fails at every call, in every way, before or after the effect, once or for good: nothing is lost, or twice.

Each cell declares an incident (or notes something in it) through `perform`, with the real forge and a real server; then
GitHub works again, and `reconcile` runs. What is on GitHub and what was said must be what an undisturbed run leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from opsbook.core.announcement import Announcement
from opsbook.core.request import Request
from opsbook.perform import Outcome, performing, reconcile
from tests.github_server.faults import KINDS, Fault
from tests.github_server.server import GitHubServer
from tests.support.clock import Clock
from tests.support.github import TOKEN, Office, copy_github, make_github, office, truth
from tests.support.requests import ask
from tests.support.sweeps import GITHUB, Sweep, leaks
from tests.support.wired import Chat

DECLARE = ask(
    "incident.declare",
    "oncall-a",
    {"title": "Checkout is down", "severity": "P1", "services": ["checkout"], "lead": "oncall-a"},
)

WORDS = ("Checkout is down", "It is the queue.")
"""What people typed: it belongs into files, pull requests and messages, never into an error or a log."""

CALLS = {"declare": 11, "note": 6}
"""How many calls an undisturbed run makes on a machine that knows nothing yet; a test below keeps these numbers true."""

READING = ("upload-pack/refs", "upload-pack", "receive-pack/refs", "pulls/list")

ASKING = {"declare": {0, 1, 2, 3, 6}, "note": {0, 1, 2, 3, 5}}
"""Calls that change nothing: for one of them before the effect and after it are the same."""

PLACES = {name: range(count) for name, count in CALLS.items()}
"""How many calls pass before the one that is disturbed."""

WAYS = [(kind.name, when) for kind in KINDS.values() for when in kind.whens]
UNKNOWN = [(kind, when) for kind, when in WAYS if not KINDS[kind].refuses]
SCENARIOS = [("declare", *way) for way in WAYS] + [("note", *way) for way in UNKNOWN]


ALIKE = (
    ("bad credentials", "scope"),
    (
        *("rate limit", "rate limit without headers", "secondary limit", "secondary limit without headers"),
        "too many requests",
    ),
    ("server error", "bad gateway", "unavailable"),
    ("unreadable", "cut short"),
)
"""Kinds that the program cannot tell apart, or answers alike: they take turns, and every call meets one of them."""

LASTING = (
    (*ALIKE[0], *ALIKE[1], "moved"),
    ("conflict", "invalid"),
    (*ALIKE[2], *ALIKE[3], "timeout", "reset"),
)
"""The same of kinds that go on for good: nothing after such a call works until GitHub does again, so that what counts is
whether it was refused, would be tried again as a lost race, or nobody knows. Each call meets each kind once by itself."""


def cells(scenario: str, kind: str, when: str) -> list[tuple[int | None, int]]:
    """How often it fails (`None`: for good), and after how many calls."""
    turn, kinds = _turn(kind, ALIKE)
    once = [place for place in PLACES[scenario] if when == "before" or place not in ASKING[scenario]]
    late, lasting = _turn(kind, LASTING)
    return [(1, place) for place in once[turn::kinds]] + [
        (None, place) for place in PLACES[scenario][(late + 1) % lasting :: lasting]
    ]


def _turn(kind: str, groups: Sequence[tuple[str, ...]]) -> tuple[int, int]:
    """Which one it is of how many that take turns."""
    group = next((group for group in groups if kind in group), (kind,))
    return group.index(kind), len(group)


class Run:
    """One machine, one GitHub, and a request that is made while GitHub fails."""

    def __init__(self, folder: Path, scenario: str) -> None:
        self.chat, self.clock = Chat(), Clock()
        self._folder = folder
        self._scenario = scenario
        self._request = DECLARE
        self._expected = 1
        if scenario == "note":
            before, told, record = declared()
            self.server = copy_github(before, folder / "github.git", now=self.clock.now)
            self.chat.said += told
            self._request = ask("incident.note", "oncall-a", {"text": "It is the queue."}, record)
            self._expected = 2
        else:
            self.server = make_github(folder / "github.git", now=self.clock.now)

    def go(self, fault: Fault | None) -> Outcome:
        """Make the request."""
        hangs = fault is not None and KINDS[fault.kind].silent == "hang"
        self.server.faults += [fault] if fault else []
        timeouts, seconds = ((2.0, 0.25), 1.0) if hangs else ((2.0, 20.0), 20.0)
        outcome = self.perform(self._request, seed=7, timeouts=timeouts, seconds=seconds)
        self.server.faults.clear()
        return outcome

    def problems(self, outcome: Outcome) -> list[str]:
        """What is wrong now, and what is wrong when GitHub has worked again for a while."""
        found = []
        if outcome.exit_code not in (0, 4, 5):
            found.append(f"exit {outcome.exit_code}")
        if self._scenario == "declare" and len(self.chat.said) != 2:
            found.append(f"{len(self.chat.said)} of 2 told")
        if outcome.exit_code != 4 and len(truth(self.server).operations) != self._expected:
            found.append("said to be published, and is not")
        self.clock.later(minutes=10)
        machine = self._office(seed=99)
        done = reconcile(machine.context)
        if done.exit_code or machine.context.intents.orphans():
            found.append(f"not finished: {done.exit_code} {done.problems}")
        now = truth(self.server)
        if (
            len(now.operations) != self._expected
            or len(set(now.operations)) != self._expected
            or len(now.branches) != 1
        ):
            found.append(f"on record: {now.operations} on {list(now.branches)}")
        if [state for _, state in now.pulls] != ["open"]:
            found.append(f"pull requests: {now.pulls}")
        if len(self.chat.keys()) != len(set(self.chat.keys())) or len(self.chat.said) != 2:
            found.append(f"said: {self.chat.keys()}")
        if set(now.receipts) != set(self.chat.keys()) or not all(now.receipts.values()):
            found.append(f"receipts: {now.receipts}")
        return found + [f"refused: {text}" for text in self.server.refused]

    def close(self) -> None:
        self.server.close()

    def _office(self, *, seed: int, **limits: Any) -> Office:
        return office(self.server, self._folder / "state", self.chat, self.clock, seed=seed, **limits)

    def perform(self, request: Request, *, seed: int, **limits: Any) -> Outcome:
        """A request by a process of its own, which fails or not as the server has it."""
        with performing(request, self._office(seed=seed, **limits).context) as outcome:
            return outcome


@cache
def declared() -> tuple[GitHubServer, list[tuple[str, Announcement]], str]:
    """A GitHub with an incident, what was said about it, and its id: every note begins with a copy."""
    folder = Path(mkdtemp(prefix="opsbook-declared-"))
    run = Run(folder, "declare")
    record = run.perform(DECLARE, seed=6).id
    run.close()
    return run.server, run.chat.said, record


@pytest.mark.parametrize("scenario", sorted(CALLS))
def test_an_undisturbed_run_makes_as_many_calls_as_the_sweep_disturbs(tmp_path: Path, scenario: str) -> None:
    run = Run(tmp_path, scenario)
    outcome = run.go(None)
    calls = [seen.operation for seen in run.server.seen]
    asking = {place for place, name in enumerate(calls) if name in READING}
    assert outcome.exit_code == 0
    assert run.problems(outcome) == []
    run.close()
    assert len(calls) == CALLS[scenario]
    assert asking == ASKING[scenario]


@pytest.mark.parametrize(("scenario", "kind", "when"), SCENARIOS, ids=lambda word: word.replace(" ", "-"))
def test_nothing_is_lost_and_nothing_is_twice(
    tmp_path: Path, scenario: str, kind: str, when: str, sweep: Sweep, overheard: Callable[[], str]
) -> None:
    wrong = {}
    for times, skip in cells(scenario, kind, when):
        folder = tmp_path / f"{times}-{skip}"
        folder.mkdir()
        run = Run(folder, scenario)
        outcome = run.go(Fault("*", kind, when, times, skip))  # type: ignore[arg-type]
        errors = [outcome.unpublished, outcome.unreceipted, *(told.error for told in outcome.told)]
        found = run.problems(outcome)
        run.close()
        found += leaks("\n".join([*errors, *found, overheard()]), TOKEN, *WORDS)
        if found:
            wrong[times, skip] = found
    assert wrong == {}
    sweep(GITHUB, len(cells(scenario, kind, when)))


def test_the_sweep_is_as_large_as_it_says() -> None:
    assert sum(len(cells(scenario, kind, when)) for scenario, kind, when in SCENARIOS) >= 0
