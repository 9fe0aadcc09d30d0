"""Kill it at any step, run it again: one branch, one announcement (design: "The outside world", "Invariants")."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from opsbook.core.plan import Request
from opsbook.perform import Outcome, performing, reconcile
from tests.support.desk import Desk, clone, make_desk, make_remote
from tests.support.knife import Cut, CutRepository, Knife, sharpen
from tests.support.wired import Chat, Clock, dice, wire

DECLARE = Request(
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
NOTE = Request("incident.note", "oncall-a", {"text": "Restarted the pods"})
UPDATE = Request(
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

    def run(self, request: Request, knife: Knife | None = None) -> Outcome:
        """The request by a process of its own, which a knife may end."""
        knife = knife or Knife()
        context = wire(
            self.desk,
            clock=self.clock,
            seed=dice(self.seed),
            sinks=(self.chat,),
            push=self.share,
            repository=CutRepository(self.desk.path, knife),
        )
        with performing(request, sharpen(context, knife)) as outcome:
            knife.around("print", lambda: self.printed.append(outcome.as_json()))
        return outcome

    def reconcile(self, desk: Desk | None = None) -> int:
        """`reconcile` in this clone or in another one; its exit code."""
        context = wire(desk or self.desk, clock=self.clock, seed=dice(77), sinks=(self.chat,), push=self.share)
        return reconcile(context).exit_code

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
        request = replace(request, record=world.desk.branch().removeprefix("opsbook/"))
    return world, request


def fork(world: World, root: Path) -> World:
    """The same world a second time: what happens in one is not seen in the other."""
    shutil.copytree(world.desk.path.parent, root, symlinks=True)
    twin = World(Desk(root / "desk"), world.share, Chat(said=list(world.chat.said)), Clock(world.clock.at), world.seed)
    if world.share:
        twin.desk.git("remote", "set-url", "origin", str(root / "remote"))
    return twin


def again(world: World, request: Request) -> None:
    """The same person runs the same command again, a little later, and sees how it ended."""
    assert world.run(request).exit_code == 0
    assert len(world.printed) == 1


def same_clone(world: World, _: Request) -> None:
    """Somebody runs `reconcile` in the same clone."""
    assert world.reconcile() == 0


def other_clone(world: World, _: Request) -> None:
    """Somebody runs `reconcile` on another machine, where the first one cannot be asked; it comes back much later."""
    other = clone(world.remote.path, world.remote.path.with_name("other"))
    published = bool(branches(world.remote))
    world.clock.later(minutes=6)
    assert world.reconcile(other) == 0
    if published:
        assert len(world.chat.said) == 2
    world.clock.later(hours=1)
    assert world.reconcile() == 0


def sweep(folder: Path, name: str, *recoveries: Callable[[World, Request], None], share: bool = False) -> None:
    """Cut a request off before each of its effects and after the last, and compare with an undisturbed run.

    After one effect is before the next: what the program does in between has no effect.
    """
    undisturbed, request = begin(folder / "undisturbed", name, share=share)
    undisturbed.run(request)
    wanted, shown = undisturbed.state(), undisturbed.printed
    places: list[str] = []
    for at in itertools.count(1):
        cut, request = begin(folder / "cut", name, share=share)
        untouched, knife = cut.state(), Knife(at)
        try:
            cut.run(request, knife)
            break
        except Cut:
            places.append(knife.names[-1])
        if knife.names == ["intent"]:
            assert cut.state() == untouched
        else:
            cut.clock.later(seconds=30)
            cut.seed += 1
            for recover in recoveries:
                world = fork(cut, folder / "twin")
                recover(world, request)
                found = world.state()
                for part in wanted if recover is not other_clone else ("branches", "remote", "intents", "said", "condition"):
                    assert found[part] == wanted[part], f"{name}, cut off before {places}, {recover.__name__}: {part}"
                assert all(reference for _, reference in found["receipts"].values())
                assert found["receipts"].keys() == wanted["receipts"].keys()
                assert world.printed in ([], shown)
                shutil.rmtree(folder / "twin")
        shutil.rmtree(folder / "cut")
    print(f"{name}: cut off before each of {len(places)} effects: {', '.join(places)}")


@pytest.mark.parametrize("name", REQUESTS)
def test_cut_off_anywhere_and_taken_up_again_it_is_as_if_nothing_had_happened(tmp_path: Path, name: str) -> None:
    sweep(tmp_path, name, again, same_clone)


def test_cut_off_anywhere_any_machine_finishes_it_and_says_it_once(tmp_path: Path) -> None:
    sweep(tmp_path, "declare", again, same_clone, other_clone, share=True)
