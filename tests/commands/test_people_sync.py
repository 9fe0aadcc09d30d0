"""People come and go where they are known already, and `opsbook people sync` brings that into the book."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github_server.faults import Fault
from tests.github_server.server import GitHubServer
from tests.slack_server import SlackServer, slack_server
from tests.slack_server.workspace import TOKEN
from tests.support.desk import Desk
from tests.support.github import make_github, person

TEAM = "    title: Shop team\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub with a team of two."""
    server = make_github(tmp_path / "github.git")
    server.hub.teams["example/shop"] = ["octo-1", "octo-2"]
    yield server
    server.close()
    assert server.refused == []


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A Slack with a user group of two."""
    with slack_server("incident") as server:
        server.workspace.groups["S0SHOP"] = ["U0ONE", "U0TWO"]
        server.workspace.users |= {"U0ONE": "On-call engineer A", "U0TWO": "Zoë Example"}
        for granted in server.workspace.tokens.values():
            granted |= {"usergroups:read", "users:read"}
        yield server


def of_team(desk: Desk, line: str) -> Path:
    """The configuration, with where the members of the team are."""
    path = desk.path / "opsbook.yml"
    path.write_text(path.read_text().replace(TEAM, f"{TEAM}    {line} # where they are\n    hold: [oncall]\n"))
    return path


def test_who_joined_left_and_came_back_is_told_and_written(server: GitHubServer, tmp_path: Path) -> None:
    desk = person(server, tmp_path / "book")
    path = of_team(desk, "github: example/shop")
    joined = desk.opsbook("people", "sync")
    assert joined.code == 0, str(joined)
    assert joined.out.splitlines()[:2] == ["octo-1 has joined", "octo-2 has joined"]
    assert "# where they are" in path.read_text(), "comments stay"
    assert "oncall-a" in path.read_text(), "whoever has no account on GitHub did not leave it"
    assert desk.opsbook("check").code == 0
    assert desk.opsbook("people", "sync").out == "Everybody is listed as they are.\n"

    server.hub.teams["example/shop"] = ["octo-2"]
    before = path.read_text()
    assert "octo-1 has left" in desk.opsbook("people", "sync", "--dry-run").out
    assert path.read_text() == before
    assert desk.opsbook("people", "sync", "--format", "json").json == {"changes": ["octo-1 has left"], "written": True}
    assert "retired:" in path.read_text(), "records refer to whoever left"
    server.hub.teams["example/shop"] = ["octo-1", "octo-2"]
    assert "octo-1: is back" in desk.opsbook("people", "sync").out
    assert "retired:" not in path.read_text()


def test_a_group_of_slack_finds_people_by_their_name_and_keeps_their_account(slack: SlackServer, desk: Desk) -> None:
    path = of_team(desk, "slack: S0SHOP")
    done = desk.opsbook("people", "sync", environ={"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": slack.url})
    assert done.out.splitlines()[:2] == ["oncall-a: slack U0ONE", "zoe-example has joined"], str(done)
    assert "name: Zoë Example" in path.read_text()
    assert desk.opsbook("check").code == 0


@pytest.mark.parametrize("kind", ["not found", "reset", "unreadable", "empty"])
def test_a_team_that_cannot_be_seen_retires_nobody(server: GitHubServer, tmp_path: Path, kind: str) -> None:
    desk = person(server, tmp_path / "book")
    path = of_team(desk, "github: example/shop")
    assert desk.opsbook("people", "sync").code == 0
    before = path.read_text()
    if kind == "empty":
        server.hub.teams["example/shop"] = []
    elif kind == "not found":
        del server.hub.teams["example/shop"]
    else:
        server.faults[:] = [Fault("*", kind, times=None)]
    done = desk.opsbook("people", "sync")
    assert done.code != 0, str(done)
    assert path.read_text() == before


def test_without_a_token_or_a_team_it_says_what_is_missing(desk: Desk) -> None:
    nothing = desk.opsbook("people", "sync")
    assert (nothing.code, "`hold` its roles" in nothing.err) == (1, True), str(nothing)
    of_team(desk, "github: example/shop")
    blind = desk.opsbook("people", "sync")
    assert (blind.code, "GITHUB_TOKEN is not set" in blind.err) == (2, True), str(blind)
