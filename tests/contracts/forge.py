"""What every forge promises. A forge passes by a subclass of `ForgeContract` that gives it a world.

The promises are those of `opsbook.core.ports.Forge` and of the design ("The outside world"), said once for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest

from opsbook.core.errors import ForgeError, LostRace, Refused
from opsbook.core.ports import Commit, Forge, Head, Published, Receipt
from tests.support.repos import NOW, OTHER, RECORD, commit_of

FOLDER = f"incidents/2026/{RECORD}-checkout-down"
KEY = f"{RECORD}/declared-team-console-1a2b3c4d5e6f"
KEY_2 = f"{RECORD}/status-team-console-0123456789ab"
KEY_3 = f"{OTHER}/declared-team-console-1a2b3c4d5e6f"


class ForgeWorld(Protocol):
    """A forge, and the people around it."""

    forge: Forge

    def rival(self) -> Forge:
        """The same forge as another process or machine sees it."""
        ...

    def merge(self, record: str, *, squash: bool = False) -> None:
        """A person merges the record's open branch into main, and everybody hears of it."""
        ...

    def write_main(self, files: Mapping[str, bytes | str]) -> None:
        """A person commits to main by hand, and everybody hears of it."""
        ...


def publish(forge: Forge, commit: Commit) -> Published:
    """Read the head and publish on it, as `perform` does when nobody interferes."""
    return forge.publish(forge.head(commit.plan.record), commit)


def receipt(key: str, operation: str = "op1") -> Receipt:
    """An unfinished receipt."""
    return Receipt(key, operation, NOW)


class ForgeContract:
    """The promises. A subclass defines the fixture `world`."""

    @pytest.fixture
    def forge(self, world: ForgeWorld) -> Forge:
        return world.forge

    # -- reading and publishing

    def test_a_record_that_nobody_published_has_no_branch(self, forge: Forge) -> None:
        head = forge.head(RECORD)
        assert head.branch is None
        assert head == forge.head(None)
        assert forge.read(head).read("opsbook.yml") == b"version: 1\n"
        assert forge.published(RECORD, "op1") is None
        assert forge.open_records() == {}

    def test_what_was_published_is_read_at_once_and_main_is_untouched(self, world: ForgeWorld) -> None:
        forge = world.forge
        before = forge.head(RECORD)
        published = forge.publish(before, commit_of(files={"incident.yaml": b"severity: SEV1\n"}))
        for reader in (forge, world.rival()):
            head = reader.head(RECORD)
            assert head.main == before.main
            assert head.branch == published.commit
            assert reader.read(head).read(f"{FOLDER}/incident.yaml") == b"severity: SEV1\n"
            assert reader.read(head).read("opsbook.yml") == b"version: 1\n"
            assert reader.read(before).read(f"{FOLDER}/incident.yaml") is None
            assert reader.open_records() == {RECORD: head}
        assert published.branch == f"opsbook/{RECORD}"
        assert published.unpushed == ""

    def test_a_second_operation_builds_on_the_first(self, forge: Forge) -> None:
        publish(forge, commit_of(operation="op1"))
        publish(forge, commit_of(operation="op2"))
        tree = forge.read(forge.head(RECORD))
        assert list(tree.folders(f"{FOLDER}/timeline")) == ["op1.yaml", "op2.yaml"]

    def test_files_are_replaced_and_deleted_and_every_byte_survives(self, forge: Forge) -> None:
        data = bytes(range(256)) + b"\r\n\r"
        publish(forge, commit_of(operation="op1", files={"a.yaml": b"old\n", "b.yaml": b"gone\n", "c.bin": data}))
        publish(forge, commit_of(operation="op2", files={"a.yaml": b"", "b.yaml": None}))
        tree = forge.read(forge.head(RECORD))
        assert dict(tree.paths(FOLDER)) == {f"{FOLDER}/a.yaml": "file", f"{FOLDER}/c.bin": "file"}
        assert tree.read(f"{FOLDER}/a.yaml") == b""
        assert tree.read(f"{FOLDER}/c.bin") == data

    def test_two_records_do_not_see_each_other(self, forge: Forge) -> None:
        publish(forge, commit_of(RECORD, "op1"))
        publish(forge, commit_of(OTHER, "op2"))
        assert set(forge.open_records()) == {RECORD, OTHER}
        tree = forge.read(forge.head(OTHER))
        assert list(tree.folders("incidents/2026")) == [f"{OTHER}-checkout-down"]

    def test_who_lost_the_race_is_told_and_nothing_is_overwritten(self, world: ForgeWorld) -> None:
        ours, theirs = world.forge, world.rival()
        seen = ours.head(RECORD)
        theirs.publish(theirs.head(RECORD), commit_of(operation="theirs"))
        with pytest.raises(LostRace):
            ours.publish(seen, commit_of(operation="ours"))
        assert ours.published(RECORD, "ours") is None
        publish(ours, commit_of(operation="ours"))
        tree = ours.read(ours.head(RECORD))
        assert list(tree.folders(f"{FOLDER}/timeline")) == ["ours.yaml", "theirs.yaml"]

    def test_an_expectation_that_never_was_is_a_lost_race(self, forge: Forge) -> None:
        publish(forge, commit_of(operation="op1"))
        first = forge.head(RECORD)
        publish(forge, commit_of(operation="op2"))
        for stale in (first, Head(first.main, None)):
            with pytest.raises(LostRace):
                forge.publish(stale, commit_of(operation="op3"))

    def test_a_record_that_changed_on_main_meanwhile_is_a_lost_race(self, world: ForgeWorld) -> None:
        seen = world.forge.head(RECORD)
        world.write_main({f"{FOLDER}/incident.yaml": "severity: SEV2\n"})
        with pytest.raises(LostRace):
            world.forge.publish(seen, commit_of(files={"incident.yaml": b"severity: SEV1\n"}))

    def test_other_changes_on_main_disturb_nobody_and_are_seen(self, world: ForgeWorld) -> None:
        forge = world.forge
        seen = forge.head(RECORD)
        world.write_main({"services/search.yaml": "owner: team-search\n"})
        forge.publish(seen, commit_of(operation="op1"))
        tree = forge.read(forge.head(RECORD))
        assert tree.read("services/search.yaml") == b"owner: team-search\n"
        assert tree.read(f"{FOLDER}/timeline/op1.yaml") == b"operation: op1\n"
        publish(forge, commit_of(operation="op2", files={"a.yaml": b"1\n"}))
        world.write_main({"services/search.yaml": "owner: team-shop\n", f"{FOLDER}/note.md": "by hand\n"})
        tree = forge.read(forge.head(RECORD))
        assert tree.read("services/search.yaml") == b"owner: team-shop\n"
        assert tree.read(f"{FOLDER}/note.md") == b"by hand\n"
        assert tree.read(f"{FOLDER}/a.yaml") == b"1\n"

    # -- operations

    def test_publishing_an_operation_twice_publishes_it_once(self, world: ForgeWorld) -> None:
        forge = world.forge
        seen = forge.head(RECORD)
        first = forge.publish(seen, commit_of(operation="op1"))
        for again, expected in ((forge, seen), (world.rival(), forge.head(RECORD))):
            assert again.publish(expected, commit_of(operation="op1")).commit == first.commit
        assert forge.head(RECORD).branch == first.commit

    def test_an_operation_is_found_on_the_branch_and_on_main(self, world: ForgeWorld) -> None:
        forge = world.forge
        first = publish(forge, commit_of(operation="op1"))
        publish(forge, commit_of(operation="op2"))
        found = forge.published(RECORD, "op1")
        assert found is not None
        assert (found.branch, found.commit) == (first.branch, first.commit)
        assert forge.published(RECORD, "op3") is None
        assert forge.published(OTHER, "op1") is None
        world.merge(RECORD)
        forge.tidy()
        on_main = forge.published(RECORD, "op1")
        assert on_main is not None
        assert on_main.branch == "main"
        assert on_main.next == ""

    @pytest.mark.parametrize("squash", [False, True], ids=["merged", "squashed"])
    def test_the_change_of_an_operation_can_be_read_again(self, world: ForgeWorld, squash: bool) -> None:
        forge = world.forge
        publish(forge, commit_of(operation="op1", files={"a.yaml": b"operation: op1\n"}))
        self._assert_change(forge)
        world.write_main({"services/search.yaml": "owner: team-search\n"})
        world.merge(RECORD, squash=squash)
        world.write_main({"services/search.yaml": "owner: team-shop\n"})
        self._assert_change(forge)

    def _assert_change(self, forge: Forge) -> None:
        published = forge.published(RECORD, "op1")
        assert published is not None
        before, after = forge.change(published)
        assert before.read(f"{FOLDER}/a.yaml") is None
        assert after.read(f"{FOLDER}/a.yaml") == b"operation: op1\n"
        assert before.read("opsbook.yml") == after.read("opsbook.yml") == b"version: 1\n"

    # -- merging

    @pytest.mark.parametrize("squash", [False, True], ids=["merged", "squashed"])
    def test_a_merged_record_is_not_open_any_more_and_its_next_change_starts_from_main(
        self, world: ForgeWorld, squash: bool
    ) -> None:
        forge = world.forge
        publish(forge, commit_of(operation="op1", files={"incident.yaml": b"status: open\noperation: op1\n"}))
        world.merge(RECORD, squash=squash)
        world.write_main({f"{FOLDER}/incident.yaml": "status: edited on main\noperation: op1\n"})
        head = forge.head(RECORD)
        assert head.branch is None
        assert forge.open_records() == {}
        publish(forge, commit_of(operation="op2"))
        tree = forge.read(forge.head(RECORD))
        assert tree.read(f"{FOLDER}/incident.yaml") == b"status: edited on main\noperation: op1\n"
        assert tree.read(f"{FOLDER}/timeline/op2.yaml") == b"operation: op2\n"
        assert set(forge.open_records()) == {RECORD}

    @pytest.mark.parametrize("squash", [False, True], ids=["merged", "squashed"])
    def test_tidying_deletes_what_main_contains_and_nothing_else(self, world: ForgeWorld, squash: bool) -> None:
        forge = world.forge
        publish(forge, commit_of(RECORD, "op1"))
        publish(forge, commit_of(OTHER, "op2"))
        assert forge.tidy() == []
        world.merge(RECORD, squash=squash)
        assert forge.tidy() == [f"opsbook/{RECORD}"]
        assert forge.tidy() == []
        assert set(forge.open_records()) == {OTHER}
        assert forge.published(RECORD, "op1") is not None

    def test_an_operation_that_came_after_the_merge_keeps_the_branch_open(self, world: ForgeWorld) -> None:
        forge = world.forge
        publish(forge, commit_of(operation="op1"))
        seen = forge.head(RECORD)
        branch_at_merge = seen.branch
        world.merge(RECORD, squash=True)
        publish(forge, commit_of(operation="op2"))
        assert forge.head(RECORD).branch not in (None, branch_at_merge)
        assert forge.tidy() == []
        assert forge.published(RECORD, "op2") is not None
        tree = forge.read(forge.head(RECORD))
        assert list(tree.folders(f"{FOLDER}/timeline")) == ["op1.yaml", "op2.yaml"]

    # -- receipts

    def test_an_announcement_is_claimed_by_one_speaker_only(self, world: ForgeWorld) -> None:
        forge, rival = world.forge, world.rival()
        assert forge.receipts() == {}
        assert forge.claim([receipt(KEY), receipt(KEY_2)]) == {KEY, KEY_2}
        assert rival.claim([receipt(KEY), receipt(KEY_3)]) == {KEY_3}
        assert forge.claim([receipt(KEY), receipt(KEY_2), receipt(KEY_3)]) == set()
        assert forge.claim([]) == set()
        assert set(forge.receipts()) == {KEY, KEY_2, KEY_3}

    def test_a_receipt_is_completed_with_the_reference_and_keeps_the_first_one(self, world: ForgeWorld) -> None:
        forge = world.forge
        forge.claim([receipt(KEY), receipt(KEY_2), receipt(KEY_3)])
        forge.receipt({KEY: "ts-1", KEY_3: "ts-3"})
        forge.receipt({KEY: "another"})
        assert forge.receipts() == {
            KEY: Receipt(KEY, "op1", NOW, "ts-1"),
            KEY_2: receipt(KEY_2),
            KEY_3: Receipt(KEY_3, "op1", NOW, "ts-3"),
        }
        assert set(forge.receipts(RECORD)) == {KEY, KEY_2}
        assert forge.receipts("INC-20261121-ZZZZZ") == {}

    def test_a_claim_may_bring_its_reference(self, forge: Forge) -> None:
        told = replace(receipt(KEY), reference="told before it was on record")
        assert forge.claim([told]) == {KEY}
        assert forge.receipts() == {KEY: told}

    def test_a_receipt_that_nobody_claimed_is_not_made_up(self, forge: Forge) -> None:
        with pytest.raises(ForgeError):
            forge.receipt({KEY: "ts-1"})
        assert forge.receipts() == {}

    def test_a_claim_is_taken_over_only_while_it_is_what_was_seen(self, world: ForgeWorld) -> None:
        ours, theirs = world.forge, world.rival()
        ours.claim([receipt(KEY)])
        seen = ours.receipts()[KEY]
        taken = replace(seen, claimed_at=NOW + timedelta(minutes=10))
        assert theirs.claim([taken], expecting={KEY: seen}) == {KEY}
        assert ours.claim([replace(taken, operation="op2")], expecting={KEY: seen}) == set()
        theirs.receipt({KEY: "ts-1"})
        assert ours.claim([taken], expecting={KEY: taken}) == set()
        assert ours.receipts() == {KEY: replace(taken, reference="ts-1")}

    # -- hostile input

    @pytest.mark.parametrize("record", ["../../evil", "a/b", "", "-x", "x.lock", "HEAD:", "é", "a b", "a\nb", "@{-1}"])
    def test_an_id_that_is_no_id_reaches_nothing(self, forge: Forge, record: str) -> None:
        head = forge.head(None)
        with pytest.raises(Refused):
            forge.head(record)
        with pytest.raises(Refused):
            forge.publish(head, commit_of(record))
        with pytest.raises(Refused):
            forge.published(record, "op1")
        with pytest.raises(Refused):
            forge.claim([receipt(f"{record}/declared")])
        assert forge.open_records() == {}

    @pytest.mark.parametrize(
        "path",
        ["../x", "/etc/x", "a//b", "a/./b", "a/../b", ".git/config", "a/.GIT/x", "", "a\nb", "a\\b", "a/", "\ud800"],
    )
    def test_a_path_that_leads_elsewhere_is_refused(self, forge: Forge, path: str) -> None:
        commit = commit_of()
        commit = replace(commit, plan=replace(commit.plan, files={path: b"x"}))
        with pytest.raises(Refused):
            publish(forge, commit)
        assert forge.open_records() == {}

    def test_a_file_is_never_written_through_a_file(self, forge: Forge) -> None:
        commit = commit_of()
        for path in ("opsbook.yml/x", "services"):
            with pytest.raises(Refused):
                publish(forge, replace(commit, plan=replace(commit.plan, files={path: b"x"})))
        assert forge.open_records() == {}

    @pytest.mark.parametrize(
        "subject",
        ["::error::x", "a\nb", "\x1b[31mred", "-m", "Opsbook-Operation: op0", "", "x" * 5000, "{{ }} <!channel> `x`"],
    )
    def test_a_hostile_subject_publishes_one_operation(self, forge: Forge, subject: str) -> None:
        publish(forge, commit_of(operation="op1", subject=subject))
        assert forge.published(RECORD, "op1") is not None
        assert forge.published(RECORD, "op0") is None
