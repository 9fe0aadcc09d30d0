"""The server allows what GitHub's description allows, refuses everything else, and answers as described."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.github_server import description
from tests.github_server.calls import HANDLERS
from tests.github_server.conftest import REPO, Caller
from tests.github_server.description import Operation
from tests.github_server.hub import Run
from tests.github_server.server import GitHubServer

OPERATIONS = {operation.name: operation for operation in description.operations()}

BODIES: dict[str, Any] = {
    "git/create-blob": {"content": "eA==", "encoding": "base64"},
    "issues/update": {"state": "closed", "state_reason": "completed"},
    "issues/create": {"title": "t", "body": "b", "labels": ["bug"]},
    "issues/create-comment": {"body": "b"},
    "issues/update-comment": {"body": "c"},
    "issues/add-labels": {"labels": ["bug", "new"]},
    "issues/create-label": {"name": "made", "color": "b60205", "description": "d"},
    "issues/update-label": {"color": "b60205"},
    "pulls/create": {"title": "t", "head": "loose", "base": "main", "body": "b"},
    "pulls/merge": {"merge_method": "squash", "sha": "<tip>"},
    "actions/create-workflow-dispatch": {"ref": "main", "inputs": {"title": "t"}},
}
"""A legal body for each operation that takes one; words in angle brackets stand for what is in the repository."""

PATHS: dict[str, Any] = {
    "branch": "topic/one",
    "username": "bot",
    "issue_number": 1,
    "pull_number": 1,
    "comment_id": "<comment>",
    "name": "bug",
    "workflow_id": "announce.yml",
    "ruleset_id": 7,
    "run_id": 4711,
    "org": "example",
    "team_slug": "crew",
}


@pytest.fixture
def filled(caller: Caller, server: GitHubServer) -> dict[str, Any]:
    """A repository with one of everything; what the words in angle brackets mean."""
    server.hub.teams["example/crew"] = ["reader"]
    server.hub.rules.append(("topic/*", "creation", 7))
    tip = caller.branch("topic/one")
    caller.branch("loose")
    caller.made("POST", f"{REPO}/pulls", {"title": "t", "head": "topic/one", "base": "main"})
    comment = caller.made("POST", f"{REPO}/issues/1/comments", {"body": "b"})["id"]
    server.hub.runs[4711] = Run(4711, "example", server.hub.now())
    return {"<tip>": tip, "<comment>": comment}


def put_in(value: Any, words: dict[str, Any]) -> Any:
    """`value` with the words in angle brackets replaced."""
    if isinstance(value, dict):
        return {name: put_in(inner, words) for name, inner in value.items()}
    if isinstance(value, list):
        return [put_in(inner, words) for inner in value]
    return words.get(value, value) if isinstance(value, str) else value


def path_of(operation: Operation, words: dict[str, Any]) -> str:
    """The path of a legal request."""
    names = {"owner": "example", "repo": "book", **put_in(PATHS, words)}
    return operation.path.format(**names)


def test_every_operation_is_spoken_and_nothing_else() -> None:
    assert set(HANDLERS) == set(OPERATIONS)
    assert {name for name, operation in OPERATIONS.items() if operation.body is not None} == set(BODIES)


def test_every_answer_can_be_made_from_the_description_alone() -> None:
    for operation in OPERATIONS.values():
        for status, answer in operation.answers.items():
            if status.startswith("2") and "application/json" in answer.get("content", {}):
                schema = answer["content"]["application/json"]["schema"]
                assert operation.answer(int(status), description.fill(schema, description.smallest(schema))) is not None


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_legal_request_gets_a_described_answer(
    name: str, caller: Caller, server: GitHubServer, filled: dict[str, Any]
) -> None:
    operation = OPERATIONS[name]
    answer = caller(operation.method, path_of(operation, filled), put_in(BODIES.get(name), filled))
    assert server.refused == []
    assert answer.status_code < 300, answer.text


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_unknown_query_parameter_is_refused(
    name: str, caller: Caller, server: GitHubServer, filled: dict[str, Any]
) -> None:
    operation = OPERATIONS[name]
    path = path_of(operation, filled)
    answer = caller(operation.method, path, put_in(BODIES.get(name), filled), surprise="1")
    assert answer.status_code == 501
    assert "surprise" in server.refused[0]


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_body_that_is_not_as_described_is_refused_and_changes_nothing(
    name: str, caller: Caller, server: GitHubServer, filled: dict[str, Any]
) -> None:
    operation = OPERATIONS[name]
    path, body = path_of(operation, filled), put_in(BODIES[name], filled)
    before = (server.hub.git.refs(""), copy.deepcopy(server.hub.issues), copy.deepcopy(server.hub.comments))
    wrong: list[Any] = [{**body, "surprise": 1}, 5, "text"]
    wrong += [{**body, key: {"not": ["this"]}} for key in body if key != "inputs"]
    for value in wrong:
        server.refused.clear()
        assert caller(operation.method, path, value).status_code == 501, value
        assert len(server.refused) == 1
    assert (server.hub.git.refs(""), server.hub.issues, server.hub.comments) == before


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("git/create-blob", "content"),
        ("pulls/create", "head"),
        ("issues/create-comment", "body"),
    ],
)
def test_a_body_without_what_is_required_is_refused(
    name: str, missing: str, caller: Caller, server: GitHubServer, filled: dict[str, Any]
) -> None:
    operation = OPERATIONS[name]
    body = put_in(BODIES[name], filled)
    del body[missing]
    assert caller(operation.method, path_of(operation, filled), body).status_code == 501
    assert missing in server.refused[0]


@pytest.mark.parametrize(
    "path",
    [
        f"{REPO}/nothing",
        f"{REPO}/branches/../../../user/emails",
        f"{REPO}/branches/%2e%2e/%2e%2e/user",
        f"{REPO}/labels",
        f"{REPO}//pulls",
        "/graphql",
    ],
)
def test_a_path_that_is_not_described_is_refused(path: str, server: GitHubServer) -> None:
    import http.client

    # A client that leaves the path as it is, dots and all.
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    connection.request("GET", path, headers={"User-Agent": "test"})
    assert connection.getresponse().status == 501
    connection.close()
    assert len(server.refused) == 1


def test_a_request_without_the_pinned_version_is_refused(caller: Caller, server: GitHubServer) -> None:
    import requests

    answer = requests.get(f"{server.url}{REPO}", headers={"Authorization": f"token {caller.token}"}, timeout=10)
    assert answer.status_code == 501
    assert "X-GitHub-Api-Version" in server.refused[0]


def test_an_answer_of_ours_that_is_not_as_described_is_refused_too(caller: Caller, server: GitHubServer) -> None:
    server.hub.labels["bug"] = (5, "no colour")  # type: ignore[assignment]
    assert caller("PATCH", f"{REPO}/labels/bug", {"description": "d"}).status_code == 501
    assert server.refused[0].startswith("our own answer is wrong")
