"""The pager of the tests takes what the documentation of the Events API v2 allows, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pager_server import KEY, PagerServer, pager_server

EVENT: dict[str, Any] = {
    "routing_key": KEY,
    "event_action": "trigger",
    "dedup_key": "samplekeyhere",
    "payload": {"summary": "Disk is full", "source": "host-1", "severity": "critical"},
}


@pytest.fixture
def pager() -> Any:
    with pager_server() as server:
        yield server


@pytest.mark.parametrize(
    "change",
    [
        {"routing_key": "x"},
        {"event_action": "open"},
        {"dedup_key": "x" * 256},
        {"payload": {}},
        {"payload": {**EVENT["payload"], "severity": "P1"}},
        {"payload": {**EVENT["payload"], "summary": "x" * 1025}},
        {"links": [{"href": "javascript:x"}]},
    ],
)
def test_what_it_refuses(pager: PagerServer, change: dict[str, Any]) -> None:
    status, answer = pager.enqueue({**EVENT, **change})
    assert (status, answer["status"]) == (400, "invalid event")
    assert pager.alerts == []


def test_the_same_key_opens_nothing_new_until_it_is_resolved(pager: PagerServer) -> None:
    for action in ("trigger", "trigger", "acknowledge"):
        assert pager.enqueue({**EVENT, "event_action": action})[0] == 202
    assert [(alert.merged, alert.state) for alert in pager.alerts] == [(1, "acknowledged")]
    pager.enqueue({**EVENT, "event_action": "resolve"})
    pager.enqueue(EVENT)
    assert [alert.state for alert in pager.alerts] == ["resolved", "triggered"]
