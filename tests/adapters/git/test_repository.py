"""Git is run with a clean environment, answers about hostile names exactly, and fails with one clear sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opsbook.adapters.git.repository import (
    GitFailed,
    GitMissing,
    GitTimeout,
    NotARepository,
    Repository,
    clean_environment,
    redacted,
)
from opsbook.adapters.git.tree import GitTree
from opsbook.core.errors import ForgeError, UsageError
from tests.support.repos import ENVIRONMENT, Clone, make_remote

HOSTILE_NAMES = [
    "a b.md",
    "-rf",
    "a\nb.md",
    "a\tb",
    '"quoted"',
    ":(top)x",
    "*.md",
    "é.md",
    "\udce9.md",
    "x;y",
    "::error::",
]


# -- finding a repository


def test_a_repository_is_found_from_a_folder_inside_it(clone: Clone) -> None:
    repository = Repository(clone.path / "services", environment=ENVIRONMENT)
    assert repository.worktree == clone.path
    assert repository.common == clone.path / ".git"


def test_a_linked_working_tree_shares_the_state_of_its_clone(clone: Clone, tmp_path: Path) -> None:
    clone.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
    repository = Repository(tmp_path / "linked", environment=ENVIRONMENT)
    assert repository.worktree == tmp_path / "linked"
    assert repository.common == clone.path / ".git"


def test_a_bare_repository_has_no_working_tree(tmp_path: Path) -> None:
    repository = Repository(make_remote(tmp_path / "bare.git"), environment=ENVIRONMENT)
    assert repository.worktree is None
    assert repository.common == tmp_path / "bare.git"
    with pytest.raises(ForgeError, match="no working tree"):
        repository.changed("main")


def test_a_foreign_folder_is_no_repository(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(NotARepository) as caught:
            Repository(folder, environment={**ENVIRONMENT, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
        assert caught.value.remedy


def test_a_repository_with_a_broken_configuration_says_what_is_broken(clone: Clone) -> None:
    (clone.path / ".git" / "config").write_text("[core\n")
    with pytest.raises(NotARepository, match="bad config line 1"):
        clone.repository()


def test_without_git_the_remedy_is_to_install_it(clone: Clone, tmp_path: Path) -> None:
    with pytest.raises(GitMissing, match="not installed"):
        Repository(clone.path, environment={**ENVIRONMENT, "PATH": str(tmp_path)})


# -- the environment


def test_variables_that_steer_git_do_not_reach_it(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    steering = {
        "GIT_DIR": str(tmp_path / "other"),
        "GIT_WORK_TREE": str(tmp_path / "other"),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "other"),
        "GIT_NAMESPACE": "x",
        "GIT_TRACE": "1",
        "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
        "LANGUAGE": "de",
    }
    repository = Repository(clone.path, environment={**ENVIRONMENT, **steering})
    assert repository.worktree == clone.path
    assert not steering.keys() & clean_environment(steering).keys()


def test_what_reaches_a_remote_is_kept() -> None:
    kept = {"GIT_SSH_COMMAND": "ssh -i key", "GIT_ASKPASS": "x", "GIT_CONFIG_GLOBAL": "/dev/null", "HTTPS_PROXY": "p"}
    assert kept.items() <= clean_environment(kept).items()


def test_no_hook_of_the_repository_runs(ours: Clone, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for name in ("reference-transaction", "pre-push", "post-checkout", "post-index-change"):
        hook = ours.path / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {ran}\nexit 1\n")
        hook.chmod(0o755)
    repository = ours.repository()
    assert repository.move("refs/heads/opsbook/x", ours.at("main"), None, "test")
    repository.run("push", "--quiet", "origin", "refs/heads/opsbook/x")
    assert not ran.exists()


# -- revisions


@pytest.mark.parametrize(
    "name",
    ["--help", "-h", "--exec=touch x", "--output=x", "", " ", "a b", "main\n", "x\0y", "main..main", "^main", "no-such",
     "0" * 40, "main:opsbook.yml", "HEAD@{100}", "@{-1}", "\x1b[31m", "é"],
)  # fmt: skip
def test_what_is_no_revision_is_never_an_option(clone: Clone, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        clone.repository().revision(name)
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["main", "HEAD", "v1", "HEAD~0", "refs/heads/main", "-odd"])
def test_what_a_person_may_type_is_a_revision(clone: Clone, name: str) -> None:
    clone.git("tag", "-a", "v1", "-m", "one")
    if name == "-odd":
        clone.git("update-ref", "refs/heads/-odd", "HEAD")
        name = "refs/heads/-odd"
    assert clone.repository().revision(name) == clone.at("HEAD")


# -- refs


def test_a_ref_moves_only_from_where_it_was_seen(clone: Clone) -> None:
    repository, first = clone.repository(), clone.at("HEAD")
    second = clone.commit("Second", {"a": "1"})
    ref = "refs/heads/opsbook/x"
    assert not repository.move(ref, second, first, "it does not exist")
    assert repository.move(ref, first, None, "made")
    assert not repository.move(ref, second, None, "it exists")
    assert not repository.move(ref, second, second, "it is elsewhere")
    assert repository.move(ref, second, first, "moved")
    assert not repository.move(ref, None, first, "it is elsewhere")
    assert repository.move(ref, None, second, "deleted")
    assert ref not in repository.refs(ref)


def test_a_lock_that_a_killed_process_left_is_removed_after_a_while(clone: Clone) -> None:
    lock = clone.path / ".git" / "refs" / "heads" / "opsbook-receipts.lock"
    lock.write_text("")
    assert clone.repository(patience=0.2).move("refs/heads/opsbook-receipts", clone.at("HEAD"), None, "test")
    assert not lock.exists()
    assert clone.at("opsbook-receipts") == clone.at("HEAD")


def test_a_branch_that_is_in_the_way_is_named(clone: Clone) -> None:
    clone.git("branch", "opsbook")
    with pytest.raises(ForgeError, match="branch named refs/heads/opsbook") as caught:
        clone.repository().move("refs/heads/opsbook/x", clone.at("HEAD"), None, "test")
    assert "git branch -m" in caught.value.remedy


def test_a_broken_ref_is_said_to_be_broken(clone: Clone) -> None:
    broken = clone.path / ".git" / "refs" / "heads" / "opsbook" / "x"
    broken.parent.mkdir()
    broken.write_bytes(b"")
    with pytest.raises(ForgeError, match="broken"):
        clone.repository().move("refs/heads/opsbook/x", clone.at("HEAD"), None, "test")


def test_refs_name_the_working_tree_that_has_them(clone: Clone, tmp_path: Path) -> None:
    clone.git("worktree", "add", "--quiet", str(tmp_path / "a\nb"), "-b", "side")
    refs = clone.repository().refs("refs/heads/")
    assert refs["refs/heads/main"].worktree == clone.path
    assert refs["refs/heads/side"].worktree == tmp_path / "a\nb"


# -- the working tree


def test_changes_hold_everything_that_differs_and_nothing_that_is_ignored(clone: Clone) -> None:
    clone.commit("More", {"kept": "1", "edited": "1", "gone": "1", "unstaged": "1", ".gitignore": "ignored\n"})
    since = clone.at("HEAD")
    clone.commit("Later", {"committed": "1"})
    clone.write({"edited": "2", "staged": "1", "new/file": "1", "ignored": "1"})
    clone.git("add", "staged")
    (clone.path / "gone").unlink()
    clone.git("rm", "--quiet", "--cached", "unstaged")
    changes = Repository(clone.path / "new", environment=ENVIRONMENT).changed(since)
    assert changes.present == {"edited", "staged", "new/file", "committed", "unstaged"}
    assert changes.deleted == {"gone"}


def test_changes_since_a_fork_leave_out_what_others_did(clone: Clone) -> None:
    clone.git("switch", "--quiet", "-c", "side")
    clone.commit("Mine", {"mine": "1"})
    clone.git("switch", "--quiet", "main")
    clone.commit("Theirs", {"theirs": "1"})
    clone.git("switch", "--quiet", "side")
    assert clone.repository().changed("main", fork=True).present == {"mine"}
    assert clone.repository().changed("main").deleted == {"theirs"}


@pytest.mark.parametrize("tracked", [False, True])
def test_hostile_names_are_reported_exactly(clone: Clone, tracked: bool) -> None:
    for name in HOSTILE_NAMES:
        Path(os.fsdecode(os.fsencode(clone.path / name))).write_text("x")
    if tracked:
        clone.git("add", "--all")
    assert clone.repository().changed("HEAD").present == set(HOSTILE_NAMES)


# -- errors


def test_the_address_of_a_remote_is_told_without_its_password(clone: Clone) -> None:
    repository = clone.repository()
    assert repository.remote_url() is None
    clone.git("remote", "add", "origin", "https://user:hunter2@example.invalid/book.git")
    assert repository.remote_url() == "https://example.invalid/book.git"
    assert redacted("fatal: https://user:hunter2@example.invalid/ x") == "fatal: https://example.invalid/ x"


def test_a_failure_is_one_sentence_and_a_remedy(clone: Clone) -> None:
    with pytest.raises(GitFailed) as caught:
        clone.repository().git("cat-file", "-p", "0" * 40)
    assert "\n" not in caught.value.message
    assert caught.value.message.startswith("`git cat-file` failed: ")
    assert caught.value.remedy


def test_a_command_that_hangs_is_given_up_with_all_that_it_started(clone: Clone, tmp_path: Path) -> None:
    transport = tmp_path / "ssh"
    transport.write_text("#!/bin/sh\nexec sleep 600\n")
    transport.chmod(0o755)
    clone.git("remote", "add", "origin", "ssh://example.invalid/book.git")
    environment = {**ENVIRONMENT, "GIT_SSH_COMMAND": str(transport), "GIT_SSH_VARIANT": "simple"}
    with pytest.raises(GitTimeout, match="no answer"):
        Repository(clone.path, environment=environment).run("fetch", "origin", seconds=0.3)


@pytest.mark.parametrize("name", ["services", "services/checkout.yaml"])
def test_what_a_commit_names_and_is_not_here_is_no_empty_folder_and_no_missing_file(clone: Clone, name: str) -> None:
    oid = clone.at(f"main:{name}")
    path = clone.path / ".git/objects" / oid[:2] / oid[2:]
    path.unlink()
    tree = GitTree(clone.repository(), "main")
    with pytest.raises(GitFailed, match="not in this clone"):
        tree.read("services/checkout.yaml") if name.endswith(".yaml") else list(tree.folders(name))
    assert tree.read("opsbook.yml")
