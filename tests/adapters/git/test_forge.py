"""The local forge beside people who work in the same clone, merge in every way, and share a remote that fails."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.git.receipts import receipt_bytes
from opsbook.core.errors import ForgeError, LostRace, Refused
from opsbook.core.ports import Head
from tests.contracts.forge import FOLDER, KEY, publish, receipt
from tests.support.repos import NOW, OTHER, RECORD, Clone, commit_of

BRANCH = f"opsbook/{RECORD}"


def files_of(forge: GitForge, record: str = RECORD) -> set[str]:
    """The names of the record's files, as an action sees them."""
    folder = f"incidents/2026/{record}-checkout-down/"
    return {path.removeprefix(folder) for path, _ in forge.read(forge.head(record)).paths(folder.rstrip("/"))}


# -- the commit


def test_a_commit_is_the_same_whenever_and_wherever_it_is_made(clone: Clone, tmp_path: Path) -> None:
    copy = Clone(tmp_path / "copy")
    shutil.copytree(clone.path, copy.path)
    copy.git("config", "user.name", "Somebody Else")
    copy.git("config", "i18n.commitEncoding", "ISO-8859-1")
    copy.git("config", "commit.gpgSign", "true")
    first, second = (publish(one.forge(), commit_of(subject="Größe")) for one in (clone, copy))
    assert first.commit == second.commit
    shown = clone.git("show", "-s", "--format=%an|%ae|%cn|%ce|%at|%ct|%B", first.commit)
    who, when = "team-shop|team-shop@opsbook.invalid", int(NOW.timestamp())
    assert shown.strip() == f"{who}|{who}|{when}|{when}|Größe\n\nOpsbook-Operation: op1"
    assert (
        clone.git("show", "-s", "--format=%(trailers:key=Opsbook-Operation,valueonly)", first.commit).strip() == "op1"
    )


@pytest.mark.parametrize(
    ("author", "shown"),
    [
        ("team-shop <team-shop@opsbook.invalid>", "team-shop <team-shop@opsbook.invalid>"),
        ("A\nB <x>y> <z@opsbook.invalid>", "A B x y <z@opsbook.invalid>"),
        ("...", "unknown <unknown@opsbook.invalid>"),
        ("", "unknown <unknown@opsbook.invalid>"),
        ("github:someone", "github:someone <unknown@opsbook.invalid>"),
    ],
)
def test_whoever_acts_the_commit_has_an_author(clone: Clone, author: str, shown: str) -> None:
    published = publish(clone.forge(), replace(commit_of(), author=author))
    assert clone.git("show", "-s", "--format=%an <%ae>", published.commit).strip() == shown


def test_the_line_to_run_next_merges(clone: Clone) -> None:
    published = publish(clone.forge(), commit_of())
    assert published.next == f"git merge --no-ff {BRANCH}"
    clone.git(*published.next.split()[1:], "--quiet", "-m", "Merge")
    assert (clone.path / FOLDER / "timeline" / "op1.yaml").is_file()
    assert clone.forge().open_records() == {}


def test_an_executable_file_stays_one(clone: Clone) -> None:
    clone.write({f"{FOLDER}/run.sh": "1"})
    (clone.path / FOLDER / "run.sh").chmod(0o755)
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "-m", "Script")
    publish(clone.forge(), commit_of(files={"run.sh": b"2"}))
    assert clone.git("ls-tree", BRANCH, f"{FOLDER}/run.sh").startswith("100755")


def test_attributes_and_line_end_settings_change_no_byte(clone: Clone) -> None:
    clone.git("config", "core.autocrlf", "true")
    clone.commit("Attributes", {".gitattributes": "* text=auto eol=crlf\n"})
    publish(clone.forge(), commit_of(files={"a.yaml": b"a\r\nb\n"}))
    assert clone.forge().read(clone.forge().head(RECORD)).read(f"{FOLDER}/a.yaml") == b"a\r\nb\n"


# -- the working tree


def test_nothing_that_a_person_is_doing_is_touched(clone: Clone) -> None:
    clone.commit("Start", {"edited": "1", "staged": "1", "gone": "1", "half": "1"})
    clone.write({"edited": "2", "staged": "2", "half": "2", "untracked": "1", "added": "1"})
    clone.git("add", "staged", "half", "added")
    clone.write({"half": "3"})
    (clone.path / "gone").unlink()
    before = clone.condition()
    forge = clone.forge()
    publish(forge, commit_of(operation="op1"))
    publish(forge, commit_of(operation="op2", files={"timeline/op1.yaml": None}))
    forge.claim([receipt(KEY)])
    forge.receipt({KEY: "x"})
    forge.open_records()
    forge.tidy()
    assert clone.condition() == before


@pytest.fixture
def on_branch(clone: Clone) -> Clone:
    """A clone in which a person has the record's branch checked out."""
    publish(clone.forge(), commit_of(operation="op1", files={"incident.yaml": b"a: 1\n", "report.md": b"one\n"}))
    clone.git("switch", "--quiet", BRANCH)
    return clone


def test_a_checked_out_branch_moves_with_its_files(on_branch: Clone) -> None:
    on_branch.write({f"{FOLDER}/report.md": "my words\n", "untracked": "1", "staged": "1"})
    on_branch.git("add", "staged")
    before = on_branch.git("status", "--porcelain")
    publish(on_branch.forge(), commit_of(operation="op2", files={"incident.yaml": b"a: 2\n", "timeline/2": b"x"}))
    assert on_branch.git("status", "--porcelain") == before
    assert (on_branch.path / FOLDER / "incident.yaml").read_text() == "a: 2\n"
    assert (on_branch.path / FOLDER / "report.md").read_text() == "my words\n"
    on_branch.git("commit", "--quiet", "--all", "-m", "My report")
    assert files_of(on_branch.forge()) == {"incident.yaml", "report.md", "timeline/2"}


def test_an_edit_that_would_be_overwritten_is_kept_and_the_person_told(on_branch: Clone) -> None:
    on_branch.write({f"{FOLDER}/incident.yaml": "a: mine\n"})
    before = on_branch.condition()
    with pytest.raises(ForgeError, match="is checked out in") as caught:
        publish(on_branch.forge(), commit_of(operation="op2", files={"incident.yaml": b"a: 2\n"}))
    assert not isinstance(caught.value, LostRace)
    assert "Commit or stash" in caught.value.remedy
    assert on_branch.condition() == before
    on_branch.git("commit", "--quiet", "--all", "-m", "Mine")
    publish(on_branch.forge(), commit_of(operation="op2", files={"incident.yaml": b"a: 2\n"}))
    assert on_branch.git("status", "--porcelain") == ""


def test_a_file_in_the_way_is_not_overwritten(on_branch: Clone) -> None:
    on_branch.write({f"{FOLDER}/timeline/op2.yaml": "mine\n"})
    with pytest.raises(ForgeError, match="is checked out in"):
        publish(on_branch.forge(), commit_of(operation="op2"))
    assert (on_branch.path / FOLDER / "timeline" / "op2.yaml").read_text() == "mine\n"


def test_a_branch_in_another_working_tree_moves_with_its_files(clone: Clone, tmp_path: Path) -> None:
    publish(clone.forge(), commit_of(operation="op1"))
    linked = Clone(tmp_path / "linked")
    clone.git("worktree", "add", "--quiet", str(linked.path), BRANCH)
    publish(clone.forge(), commit_of(operation="op2"))
    assert linked.git("status", "--porcelain") == ""
    assert (linked.path / FOLDER / "timeline" / "op2.yaml").is_file()
    assert clone.forge().tidy() == []


def test_a_working_tree_that_was_deleted_is_in_nobodys_way(clone: Clone, tmp_path: Path) -> None:
    publish(clone.forge(), commit_of(operation="op1"))
    clone.git("worktree", "add", "--quiet", str(tmp_path / "linked"), BRANCH)
    shutil.rmtree(tmp_path / "linked")
    publish(clone.forge(), commit_of(operation="op2"))
    assert files_of(clone.forge()) == {"timeline/op1.yaml", "timeline/op2.yaml"}


def test_a_git_command_at_work_in_that_working_tree_is_named(on_branch: Clone) -> None:
    (on_branch.path / ".git" / "index.lock").write_text("")
    with pytest.raises(ForgeError, match=r"index\.lock exists") as caught:
        publish(on_branch.forge(), commit_of(operation="op2"))
    assert "remove that file" in caught.value.remedy


def test_a_merged_branch_that_is_checked_out_is_not_deleted(on_branch: Clone) -> None:
    on_branch.git("update-ref", "refs/heads/main", BRANCH)
    assert on_branch.forge().tidy() == []
    assert BRANCH in on_branch.branches()


# -- which main


def test_without_a_main_branch_the_remedy_is_to_make_one(clone: Clone) -> None:
    clone.git("branch", "-m", "main", "trunk")
    with pytest.raises(ForgeError, match="no branch main yet"):
        clone.forge().head(RECORD)
    forge = GitForge(clone.repository(), main="trunk")
    publish(forge, commit_of())
    assert set(forge.open_records()) == {RECORD}


@pytest.mark.parametrize("main", ["", "-x", "../x", "a..b", "a b", "x.lock", "refs/heads/", "@", "a~1"])
def test_a_name_that_is_no_branch_is_refused(clone: Clone, main: str) -> None:
    with pytest.raises(Refused):
        GitForge(clone.repository(), main=main)


def test_main_is_the_remotes_as_last_fetched(ours: Clone, theirs: Clone) -> None:
    theirs.commit("Theirs", {"theirs": "1"})
    theirs.git("push", "--quiet", "origin", "main")
    before = ours.at("main")
    assert ours.forge().head(None) == Head(before, None)
    ours.git("fetch", "--quiet")
    assert ours.forge().head(None).main == theirs.at("main")
    ours.git("switch", "--quiet", "--detach")
    ours.git("branch", "-D", "main")
    assert ours.forge().head(None).main == theirs.at("main")


def test_a_record_that_was_merged_here_and_not_pushed_does_not_vanish(ours: Clone, theirs: Clone) -> None:
    forge = ours.forge()
    publish(forge, commit_of())
    ours.git("merge", "--quiet", "--no-ff", "-m", "Merge", BRANCH)
    assert forge.head(RECORD) == Head(ours.at("main"), None)
    assert files_of(forge) == {"timeline/op1.yaml"}
    # Until the remote has it, the merge may still be undone, or lose against somebody else's push.
    assert forge.tidy() == []
    theirs.commit("Theirs", {"theirs": "1"})
    theirs.git("push", "--quiet", "origin", "main")
    ours.git("fetch", "--quiet")
    assert set(forge.open_records()) == {RECORD}
    assert files_of(forge) == {"timeline/op1.yaml"}
    ours.git("pull", "--quiet", "--no-rebase", "--no-edit")
    ours.git("push", "--quiet", "origin", "main")
    assert forge.tidy() == [BRANCH]


# -- ways to merge


def test_a_rebase_merge_keeps_the_trailers_and_closes_the_branch(clone: Clone) -> None:
    publish(clone.forge(), commit_of(operation="op1", files={"a": b"1"}))
    publish(clone.forge(), commit_of(operation="op2", files={"a": b"2"}))
    clone.commit("Other", {"other": "1"})
    clone.git("cherry-pick", f"main..{BRANCH}")
    assert clone.forge().open_records() == {}
    assert clone.forge().tidy() == [BRANCH]


def test_a_squash_that_quotes_the_messages_closes_the_branch(clone: Clone) -> None:
    publish(clone.forge(), commit_of(operation="op1", files={"a": b"1"}))
    publish(clone.forge(), commit_of(operation="op2", files={"a": b"2"}))
    clone.git("merge", "--quiet", "--squash", BRANCH)
    clone.git("commit", "--quiet", "--no-edit")
    assert clone.forge().open_records() == {}


def test_half_of_a_branch_on_main_leaves_it_open(clone: Clone) -> None:
    forge = clone.forge()
    publish(forge, commit_of(operation="op1", files={"a": b"1"}))
    publish(forge, commit_of(operation="op2", files={"b": b"2"}))
    clone.commit("Other", {"other": "1"})
    clone.git("cherry-pick", f"{BRANCH}~1")
    assert set(forge.open_records()) == {RECORD}
    assert forge.tidy() == []


def test_words_of_a_person_that_quote_a_key_close_nothing(clone: Clone) -> None:
    publish(clone.forge(), commit_of(operation="op1", files={"a": b"1"}))
    clone.commit(
        "Talk about Opsbook-Operation: op1 and x-operation: op1", {f"{FOLDER}/a": "see operation: op1 there\n"}
    )
    assert set(clone.forge().open_records()) == {RECORD}


def test_a_commit_by_hand_on_the_branch_is_never_dropped(on_branch: Clone) -> None:
    on_branch.commit("My report", {f"{FOLDER}/report.md": "by hand\n"})
    on_branch.git("switch", "--quiet", "main")
    forge = on_branch.forge()
    on_branch.git("merge", "--quiet", "--squash", f"{BRANCH}~1")
    on_branch.git("commit", "--quiet", "-m", "Without the report\n\nOpsbook-Operation: op1")
    assert set(forge.open_records()) == {RECORD}
    assert forge.tidy() == []
    on_branch.commit("With the report", {f"{FOLDER}/report.md": "by hand\n"})
    on_branch.commit("And edited again", {f"{FOLDER}/report.md": "edited on main\n"})
    assert forge.open_records() == {}
    assert forge.tidy() == [BRANCH]


def test_an_operation_that_a_person_amended_away_is_found_in_the_file(on_branch: Clone) -> None:
    publish(on_branch.forge(), commit_of(operation="op2"))
    on_branch.git("commit", "--quiet", "--amend", "-m", "Reworded")
    found = on_branch.forge().published(RECORD, "op2")
    assert found is not None
    assert found.commit == on_branch.at(BRANCH)


def test_a_file_that_main_changed_too_is_joined_and_not_overwritten(clone: Clone) -> None:
    forge = clone.forge()
    clone.commit("Start", {f"{FOLDER}/incident.yaml": "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\n"})
    publish(forge, commit_of(operation="op1"))
    clone.commit("By hand", {f"{FOLDER}/incident.yaml": "a: 1\nb: 1\nc: 1\nd: 1\ne: 2\n"})
    seen = forge.read(forge.head(RECORD)).read(f"{FOLDER}/incident.yaml")
    assert seen == b"a: 1\nb: 1\nc: 1\nd: 1\ne: 2\n"
    publish(forge, commit_of(operation="op2", files={"incident.yaml": b"a: 2\nb: 1\nc: 1\nd: 1\ne: 2\n"}))
    clone.git("merge", "--quiet", "--no-ff", "-m", "Merge", BRANCH)
    assert (clone.path / FOLDER / "incident.yaml").read_text() == "a: 2\nb: 1\nc: 1\nd: 1\ne: 2\n"


def test_unrelated_branches_and_odd_names_disturb_nobody(clone: Clone) -> None:
    publish(clone.forge(), commit_of())
    orphan = clone.git("commit-tree", clone.git("write-tree").strip(), "-m", "Orphan").strip()
    for name in ("opsbook/UNRELATED", "opsbook/a/b", "opsbook/ünïcode", "opsbook-receipts-old", "other/x"):
        clone.git("update-ref", f"refs/heads/{name}", orphan)
    forge = clone.forge()
    assert set(forge.open_records()) == {RECORD}
    assert forge.head("UNRELATED").branch is None


# -- a remote


def test_without_push_nothing_leaves_this_machine(ours: Clone, remote: Path) -> None:
    forge = ours.forge()
    published = publish(forge, commit_of())
    forge.claim([receipt(KEY)])
    assert published.unpushed == ""
    assert Clone(remote).branches() == ["main"]


def test_a_colleagues_branch_is_read_and_built_on_after_a_fetch(ours: Clone, theirs: Clone) -> None:
    publish(theirs.forge(push=True), commit_of(operation="theirs"))
    ours.git("fetch", "--quiet")
    forge = ours.forge()
    assert files_of(forge) == {"timeline/theirs.yaml"}
    found = forge.published(RECORD, "theirs")
    assert found is not None
    assert found.next == f"git merge --no-ff origin/{BRANCH}"
    publish(forge, commit_of(operation="ours"))
    assert files_of(forge) == {"timeline/theirs.yaml", "timeline/ours.yaml"}


def test_with_push_a_record_that_only_the_remote_has_is_found(ours: Clone, theirs: Clone) -> None:
    publish(theirs.forge(push=True), commit_of(operation="theirs"))
    theirs.forge(push=True).claim([receipt(KEY)])
    forge = ours.forge(push=True)
    assert files_of(forge) == {"timeline/theirs.yaml"}
    assert set(ours.forge(push=True).receipts()) == {KEY}


def test_a_push_brings_branch_and_receipts_to_the_remote(ours: Clone, remote: Path) -> None:
    forge = ours.forge(push=True)
    published = publish(forge, commit_of())
    assert forge.claim([receipt(KEY)]) == {KEY}
    assert published.unpushed == ""
    assert Clone(remote).at(BRANCH) == published.commit
    assert Clone(remote).at("opsbook-receipts") == ours.at("origin/opsbook-receipts")
    assert ours.at(f"origin/{BRANCH}") == published.commit
    assert ours.branches() == ["main"]


def test_what_was_written_here_before_goes_along_with_the_first_push(ours: Clone, theirs: Clone, remote: Path) -> None:
    first = publish(ours.forge(), commit_of(operation="op1"))
    ours.forge().claim([receipt(KEY)])
    forge = ours.forge(push=True)
    found = forge.published(RECORD, "op1")
    assert found is not None
    assert found.unpushed == "It was not pushed to origin yet."
    assert forge.claim([receipt(KEY)]) == set()
    second = publish(forge, commit_of(operation="op2"))
    assert files_of(theirs.forge(push=True)) == {"timeline/op1.yaml", "timeline/op2.yaml"}
    for commit in (first.commit, second.commit):
        Clone(remote).git("merge-base", "--is-ancestor", commit, BRANCH)
    again = publish(forge, commit_of(operation="op1"))
    assert (again.commit, again.unpushed) == (first.commit, "")


def test_what_was_written_here_before_is_pushed_when_it_is_published_again(ours: Clone, remote: Path) -> None:
    first = publish(ours.forge(), commit_of(operation="op1"))
    again = publish(ours.forge(push=True), commit_of(operation="op1"))
    assert (again.commit, again.unpushed) == (first.commit, "")
    assert Clone(remote).at(BRANCH) == first.commit


def test_a_remote_that_is_gone_is_said_to_be_and_nothing_is_half_done(
    ours: Clone, remote: Path, tmp_path: Path
) -> None:
    head = ours.forge(push=True).head(RECORD)
    remote.rename(tmp_path / "away")
    forge = ours.forge(push=True)
    for attempt in (
        lambda: forge.head(RECORD),
        lambda: forge.publish(head, commit_of(operation="op1")),
        lambda: forge.claim([receipt(KEY)]),
        forge.receipts,
        forge.tidy,
    ):
        with pytest.raises(ForgeError, match="origin cannot be reached"):
            attempt()
    (tmp_path / "away").rename(remote)
    later = ours.forge(push=True)
    assert later.published(RECORD, "op1") is None
    assert later.receipts() == {}
    assert publish(later, commit_of(operation="op1")).unpushed == ""


def test_a_remote_that_refuses_says_why(ours: Clone, remote: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'you may not write here' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ForgeError, match=r"origin refused it: .*you may not write here"):
        publish(ours.forge(push=True), commit_of())
    assert ours.forge(push=True).published(RECORD, "op1") is None


def test_a_remote_without_any_commit_is_no_obstacle(clone: Clone, tmp_path: Path) -> None:
    empty = Clone(tmp_path / "empty.git")
    clone.git("init", "--quiet", "--bare", str(empty.path))
    clone.git("remote", "add", "origin", str(empty.path))
    published = publish(clone.forge(push=True), commit_of())
    assert published.unpushed == ""
    assert empty.at(BRANCH) == published.commit


def test_a_bare_clone_that_follows_nothing_publishes_too(remote: Path, tmp_path: Path) -> None:
    bare = Clone(tmp_path / "bare.git")
    Clone(remote).git("clone", "--quiet", "--bare", str(remote), str(bare.path))
    forge = bare.forge(push=True)
    for operation in ("op1", "op2"):
        assert publish(forge, commit_of(operation=operation)).unpushed == ""
    assert forge.claim([receipt(KEY)]) == {KEY}
    assert Clone(remote).at(BRANCH) == bare.at(f"origin/{BRANCH}")


def test_two_that_wrote_apart_are_brought_together_and_nothing_is_lost(
    ours: Clone, theirs: Clone, remote: Path
) -> None:
    publish(ours.forge(push=True), commit_of(operation="op1", files={"incident.yaml": b"a: 1\nb: 1\nc: 1\nd: 1\n"}))
    theirs.git("fetch", "--quiet")
    publish(theirs.forge(), commit_of(operation="theirs", files={"incident.yaml": b"a: 1\nb: 1\nc: 1\nd: 2\n"}))
    publish(ours.forge(push=True), commit_of(operation="ours", files={"incident.yaml": b"a: 2\nb: 1\nc: 1\nd: 1\n"}))
    forge = theirs.forge(push=True)
    theirs.git("fetch", "--quiet")
    assert forge.read(forge.head(RECORD)).read(f"{FOLDER}/incident.yaml") == b"a: 2\nb: 1\nc: 1\nd: 2\n"
    assert publish(forge, commit_of(operation="op3")).unpushed == ""
    for operation in ("op1", "ours", "theirs", "op3"):
        assert forge.published(RECORD, operation) is not None
    assert Clone(remote).at(BRANCH) == theirs.at(f"origin/{BRANCH}")
    ours.git("fetch", "--quiet")
    assert ours.forge().read(ours.forge().head(RECORD)).read(f"{FOLDER}/incident.yaml") == b"a: 2\nb: 1\nc: 1\nd: 2\n"


def test_who_read_before_somebody_pushed_reads_again(ours: Clone, theirs: Clone, remote: Path) -> None:
    seen = theirs.forge(push=True).head(RECORD)
    publish(ours.forge(push=True), commit_of(operation="ours"))
    forge = theirs.forge(push=True)
    with pytest.raises(LostRace):
        forge.publish(seen, commit_of(operation="theirs"))
    assert publish(forge, commit_of(operation="theirs")).unpushed == ""
    assert files_of(forge) == {"timeline/ours.yaml", "timeline/theirs.yaml"}
    assert Clone(remote).git("log", "--merges", "--format=%H", BRANCH) == ""


def test_two_words_for_one_line_stop_and_show_both(ours: Clone, theirs: Clone, remote: Path) -> None:
    publish(ours.forge(push=True), commit_of(operation="op1", files={"incident.yaml": b"status: open\n"}))
    theirs.git("fetch", "--quiet")
    publish(theirs.forge(), commit_of(operation="theirs", files={"incident.yaml": b"status: resolved\n"}))
    publish(ours.forge(push=True), commit_of(operation="ours", files={"incident.yaml": b"status: mitigated\n"}))
    forge = theirs.forge(push=True)
    # Neither what is new nor what was written here before takes the place of theirs.
    for operation in ("op3", "theirs"):
        with pytest.raises(ForgeError, match=f"origin/{BRANCH} holds other words"):
            publish(forge, commit_of(operation=operation))
    assert Clone(remote).git("show", f"{BRANCH}:{FOLDER}/incident.yaml") == "status: mitigated\n"
    assert theirs.git("show", f"{BRANCH}:{FOLDER}/incident.yaml") == "status: resolved\n"
    theirs.git("switch", "--quiet", BRANCH)
    theirs.git("merge", "--quiet", "-s", "ours", "-m", "Settled", f"origin/{BRANCH}")
    assert publish(forge, commit_of(operation="op4")).unpushed == ""
    assert forge.published(RECORD, "ours") is not None


def at_the_first_push(clone: Clone, folder: Path, *commands: str) -> None:
    """Let somebody else be faster: run commands when the clone's first push has reached the remote."""
    script = folder / "receive-pack"
    lines = "\n".join(f"  {command} >/dev/null 2>&1 || exit 1" for command in commands)
    script.write_text(
        f'#!/bin/sh\nif mkdir {folder}/first 2>/dev/null; then\n{lines}\nfi\nexec git-receive-pack "$@"\n'
    )
    script.chmod(0o755)
    clone.git("config", "remote.origin.receivepack", str(script))


def test_a_push_that_comes_second_by_a_moment_loses_the_race_and_overwrites_nothing(
    ours: Clone, theirs: Clone, remote: Path, tmp_path: Path
) -> None:
    first = publish(theirs.forge(), commit_of(operation="theirs", files={"a.yaml": b"theirs\n"}))
    at_the_first_push(ours, tmp_path, f"git -C {theirs.path} push origin {BRANCH}")
    forge = ours.forge(push=True)
    with pytest.raises(LostRace):
        publish(forge, commit_of(operation="ours", files={"a.yaml": b"ours\n"}))
    assert forge.head(RECORD).branch == first.commit
    assert publish(forge, commit_of(operation="ours", files={"a.yaml": b"both\n"})).unpushed == ""
    assert Clone(remote).git("show", f"{BRANCH}:{FOLDER}/a.yaml") == "both\n"


def test_a_claim_that_comes_second_by_a_moment_is_none(ours: Clone, theirs: Clone, tmp_path: Path) -> None:
    theirs.forge().claim([receipt(KEY)])
    at_the_first_push(ours, tmp_path, f"git -C {theirs.path} push origin opsbook-receipts")
    other = f"{OTHER}/declared-x-console-1"
    assert ours.forge(push=True).claim([receipt(KEY), receipt(other)]) == {other}


def test_the_branch_of_the_next_change_replaces_a_merged_one_at_the_remote(
    ours: Clone, theirs: Clone, remote: Path
) -> None:
    forge = ours.forge(push=True)
    first = publish(forge, commit_of(operation="op1", files={"a.yaml": b"operation: op1\n"}))
    theirs.git("fetch", "--quiet")
    theirs.git("merge", "--quiet", "--squash", f"origin/{BRANCH}")
    theirs.git("commit", "--quiet", "-m", "Squashed")
    theirs.git("push", "--quiet", "origin", "main")
    ours.git("fetch", "--quiet")
    published = publish(forge, commit_of(operation="op2"))
    assert published.unpushed == ""
    assert Clone(remote).at(BRANCH) == published.commit
    # Begun again from main, and moved forward without force.
    assert Clone(remote).at(f"{BRANCH}~2") == theirs.at("main")
    assert Clone(remote).git("merge-base", "--all", BRANCH, first.commit).strip() == first.commit


def test_tidying_with_push_deletes_at_the_remote_too(ours: Clone, theirs: Clone, remote: Path) -> None:
    forge = ours.forge(push=True)
    publish(forge, commit_of(operation="op1"))
    theirs.git("fetch", "--quiet")
    theirs.git("merge", "--quiet", "--no-ff", "-m", "Merge", f"origin/{BRANCH}")
    theirs.git("push", "--quiet", "origin", "main")
    assert forge.tidy() == [BRANCH]
    assert Clone(remote).branches() == ["main"]


def test_a_remote_in_whose_name_hides_an_option_is_refused(clone: Clone) -> None:
    with pytest.raises(Refused):
        GitForge(clone.repository(), push=True, remote="--upload-pack=touch x")


# -- receipts


def test_receipts_that_were_claimed_apart_are_brought_together(ours: Clone, theirs: Clone, remote: Path) -> None:
    other = f"{OTHER}/declared-x-console-1"
    offline, online = ours.forge(), theirs.forge(push=True)
    offline.claim([receipt(KEY), receipt(other)])
    offline.receipt({KEY: "said by ours"})
    online.claim([receipt(KEY)])
    later = ours.forge(push=True)
    assert later.claim([receipt(f"{OTHER}/update-x-console-2")]) == {f"{OTHER}/update-x-console-2"}
    assert later.receipts()[KEY].reference == "said by ours"
    assert set(later.receipts()) == {KEY, other, f"{OTHER}/update-x-console-2"}
    assert Clone(remote).at("opsbook-receipts") == ours.at("origin/opsbook-receipts")


def test_a_receipt_that_a_person_broke_counts_as_unknown(clone: Clone) -> None:
    forge = clone.forge()
    forge.claim([receipt(KEY)])
    clone.git("switch", "--quiet", "opsbook-receipts")
    clone.commit("Broken", {f"2026/11/{KEY}.json": "{", "README.md": "hello", "x/y/z.json": "{}"})
    clone.git("switch", "--quiet", "main")
    seen = forge.receipts()[KEY]
    assert seen.reference == ""
    assert forge.claim([receipt(KEY)]) == set()
    assert forge.claim([receipt(KEY)], expecting={KEY: seen}) == {KEY}
    assert forge.receipts(RECORD) == {KEY: receipt(KEY)}


def test_a_receipt_from_before_there_were_folders_by_month_is_taken_up_where_it_lies(clone: Clone) -> None:
    """The program of before kept them at the top: `<record>/<name>.json`."""
    old = receipt(KEY)
    clone.git("switch", "--quiet", "--orphan", "opsbook-receipts")
    clone.commit("Claim", {f"{KEY}.json": receipt_bytes(old)})
    clone.git("switch", "--quiet", "main")
    forge = clone.forge()
    other = f"{RECORD}/status-incident-chat-0123456789ab"
    assert forge.claim([receipt(KEY), receipt(other)]) == {other}
    assert forge.receipts() == forge.receipts(RECORD) == {KEY: old, other: receipt(other)}
    forge.receipt({KEY: "message-1"})
    assert forge.receipts()[KEY].reference == "message-1"
    paths = clone.git("ls-tree", "-r", "--name-only", "opsbook-receipts").split()
    assert paths == [f"2026/11/{other}.json", f"{KEY}.json"]


def test_receipts_that_nobody_can_join_are_not_begun_anew(ours: Clone, theirs: Clone, remote: Path) -> None:
    theirs.forge(push=True).claim([receipt(KEY)])
    ours.git("checkout", "--quiet", "--orphan", "opsbook-receipts")
    ours.git("rm", "--quiet", "-r", "--force", ".")
    ours.commit("A file where a folder should be", {"2026": "x"})
    ours.git("switch", "--quiet", "main")
    ours.git("fetch", "--quiet")
    forge = ours.forge(push=True)
    with pytest.raises(ForgeError, match="contradict"):
        forge.claim([receipt(KEY)])
    assert publish(forge, commit_of()).unpushed == ""
    assert set(theirs.forge().receipts()) == {KEY}
    assert Clone(remote).at("opsbook-receipts") == theirs.at("origin/opsbook-receipts")


@pytest.mark.parametrize("key", ["x", "../x/y", "a/b/c", "a/../b", "a/b.json", "/a", "a/", "a/b\n"])
def test_a_key_that_is_none_becomes_no_path(clone: Clone, key: str) -> None:
    forge = clone.forge()
    with pytest.raises(Refused):
        forge.claim([receipt(key)])
    with pytest.raises(Refused):
        forge.receipt({key: "x"})
    assert "opsbook-receipts" not in clone.branches()


def test_a_main_that_was_replaced_since_it_was_read_is_a_lost_race(clone: Clone) -> None:
    forge = clone.forge()
    head = forge.head(RECORD)
    tree = clone.git("rev-parse", "main^{tree}").strip()
    clone.git("update-ref", "refs/heads/main", clone.git("commit-tree", tree, "-m", "Anew").strip())
    with pytest.raises(LostRace):
        forge.publish(head, commit_of())
    published = forge.publish(forge.head(RECORD), commit_of())
    assert published.next == f"git merge --no-ff opsbook/{RECORD}"
    assert clone.git("merge-base", "main", published.commit).strip() == clone.at("main")


def test_an_operation_whose_key_yaml_has_to_quote_is_found_where_it_was_written(clone: Clone) -> None:
    forge = clone.forge()
    publish(forge, commit_of(operation="18e5", files={"a.yaml": b"operation: '18e5'\n"}))
    clone.git("merge", "--quiet", "--squash", BRANCH)
    clone.git("commit", "--quiet", "-m", "Squashed")
    squashed = clone.at("main")
    clone.commit("By hand", {f"{FOLDER}/a.yaml": "operation: '18e5'\nmore: 1\n"})
    found = forge.published(RECORD, "18e5")
    assert found is not None
    assert (found.branch, found.commit) == ("main", squashed)
