"""The remote, the outbox or the state folder is down: the incident is told all the same, and said to be so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.desk import Desk, clone, make_remote

DECLARE = ("declare", "--title", "Checkout is down", "--severity", "P1", "--yes")


@pytest.fixture
def shared(tmp_path: Path) -> Desk:
    """A clone that pushes to a remote."""
    make_remote(tmp_path / "remote")
    return clone(tmp_path / "remote", tmp_path / "desk")


def unreachable(desk: Desk) -> Callable[[], object]:
    """The remote is gone; how it comes back."""
    desk.git("remote", "set-url", "origin", str(desk.path / "nowhere"))
    return lambda: desk.git("remote", "set-url", "origin", str(desk.path.with_name("remote")))


def refusing(desk: Desk) -> Callable[[], object]:
    """The remote takes nothing; how it becomes willing."""
    hook = desk.path.with_name("remote") / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'maintenance: ::error::later' >&2\nexit 1\n")
    hook.chmod(0o755)
    return hook.unlink


@pytest.mark.parametrize("outage", [unreachable, refusing])
def test_while_the_remote_is_down_people_are_told_not_yet_on_record_and_reconcile_publishes_later(
    shared: Desk, outage: Callable[[Desk], Callable[[], object]]
) -> None:
    repair = outage(shared)
    remote = Desk(shared.path.with_name("remote"))
    first = shared.opsbook(*DECLARE)
    assert first.code == 4
    assert "Not yet on record. P1 incident: Checkout is down" in "".join(shared.outbox().values())
    assert "opsbook reconcile" in first.out
    said = shared.outbox()
    assert sum("Not yet on record." in text for name, text in said.items() if "/declared" in name) == 2
    assert len(shared.intents()) == 1

    second = shared.opsbook(*DECLARE)
    assert second.code == 4
    assert "Not yet on record. P1" not in second.err
    assert "asked for at" in second.out
    assert shared.opsbook("reconcile").code == 4

    repair()
    done = shared.opsbook("reconcile", "--format", "json")
    assert done.code == 0, str(done)
    (resumed,) = done.json["resumed"]
    assert [item["audience"] for item in resumed["not_told"]] == ["incident", "team"]
    assert remote.branches() == shared.branches() == [resumed["branch"]]
    assert len(remote.commits(resumed["branch"])) == 1
    assert all(receipt["reference"] for receipt in remote.receipts().values())
    assert len(remote.receipts()) == 2
    assert shared.intents() == []
    assert {name: text for name, text in shared.outbox().items() if "/declared" in name} == {
        name: text for name, text in said.items() if "/declared" in name
    }
    assert shared.opsbook("reconcile").out.startswith("Nothing to do")


def test_notes_go_on_while_the_remote_is_down_and_all_of_them_arrive(shared: Desk) -> None:
    id_ = shared.declare()
    repair = unreachable(shared)
    for number in range(3):
        assert shared.opsbook("incident", "note", id_, f"note {number}").code == 4
    assert shared.opsbook("incident", "show", id_).out.count("note ") == 3
    repair()
    assert shared.opsbook("reconcile").code == 0
    remote = Desk(shared.path.with_name("remote"))
    assert len(remote.commits(f"opsbook/{id_}")) == 4


def test_a_declaration_without_a_single_commit_is_saved_told_and_published_later(tmp_path: Path, desk: Desk) -> None:
    files = desk.files("main")
    fresh = Desk(tmp_path / "fresh")
    fresh.path.mkdir()
    fresh.git("init", "--quiet", "--initial-branch=main")
    fresh.write(files)
    done = fresh.opsbook(*DECLARE)
    assert done.code == 4
    assert "Not yet on record. P1 incident" in "".join(fresh.outbox().values())
    fresh.git("config", "user.name", "Somebody")
    fresh.git("config", "user.email", "somebody@example.invalid")
    fresh.commit(files)
    assert fresh.opsbook("reconcile").code == 0
    assert len(fresh.branches()) == 1
    assert len(fresh.outbox()) == 3


def test_an_outbox_that_cannot_be_written_to_leaves_the_incident_declared_and_says_what_finishes_it(desk: Desk) -> None:
    blocked = desk.state / "outbox"
    blocked.parent.mkdir()
    blocked.write_text("in the way")
    done = desk.opsbook(*DECLARE)
    assert done.code == 5
    assert "the words for incident could not be kept" in done.out
    assert "Finish it with: opsbook reconcile\n" in done.out
    assert len(desk.commits(desk.branch())) == 1
    blocked.unlink()
    assert desk.opsbook("reconcile").code == 0
    assert len(desk.outbox()) == 3
    assert all(receipt["reference"] for receipt in desk.receipts().values())
    assert desk.intents() == []


def test_a_state_folder_that_cannot_be_made_refuses_before_anything_is_said(desk: Desk) -> None:
    desk.state.write_text("in the way")
    before = desk.condition()
    done = desk.opsbook(*DECLARE)
    assert done.code in (1, 3)
    assert str(desk.state) in done.err
    assert "P1 incident" not in done.err + done.out
    assert desk.branches() == []
    assert desk.condition() == before
