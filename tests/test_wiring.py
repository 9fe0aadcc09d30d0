"""What the wiring makes of the surroundings: who acts, where state and logs go, how work is spread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from opsbook import wiring
from opsbook.core.errors import UsageError
from opsbook.wiring.log import keep_traceback
from tests.support.desk import Desk, make_desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A clone of the small book, in which the test stands."""
    desk = make_desk(tmp_path / "desk")
    monkeypatch.chdir(desk.path)
    return desk


def squares(items: Sequence[int]) -> list[int]:
    """Some work."""
    return [item * item for item in items]


@pytest.mark.parametrize("count", [0, 1, 399, 400, 2_001])
def test_work_comes_back_in_order_in_however_many_processes(desk: Desk, count: int) -> None:
    items = list(range(count))
    assert wiring.open_workspace(None).spread(squares, items) == squares(items)


def test_a_path_is_taken_from_where_the_person_stands(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.path / "services")
    workspace = wiring.open_workspace(None)
    assert workspace.root == desk.path
    assert workspace.inside("checkout.yaml") == "services/checkout.yaml"
    assert workspace.inside("../runbooks/") == "runbooks"
    with pytest.raises(UsageError):
        workspace.inside("../../x")


def fault(words: str) -> BaseException:
    """An error that was raised."""
    try:
        return {"known": KeyError()}[words]
    except KeyError as error:
        return error


def test_a_traceback_is_kept_without_the_words_that_caused_it(desk: Desk) -> None:
    path = keep_traceback(fault("private words"))
    assert path.parent == desk.state / "log"
    text = path.read_text()
    assert "KeyError" in text
    assert "private" not in text


def test_a_traceback_is_kept_somewhere_although_the_state_folder_is_blocked(desk: Desk) -> None:
    desk.state.write_text("in the way")
    path = keep_traceback(KeyError("x"))
    assert "KeyError" in path.read_text()
    path.unlink()


def test_a_name_on_this_machine_that_is_no_name_becomes_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for login, actor in (("J. Döe\\x", "local:j.-d-e-x"), ("..", "local:somebody"), ("root", "local:root")):
        monkeypatch.setenv("LOGNAME", login)
        assert wiring.open_workspace(None).actor() == actor


def test_there_is_nobody_who_hears_without_their_variables(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def sinks() -> list[tuple[str, str]]:
        return [(sink.name, sink.medium) for sink in wiring.open_workspace(None).context().sinks]

    kept = [("console", "channel"), ("console", "page")]
    assert sinks() == kept
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-made-up")
    assert sinks() == [*kept, ("slack", "channel")]
    monkeypatch.setenv("PAGERDUTY_ROUTING_KEY", "made-up")
    monkeypatch.setenv("PAGING_WEBHOOK_URL", "https://pager.example/x")
    assert sinks() == [*kept, ("slack", "channel"), ("pagerduty", "page"), ("webhook", "page")]


def test_a_story_needs_a_tracker_and_a_token_which_may_be_one_of_its_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPSBOOK_TRACKER_TOKEN", "made-up")

    def stories() -> list[str]:
        return [sink.name for sink in wiring.open_workspace(None).context().sinks if sink.medium == "story"]

    assert stories() == []
    text = (desk.path / "opsbook.yml").read_text("utf-8")
    desk.commit({"opsbook.yml": text.replace("incidents:\n", "incidents:\n  tracker: {github: o/stories}\n", 1)})
    assert stories() == ["github"]
    monkeypatch.delenv("OPSBOOK_TRACKER_TOKEN")
    assert stories() == []
