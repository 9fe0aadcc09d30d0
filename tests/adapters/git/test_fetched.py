"""A repository that is imported is fetched without its history, and nothing of it is checked out or run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opsbook.adapters.git.begin import ADDRESS, fetched
from opsbook.adapters.git.tree import GitTree
from opsbook.core.errors import ForgeFault
from tests.support.desk import Desk, environment


@pytest.fixture
def source(tmp_path: Path) -> Desk:
    """A repository with two commits."""
    desk = Desk(tmp_path / "source")
    desk.path.mkdir()
    desk.git("init", "--quiet", "--initial-branch=trunk")
    for text in ("one\n", "two\n"):
        (desk.path / "page.md").write_text(text)
        desk.git("add", "--all")
        desk.git("-c", "user.name=a", "-c", "user.email=a@example.invalid", "commit", "--quiet", "-m", text.strip())
    return desk


def test_the_newest_commit_comes_alone_and_stays_in_the_repository(source: Desk, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    repository, commit = fetched(f"file://{source.path}", tmp_path / "here", environment())
    assert GitTree(repository, commit).read("page.md") == b"two\n"
    assert repository.is_shallow
    assert repository.worktree is None
    assert not list((tmp_path / "here").rglob("page.md"))


@pytest.mark.parametrize("address", ["file:///nowhere/at/all", "ext::sh -c 'touch ran'", "--upload-pack=touch ran"])
def test_what_is_no_repository_is_said_and_nothing_is_run(address: str, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with pytest.raises(ForgeFault):
        fetched(address, tmp_path / "here", environment())
    assert not list(tmp_path.rglob("ran"))
    assert not (Path.cwd() / "ran").exists()


def test_an_address_is_told_from_a_folder() -> None:
    for address in ("https://git.example/a.git", "git@git.example:a/b.git", "ssh://git@git.example/a", "file:///srv/a"):
        assert ADDRESS.match(address)
    for folder in ("alerts", "./a:b", "/srv/a", "../x", "C:\\pages", f"a{os.sep}b", "ext::sh -c x"):
        assert not ADDRESS.match(folder)
