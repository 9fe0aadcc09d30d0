"""Kill it at any step, run it again: one branch, one announcement (design: "The outside world", "Invariants")."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from opsbook.core.request import Request
from tests.support.desk import clone
from tests.support.knife import Cut, Knife
from tests.support.sweeps import CUT, Sweep
from tests.support.world import REQUESTS, World, begin, branches, fork


def again(world: World, request: Request) -> None:
    """The same person runs the same command again, a little later, and sees how it ended."""
    assert world.run(request).exit_code == 0
    assert len(world.printed) == 1


def same_clone(world: World, _: Request) -> None:
    """Somebody runs `reconcile` in the same clone."""
    assert world.reconcile().exit_code == 0


def other_clone(world: World, _: Request) -> None:
    """Somebody runs `reconcile` on another machine, where the first one cannot be asked; it comes back much later."""
    other = clone(world.remote.path, world.remote.path.with_name("other"))
    published = bool(branches(world.remote))
    world.clock.later(minutes=6)
    assert world.reconcile(other).exit_code == 0
    if published:
        assert len(world.chat.said) == 2
    world.clock.later(hours=1)
    assert world.reconcile().exit_code == 0


SHARED = ("branches", "remote", "intents", "said", "condition")
"""What is the same although another machine has finished it; each machine has an outbox of its own."""


def cut_everywhere(folder: Path, name: str, *recoveries: Callable[[World, Request], None], share: bool = False) -> int:
    """Cut a request off before each of its effects and after the last, and compare with an undisturbed run; how many cells that is.

    After one effect is before the next: what the program does in between has no effect.
    """
    undisturbed, request = begin(folder / "undisturbed", name, share=share)
    untouched = undisturbed.state()
    undisturbed.run(request)
    wanted, shown = undisturbed.state(), undisturbed.printed
    places: list[str] = []
    for at in itertools.count(1):
        cut, request = begin(folder / "cut", name, share=share)
        knife = Knife(at)
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
                for part in wanted if recover is not other_clone else SHARED:
                    assert found[part] == wanted[part], f"{name}, cut off before {places}, {recover.__name__}: {part}"
                assert all(reference for _, reference in found["receipts"].values())
                assert found["receipts"].keys() == wanted["receipts"].keys()
                assert world.printed in ([], shown)
                shutil.rmtree(folder / "twin")
        shutil.rmtree(folder / "cut")
    return len(places) * len(recoveries)


@pytest.mark.parametrize("name", REQUESTS)
def test_cut_off_anywhere_and_taken_up_again_it_is_as_if_nothing_had_happened(
    tmp_path: Path, name: str, sweep: Sweep
) -> None:
    sweep(CUT, cut_everywhere(tmp_path, name, again, same_clone))


def test_cut_off_anywhere_any_machine_finishes_it_and_says_it_once(tmp_path: Path, sweep: Sweep) -> None:
    sweep(CUT, cut_everywhere(tmp_path, "declare", same_clone, other_clone, share=True))
