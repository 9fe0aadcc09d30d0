"""A world for the door: a clone, perhaps its remote, a chat that everybody reads, and a clock that stands still."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from opsbook.adapters.git.repository import Repository
from opsbook.core.context import Context
from opsbook.core.request import Request
from opsbook.perform import Outcome, Reconciled, performing, reconcile
from tests.support.clock import Clock
from tests.support.desk import Desk, clone, make_desk, make_remote
from tests.support.knife import CutRepository, Knife, sharpen
from tests.support.requests import ask, other
from tests.support.wired import Chat, dice, wire

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
NOTE = ask("incident.note", "oncall-a", {"text": "Restarted the pods"})
UPDATE = ask(
    "incident.update",
    "oncall-a",
    {"status": "identified", "comms": "oncall-a", "text": "It is DNS"},
)


REQUESTS = {"declare": DECLARE, "note": NOTE, "update": UPDATE}


@dataclass
class World:
    """A clone (and the remote that it pushes to), the chat that everybody reads, and a clock.

    Attributes:
        share: whether the clone pushes to its remote.
        seed: the randomness of the next process.
        printed: the results that people have seen.
    """

    desk: Desk
    share: bool = False
    chat: Chat = field(default_factory=Chat)
    clock: Clock = field(default_factory=Clock)
    seed: int = 1
    printed: list[dict[str, Any]] = field(default_factory=list)

    def context(self, desk: Desk | None = None, repository: Repository | None = None) -> Context:
        """What a new process in this clone, or in another one, is given."""
        return wire(
            desk or self.desk,
            clock=self.clock,
            seed=dice(self.seed),
            sinks=(self.chat,),
            push=self.share,
            repository=repository,
        )

    def run(self, request: Request, knife: Knife | None = None) -> Outcome:
        """The request by a process of its own, which a knife may end."""
        knife = knife or Knife()
        context = sharpen(self.context(repository=CutRepository(self.desk.path, knife)), knife)
        with performing(request, context) as outcome:
            knife.around("print", lambda: self.printed.append(outcome.as_json()))
        return outcome

    def reconcile(self, desk: Desk | None = None) -> Reconciled:
        """`reconcile` by a new process in this clone or in another one."""
        self.seed += 1
        return reconcile(self.context(desk))

    def state(self) -> dict[str, Any]:
        """Everything that must be the same after any cut."""
        return {
            "branches": branches(self.desk),
            "main": self.desk.git("rev-parse", "main"),
            "receipts": delivered(self.remote if self.share else self.desk),
            "outbox": self.desk.outbox(),
            "intents": self.desk.intents(),
            "said": sorted(self.chat.keys()),
            "condition": self.desk.condition(),
            "remote": branches(self.remote) if self.share else "",
        }

    @property
    def remote(self) -> Desk:
        """The remote of the clone."""
        return Desk(self.desk.path.with_name("remote"))


def branches(desk: Desk) -> str:
    """Every branch of a record, and the commit that it ends with."""
    return desk.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/opsbook/")


def delivered(desk: Desk) -> dict[str, tuple[str, str]]:
    """Every receipt: who claimed it, and the reference of the message."""
    return {key: (value["operation"], value["reference"]) for key, value in desk.receipts().items()}


@cache
def template(*, share: bool, declared: bool) -> Path:
    """A folder with a clone, its remote if it shares, and an open incident if there is one."""
    root = Path(mkdtemp(prefix="opsbook-cut-"))
    if share:
        make_remote(root / "remote")
        desk = clone(root / "remote", root / "desk")
    else:
        desk = make_desk(root / "desk")
    if declared:
        World(desk, share, seed=9).run(DECLARE)
    return root


def begin(root: Path, name: str, *, share: bool = False) -> tuple[World, Request]:
    """A fresh copy of the world in which `name` is asked for, and the request."""
    request = REQUESTS[name]
    shutil.copytree(template(share=share, declared=request is not DECLARE), root, symlinks=True)
    world = World(Desk(root / "desk"), share)
    if share:
        world.desk.git("remote", "set-url", "origin", str(root / "remote"))
    if request is not DECLARE:
        request = other(request, record=world.desk.branch().removeprefix("opsbook/"))
    return world, request


def fork(world: World, root: Path) -> World:
    """The same world a second time: what happens in one is not seen in the other."""
    shutil.copytree(world.desk.path.parent, root, symlinks=True)
    twin = World(Desk(root / "desk"), world.share, Chat(said=list(world.chat.said)), Clock(world.clock.at), world.seed)
    if world.share:
        twin.desk.git("remote", "set-url", "origin", str(root / "remote"))
    return twin
