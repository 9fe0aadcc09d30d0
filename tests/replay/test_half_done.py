"""What a program that was cut off has left behind is finished by the program of today, whoever wrote it and however.

Each world is brought back from data: the repository on GitHub, its pull requests and comments, what was said, and the
state folder of the machine. Then a new process there makes the same request again, or `reconcile` runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from opsbook.core.request import Request
from tests.replay.record_half_done import HALF_DONE
from tests.replay.world import Json, World, load
from tests.support.github import truth
from tests.support.requests import ask

FILES = sorted(path.stem for path in HALF_DONE.glob("*.json"))


@cache
def recorded(name: str) -> Json:
    """All that was recorded of one program and one request."""
    found: Json = json.loads((HALF_DONE / f"{name}.json").read_text("utf-8"))
    return found


def cells() -> Iterator[tuple[str, int]]:
    """The worlds of each file, by their number."""
    for name in FILES:
        yield from ((name, number) for number in range(len(recorded(name)["worlds"])))


def again(world: World, request: Request) -> None:
    """The same person runs the same command again."""
    world.clock.later(minutes=1)
    assert world.run(request, seed=21).exit_code in (0, 5)


def reconciled(world: World, _: Request) -> None:
    """Somebody runs `reconcile` on that machine."""
    world.clock.later(minutes=1)
    assert world.reconcile(seed=22).exit_code in (0, 5)


@pytest.mark.parametrize("finish", [again, reconciled])
@pytest.mark.parametrize(("name", "number"), list(cells()))
def test_what_was_left_half_done_is_finished_once(name: str, number: int, finish: object, tmp_path: Path) -> None:
    whole = recorded(name)
    left, wanted = whole["worlds"][number], whole["wanted"]
    held = whole["git"][left["git"]]
    world = load(tmp_path, whole["begin"], {**left, "git": held["lines"], "refs": held["refs"]})
    try:
        assert callable(finish)
        finish(world, ask(**whole["request"]))
        world.clock.later(minutes=10)
        assert world.reconcile(seed=23).exit_code == 0
        now = truth(world.hub)
        assert now.operations == wanted["operations"], left["ways"]
        assert [state for _, state in now.pulls] == ["open"], left["ways"]
        assert sorted(world.chat.keys()) == wanted["said"], left["ways"]
        assert sorted(now.receipts) == wanted["said"], left["ways"]
        assert all(now.receipts.values()), left["ways"]
        assert world.intents() == [], left["ways"]
        assert [sorted(pull.labels) for pull in world.hub.hub.issues.values()] == wanted["labels"], left["ways"]
        assert world.hub.refused == []
    finally:
        world.hub.close()


def test_every_request_was_cut_off_in_many_places() -> None:
    worlds = [world for name in FILES for world in recorded(name)["worlds"]]
    assert len(worlds) >= 30
