"""What a runner is told is read as a stranger's words: exactly, or with a sentence, whatever it is."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsbook.adapters.github.desk import GitHubDesk
from opsbook.core.errors import ForgeError, UsageError
from tests.github_server.faults import KINDS, Fault
from tests.github_server.hub import Run
from tests.github_server.server import GitHubServer
from tests.support.clock import Clock
from tests.support.github import api, make_github

EVENT: dict[str, Any] = {
    "action": "opened",
    "issue": {
        "id": 3100200300,
        "number": 12,
        "title": "Checkout is down",
        "body": "It is.",
        "created_at": "2026-11-21T10:05:00Z",
        "user": {"login": "octo-fiction", "id": 7, "type": "User"},
    },
    "sender": {"login": "octo-fiction", "id": 7, "type": "User"},
}

PLACES = [
    ("action",), ("issue",), ("sender",), ("issue", "id"), ("issue", "number"), ("issue", "title"), ("issue", "body"), ("issue", "user"),
    ("issue", "created_at"), ("issue", "user", "login"), ("issue", "user", "id"), ("issue", "user", "type"),
    ("sender", "login"), ("sender", "id"), ("sender", "type"),
]  # fmt: skip

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHubServer]:
    """A GitHub; a request that its description does not allow fails the test."""
    hub = make_github(tmp_path_factory.mktemp("hub") / "github.git", now=Clock().now)
    hub.hub.permissions |= {"triager": "triage", "maintainer": "maintain", "reader": "read"}
    hub.hub.permissions |= {"crew": "Release crew/write", "sly": "admin/read"}
    yield hub
    hub.close()
    assert hub.refused == []


def desk(hub: GitHubServer, folder: Path, event: object, name: str = "issues", run: str = "4711") -> GitHubDesk:
    """The desk for an event."""
    path = folder / "event.json"
    path.write_bytes(event if isinstance(event, bytes) else json.dumps(event).encode())
    return GitHubDesk(
        api(hub), event=name, path=path, run=run, main="main", who=lambda login, number: f"github:{login}"
    )


def changed(place: tuple[str, ...], value: object) -> dict[str, Any]:
    """The event with another value in one place."""
    event = copy.deepcopy(EVENT)
    inner = event
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    return event


def test_an_issue_is_asked_for_by_its_author_at_the_time_it_was_opened(hub: GitHubServer, tmp_path: Path) -> None:
    asked = desk(hub, tmp_path, EVENT).asked()
    assert asked is not None
    assert (asked.name, asked.by, asked.login, asked.number) == ("issue-12", "github:octo-fiction", "octo-fiction", 7)
    assert asked.at.isoformat() == "2026-11-21T10:05:00+00:00"
    assert (asked.title, asked.body, asked.inputs, asked.edited_by) == ("Checkout is down", "It is.", None, "")
    other = desk(hub, tmp_path, changed(("sender",), {"login": "other", "id": 8, "type": "User"})).asked()
    assert other is not None
    assert other.edited_by == "other"


def test_a_form_keeps_its_identity_and_nobody_can_work_it_out_beforehand(hub: GitHubServer, tmp_path: Path) -> None:
    first = desk(hub, tmp_path, EVENT).asked()
    moved = changed(("repository",), {"full_name": "example/renamed"})
    moved["issue"] |= {"number": 13, "title": "Search is down"}
    for event, same in ((moved, True), (changed(("issue", "id"), 3100200301), False)):
        other = desk(hub, tmp_path, event).asked()
        assert first is not None
        assert other is not None
        assert (first.origin == other.origin) == same


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=JSON, name=st.sampled_from(["issues", "push", ""]))
def test_an_event_of_any_shape_is_read_or_refused_with_a_sentence(
    hub: GitHubServer, tmp_path: Path, place: tuple[str, ...], value: object, name: str
) -> None:
    try:
        asked = desk(hub, tmp_path, changed(place, value), name).asked()
    except UsageError:
        return
    assert asked is None or (isinstance(asked.title, str) and isinstance(asked.body, str) and asked.number > 0)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_a_file_of_any_bytes_is_read_or_refused_with_a_sentence(hub: GitHubServer, tmp_path: Path, data: bytes) -> None:
    try:
        assert desk(hub, tmp_path, data).asked() is None
    except UsageError:
        return


def test_a_file_that_is_not_there_is_named(hub: GitHubServer, tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(UsageError, match=r"GITHUB_EVENT_PATH|cannot be read"):
            GitHubDesk(api(hub), event="issues", path=path, run="", main="main", who=lambda login, number: login)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inputs=JSON)
def test_inputs_of_any_shape_are_texts_or_refused(hub: GitHubServer, tmp_path: Path, inputs: object) -> None:
    hub.hub.runs[4711] = Run(4711, "octo-fiction", "2026-11-20T08:00:00Z", attempt=3)
    event = {"inputs": inputs, "sender": EVENT["sender"]}
    try:
        asked = desk(hub, tmp_path, event, "workflow_dispatch").asked()
    except UsageError:
        return
    assert asked is not None
    assert asked.name == "run-4711"
    assert asked.at.isoformat() == "2026-11-20T08:00:00+00:00"
    assert asked.inputs is not None
    assert all(isinstance(value, str) for value in asked.inputs.values())


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        ("example", "admin"),
        ("maintainer", "maintain"),
        ("bot", "write"),
        ("triager", "triage"),
        ("reader", "read"),
        ("crew", "write"),
        ("sly", "read"),
        ("outsider", "none"),
        ("nobody-there", "none"),
        ("../../user", "none"),
    ],
)
def test_a_role_counts_as_what_it_allows(hub: GitHubServer, tmp_path: Path, login: str, expected: str) -> None:
    number = hub.hub.show_user(login)["id"]
    person = {"login": login, "id": number, "type": "User"}
    event = changed(("issue", "user"), person) | {"sender": person}
    here = desk(hub, tmp_path, event)
    asked = here.asked()
    assert asked is not None
    assert here.permission(asked) == expected


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if name not in ("not found", "timeout")])
def test_a_permission_that_cannot_be_known_is_none_that_is_given(hub: GitHubServer, tmp_path: Path, kind: str) -> None:
    here = desk(hub, tmp_path, EVENT)
    asked = here.asked()
    assert asked is not None
    hub.faults[:] = [Fault("repos/get-collaborator-permission-level", kind, times=None)]
    try:
        with pytest.raises(ForgeError):
            here.permission(asked)
    finally:
        hub.faults.clear()
