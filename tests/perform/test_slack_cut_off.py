"""Whatever goes wrong between us and Slack, and wherever a run is cut off: nothing is lost, nothing is said twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.slack.api import SlackApi
from opsbook.adapters.slack.sink import SlackSink
from opsbook.core.announcement import Announcement
from opsbook.core.context import Context
from opsbook.core.request import Request
from opsbook.perform import announce_landed, performing, reconcile
from opsbook.perform.outcome import Told
from tests.slack_server import Fault, Message, SlackServer, pings, seen, slack_server
from tests.slack_server.faults import every
from tests.slack_server.workspace import TOKEN
from tests.support.announcements import DECLARED, IDENTIFIED, UPDATE
from tests.support.clock import Clock
from tests.support.desk import Desk, make_desk
from tests.support.knife import Cut, CutForge, Knife
from tests.support.ledger import Ledger
from tests.support.requests import ask, other
from tests.support.slack import slack_api, slack_sink
from tests.support.sweeps import CUT_SLACK, SLACK, Sweep, leaks
from tests.support.wired import dice, wire

CHANNELS = ("incident", "team", "security", "drill")


Seen = tuple[str | None, str, str | None, bool]
"""Key, words, the key at the top of the thread, and whether the channel got it too."""


def told_in(slack: SlackServer) -> dict[str, list[Seen]]:
    """What people see in each channel, in order."""
    return {name: [_as_seen(message, slack.messages(name)) for message in slack.messages(name)] for name in CHANNELS}


def in_any_order(told: Mapping[str, Sequence[Seen]]) -> dict[str, list[str]]:
    """The same without its order: what could not be said is said late."""
    return {name: sorted(map(repr, messages)) for name, messages in told.items()}


def _as_seen(message: Message, others: Sequence[Message]) -> Seen:
    above = next((other.key for other in others if other.ts == message.thread_ts), None)
    return message.key, seen(message), above, message.broadcast


# -- every call × kind of failure × before or after the effect × once or for good

CALLS = (
    "chat.postMessage",
    "chat.update",
    "conversations.history",
    "conversations.replies",
    "users.conversations",
    "*",
)
CHANGES: dict[str, tuple[Announcement, ...]] = {
    "declaring": tuple(replace(DECLARED, audience=name) for name in CHANNELS[:2]),
    "updating": tuple(replace(item, audience=name) for name in CHANNELS[:2] for item in (IDENTIFIED, UPDATE)),
}


def speak(slack: SlackServer, ledger: Ledger, change: str, *, minutes: int, timeout: float = 5) -> tuple[Told, ...]:
    """One process announces one change."""
    references = lambda record: {key: receipt.reference for key, receipt in ledger.receipts(record).items()}  # noqa: E731
    sink = slack_sink(slack, api=slack_api(slack, timeout=timeout), earlier=references)
    return ledger.speak(change, CHANGES[change], sink, minutes=minutes)


@cache
def undisturbed() -> dict[str, list[Seen]]:
    """What people see when nothing goes wrong."""
    with slack_server(*CHANNELS, now=Clock().now) as slack:
        ledger = Ledger()
        for change in CHANGES:
            assert all(told.ok for told in speak(slack, ledger, change, minutes=0))
        return told_in(slack)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("fault", list(every(CALLS)), ids=str)
def test_after_any_fault_people_see_what_they_would_have_seen(
    fault: Fault, change: str, sweep: Sweep, overheard: Callable[[], str]
) -> None:
    with slack_server(*CHANNELS, now=Clock().now) as slack:
        ledger = Ledger()
        if change == "updating":
            speak(slack, ledger, "declaring", minutes=0)
        slack.plan.add(fault)
        for told in speak(slack, ledger, change, minutes=0, timeout=0.3):
            assert told.ok or told.error
            assert leaks(told.error, TOKEN, "Checkout") == []
        slack.plan.clear()
        assert all(told.ok for told in speak(slack, ledger, change, minutes=10))
        if change == "declaring":
            assert all(told.ok for told in speak(slack, ledger, "updating", minutes=11))
        assert in_any_order(told_in(slack)) == in_any_order(undisturbed())
        assert all(receipt.reference for receipt in ledger.kept.values())
        assert not [name for message in slack.messages() for name in pings(message)]
    assert leaks(overheard(), TOKEN, "Checkout") == []
    sweep(SLACK, 1)


# -- killed between any two calls, with real Git

DECLARE = ask(
    "incident.declare",
    "oncall-a",
    {
        "title": "Checkout is down",
        "severity": "P1",
        "services": ["checkout"],
        "lead": "oncall-b",
        "summary": "It fails",
    },
)
MOVE_ON = ask("incident.update", "oncall-a", {"status": "identified", "tell": "We found it", "comms": "oncall-a"})


@dataclass
class CutApi(SlackApi):
    """Calls before any of which a knife may fall."""

    def __init__(self, slack: SlackServer, knife: Knife) -> None:
        super().__init__(TOKEN, slack.url, wait=[].append)
        self._knife = knife

    def read(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """See `SlackApi.read`."""
        self._knife.before(method)
        return super().read(method, **arguments)

    def write(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """See `SlackApi.write`."""
        self._knife.before(method)
        return super().write(method, **arguments)


@dataclass
class Book:
    """A clone, the Slack that it tells, and the clock of both."""

    desk: Desk
    slack: SlackServer
    clock: Clock

    def context(self, knife: Knife, seed: int) -> Context:
        """A process of its own, which a knife may end."""
        context = wire(self.desk, clock=self.clock, seed=dice(seed))
        forge = CutForge(context.forge, knife)

        def earlier(record: str) -> Mapping[str, str]:
            return {key: receipt.reference for key, receipt in forge.receipts(record).items()}

        sink = SlackSink(CutApi(self.slack, knife), lambda audience: f"#{audience}", earlier=earlier)
        return replace(context, forge=forge, sinks=(*context.sinks, sink))

    def run(self, request: Request, knife: Knife | None = None, seed: int = 1) -> int:
        """The request; its exit code."""
        knife = knife or Knife()
        with performing(request, self.context(knife, seed)) as outcome:
            knife.before("print")
        return outcome.exit_code

    def reconcile(self) -> int:
        """`reconcile`; its exit code."""
        return reconcile(self.context(Knife(), 77)).exit_code


@cache
def template(*, declared: bool) -> tuple[Path, SlackServer | None, str]:
    """A clone with an open incident or without, and the id of the incident."""
    folder = Path(mkdtemp(prefix="opsbook-slack-")) / "desk"
    desk = make_desk(folder)
    if not declared:
        return folder, None, ""
    clock = Clock()
    server = SlackServer(clock.now)
    for name in CHANNELS:
        server.workspace.channel(name)
    assert Book(desk, server, clock).run(DECLARE, seed=9) == 0
    server.stop()
    return folder, server, desk.branch().partition("/")[2]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that is emptied as soon as it is not needed any more."""
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


def begin(folder: Path, slack: SlackServer, clock: Clock, *, declared: bool) -> tuple[Book, Request]:
    """A copy of the template, and the request that is cut off in it."""
    clone, server, record = template(declared=declared)
    shutil.copytree(clone, folder, symlinks=True)
    if server is not None:
        slack.workspace.copy(server.workspace)
    return Book(Desk(folder), slack, clock), other(MOVE_ON, record=record) if declared else DECLARE


@pytest.mark.parametrize("recover", ["run it again", "reconcile"])
@pytest.mark.parametrize("declared", [False, True], ids=["declare", "update"])
def test_killed_before_any_call_and_taken_up_again_it_is_the_undisturbed_run(
    folder: Path, declared: bool, recover: str, sweep: Sweep
) -> None:
    clock = Clock()
    with slack_server(*CHANNELS, now=clock.now) as slack:
        book, request = begin(folder / "whole", slack, clock, declared=declared)
        whole = Knife()
        assert book.run(request, whole) == 0
        wanted = told_in(slack)
        receipts = {key: bool(receipt["reference"]) for key, receipt in book.desk.receipts().items()}
    assert whole.names.count("chat.postMessage") == (6 if declared else 2)
    for at in range(1, len(whole.names) + 1):
        clock = Clock()
        with slack_server(*CHANNELS, now=clock.now) as slack:
            book, request = begin(folder / str(at), slack, clock, declared=declared)
            with pytest.raises(Cut):
                book.run(request, Knife(at))
            clock.later(minutes=10)
            assert (book.reconcile() if recover == "reconcile" else book.run(request, seed=2)) == 0
            where = f"cut off before call {at}, {whole.names[at - 1]}"
            assert told_in(slack) == wanted, where
            assert {key: bool(receipt["reference"]) for key, receipt in book.desk.receipts().items()} == receipts, where
            shutil.rmtree(folder / str(at))
    sweep(CUT_SLACK, len(whole.names))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slack(clock: Clock) -> Iterator[SlackServer]:
    with slack_server(*CHANNELS, now=clock.now) as server:
        yield server


def test_what_an_editor_changed_and_is_said_late_does_not_bring_an_old_state_back(
    slack: SlackServer, clock: Clock, tmp_path: Path
) -> None:
    """An edit by hand adds nothing to the timeline, whose length orders all other states."""
    desk = make_desk(tmp_path / "desk")

    def context() -> Context:
        made = wire(desk, clock=clock)

        def earlier(record: str) -> dict[str, str]:
            return {key: receipt.reference for key, receipt in made.forge.receipts(record).items()}

        return replace(made, sinks=(slack_sink(slack, earlier=earlier),))

    def edit(old: str, new: str) -> None:
        (path,) = [path for path in desk.files("HEAD", "incidents/") if path.endswith("incident.yaml")]
        desk.commit({path: (desk.path / path).read_text().replace(f"severity: {old}", f"severity: {new}")})

    def say() -> None:
        made = context()
        assert isinstance(made.forge, GitForge)
        for _ in announce_landed(made.forge.landed(None), made):
            pass

    with performing(ask("incident.declare", "oncall-a", {"title": "It fails", "severity": "P1"}), context()) as done:
        pass
    desk.git("merge", "--quiet", "--no-ff", "--no-edit", done.branch)
    edit("P1", "P3")
    slack.fail("*", "http 503", times=None)
    say()
    slack.plan.clear()
    edit("P3", "P2")
    say()
    clock.later(minutes=6)
    assert reconcile(context()).exit_code == 0
    for name in ("incident", "team"):
        top, *thread = slack.messages(name)
        assert sorted(seen(message)[2:] for message in thread) == ["Now P2: It fails", "Now P3: It fails"]
        assert "\nSeverity: P2 Major\n" in seen(top)
