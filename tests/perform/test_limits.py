"""GitHub asks to wait: people are told first, then the program waits as long as it is asked to, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from opsbook.core.context import Context
from opsbook.perform import Outcome, performing, reconcile
from tests.adapters.github.test_forge_failures import DECLARE
from tests.github_server.faults import KINDS, Fault
from tests.github_server.server import GitHubServer
from tests.support.clock import Clock
from tests.support.github import Office, make_github, office, truth
from tests.support.wired import Chat

LIMITS = [
    ("pulls/create", "secondary limit", 60.0),
    ("pulls/create", "secondary limit without headers", 60.0),
    ("pulls/create", "rate limit without headers", 60.0),
    ("pulls/create", "too many requests", 30.0),
    ("upload-pack/refs", "too many requests", 60.0),
    ("upload-pack", "too many requests", 60.0),
    ("receive-pack/refs", "too many requests", 60.0),
    ("receive-pack", "too many requests", 60.0),
]
"""What is limited, in which way, and how many seconds are waited: Git does not show how many GitHub wants."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub."""
    server = make_github(tmp_path / "github.git", now=Clock().now)
    yield server
    server.close()
    assert server.refused == []


class Patient:
    """A person who waits; GitHub is content after so many waits.

    Attributes:
        waits: seconds, and how many messages there were at that moment.
    """

    def __init__(self, server: GitHubServer, folder: Path, *, content_after: int) -> None:
        self.waits: list[tuple[float, int]] = []
        self._server, self._content = server, content_after
        self.machine: Office = office(server, folder, Chat(), Clock())

    def wait(self, seconds: float) -> None:
        """See `Context.wait`."""
        self.waits.append((seconds, len(self.machine.chat.said)))
        self.machine.clock.later(seconds=seconds)
        # The forge counts monotonic seconds; these have passed as far as it can tell.
        self.machine.forge._known._resume -= seconds
        self.machine.forge._desk._api._session.resume -= seconds  # type: ignore[union-attr]
        if len(self.waits) >= self._content:
            self._server.faults.clear()

    @property
    def context(self) -> Context:
        """What the program is given."""
        return replace(self.machine.context, wait=self.wait)

    def declare(self) -> Outcome:
        """Declare."""
        with performing(DECLARE, self.context) as outcome:
            return outcome


@pytest.mark.parametrize(("call", "kind", "wanted"), LIMITS)
def test_it_waits_as_long_as_github_asks_and_then_goes_on(
    server: GitHubServer, tmp_path: Path, call: str, kind: str, wanted: float
) -> None:
    person = Patient(server, tmp_path / "state", content_after=1)
    server.faults.append(Fault(call, kind, times=None))
    outcome = person.declare()
    assert outcome.exit_code == 0
    ((seconds, said),) = person.waits
    assert seconds == pytest.approx(wanted, abs=3.0)
    assert said == 2
    now = truth(server)
    assert len(now.operations) == len(now.pulls) == 1
    assert len(person.machine.chat.keys()) == len(set(person.machine.chat.keys())) == 2
    assert set(now.receipts) == set(person.machine.chat.keys())
    assert all(now.receipts.values())
    assert person.machine.context.intents.orphans() == []


def test_nobody_is_kept_for_ever_and_nothing_is_lost(server: GitHubServer, tmp_path: Path) -> None:
    person = Patient(server, tmp_path / "state", content_after=99)
    server.faults.append(Fault("pulls/create", "secondary limit", times=None))
    outcome = person.declare()
    assert outcome.exit_code == 4
    assert "asks to wait 60 seconds" in outcome.unpublished
    assert len(person.waits) == 2
    server.faults.clear()
    assert reconcile(person.machine.context).exit_code == 0
    assert len(truth(server).operations) == 1
    assert len(person.machine.chat.said) == 2


def test_an_hour_is_too_long_to_wait(server: GitHubServer, tmp_path: Path) -> None:
    person = Patient(server, tmp_path / "state", content_after=1)
    headers = (("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9999999999"))
    assert KINDS["rate limit"].headers != headers
    KINDS["rate limit until much later"] = replace(KINDS["rate limit"], name="much later", headers=headers)
    try:
        server.faults.append(Fault("pulls/create", "rate limit until much later", times=None))
        assert person.declare().exit_code == 4
    finally:
        del KINDS["rate limit until much later"]
    assert person.waits == []
