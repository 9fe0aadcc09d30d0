"""Somebody who has not pulled sees what was merged, and what they edited stays theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbook.adapters.git.ahead import ahead
from tests.support.desk import Desk, make_desk
from tests.support.wired import open_repository

RECORDS = ("incidents", "services")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A clone that stays where it is while main moves on."""
    desk = make_desk(tmp_path / "desk")
    desk.commit({"incidents/a.yaml": "a: 1\n", "incidents/b.yaml": "b: 1\n", "docs/x.md": "x\n"})
    desk.git("switch", "--quiet", "--detach")
    return desk


def move_main(desk: Desk, change: str) -> str:
    """Commit to main without checking it out here; the new commit."""
    desk.git("worktree", "add", "--quiet", str(desk.path.parent / "other"), "main")
    other = Desk(desk.path.parent / "other")
    other.commit({"incidents/a.yaml": change, "incidents/new.yaml": "n: 1\n", "docs/x.md": "y\n"}, "Merged")
    other.git("rm", "--quiet", "incidents/b.yaml")
    other.git("commit", "--quiet", "-m", "Removed")
    return desk.git("rev-parse", "main").strip()


def test_what_main_has_more_is_laid_over_the_working_tree_and_only_below_the_folders_of_records(desk: Desk) -> None:
    main = move_main(desk, "a: 2\n")
    assert ahead(open_repository(desk), main, RECORDS) == {
        "incidents/a.yaml": b"a: 2\n",
        "incidents/b.yaml": None,
        "incidents/new.yaml": b"n: 1\n",
    }


def test_what_a_person_has_edited_stays_theirs(desk: Desk) -> None:
    main = move_main(desk, "a: 2\n")
    desk.write({"incidents/a.yaml": "a: mine\n", "incidents/new.yaml": "n: mine\n"})
    (desk.path / "incidents/b.yaml").write_text("b: mine\n")
    assert ahead(open_repository(desk), main, RECORDS) == {}


def test_nothing_is_laid_over_a_working_tree_that_is_as_new(desk: Desk) -> None:
    assert ahead(open_repository(desk), desk.git("rev-parse", "main").strip(), RECORDS) == {}
    desk.commit({"incidents/c.yaml": "c: 1\n"})
    assert ahead(open_repository(desk), desk.git("rev-parse", "main").strip(), RECORDS) == {}


def test_nothing_is_guessed_where_histories_do_not_tell(desk: Desk) -> None:
    assert ahead(open_repository(desk), "0" * 40, RECORDS) == {}
    desk.git("switch", "--quiet", "--orphan", "unborn")
    assert ahead(open_repository(desk), desk.git("rev-parse", "main").strip(), RECORDS) == {}
    desk.commit({"x": "x\n"})
    assert ahead(open_repository(desk), desk.git("rev-parse", "main").strip(), RECORDS) == {}
