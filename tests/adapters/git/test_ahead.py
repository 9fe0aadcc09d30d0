"""Somebody who has not pulled sees what was merged, and what they edited stays theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbook.adapters.git.ahead import ahead as look_ahead
from opsbook.adapters.git.repository import GitFailed
from opsbook.core.unseen import Unseen
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


def ahead(desk: Desk, main: str) -> tuple[dict[str, bytes | None], list[str]]:
    """What main has more, and of what it is said that it was not seen."""
    unseen: list[Unseen] = []
    found = look_ahead(open_repository(desk), main, RECORDS, unseen)
    return found, [item.what for item in unseen]


def test_what_main_has_more_is_laid_over_the_working_tree_and_only_below_the_folders_of_records(desk: Desk) -> None:
    main = move_main(desk, "a: 2\n")
    assert ahead(desk, main)[0] == {
        "incidents/a.yaml": b"a: 2\n",
        "incidents/b.yaml": None,
        "incidents/new.yaml": b"n: 1\n",
    }


def test_what_a_person_has_edited_stays_theirs(desk: Desk) -> None:
    main = move_main(desk, "a: 2\n")
    desk.write({"incidents/a.yaml": "a: mine\n", "incidents/new.yaml": "n: mine\n"})
    (desk.path / "incidents/b.yaml").write_text("b: mine\n")
    assert ahead(desk, main) == ({}, [])


def test_nothing_is_laid_over_a_working_tree_that_is_as_new(desk: Desk) -> None:
    assert ahead(desk, desk.git("rev-parse", "main").strip()) == ({}, [])
    desk.commit({"incidents/c.yaml": "c: 1\n"})
    assert ahead(desk, desk.git("rev-parse", "main").strip()) == ({}, [])


def test_where_histories_do_not_tell_main_adds_what_is_not_here_and_that_is_said(desk: Desk) -> None:
    main = desk.git("rev-parse", "main").strip()
    everything: dict[str, bytes | None] = {
        name: data.encode() for name, data in {"incidents/a.yaml": "a: 1\n", "incidents/b.yaml": "b: 1\n"}.items()
    }
    with pytest.raises(GitFailed):
        ahead(desk, "0" * 40)
    desk.git("switch", "--quiet", "--orphan", "unborn")
    found, unseen = ahead(desk, main)
    assert (found.items() >= everything.items(), unseen) == (True, [])
    desk.commit({"incidents/a.yaml": "a: mine\n"})
    found, unseen = ahead(desk, main)
    assert ("incidents/a.yaml" in found, found["incidents/b.yaml"], unseen) == (False, b"b: 1\n", ["main"])


def test_a_file_that_is_not_in_the_clone_hides_no_other(desk: Desk) -> None:
    main = move_main(desk, "a: 2\n")
    blob = desk.git("rev-parse", f"{main}:incidents/new.yaml").strip()
    (desk.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    found, unseen = ahead(desk, main)
    assert found == {"incidents/a.yaml": b"a: 2\n", "incidents/b.yaml": None}
    assert unseen == ["incidents/new.yaml"]


def test_what_a_sparse_checkout_leaves_out_is_there(desk: Desk) -> None:
    here, later = desk.git("rev-parse", "main").strip(), move_main(desk, "a: 2\n")
    desk.git("sparse-checkout", "set", "services")
    assert not (desk.path / "incidents").exists()
    assert ahead(desk, here) == ({"incidents/a.yaml": b"a: 1\n", "incidents/b.yaml": b"b: 1\n"}, [])
    found, unseen = ahead(desk, later)
    assert found == {"incidents/a.yaml": b"a: 2\n", "incidents/b.yaml": None, "incidents/new.yaml": b"n: 1\n"}
    assert unseen == []
