"""`opsbook announce` and `opsbook nudge` with GitHub and Slack: what was changed by hand, and what is due, is told once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from opsbook.core.ports import Landed
from opsbook.perform import announce_landed, performing
from tests.github_server.faults import Fault
from tests.github_server.server import GitHubServer
from tests.slack_server import SlackServer, seen
from tests.slack_server.workspace import TOKEN as SLACK_TOKEN
from tests.support.clock import Clock
from tests.support.desk import Desk
from tests.support.github import make_github, merge_pull, office, person, push_main, truth
from tests.support.small_book import OPSBOOK_YML
from tests.support.wired import Chat
from tests.support.world import DECLARE

TITLE = "Checkout is down"

SOON = OPSBOOK_YML.replace("update_every: 1h", "update_every: 9m")
"""The next update of a P1 is due so soon that people are reminded of it at once."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub; a request that its description does not allow fails the test."""
    server = make_github(tmp_path / "github.git")
    yield server
    server.close()
    assert server.refused == []


@pytest.fixture
def desk(server: GitHubServer, slack: SlackServer, tmp_path: Path) -> Desk:
    """The clone of a person who has a token for both."""
    return clone(server, slack, tmp_path / "book")


def clone(server: GitHubServer, slack: SlackServer, path: Path) -> Desk:
    """A clone of what is on GitHub now, like that of a runner."""
    return person(server, path, SLACK_BOT_TOKEN=SLACK_TOKEN, SLACK_API_URL=slack.url)


def facts_of(desk: Desk, record: str) -> str:
    """Where the facts of a record lie in what is checked out."""
    (found,) = [path for path in desk.files("HEAD", "incidents/") if record in path and path.endswith("incident.yaml")]
    return found


def edit(server: GitHubServer, desk: Desk, record: str, old: str, new: str) -> None:
    """An editor changes the facts on the record's branch and pushes; the clone is at main again afterwards."""
    desk.git("fetch", "--quiet")
    desk.git("switch", "--quiet", "--force-create", "mine", f"origin/opsbook/{record}")
    path = facts_of(desk, record)
    text = (desk.path / path).read_text()
    assert old in text
    desk.commit({path: text.replace(old, new, 1)}, "By hand")
    desk.git("push", "--quiet", "origin", f"mine:opsbook/{record}")
    desk.git("switch", "--quiet", "main")
    with server.locked():
        pass


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_what_an_editor_changed_in_the_pull_request_is_told_once_whatever_button_merged_it(
    server: GitHubServer, slack: SlackServer, desk: Desk, tmp_path: Path, method: str
) -> None:
    since = desk.git("rev-parse", "main").strip()
    record = desk.declare(TITLE)
    assert desk.opsbook("incident", "note", record, "It is the queue.").code == 0
    edit(server, desk, record, "severity: P1", "severity: P2")
    merge_pull(server, record, method=method)
    runner = clone(server, slack, tmp_path / "runner")
    done = runner.opsbook("announce", "--since", since)
    assert done.code == 0, str(done)
    assert f"{record}: told incident by slack: Now P2: {TITLE}" in done.out
    for channel in ("incident", "team"):
        top, *thread = slack.messages(channel)
        assert seen(top).startswith(f"🟠 P2: {TITLE}\nSeverity: P2 Major\n"), seen(top)
        assert [seen(message) for message in thread] == [f"🟠 Now P2: {TITLE}"]
    (comment,) = [text for text in truth(server).comments if "### Announcements" in text]
    assert comment.count("| severity |") == 4  # two channels, by Slack and on the console
    assert "not known" not in comment
    assert all(truth(server).receipts.values())
    for machine in (runner, desk, clone(server, slack, tmp_path / "another")):
        machine.git("fetch", "--quiet")
        again = machine.opsbook("announce", "--since", "2d", "--format", "json")
        assert again.code == 0
        assert again.json == {"told": [], "not_told": [], "problems": [], "unseen": []}
        assert machine.opsbook("reconcile").code == 0
    assert len(slack.messages()) == 4


def test_what_it_costs_does_not_grow_with_what_was_told_about_other_records(
    server: GitHubServer, tmp_path: Path
) -> None:
    """The hourly run of the workflow looks at every step of two days; a book has receipts of years."""
    chat, clock = Chat(), Clock()
    spent = []
    for number in range(3):
        with performing(DECLARE, office(server, tmp_path / f"state-{number}", chat, clock, seed=number).context):
            pass
        push_main(server, tmp_path / "people", {f"docs/{number}.md": "# A step\n", **hand_made(number)})
        with server.locked() as hub:
            step = hub.git.ref("refs/heads/main") or ""
        runner = office(server, tmp_path / "runner", chat, clock)
        runner.forge.head(None)
        server.forget()
        landed = [Landed(step, tuple(hand_made(number)))]
        (said,) = announce_landed(landed, runner.context)
        assert [told.ok for told in said.told] == [True, True]
        spent.append(server.calls())
    assert spent[1] == spent[2]


def hand_made(number: int) -> dict[str, str]:
    """An incident that somebody wrote down by hand."""
    record = f"INC-20261121-HAND{number}"
    text = f"""\
id: {record}
title: Mail is late
classification: operational
severity: P3
status: investigating
declared_by: oncall-a
times:
  declared_at: 2026-11-21T09:00:00Z
"""
    return {f"incidents/{record[4:8]}/{record}-mail-is-late/incident.yaml": text}


@pytest.mark.parametrize("words", [("announce", "--since", "2d"), ("nudge",)])
def test_while_github_is_down_the_same_command_is_to_be_run_again_and_nothing_is_said(
    server: GitHubServer, slack: SlackServer, desk: Desk, tmp_path: Path, words: tuple[str, ...]
) -> None:
    push_main(server, tmp_path / "people", hand_made(1))
    desk.git("pull", "--quiet")
    server.faults.append(Fault("*", "unavailable", times=None))
    server.no_fetch = True
    done = desk.opsbook(*words)
    assert done.code == 5, str(done)
    assert "Run the same command again" in done.out
    as_json = desk.opsbook(*words, "--format", "json")
    assert as_json.code == 5
    assert as_json.json["told"] == []
    assert len(as_json.json["problems"]) == 1
    assert slack.messages() == []
    server.faults.clear()
    server.no_fetch = False
    assert desk.opsbook(*words).code == 0
    assert len(slack.messages()) >= 1


def test_a_reminder_lands_in_the_conversation_and_leaves_the_message_at_the_top_as_it_is(
    server: GitHubServer, slack: SlackServer, desk: Desk, tmp_path: Path
) -> None:
    """An hourly workflow reminds, on a machine of its own that has never spoken about the incident."""
    record = desk.declare(TITLE)
    tops = {name: [seen(message) for message in slack.messages(name)] for name in ("incident", "team")}
    push_main(server, tmp_path / "people", {"opsbook.yml": SOON})
    runner = clone(server, slack, tmp_path / "runner")
    dry = runner.opsbook("nudge", "--dry-run", "--format", "json")
    (due,) = dry.json["due"]
    assert due["id"] == record
    assert slack.messages("incident")[1:] == []
    assert runner.opsbook("nudge").code == 0
    top, reminder = slack.messages("incident")
    assert reminder.thread_ts == top.ts
    assert seen(reminder).startswith("The next update is due at ")
    assert seen(reminder).endswith(f': {TITLE}\nDo: opsbook incident update {record} --tell "…"')
    assert {"incident": [seen(top)], "team": [seen(message) for message in slack.messages("team")]} == tops
    assert "Nothing to say" in clone(server, slack, tmp_path / "second").opsbook("nudge").out
    assert len(slack.messages()) == 3
    (comment,) = [text for text in truth(server).comments if "### Announcements" in text]
    assert comment.count("| overdue | incident |") == 2
