"""Killed between any two calls of GitHub or Slack, and taken up again: the state of a run that nobody disturbed."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from opsbook.adapters.git.begin import bare
from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.github.pulls import GitHubPulls
from opsbook.adapters.github.remote import remote_of
from opsbook.adapters.slack.sink import SlackSink
from opsbook.core.context import Context
from opsbook.core.request import Request
from opsbook.perform import performing, reconcile
from tests.github_server.hub import NAME, OWNER
from tests.github_server.server import GitHubServer
from tests.perform.test_slack_cut_off import CHANNELS, DECLARE, MOVE_ON, CutApi, in_any_order, told_in
from tests.slack_server import SlackServer, slack_server
from tests.slack_server.workspace import TOKEN as SLACK_TOKEN
from tests.support.clock import Clock
from tests.support.github import TOKEN, api, copy_github, make_github, office, person, truth
from tests.support.knife import Cut, CutRepository, Knife
from tests.support.repos import ENVIRONMENT
from tests.support.requests import other
from tests.support.slack import by_name
from tests.support.sweeps import KILLED, Sweep, leaks
from tests.support.wired import Chat


class CutHub:
    """GitHub's API; before any call of it a knife may fall."""

    def __init__(self, server: GitHubServer, knife: Knife) -> None:
        self._api, self._knife = api(server), knife

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._api, name)
        if not callable(value):
            return value

        def call(*arguments: Any, **options: Any) -> Any:
            self._knife.before(f"GitHub: {name}")
            return value(*arguments, **options)

        return call


@dataclass
class World:
    """One GitHub, one Slack, machines that are known by name, and the clock of all of them."""

    folder: Path
    hub: GitHubServer
    slack: SlackServer
    clock: Clock

    def context(self, machine: str, seed: int, knife: Knife) -> Context:
        """A process of its own, which a knife may end."""
        whole = office(self.hub, self.folder / machine, Chat(), self.clock, seed=seed)
        part: Any = CutHub(self.hub, knife)
        repository = CutRepository(bare(self.folder / machine / "book.git", ENVIRONMENT).common, knife)
        remote = remote_of(f"{OWNER}/{NAME}", repository, TOKEN, self.hub.url, "main")
        desk = GitHubPulls(part, main="main", site=self.hub.url)
        forge = GitForge(repository, push=True, remote=remote, own=False, desk=desk)

        def earlier(record: str) -> Mapping[str, str]:
            return {key: receipt.reference for key, receipt in forge.receipts(record).items()}

        return replace(
            whole.context, forge=forge, sinks=(SlackSink(CutApi(self.slack, knife), by_name, earlier=earlier),)
        )

    def run(self, request: Request, *, seed: int, knife: Knife | None = None) -> int:
        """The request on the first machine; its exit code."""
        knife = knife or Knife()
        with performing(request, self.context("here", seed, knife)) as outcome:
            knife.before("print")
        return outcome.exit_code

    def reconcile(self, machine: str) -> int:
        """`reconcile` on a machine; its exit code."""
        return reconcile(self.context(machine, 77, Knife())).exit_code

    def state(self) -> dict[str, Any]:
        """Everything that people see, on GitHub and in Slack."""
        now = truth(self.hub)
        labels = [sorted(pull.labels) for pull in self.hub.hub.issues.values()]
        return {
            "on record": (now.branches, now.operations, now.pulls),
            "receipts": {key: bool(reference) for key, reference in now.receipts.items()},
            "comments": [sorted(key for key in now.receipts if key in body) or len(body) for body in now.comments],
            "labels": labels,
            "said": in_any_order(told_in(self.slack)),
            "refused": self.hub.refused,
        }


def run_again(world: World, request: Request) -> None:
    """The same person runs the same command again."""
    world.clock.later(minutes=10)
    assert world.run(request, seed=2) == 0


def from_another_clone(world: World, _: Request) -> None:
    """Somebody runs `reconcile` where nothing is known of the request; the first machine comes back much later."""
    world.clock.later(minutes=10)
    assert world.reconcile("there") == 0
    world.clock.later(hours=1)
    assert world.reconcile("here") == 0


@cache
def declared() -> tuple[GitHubServer, SlackServer, str]:
    """A GitHub and a Slack with an open incident, and its id."""
    folder = Path(mkdtemp(prefix="opsbook-killed-"))
    clock = Clock()
    with slack_server(*CHANNELS, now=clock.now) as slack:
        world = World(folder, make_github(folder / "github.git", now=clock.now), slack, clock)
        assert world.run(DECLARE, seed=9) == 0
        world.hub.close()
    return world.hub, slack, next(iter(truth(world.hub).branches)).partition("/")[2]


def begin(folder: Path, slack: SlackServer, clock: Clock, request: Request) -> tuple[World, Request]:
    """A fresh world, and the request that is cut off in it."""
    if request is DECLARE:
        return World(folder, make_github(folder / "github.git", now=clock.now), slack, clock), request
    hub, told, record = declared()
    slack.workspace.copy(told.workspace)
    copied = copy_github(hub, folder / "github.git", now=clock.now)
    return World(folder, copied, slack, clock), other(request, record=record)


@pytest.mark.parametrize("recover", [run_again, from_another_clone])
@pytest.mark.parametrize("request_", [DECLARE, MOVE_ON], ids=["declare", "update"])
def test_killed_between_any_two_calls_it_ends_as_if_nothing_had_happened(
    tmp_path: Path, request_: Request, recover: Any, sweep: Sweep, overheard: Callable[[], str]
) -> None:
    wanted: dict[str, Any] = {}
    wrong: dict[str, Any] = {}
    names: list[str] = []
    for at in itertools.count(0):
        folder = tmp_path / str(at)
        folder.mkdir()
        clock = Clock()
        with slack_server(*CHANNELS, now=clock.now) as slack:
            world, request = begin(folder, slack, clock, request_)
            knife = Knife(at)
            if at == 0:
                assert world.run(request, seed=1, knife=knife) == 0
                names, wanted = knife.names, world.state()
            else:
                with pytest.raises(Cut):
                    world.run(request, seed=1, knife=knife)
                recover(world, request)
                found = world.state()
                if different := {part: (found[part], wanted[part]) for part in wanted if found[part] != wanted[part]}:
                    wrong[f"before call {at}, {names[at - 1]}"] = different
            world.hub.close()
        shutil.rmtree(folder)
        if at == len(names):
            break
    assert {name.partition(":")[0] for name in names} > {"GitHub", "git push"}
    assert "chat.postMessage" in names
    assert wrong == {}
    assert leaks(overheard(), TOKEN, SLACK_TOKEN, "Checkout is down", "We found it") == []
    sweep(KILLED, len(names))


@pytest.mark.parametrize("call", ["upload-pack", "receive-pack", "pulls/create", "issues/create-comment"])
def test_the_real_command_killed_by_the_system_while_github_answers_is_finished(tmp_path: Path, call: str) -> None:
    hub = make_github(tmp_path / "github.git")
    with slack_server(*CHANNELS) as slack:
        told = {"SLACK_BOT_TOKEN": SLACK_TOKEN, "SLACK_API_URL": slack.url}
        desks = [person(hub, tmp_path / name, **told) for name in ("here", "there")]
        words = ("declare", "--title", "Checkout is down", "--severity", "P1", "--yes", "--format", "json")
        process = desks[0].begin(*words)
        hub.meanwhile.append((call, lambda: os.kill(process.pid, signal.SIGKILL)))
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        done = desks[0].opsbook(*words)
        assert done.code in (0, 5), str(done)
        assert desks[1].opsbook("reconcile").code in (0, 5)
        now = truth(hub)
        assert len(now.operations) == len(now.branches) == len(now.pulls) == 1
        keys = [message.key for message in slack.messages()]
        assert len(keys) == len(set(keys)) == 2
    hub.close()
    assert hub.refused == []
