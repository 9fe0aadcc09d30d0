"""24 processes in one clone, and several clones of one remote: nothing is lost and nothing is claimed twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.contracts.forge import FOLDER, KEY, publish
from tests.support.repos import RECORD, Clone, commit_of, make_clone
from tests.support.worker import finish, start, task_of

WRITERS = 24


def ids(count: int) -> list[str]:
    """Ids of as many records."""
    return [f"INC-20261121-0000{digit}" for digit in "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[:count]]


def test_24_declarations_are_24_records_on_24_branches(clone: Clone) -> None:
    before = clone.condition()
    keys = {record: f"{record}/declared-team-console-1a2b3c4d5e6f" for record in ids(WRITERS)}
    done = finish(
        [start(task_of(clone, f"op-{record}", record=record, keys=[key, KEY])) for record, key in keys.items()]
    )
    assert clone.condition() == before
    forge = clone.forge()
    assert set(forge.open_records()) == set(keys)
    for record, result in zip(keys, done, strict=True):
        assert clone.at(f"opsbook/{record}") == result["commit"]
        assert clone.at(f"opsbook/{record}~1") == clone.at("main")
        assert keys[record] in result["claimed"]
    assert sum(KEY in result["claimed"] for result in done) == 1
    receipts = forge.receipts()
    assert set(receipts) == {*keys.values(), KEY}
    assert all(receipt.reference == f"said by {receipt.operation}" for receipt in receipts.values())
    clone.git("fsck", "--strict", "--no-dangling")


def test_24_notes_on_one_record_are_all_kept(clone: Clone) -> None:
    operations = [f"op{number}" for number in range(WRITERS)]
    finish([start(task_of(clone, operation, record=RECORD)) for operation in operations])
    tree = clone.forge().read(clone.forge().head(RECORD))
    assert set(tree.folders(f"{FOLDER}/timeline")) == {f"{operation}.yaml" for operation in operations}
    trailers = clone.git("log", "--format=%(trailers:key=Opsbook-Operation,valueonly)", f"main..opsbook/{RECORD}")
    assert Counter(trailers.split()) == Counter(operations)


def test_notes_on_a_record_that_a_person_has_checked_out_are_all_kept(clone: Clone) -> None:
    publish(clone.forge(), commit_of(operation="op"))
    clone.git("switch", "--quiet", f"opsbook/{RECORD}")
    clone.write({"mine.md": "my words\n", f"{FOLDER}/report.md": "staged\n"})
    clone.git("add", f"{FOLDER}/report.md")
    before = clone.git("status", "--porcelain")
    operations = [f"op{number}" for number in range(8)]
    finish([start(task_of(clone, operation, record=RECORD)) for operation in operations])
    assert clone.git("status", "--porcelain") == before
    found = {path.stem for path in (clone.path / FOLDER / "timeline").iterdir()}
    assert found == {"op", *operations}


def test_machines_that_share_a_remote_lose_nothing(remote: Path, tmp_path: Path) -> None:
    clones = [make_clone(remote, tmp_path / f"machine{number}") for number in range(3)]
    writers = {f"op{number}": clones[number % 3] for number in range(6)}
    keys = {operation: f"{RECORD}/note-team-console-{operation}" for operation in writers}
    done = finish(
        [
            start(task_of(clone, operation, record=RECORD, keys=[keys[operation], KEY], push=True))
            for operation, clone in writers.items()
        ]
    )
    assert [result["unpushed"] for result in done] == [""] * 6
    everything = make_clone(remote, tmp_path / "later").forge(push=True)
    tree = everything.read(everything.head(RECORD))
    assert set(tree.folders(f"{FOLDER}/timeline")) == {f"{operation}.yaml" for operation in writers}
    assert all(everything.published(RECORD, operation) is not None for operation in writers)
    assert sum(KEY in result["claimed"] for result in done) == 1
    assert set(everything.receipts()) == {*keys.values(), KEY}
