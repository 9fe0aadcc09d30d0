"""A request with an origin (an issue, a run, a view) is one request, on whatever machine it is performed again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from opsbook.core.errors import Refused
from opsbook.core.plan import Origin
from opsbook.perform import performing
from tests.support.desk import clone, make_remote
from tests.support.knife import Cut, Knife, sharpen
from tests.support.requests import other
from tests.support.world import DECLARE, World, begin

ORIGIN = Origin("example-org/operations", "issue-12", datetime(2026, 11, 20, 23, 59, tzinfo=UTC))


def shared(root: Path) -> World:
    """A clone that pushes to its remote."""
    make_remote(root / "remote")
    return World(clone(root / "remote", root / "desk"), share=True)


def test_another_machine_finds_what_an_earlier_run_has_declared_and_says_nothing_twice(tmp_path: Path) -> None:
    world = shared(tmp_path)
    with performing(DECLARE, world.context(), origin=ORIGIN) as first:
        assert first.id.startswith("INC-20261120-")
    world.clock.at += timedelta(days=2)
    world.seed += 1
    elsewhere = clone(world.remote.path, tmp_path / "elsewhere")
    with performing(DECLARE, world.context(elsewhere), origin=ORIGIN) as again:
        pass
    assert (again.id, again.commit, again.branch) == (first.id, first.commit, first.branch)
    assert len(world.chat.said) == 2
    assert len(world.remote.git("for-each-ref", "refs/heads/opsbook/").splitlines()) == 1


def test_it_is_found_also_after_it_was_merged_and_its_branch_deleted(tmp_path: Path) -> None:
    world = shared(tmp_path)
    with performing(DECLARE, world.context(), origin=ORIGIN) as first:
        pass
    world.desk.git("merge", "--quiet", "--no-ff", "--no-edit", world.desk.tip(first.branch))
    world.desk.git("push", "--quiet", "origin", "main", f":{first.branch}")
    elsewhere = clone(world.remote.path, tmp_path / "elsewhere")
    with performing(DECLARE, world.context(elsewhere), origin=ORIGIN) as again:
        pass
    assert (again.id, again.branch) == (first.id, "main")
    assert len(world.chat.said) == 2


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_run_that_is_cut_off_anywhere_is_finished_by_the_next_one_on_an_empty_disk(tmp_path: Path, cut: int) -> None:
    world = shared(tmp_path)
    knife = Knife(cut)
    try:
        with performing(DECLARE, sharpen(world.context(), knife), origin=ORIGIN):
            pass
    except Cut:
        pass
    world.clock.later(minutes=6)
    world.seed += 1
    elsewhere = clone(world.remote.path, tmp_path / "elsewhere")
    with performing(DECLARE, world.context(elsewhere), origin=ORIGIN) as again:
        pass
    world.reconcile(elsewhere)
    assert len(world.remote.git("for-each-ref", "refs/heads/opsbook/").splitlines()) == 1
    assert sorted(world.chat.keys()) == sorted(set(world.chat.keys()))
    assert len(world.chat.said) == 2
    assert again.id.startswith("INC-20261120-")


def test_the_same_origin_with_other_words_is_refused_while_the_first_is_not_finished(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "declare")
    with pytest.raises(Cut), performing(request, sharpen(world.context(), Knife(3)), origin=ORIGIN):
        pass
    another = other(request, values={**request.values, "title": "Something else"})
    with (
        pytest.raises(Refused, match="was asked for before, with other content"),
        performing(another, world.context(), origin=ORIGIN),
    ):
        pass


def test_other_scopes_and_names_are_other_records() -> None:
    keys = {
        Origin(scope, name, ORIGIN.now).key
        for scope in ("example-org/operations", "example-org/other")
        for name in ("issue-1", "issue-12", "run-1")
    }
    assert len(keys) == 6
