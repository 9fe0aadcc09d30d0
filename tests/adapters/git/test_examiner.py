"""This machine is examined by trying: Git, the clone, its remote, and the folder that keeps requests safe."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from opsbook.adapters.git.examiner import LocalExaminer
from opsbook.adapters.machine.state import FileIntents
from opsbook.core.config import CoreConfig, ForgeSettings
from opsbook.core.examined import Examined
from opsbook.kinds import read_request
from tests.contracts.examiner import read_aloud
from tests.support.desk import Desk, clone, environment, make_desk, make_remote, snapshot
from tests.support.requests import ask

NOW = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A clone of the small book without a remote."""
    return make_desk(tmp_path / "desk")


def examiner(
    root: Path,
    *,
    push: bool = False,
    elsewhere: str = "",
    main: str = "main",
    variables: Mapping[str, str] | None = None,
) -> LocalExaminer:
    """An examiner of a folder."""
    core = CoreConfig(timezone="Europe/London", forge=ForgeSettings(main=main, push=push))
    return LocalExaminer(root, core, environment(**(variables or {})), elsewhere, read_request)


def found(root: Path, **more: Any) -> dict[str, Examined]:
    """What was found, by what it is about."""
    items = list(examiner(root, **more).examine())
    for item in items:
        read_aloud(item, ("secret",))
    return {item.what: item for item in items}


def states(root: Path, **more: Any) -> dict[str, str]:
    """The same, with the state only."""
    return {what: item.state for what, item in found(root, **more).items()}


GOOD = {"Git": "fine", "repository": "fine", "state folder": "fine", "requests": "fine", "main branch": "fine"}


def test_a_clone_without_a_remote_is_fine(desk: Desk) -> None:
    before = snapshot(desk.path)
    assert states(desk.path) == {**GOOD, "publishing": "note"}
    assert states(desk.path, elsewhere="example/book") == GOOD
    assert snapshot(desk.path) == before


def test_outside_a_repository_it_says_how_to_make_one(tmp_path: Path) -> None:
    said = found(tmp_path)
    assert {what: item.state for what, item in said.items()} == {
        "Git": "fine", "repository": "missing", "state folder": "fine", "requests": "fine",
    }  # fmt: skip
    assert "git init" in said["repository"].remedy


def test_a_book_that_is_not_at_the_root_is_said(desk: Desk) -> None:
    item = found(desk.path / "services")["repository"]
    assert item.state == "missing"
    assert f"Move it to {desk.path}" in item.remedy


def test_without_git_it_says_so_and_goes_on(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = found(desk.path, variables={"PATH": str(tmp_path / "empty")})
    assert said["Git"].state == "missing"
    assert said["Git"].remedy == "Install Git 2.34 or later."
    assert said["state folder"].state == "fine"


def fake_git(folder: Path, script: str) -> dict[str, str]:
    """A program called git that comes before the real one."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ('echo "git version 2.25.1"; exit 128', "does not say"),
        ("exit 0", "does not say"),
        ("kill -9 $$", "does not say"),
    ],
)
def test_a_git_that_does_not_work_is_said(desk: Desk, tmp_path: Path, script: str, words: str) -> None:
    item = found(desk.path, variables=fake_git(tmp_path / "bin", script))["Git"]
    assert item.state == "missing"
    assert words in item.says


def test_a_git_that_is_too_old_is_said(desk: Desk, tmp_path: Path) -> None:
    real = next(Path(part) / "git" for part in os.environ["PATH"].split(":") if (Path(part) / "git").exists())
    script = f'[ "$1" = --version ] && echo "git version 2.25.1 (Apple Git-1)" && exit 0; exec {real} "$@"'
    item = found(desk.path, variables=fake_git(tmp_path / "bin", script))["Git"]
    assert (item.state, item.says) == ("missing", "This is Git 2.25.1.")


def test_a_state_folder_that_cannot_be_written_is_said(desk: Desk) -> None:
    desk.state.parent.mkdir(exist_ok=True)
    desk.state.write_text("a file in its place")
    item = found(desk.path)["state folder"]
    assert item.state == "missing"
    assert item.remedy


def test_a_request_that_was_cut_off_is_said_with_its_time(desk: Desk) -> None:
    request = ask("incident.note", "oncall-a", {"text": "secret"})
    with FileIntents(desk.state, read_request).hold(request, NOW, b"7" * 32):
        # Whoever is alive finishes it alone.
        assert found(desk.path)["requests"].state == "fine"
    item = found(desk.path)["requests"]
    assert item.state == "missing"
    assert item.says == ("One request was cut off, the oldest at 13:30 BST, Wed 1 Jul 2026: incident.note by oncall-a.")
    assert item.remedy == "Run: opsbook reconcile"


def test_a_request_that_cannot_be_read_is_said_with_its_place(desk: Desk) -> None:
    (desk.state / "intents").mkdir(parents=True)
    (desk.state / "intents" / "op7.broken").write_text("secret")
    items = [item for item in examiner(desk.path).examine() if item.state == "missing"]
    assert [item.what for item in items] == ["requests"]
    assert str(desk.state / "intents" / "op7.broken") in items[0].says
    read_aloud(items[0], ("secret",))


def test_a_main_branch_that_is_not_there_is_said(desk: Desk) -> None:
    item = found(desk.path, main="trunk")["main branch"]
    assert item.state == "missing"
    assert "no branch trunk" in item.says


def test_a_repository_without_a_commit_is_said(tmp_path: Path) -> None:
    Desk(tmp_path).git("init", "--quiet", "--initial-branch=main")
    assert found(tmp_path)["main branch"].state == "missing"


def test_that_branches_can_be_pushed_is_tried_and_nothing_is_pushed(tmp_path: Path) -> None:
    remote = make_remote(tmp_path / "remote.git")
    desk = clone(remote, tmp_path / "ours")
    before = snapshot(remote), snapshot(desk.path)
    assert states(desk.path, push=True) == {**GOOD, "publishing": "fine"}
    assert (snapshot(remote), snapshot(desk.path)) == before


def test_a_remote_that_is_gone_or_missing_is_said(tmp_path: Path) -> None:
    desk = clone(make_remote(tmp_path / "remote.git"), tmp_path / "ours")
    desk.git("remote", "set-url", "origin", "http://somebody:secret@127.0.0.1:9/book.git")
    item = found(desk.path, push=True)["publishing"]
    assert item.state == "missing"
    assert "origin cannot be reached" in item.says
    desk.git("remote", "remove", "origin")
    item = found(desk.path, push=True)["publishing"]
    assert "origin" in item.says
    assert "git remote add origin ADDRESS" in item.remedy


@pytest.mark.parametrize(
    ("origin", "is_same"),
    [
        ("https://github.com/example/book.git", True),
        ("https://somebody:secret@github.com/Example/Book/", True),
        ("git@github.com:example/book.git", True),
        ("ssh://git@github.com/example/book", True),
        ("git@github.com:example/another.git", False),
        ("/srv/git/book.git", False),
    ],
)
def test_a_clone_of_another_book_than_the_one_on_github_is_noticed(desk: Desk, origin: str, is_same: bool) -> None:
    desk.git("remote", "add", "origin", origin)
    said = found(desk.path, elsewhere="example/book", push=True)
    assert ("publishing" not in said) == is_same
    if not is_same:
        assert said["publishing"].state == "note"
        assert "GITHUB_REPOSITORY, which is example/book" in said["publishing"].says


@pytest.mark.parametrize(
    ("position", "state", "says"),
    [
        ("same", "fine", "as at origin"),
        ("behind", "note", "is behind origin"),
        ("ahead", "note", "is ahead of origin"),
        ("diverged", "note", "have both moved on"),
        ("replaced", "missing", "have no commit in common"),
    ],
)
def test_where_main_is_beside_the_remotes_is_told_apart(tmp_path: Path, position: str, state: str, says: str) -> None:
    make_remote(tmp_path / "remote", push=False)
    desk, other = clone(tmp_path / "remote", tmp_path / "desk"), clone(tmp_path / "remote", tmp_path / "other")
    if position in ("behind", "diverged"):
        other.commit({"theirs": "1"})
        other.git("push", "--quiet", "origin", "main")
    if position in ("ahead", "diverged"):
        desk.commit({"ours": "1"})
    if position == "replaced":
        tree = other.git("rev-parse", "main^{tree}").strip()
        anew = other.git("commit-tree", tree, "-m", "Anew").strip()
        other.git("push", "--quiet", "--force", "origin", f"{anew}:main")
    desk.git("fetch", "--quiet")
    item = found(desk.path)["main branch"]
    assert item.state == state
    assert says in item.says
    if item.remedy.startswith("Run: git pull"):
        desk.git(*item.remedy.removeprefix("Run: git ").split())
        assert "behind" not in found(desk.path)["main branch"].says
    if position == "replaced":
        desk.git("branch", "-m", "main", "main-before")
        desk.git("switch", "--quiet", "main")
        assert found(desk.path)["main branch"].state == "fine"
