"""Wherever a job is cut off, the next one on another machine ends as if nothing had happened, and says nothing twice."""

from __future__ import annotations

import json
import signal
from contextlib import closing
from pathlib import Path

from tests.github_server.faults import Fault
from tests.github_server.hub import Issue
from tests.github_server.server import GitHubServer
from tests.slack_server import SlackServer, seen, slack_server
from tests.slack_server.workspace import TOKEN
from tests.support.clock import Clock, machine
from tests.support.forkserver import Running
from tests.support.form import Phone, answers, body
from tests.support.github import make_github, truth


def phone_of(hub: GitHubServer, slack: SlackServer, folder: Path) -> Phone:
    """Somebody who may write, in a repository whose workflow may also speak in Slack."""
    hub.hub.permissions["writer"] = "write"
    variables = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": slack.url}
    return Phone(hub, folder, variables=variables)


def state(hub: GitHubServer, slack: SlackServer, issue: Issue) -> dict[str, object]:
    """All that people see, but for the comment on the pull request, which only shows the receipts."""
    now = truth(hub)
    with hub.locked() as inside:
        said = answers(inside, issue)
    return {
        "branches": now.branches,
        "operations": now.operations,
        "pulls": now.pulls,
        "receipts": set(now.receipts),
        "answers": said,
        "issue": (issue.state, issue.state_reason),
        "slack": {name: [seen(message) for message in slack.messages(name)] for name in ("incident", "team")},
    }


def test_github_fails_while_it_is_published_and_people_who_know_are_not_told_again_from_another_machine(
    tmp_path: Path, slack: SlackServer
) -> None:
    with closing(make_github(tmp_path / "github.git")) as hub:
        phone = phone_of(hub, slack, tmp_path)
        hub.faults.append(Fault("receive-pack", "unavailable", times=None))
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


def test_killed_at_any_call_to_github_the_next_run_ends_as_if_nothing_had_happened(
    tmp_path: Path, slack: SlackServer
) -> None:
    """The call at which it is killed has its effect, and nobody hears the answer; it is the same issue every time."""
    opened = Clock(machine())
    expected: dict[str, object] = {}
    number = 0
    while True:
        folder = tmp_path / str(number)
        folder.mkdir()
        github = make_github(folder / "github.git", now=opened.now)
        with closing(github) as hub, slack_server("incident", "team") as chat:
            phone = phone_of(hub, chat, folder)
            issue = phone.open("Checkout is down", body(summary="Every order fails."))
            desk = phone.machine()
            Path(desk.variables["GITHUB_EVENT_PATH"]).write_text(json.dumps(phone.event(issue)))
            hub.forget()
            hub.meanwhile += [("*", lambda: None)] * (number - 1)
            started: list[Running] = []
            if number:
                hub.meanwhile.append(("*", lambda started=started: started[0].kill()))  # type: ignore[misc]
            with hub.locked():  # until the process is known, nobody is answered
                started.append(desk.begin("intake", environ={"GITHUB_EVENT_NAME": "issues"}))
            started[0].communicate(timeout=60)
            killed = started[0].returncode == -signal.SIGKILL
            assert killed or started[0].returncode == 0
            hub.meanwhile.clear()
            if killed:
                again = phone.run(phone.event(issue))
                assert again.code == 0, f"killed at call {number}: {again}"
            assert hub.refused == []
            expected = expected or state(hub, chat, issue)
            assert state(hub, chat, issue) == expected, f"killed at call {number}"
            if number and not killed:
                break
        number += 1
    assert number > 15
