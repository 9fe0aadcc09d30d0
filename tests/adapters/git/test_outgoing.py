"""What goes out together: nobody waits for the race of another, whatever the remote allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from opsbook.core.errors import ForgeError, LostRace, OpsbookError
from opsbook.core.ports import Published, Receipt
from tests.load.crowd import together
from tests.support.repos import NOW, Clone, commit_of, make_clone, make_remote

RECORDS = [f"INC-20261121-{number:05}" for number in range(8)]


@pytest.fixture
def remote(tmp_path: Path) -> Clone:
    """A bare repository."""
    return Clone(make_remote(tmp_path / "remote.git"))


@pytest.fixture
def ours(remote: Clone, tmp_path: Path) -> Clone:
    """A clone that pushes to it."""
    return make_clone(remote.path, tmp_path / "ours")


def key_of(record: str) -> str:
    """An announcement of a record."""
    return f"{record}/declared-team-console-1a2b3c4d5e6f"


def hook(remote: Clone, name: str, script: str) -> None:
    """What the remote does with a push."""
    path = remote.path / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def count(remote: Clone) -> Callable[[], int]:
    """How many pushes came."""
    hook(remote, "post-receive", f"echo x >> {remote.path}/pushes")
    return lambda: len((remote.path / "pushes").read_text().splitlines())


def publish_all(clone: Clone, records: Sequence[str]) -> dict[str, Published | OpsbookError]:
    """Threads of one process publish at the same moment, each with a forge of its own; what came of each record."""
    forges = [clone.forge(push=True) for _ in records]
    heads = [forge.head(record) for forge, record in zip(forges, records, strict=True)]
    done: dict[str, Published | OpsbookError] = {}

    def work(number: int) -> None:
        record = records[number]
        try:
            claims = [Receipt(key_of(record), f"op{number}", NOW)]
            done[record] = forges[number].publish(heads[number], commit_of(record, f"op{number}"), claims)
        except OpsbookError as error:
            done[record] = error

    together([partial(work, number) for number in range(len(records))])
    return done


def held(remote: Clone) -> set[str]:
    """The records that have a branch at the remote."""
    return {name.removeprefix("opsbook/") for name in remote.branches() if name.startswith("opsbook/")}


def test_threads_of_one_process_share_a_push(ours: Clone, remote: Clone) -> None:
    pushes = count(remote)
    done = publish_all(ours, RECORDS)
    assert held(remote) == set(RECORDS)
    for record, published in done.items():
        assert isinstance(published, Published), published
        assert published.claimed == {key_of(record)}
    assert pushes() < len(RECORDS)
    assert set(ours.forge(push=True).receipts()) == set(map(key_of, RECORDS))


def test_whoever_lost_a_race_holds_up_nobody_else(ours: Clone, remote: Clone, tmp_path: Path) -> None:
    forges = {record: ours.forge(push=True) for record in RECORDS}
    heads = {record: forge.head(record) for record, forge in forges.items()}
    theirs = make_clone(remote.path, tmp_path / "theirs").forge(push=True)
    theirs.publish(theirs.head(RECORDS[0]), commit_of(RECORDS[0], "theirs"))
    lost: list[str] = []

    def work(record: str) -> None:
        try:
            forges[record].publish(heads[record], commit_of(record, "ours"))
        except LostRace:
            lost.append(record)

    together([partial(work, record) for record in RECORDS])
    assert lost == RECORDS[:1]
    assert held(remote) == set(RECORDS)
    assert "theirs" in remote.git("log", "--format=%B", f"opsbook/{RECORDS[0]}")


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_remote_that_takes_few_branches_in_a_push_gets_them_in_several(ours: Clone, remote: Clone, most: int) -> None:
    hook(remote, "pre-receive", f'test "$(wc -l)" -le {most} || {{ echo "too many refs" >&2; exit 1; }}')
    done = publish_all(ours, RECORDS[:4])
    assert held(remote) == set(RECORDS[:4])
    assert all(isinstance(published, Published) for published in done.values()), done
    forge = ours.forge(push=True)
    for record in RECORDS[:4]:
        forge.claim([Receipt(key_of(record), "later", NOW)])
    assert set(forge.receipts()) == set(map(key_of, RECORDS[:4]))


def test_a_remote_that_cannot_move_branches_together_gets_them_one_by_one(ours: Clone, remote: Clone) -> None:
    remote.git("config", "receive.advertiseAtomic", "false")
    done = publish_all(ours, RECORDS[:4])
    assert held(remote) == set(RECORDS[:4])
    assert all(isinstance(published, Published) and not published.claimed for published in done.values()), done


def test_a_rule_against_one_branch_stops_that_one_and_says_why(ours: Clone, remote: Clone) -> None:
    bad = RECORDS[2]
    hook(remote, "update", f'case "$1" in *{bad}) echo "rule violations: no such branch" >&2; exit 1;; esac')
    done = publish_all(ours, RECORDS[:5])
    refused = done.pop(bad)
    assert isinstance(refused, ForgeError)
    assert "rule violations: no such branch" in refused.message
    assert all(isinstance(published, Published) for published in done.values()), done
    assert held(remote) == {*RECORDS[:5]} - {bad}


def test_a_rule_against_the_branch_of_receipts_keeps_nothing_from_being_on_record(ours: Clone, remote: Clone) -> None:
    hook(remote, "update", 'case "$1" in *receipts) echo "not here" >&2; exit 1;; esac')
    done = publish_all(ours, RECORDS[:3])
    assert held(remote) == set(RECORDS[:3])
    assert all(isinstance(published, Published) and not published.claimed for published in done.values()), done
    with pytest.raises(ForgeError, match="not here"):
        ours.forge(push=True).claim([Receipt(key_of(RECORDS[0]), "op", NOW)])


def test_two_steps_of_one_branch_do_not_go_in_one_push(ours: Clone, remote: Clone) -> None:
    record = RECORDS[0]
    forges = [ours.forge(push=True) for _ in range(4)]
    heads = [forge.head(record) for forge in forges]
    ends: list[str] = []

    def work(number: int) -> None:
        try:
            forges[number].publish(heads[number], commit_of(record, f"op{number}"))
            ends.append("done")
        except LostRace:
            ends.append("lost")

    together([partial(work, number) for number in range(4)])
    assert sorted(ends) == ["done", "lost", "lost", "lost"]
    assert len(remote.git("rev-list", f"main..opsbook/{record}").split()) == 1
