"""What was asked for survives every kill, is finished by one process, and a broken file stops nobody."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from opsbook.adapters.machine.state import FileIntents, FileOutbox, StateError, log_file, state_folder, write
from opsbook.core.errors import ForgeError, Refused
from opsbook.core.ids import operation_key
from opsbook.core.plan import Intent
from opsbook.core.request import Request
from opsbook.kinds import read_request
from tests.support.requests import ask, other

NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
LATER = NOW + timedelta(minutes=3)
REQUEST = ask("incident.declare", "team-shop", {"title": "Checkout is down\n\u202e", "services": ["checkout"]})
OTHER = ask("incident.declare", "team-search", {"title": "Search is down"})
SEED, SEED_2 = bytes(range(32)), bytes(range(1, 33))


def abandoned(folder: Path, request: Request = REQUEST, seed: bytes = SEED, *, key: str | None = None) -> str:
    """An intent that another process held until it was killed; its key."""
    program = f"""
        import os, signal, sys
        from datetime import datetime
        from pathlib import Path
        from opsbook.adapters.machine.state import FileIntents
        from opsbook.kinds import read_request
        request = read_request({request.as_json()!r})
        now = datetime.fromisoformat({NOW.isoformat()!r})
        with FileIntents(Path({str(folder)!r}), read_request).hold(request, now, {seed!r}, key={key!r}):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], env=environment, check=False)
    assert done.returncode == -9
    return key or operation_key(seed)


# -- intents


def test_an_intent_is_whole_on_disk_before_anything_else_happens(tmp_path: Path) -> None:
    intents = FileIntents(tmp_path, read_request)
    with intents.hold(REQUEST, NOW, SEED) as intent:
        assert intent == Intent(operation_key(SEED), REQUEST, NOW, SEED)
        (path,) = (tmp_path / "intents").glob("*.json")
        assert path.stem == intent.key
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert read_request(json.loads(path.read_text())["request"]) == REQUEST


def test_an_acknowledged_intent_leaves_nothing(tmp_path: Path) -> None:
    intents = FileIntents(tmp_path, read_request)
    with intents.hold(REQUEST, NOW, SEED) as intent:
        intents.acknowledge(intent.key)
        intents.acknowledge(intent.key)
    assert list((tmp_path / "intents").iterdir()) == []
    assert intents.orphans() == []


def test_the_intent_of_a_killed_process_is_taken_up_by_the_same_request(tmp_path: Path) -> None:
    key = abandoned(tmp_path)
    intents = FileIntents(tmp_path, read_request)
    assert intents.orphans() == [Intent(key, REQUEST, NOW, SEED)]
    with intents.hold(REQUEST, LATER, SEED_2) as intent:
        assert intent == Intent(key, REQUEST, NOW, SEED)
        assert FileIntents(tmp_path, read_request).orphans() == []
        intents.acknowledge(key)
    assert intents.orphans() == []


def test_another_request_is_another_intent(tmp_path: Path) -> None:
    key = abandoned(tmp_path)
    intents = FileIntents(tmp_path, read_request)
    with intents.hold(OTHER, LATER, SEED_2) as intent:
        assert intent.key == operation_key(SEED_2)
        assert [orphan.key for orphan in intents.orphans()] == [key]


def test_two_living_processes_that_ask_the_same_are_two_intents(tmp_path: Path) -> None:
    with (
        FileIntents(tmp_path, read_request).hold(REQUEST, NOW, SEED) as first,
        FileIntents(tmp_path, read_request).hold(REQUEST, NOW, SEED_2) as second,
    ):
        assert first.key != second.key
        assert FileIntents(tmp_path, read_request).orphans() == []
    assert [orphan.key for orphan in FileIntents(tmp_path, read_request).orphans()] == sorted([first.key, second.key])


def test_orphans_come_oldest_first(tmp_path: Path) -> None:
    intents = FileIntents(tmp_path, read_request)
    for request, now, seed in ((OTHER, LATER, SEED), (REQUEST, NOW, SEED_2)):
        with intents.hold(request, now, seed):
            pass
    # However the clock was set meanwhile; those of an older program, which kept no order, by their time.
    assert [orphan.request for orphan in intents.orphans()] == [OTHER, REQUEST]
    for path in (tmp_path / "intents").glob("*.json"):
        path.write_text(re.sub(r'"order": \d,', "", path.read_text()))
    assert [orphan.request for orphan in intents.orphans()] == [REQUEST, OTHER]


def test_what_was_told_without_a_receipt_is_remembered(tmp_path: Path) -> None:
    intents = FileIntents(tmp_path, read_request)
    with intents.hold(REQUEST, NOW, SEED) as intent:
        intents.remember(intent.key, {"a/b": ""})
        intents.remember(intent.key, {"a/b": "ref", "a/c": ""})
    (orphan,) = intents.orphans()
    assert orphan.attempts == {"a/b": "ref", "a/c": ""}
    with intents.hold(REQUEST, LATER, SEED_2) as again:
        assert again.attempts == orphan.attempts


def test_what_was_told_of_an_intent_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="gone"):
        FileIntents(tmp_path, read_request).remember("key", {"a/b": "ref"})


def test_an_intent_that_another_process_took_up_is_left_to_it(tmp_path: Path) -> None:
    key = abandoned(tmp_path)
    with FileIntents(tmp_path, read_request).hold(REQUEST, NOW, SEED_2):
        FileIntents(tmp_path, read_request).acknowledge(key)
        with pytest.raises(StateError):
            FileIntents(tmp_path, read_request).remember(key, {"a/b": "ref"})
    assert [orphan.key for orphan in FileIntents(tmp_path, read_request).orphans()] == [key]


def test_the_same_key_with_the_same_content_is_the_same_intent(tmp_path: Path) -> None:
    abandoned(tmp_path, key="issue-17")
    with FileIntents(tmp_path, read_request).hold(REQUEST, LATER, SEED_2, key="issue-17") as intent:
        assert intent == Intent("issue-17", REQUEST, NOW, SEED)


def test_the_same_key_with_other_content_is_refused(tmp_path: Path) -> None:
    abandoned(tmp_path, key="issue-17")
    intents = FileIntents(tmp_path, read_request)
    with pytest.raises(Refused, match="issue-17"), intents.hold(OTHER, LATER, SEED_2, key="issue-17"):
        pass
    assert [orphan.request for orphan in intents.orphans()] == [REQUEST]


@pytest.mark.parametrize("key", ["", "../x", "a/b", ".x", "a b", "x" * 101, "a\n", "-x", "a.json"])
def test_a_key_that_can_be_no_name_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(Refused), FileIntents(tmp_path, read_request).hold(REQUEST, NOW, SEED, key=key):
        pass


def test_a_key_that_a_living_process_works_on_is_waited_for(tmp_path: Path) -> None:
    """A chat delivers twice within a second: the second waits, and finds that all is done."""
    first, second = FileIntents(tmp_path, read_request), FileIntents(tmp_path, read_request)
    with ThreadPoolExecutor() as pool:
        with first.hold(REQUEST, NOW, SEED, key="view-1") as intent:
            waiting = pool.submit(_hold_and_acknowledge, second)
            first.acknowledge(intent.key)
        assert waiting.result(timeout=30) == "view-1"
    assert second.orphans() == []


def _hold_and_acknowledge(intents: FileIntents) -> str:
    with intents.hold(REQUEST, LATER, SEED_2, key="view-1") as intent:
        intents.acknowledge(intent.key)
        return intent.key


def test_many_that_take_up_one_orphan_leave_it_to_one(tmp_path: Path) -> None:
    key = abandoned(tmp_path)
    taken: list[str] = []

    def take(number: int) -> None:
        intents = FileIntents(tmp_path, read_request)
        with intents.hold(REQUEST, LATER, bytes([number]) * 32) as intent:
            taken.append(intent.key)
            intents.acknowledge(intent.key)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(take, range(1, 25)))
    assert taken.count(key) == 1
    assert len(set(taken)) == len(taken) == 24
    assert list((tmp_path / "intents").iterdir()) == []


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"version": 1}', '{"version": "1"}', "\0" * 100, '{"version": 1, "request": []}'],
)
def test_a_damaged_file_is_named_and_kept_and_stops_nobody(tmp_path: Path, content: str) -> None:
    abandoned(tmp_path)
    path = tmp_path / "intents" / "broken.json"
    path.write_text(content)
    intents = FileIntents(tmp_path, read_request)
    with intents.hold(OTHER, NOW, SEED_2):
        pass
    for _ in range(2):
        assert len(intents.orphans()) == len(intents.saved()) == 2
        (damaged,) = intents.damaged()
        assert damaged.what.endswith(f" {path}")
        assert damaged.remedy
        assert path.read_text() == content


def test_what_an_older_program_set_aside_and_what_is_not_ours_is_named_too(tmp_path: Path) -> None:
    key = abandoned(tmp_path)
    folder = tmp_path / "intents"
    (folder / "old.broken").write_text("{")
    (folder / "a copy.json").write_text((folder / f"{key}.json").read_text())
    (folder / "folder.json").mkdir()
    named = [item.what.rpartition("/")[2] for item in FileIntents(tmp_path, read_request).damaged()]
    assert named == ["a copy.json", "folder.json", "old.broken"]
    assert [orphan.key for orphan in FileIntents(tmp_path, read_request).orphans()] == [key]


def test_a_damaged_file_makes_room_for_its_key_and_is_named_all_the_same(tmp_path: Path) -> None:
    for number in range(1, 3):
        (tmp_path / "intents").mkdir(exist_ok=True)
        (tmp_path / "intents" / "issue-17.json").write_text(f"half {number}")
        with FileIntents(tmp_path, read_request).hold(REQUEST, LATER, SEED_2, key="issue-17") as intent:
            assert intent.request == REQUEST
        assert len(FileIntents(tmp_path, read_request).damaged()) == number


def test_requests_of_one_second_keep_the_order_in_which_they_were_made(tmp_path: Path) -> None:
    intents = FileIntents(tmp_path, read_request)
    seeds = [bytes([number]) * 32 for number in range(1, 9)]
    requests = [other(REQUEST, values={"title": str(number)}) for number in range(8)]
    for request, seed in zip(requests, seeds, strict=True):
        with intents.hold(request, NOW, seed) as intent:
            intents.remember(intent.key, {"a/b": ""})
    assert [saved.request for saved in intents.saved()] == requests
    assert [orphan.request for orphan in intents.orphans()] == requests


def test_what_a_living_process_works_on_is_saved_too(tmp_path: Path) -> None:
    with FileIntents(tmp_path, read_request).hold(REQUEST, NOW, SEED):
        assert [saved.request for saved in FileIntents(tmp_path, read_request).saved()] == [REQUEST]
        assert FileIntents(tmp_path, read_request).orphans() == []


def test_a_request_that_cannot_be_locked_stops_no_other(tmp_path: Path) -> None:
    key = abandoned(tmp_path)
    (tmp_path / "intents" / f"{key}.lock").unlink()
    (tmp_path / "intents" / f"{key}.lock").mkdir()
    intents = FileIntents(tmp_path, read_request)
    with intents.hold(REQUEST, LATER, SEED_2) as intent:
        assert intent.key != key
    assert [orphan.key for orphan in intents.orphans()] == [key, intent.key]


def test_a_folder_that_cannot_be_listed_says_so(tmp_path: Path) -> None:
    (tmp_path / "intents").write_text("a file")
    assert FileIntents(tmp_path, read_request).saved() == FileIntents(tmp_path, read_request).orphans() == []
    (unseen,) = FileIntents(tmp_path, read_request).damaged()
    assert "cannot be listed" in unseen.why


def test_an_intent_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    key = abandoned(tmp_path)
    path = tmp_path / "intents" / f"{key}.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    intents = FileIntents(tmp_path, read_request)
    assert intents.orphans() == []
    with intents.hold(REQUEST, NOW, SEED_2) as intent:
        assert intent.key != key
    assert path.exists()
    (damaged,) = intents.damaged()
    assert "newer" in damaged.why
    with pytest.raises(StateError, match="in the way"), intents.hold(REQUEST, NOW, SEED_2, key=key):
        pass
    assert path.exists()


def test_what_a_killed_process_left_half_made_is_cleared_away(tmp_path: Path) -> None:
    intents = FileIntents(tmp_path, read_request)
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "half.lock").write_text("")
    (tmp_path / "intents" / "notes.txt").write_text("a person's")
    assert intents.orphans() == []
    assert [path.name for path in (tmp_path / "intents").iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_made_begins_nothing(tmp_path: Path) -> None:
    (tmp_path / "intents").write_text("a file")
    with (
        pytest.raises(StateError, match="cannot be made") as caught,
        FileIntents(tmp_path, read_request).hold(REQUEST, NOW, SEED),
    ):
        pass
    assert not isinstance(caught.value, ForgeError)


# -- outbox, log and state folder


def test_a_text_is_kept_where_the_answer_says(tmp_path: Path) -> None:
    outbox = FileOutbox(tmp_path)
    for name, where in (("request", "request.txt"), ("request.md", "request.md"), ("a-b_1.txt", "a-b_1.txt")):
        assert outbox.keep("INC-1", name, "one \u202e\n") == str(tmp_path / "outbox" / "INC-1" / where)
        assert outbox.keep("INC-1", name, "two \ud800\n") == str(tmp_path / "outbox" / "INC-1" / where)
        assert (tmp_path / "outbox" / "INC-1" / where).read_text() == "two \\ud800\n"
    assert len(list((tmp_path / "outbox" / "INC-1").iterdir())) == 3


@pytest.mark.parametrize(
    ("record", "name"), [("../x", "a"), ("a", "../x"), ("a", "x.sh"), ("", "a"), ("a", ""), ("a", ".md")]
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, record: str, name: str) -> None:
    with pytest.raises(Refused):
        FileOutbox(tmp_path).keep(record, name, "x")
    assert list(tmp_path.iterdir()) == []


def test_of_many_that_write_a_new_file_one_does(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with ThreadPoolExecutor(12) as pool:
        written = list(pool.map(lambda number: write(path, b"%d" % number, new=True), range(24)))
    assert written.count(True) == 1
    assert path.read_bytes() == b"%d" % written.index(True)
    assert list(tmp_path.iterdir()) == [path]


def test_the_log_is_kept_small(tmp_path: Path) -> None:
    path = log_file(tmp_path)
    path.write_text("x" * 1_000_001)
    assert log_file(tmp_path) == path
    assert not path.exists()
    assert path.with_name("errors.log.1").stat().st_size == 1_000_001


def test_state_is_kept_in_the_clone_or_with_the_user(tmp_path: Path) -> None:
    assert state_folder(tmp_path / ".git") == tmp_path / ".git" / "opsbook"
    assert state_folder(None).is_absolute()
    assert state_folder(None).name == "opsbook"
