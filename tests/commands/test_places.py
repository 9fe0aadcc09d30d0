"""Where a command is run: in a folder that is no book, in odd clones, without Git, without permission."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from opsbook.report.findings import FORMATS
from tests.support.desk import Desk, clone, configure, environment, make_remote, snapshot

DECLARE = ("declare", "--title", "Checkout is down", "--severity", "P1", "--yes")


def said(text: str) -> None:
    """One or two sentences."""
    assert text.startswith("opsbook: ")
    assert len(text.rstrip("\n").split("\n")) <= 2, text


# -- no book


def foreign(desk: Desk) -> Desk:
    """The clone of some other program."""
    desk.path.mkdir()
    desk.git("init", "--quiet", "--initial-branch=main")
    configure(desk)
    desk.commit({"README.md": "# Shop\n", "services/api/main.go": "package main\n", "docs/index.md": "# Docs\n"})
    return desk


@pytest.mark.parametrize("where", ["empty", "foreign", "no git"])
def test_a_check_of_a_folder_that_is_no_book_says_so_and_ends_with_6(tmp_path: Path, desk: Desk, where: str) -> None:
    folder = replace(desk, path=tmp_path / "folder")
    if where == "foreign":
        foreign(folder)
    else:
        folder.path.mkdir()
        if where == "no git":
            (folder.path / "notes.txt").write_text("mine\n")
    for form in FORMATS:
        done = folder.opsbook("check", "--format", form)
        assert (done.code, done.out) == (6, ""), str(done)
        said(done.err)
        assert "opsbook.yml" in done.err


def test_nothing_is_declared_in_a_repository_that_is_no_book(tmp_path: Path, desk: Desk) -> None:
    folder = foreign(replace(desk, path=tmp_path / "folder"))
    before = snapshot(folder.path)
    done = folder.opsbook(*DECLARE, environ={"OPSBOOK_BY": ""})
    assert done.code == 2
    assert "opsbook.yml" in done.err
    said(done.err)
    assert snapshot(folder.path) == before


def test_a_book_without_git_can_be_checked_and_read_and_says_what_it_needs_to_declare(
    tmp_path: Path, desk: Desk
) -> None:
    folder = replace(desk, path=tmp_path / "folder")
    shutil.copytree(desk.path, folder.path, ignore=shutil.ignore_patterns(".git"))
    assert folder.opsbook("check").code == 0
    assert folder.opsbook("incident", "list").code == 0
    done = folder.opsbook(*DECLARE)
    assert done.code == 2
    assert "is not in a Git repository" in done.err
    said(done.err)


def test_a_book_below_the_root_of_its_repository_can_be_checked_and_says_why_it_cannot_be_written_to(
    tmp_path: Path, desk: Desk
) -> None:
    outer = replace(desk, path=tmp_path / "outer")
    outer.path.mkdir()
    outer.git("init", "--quiet", "--initial-branch=main")
    configure(outer)
    shutil.copytree(desk.path, outer.path / "ops", ignore=shutil.ignore_patterns(".git"))
    outer.git("add", ".")
    outer.git("commit", "--quiet", "-m", "Begin")
    inner = replace(desk, path=outer.path / "ops")
    assert inner.opsbook("check").code == 0
    assert outer.opsbook("-C", "ops", "check").code == 0
    before = outer.git("for-each-ref")
    done = inner.opsbook(*DECLARE)
    assert done.code == 2
    assert "not at the root of its repository" in done.err
    assert outer.git("for-each-ref") == before


# -- somewhere in a book


def test_every_folder_of_a_book_belongs_to_it(desk: Desk) -> None:
    folder = desk.path / "runbooks" / "incident-response"
    assert desk.opsbook("check", "respond.md", folder=folder).code == 0
    assert desk.opsbook(*DECLARE, folder=folder).code == 0
    assert len(desk.branches()) == 1


def test_a_book_can_be_named_from_anywhere(tmp_path: Path, desk: Desk) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert desk.opsbook("-C", str(desk.path), *DECLARE, folder=elsewhere).code == 0
    assert desk.opsbook(f"-C{os.path.relpath(desk.path, elsewhere)}", "check", folder=elsewhere).code == 0
    assert len(desk.branches()) == 1
    for name in ("nowhere", "x" * 5_000, "\0"[:0] + "bad\nname"):
        done = desk.opsbook("-C", name, "check", folder=elsewhere)
        assert done.code == 2
        said(done.err)


def test_a_folder_that_was_deleted_under_us_is_told_in_a_sentence(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    start = "import os, sys; os.chdir(sys.argv[1]); os.rmdir(sys.argv[1]); "
    code = start + "os.execv(sys.executable, [sys.executable, '-m', 'opsbook', 'check'])"
    done = subprocess.run([sys.executable, "-c", code, str(gone)], env=environment(), capture_output=True, text=True)
    assert done.returncode == 2
    said(done.stderr)


# -- odd clones


def test_a_detached_head_is_no_hindrance(desk: Desk) -> None:
    desk.commit({"docs/more.md": "# More\n"})
    desk.git("checkout", "--quiet", "--detach", "HEAD~1")
    before = desk.condition()
    id_ = desk.declare()
    assert desk.opsbook("incident", "note", id_, "Seen").code == 0
    assert desk.condition() == before
    assert desk.git("merge-base", "main", desk.branch()) == desk.git("rev-parse", "main")


def test_a_shallow_clone_is_no_hindrance(tmp_path: Path, desk: Desk) -> None:
    desk.commit({"docs/more.md": "# More\n"})
    desk.git("clone", "--quiet", "--depth=1", f"file://{desk.path}", str(tmp_path / "shallow"))
    shallow = configure(replace(desk, path=tmp_path / "shallow"))
    id_ = shallow.declare()
    assert shallow.opsbook("incident", "note", id_, "Seen").code == 0
    assert shallow.opsbook("incident", "update", id_, "--status", "resolved").code == 0
    shallow.git("merge", "--quiet", "--no-ff", f"opsbook/{id_}")
    assert shallow.opsbook("reconcile").code == 0
    assert "Seen" in shallow.opsbook("incident", "show", id_).out


def test_a_linked_working_tree_shares_incidents_and_intents_with_the_clone(tmp_path: Path, desk: Desk) -> None:
    desk.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    linked = replace(desk, path=tmp_path / "linked")
    id_ = linked.declare()
    assert desk.branches() == [f"opsbook/{id_}"]
    assert desk.opsbook("incident", "note", id_, "From the clone").code == 0
    assert "From the clone" in linked.opsbook("incident", "show").out
    assert linked.git("status", "--porcelain") == desk.git("status", "--porcelain") == ""


def test_a_branch_of_a_record_that_is_checked_out_moves_with_its_files(desk: Desk) -> None:
    id_ = desk.declare()
    desk.git("switch", "--quiet", f"opsbook/{id_}")
    desk.write({"docs/readme.md": "my own work\n"})
    assert desk.opsbook("incident", "note", id_, "Seen").code == 0
    assert desk.git("status", "--porcelain") == " M docs/readme.md\n"
    assert "Seen" in "".join(path.read_text() for path in desk.path.glob("incidents/*/*/timeline/*.yaml"))


def test_a_note_that_would_overwrite_an_edit_is_saved_and_says_what_to_do(desk: Desk) -> None:
    id_ = desk.declare()
    desk.git("switch", "--quiet", f"opsbook/{id_}")
    (facts,) = desk.path.glob("incidents/*/*/incident.yaml")
    edited = facts.read_text() + "summary: by hand\n"
    facts.write_text(edited)
    done = desk.opsbook("incident", "update", id_, "--severity", "P2")
    assert done.code == 4
    assert "checked out" in done.out
    assert facts.read_text() == edited
    desk.git("stash", "--quiet")
    assert desk.opsbook("reconcile").code == 0
    assert "severity: P2" in facts.read_text()


# -- without Git, without permission


def test_without_git_a_book_can_be_checked_and_read(desk: Desk) -> None:
    without = {"PATH": "/nonexistent"}
    assert desk.opsbook("check", environ=without).code == 0
    listed = desk.opsbook("incident", "list", environ=without)
    assert (listed.code, listed.out) == (7, "Nothing was found in what could be seen.\n")
    assert "Git is not installed" in listed.err
    done = desk.opsbook(*DECLARE, environ=without)
    assert (done.code, done.out) == (3, "")
    assert "Git is not installed" in done.err


def obedient() -> None:
    """Make this process obey permissions, as everybody's but root's do (capabilities(7): the bounding set)."""
    drop, override, search = 24, 1, 2
    for capability in (override, search) if os.geteuid() == 0 else ():
        assert ctypes.CDLL(None).prctl(drop, capability, 0, 0, 0) == 0


@pytest.fixture
def readonly(desk: Desk) -> Iterator[Desk]:
    """A clone that may only be read, with an open incident."""
    desk.declare()
    paths = [path for path in [desk.path, *desk.path.rglob("*")] if not path.is_symlink()]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield desk
    for path in paths:
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_read_only_repository_can_be_checked_and_read(readonly: Desk) -> None:
    assert readonly.opsbook("check", preexec_fn=obedient).code == 0
    for command in ("list", "show"):
        assert "Checkout is down" in readonly.opsbook("incident", command, preexec_fn=obedient).out


def test_a_read_only_repository_refuses_what_it_cannot_keep_and_tells_nobody(readonly: Desk) -> None:
    before = snapshot(readonly.path)
    for words in (
        ("declare", *DECLARE[1:]),
        ("incident", "note", "-", "Seen"),
        ("incident", "update", "--lead", "oncall-b"),
    ):
        done = readonly.opsbook(*words, preexec_fn=obedient)
        assert done.code in (1, 3), str(done)
        assert "Permission denied" in done.err
        assert "Told" not in done.out
    assert snapshot(readonly.path) == before


def test_two_clones_see_each_other_after_a_fetch(tmp_path: Path) -> None:
    make_remote(tmp_path / "remote")
    here = clone(tmp_path / "remote", tmp_path / "here")
    there = clone(tmp_path / "remote", tmp_path / "there")
    id_ = here.declare()
    there.git("fetch", "--quiet")
    assert id_ in there.opsbook("incident", "list").out
    assert there.opsbook("incident", "note", id_, "From there").code == 0
    here.git("fetch", "--quiet")
    assert "From there" in here.opsbook("incident", "show", id_).out
    assert here.opsbook("reconcile").out.startswith("Nothing to do")
