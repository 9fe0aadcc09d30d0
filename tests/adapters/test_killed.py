"""Killed at any of its steps, a process leaves a repository in which the next one ends as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from pathlib import Path

import pytest

from opsbook.core.errors import ForgeError
from tests.contracts.forge import FOLDER, KEY, publish, receipt
from tests.support.repos import RECORD, Clone, commit_of, make_clone, make_remote, make_repo
from tests.support.worker import run, start, task_of

STEPS = 60
"""More Git commands than publishing and claiming take; the test sees to it that the last ones are never reached."""


def killing_git(folder: Path) -> Path:
    """A folder with a `git` that kills its caller after the command with the number `KILL_AT`."""
    script = folder / "bin" / "git"
    script.parent.mkdir()
    script.write_text(
        "#!/bin/sh\n"
        'echo x >> "$KILL_COUNT"\n'
        'number=$(wc -l < "$KILL_COUNT")\n'
        f'{shutil.which("git")} "$@"\n'
        "status=$?\n"
        'if [ "$number" -eq "$KILL_AT" ]; then kill -9 $PPID; fi\n'
        "exit $status\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script.parent


def kill_at(clone: Clone, step: int, bin_folder: Path, count: Path, *, push: bool) -> bool:
    """Publish, claim and complete in a process that is killed at a step; whether it got that far."""
    count.write_text("")
    variables = {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "KILL_AT": str(step),
        "KILL_COUNT": str(count),
    }
    return (
        start(task_of(clone, "op1", record=RECORD, keys=[KEY], push=push, variables=variables)).end() == -signal.SIGKILL
    )


def test_killed_at_any_step_and_run_again_it_is_published_once(tmp_path: Path) -> None:
    bin_folder = killing_git(tmp_path)
    for step in range(1, STEPS):
        clone = make_repo(tmp_path / f"book{step}")
        before = clone.condition()
        killed = kill_at(clone, step, bin_folder, tmp_path / "count", push=False)
        claimed = clone.forge().receipts()
        again = run(task_of(clone, "op1", record=RECORD, keys=[KEY]))
        # A claim of the killed process is nobody else's to speak on: only a read-back may settle it.
        assert again["claimed"] == ([] if claimed else [KEY])
        assert clone.git("log", "--format=%s", f"main..opsbook/{RECORD}").split() == ["Declare"]
        assert clone.condition() == before
        clone.git("fsck", "--strict", "--no-dangling")
        if not killed:
            assert step > 2
            return
    pytest.fail("it never got to its end")


def test_killed_at_any_step_with_a_remote_and_run_again_both_have_it_once(tmp_path: Path) -> None:
    bin_folder = killing_git(tmp_path)
    for step in range(2, STEPS, 3):
        remote = make_remote(tmp_path / f"remote{step}.git")
        clone = make_clone(remote, tmp_path / f"book{step}")
        killed = kill_at(clone, step, bin_folder, tmp_path / "count", push=True)
        run(task_of(clone, "op1", record=RECORD, keys=[KEY], push=True))
        published = publish(clone.forge(push=True), commit_of(operation="op1"))
        assert published.unpushed == ""
        assert Clone(remote).git("log", "--format=%H", f"main..opsbook/{RECORD}").split() == [published.commit]
        assert set(clone.forge(push=True).receipts()) == {KEY}
        if not killed:
            return
    pytest.fail("it never got to its end")


@pytest.mark.parametrize("ref", [f"refs/heads/opsbook/{RECORD}", "refs/heads/opsbook-receipts"])
def test_a_lock_of_a_killed_git_stops_nobody_for_long(clone: Clone, ref: str) -> None:
    lock = clone.path / ".git" / f"{ref}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("half an object id")
    forge = clone.forge()
    publish(forge, commit_of())
    assert forge.claim([receipt(KEY)]) == {KEY}
    assert forge.open_records()
    assert not lock.exists()


def test_a_lock_of_a_killed_fetch_stops_nobody_for_long(remote: Path, tmp_path: Path) -> None:
    ours, theirs = (make_clone(remote, tmp_path / name) for name in ("ours", "theirs"))
    publish(theirs.forge(push=True), commit_of(operation="theirs"))
    lock = ours.path / ".git" / "refs" / "remotes" / "origin" / "opsbook" / f"{RECORD}.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("")
    assert publish(ours.forge(push=True), commit_of(operation="ours")).unpushed == ""
    assert not lock.exists()


def test_a_lock_that_is_not_ours_is_left_alone_and_named(clone: Clone) -> None:
    publish(clone.forge(), commit_of())
    clone.git("update-ref", "refs/heads/main", f"opsbook/{RECORD}")
    clone.git("pack-refs", "--all")
    lock = clone.path / ".git" / "packed-refs.lock"
    lock.write_text("")
    with pytest.raises(ForgeError, match=r"packed-refs\.lock exists") as caught:
        clone.forge().tidy()
    assert "remove that file" in caught.value.remedy
    assert lock.exists()


def test_cut_off_between_files_and_branch_nothing_of_it_is_lost(clone: Clone) -> None:
    """The branch is checked out, its files were brought forward, and the process died before the branch moved."""
    publish(clone.forge(), commit_of(operation="op1"))
    clone.git("switch", "--quiet", f"opsbook/{RECORD}")
    old = clone.at("HEAD")
    publish(clone.forge(), commit_of(operation="op2"))
    clone.git("update-ref", f"refs/heads/opsbook/{RECORD}", old)
    assert clone.git("diff", "--cached", "--name-status").split() == ["A", f"{FOLDER}/timeline/op2.yaml"]
    publish(clone.forge(), commit_of(operation="op2"))
    assert clone.git("status", "--porcelain") == ""
    clone.git("update-ref", f"refs/heads/opsbook/{RECORD}", old)
    clone.git("commit", "--quiet", "-m", "A person commits what is staged")
    assert clone.forge().published(RECORD, "op2") is not None
