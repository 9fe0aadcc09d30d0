"""The command line on GitHub: two variables move the book there, and a bad day of GitHub's stops nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github_server.faults import Fault
from tests.github_server.server import GitHubServer
from tests.support.desk import Desk
from tests.support.github import TOKEN, make_github, merge_pull, person, truth


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub; a request that its description does not allow fails the test."""
    server = make_github(tmp_path / "github.git")
    yield server
    server.close()
    assert server.refused == []


@pytest.fixture
def desk(server: GitHubServer, tmp_path: Path) -> Desk:
    """A clone of the repository on GitHub, and a person with a token."""
    return person(server, tmp_path / "book")


def test_an_incident_lives_on_github_from_declaration_to_merge(server: GitHubServer, desk: Desk) -> None:
    before = desk.condition()
    declared = desk.opsbook("declare", "--title", "Checkout is down", "--severity", "P1", "--yes", "--format", "json")
    assert declared.code == 0, str(declared)
    record = declared.json["id"]
    assert declared.json["url"] == "https://github.example/example/book/pull/1"
    for words in (
        ["incident", "note", record, "It is the queue."],
        ["incident", "update", record, "--status", "identified"],
    ):
        assert desk.opsbook(*words).code == 0
    assert record in desk.opsbook("incident", "list").out
    assert len(truth(server).operations) == 3
    merge_pull(server, record)
    assert desk.opsbook("reconcile").code == 0
    assert truth(server).branches == {}
    # Nothing of all that touched a branch, the index or the working tree of the clone: as after a `git fetch`.
    after = desk.condition()
    assert {name: after[name] for name in ("head", "index", "files")} == {
        name: before[name] for name in ("head", "index", "files")
    }
    assert desk.branches() == []


def test_nothing_that_is_printed_or_kept_holds_the_token(server: GitHubServer, desk: Desk) -> None:
    outcomes = [desk.opsbook("declare", "--title", "One", "--severity", "P2", "--yes")]
    for kind in ("bad credentials", "reset", "unreadable"):
        server.faults[:] = [Fault("*", kind, times=None)]
        outcomes.append(desk.opsbook("declare", "--title", kind, "--severity", "P2", "--yes"))
    assert [done.code for done in outcomes] == [0, 4, 4, 4]
    assert all(TOKEN not in done.out + done.err for done in outcomes)
    for path in desk.state.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()


def test_github_goes_down_and_the_rest_follows(server: GitHubServer, desk: Desk) -> None:
    record = desk.declare()
    server.faults.append(Fault("*", "unavailable", times=None))
    server.no_fetch = True
    second = desk.opsbook("declare", "--title", "Search is down", "--severity", "P2", "--yes", "--format", "json")
    assert second.code == 4
    assert second.json["not_told"]
    assert "not yet on record" in second.err
    # The clone knows what was declared when GitHub was up.
    note = desk.opsbook("incident", "note", record, "Said on a bad day.")
    assert note.code == 4, str(note)
    assert "opsbook reconcile" in note.out + note.err
    server.faults.clear()
    server.no_fetch = False
    assert desk.opsbook("reconcile").code == 0
    now = truth(server)
    assert len(now.operations) == len(set(now.operations)) == 3
    assert set(now.branches) == {f"opsbook/{record}", f"opsbook/{second.json['id']}"}
    assert desk.intents() == []


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"GITHUB_ACTOR": "Octo-Cat"}, "github:Octo-Cat"),
        ({"GITHUB_ACTOR": "renamed", "GITHUB_ACTOR_ID": "4711"}, "oncall-b"),
        ({"GITHUB_ACTOR": "ON-CALL-A"}, "oncall-a"),
        ({"GITHUB_ACTOR": "somebody", "OPSBOOK_BY": "oncall-a"}, "oncall-a"),
    ],
)
def test_the_workflows_actor_is_known(desk: Desk, variables: dict[str, str], expected: str) -> None:
    text = (desk.path / "opsbook.yml").read_text()
    text = text.replace("name: On-call engineer A\n", "name: On-call engineer A\n    github: on-call-a\n")
    text = text.replace("name: On-call engineer B\n", "name: On-call engineer B\n    github: b\n    github_id: 4711\n")
    desk.write({"opsbook.yml": text})
    words = ("declare", "--title", "One", "--severity", "P3", "--yes", "--format", "json")
    done = desk.opsbook(*words, environ={"OPSBOOK_BY": "", **variables})
    assert done.code == 0, str(done)
    author = desk.git("show", "-s", "--format=%an", f"origin/{done.json['branch']}").strip()
    assert author == expected


@pytest.mark.parametrize(
    "variables",
    [{"GITHUB_REPOSITORY": "no-slash"}, {"GITHUB_API_URL": "http://github.example"}, {"GITHUB_REPOSITORY": "../x"}],
)
def test_a_variable_that_cannot_be_used_is_named(desk: Desk, variables: dict[str, str]) -> None:
    desk = Desk(desk.path, {**desk.variables, **variables})
    done = desk.opsbook("declare", "--title", "One", "--severity", "P3", "--yes")
    assert done.code == 2, str(done)
    assert next(iter(variables)) in done.err
