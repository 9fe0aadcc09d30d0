"""Wherever a job is cut off, the next one on another machine ends as if nothing had happened, and says nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.github_server.faults import Fault
from tests.github_server.hub import Issue
from tests.github_server.server import GitHubServer
from tests.slack_server import SlackServer, seen, slack_server
from tests.slack_server.workspace import TOKEN
from tests.support.forkserver import ForkServer
from tests.support.form import Phone, answers, body
from tests.support.github import make_github, truth


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server("incident", "team", "security", "drill") as server:
        yield server


def phone_of(hub: GitHubServer, slack: SlackServer, folder: Path, runner: ForkServer | None) -> Phone:
    """Somebody who may write, in a repository whose workflow may also speak in Slack."""
    hub.hub.permissions["writer"] = "write"
    variables = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": slack.url}
    return Phone(hub, folder, runner, variables=variables)


def state(hub: GitHubServer, slack: SlackServer, issue: Issue) -> dict[str, object]:
    """All that people can see."""
    now = truth(hub)
    with hub.locked() as inside:
        said = answers(inside, issue)
    return {
        "branches": now.branches,
        "operations": now.operations,
        "pulls": now.pulls,
        "receipts": set(now.receipts),
        "comments": len(now.comments),
        "answers": said,
        "issue": (issue.state, issue.state_reason),
        "slack": [(message.channel, seen(message)) for message in slack.messages()],
    }


def test_github_fails_while_it_is_published_and_people_who_know_are_not_told_again_from_another_machine(
    tmp_path: Path, slack: SlackServer, server: ForkServer
) -> None:
    with closing(make_github(tmp_path / "github.git")) as hub:
        phone = phone_of(hub, slack, tmp_path, server)
        hub.faults.append(Fault("git/create-ref", "unavailable", times=None))
        issue, done = phone.declare("Checkout is down", body())
        assert done.code == 4, str(done)
        assert issue.state == "open"
        (answer,) = answers(hub.hub, issue)
        assert "**Not yet on record.**" in answer
        assert len(slack.messages()) == 2
        hub.faults.clear()
        again = phone.run(phone.event(issue))
        assert again.code == 0, str(again)
        assert len(slack.messages()) == 2
        assert issue.state == "closed"
        assert "Not yet on record" not in seen(slack.messages("incident")[0])
