"""With a token in the environment Slack is told; without one nothing is different. Slack down stops nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.test_tokens import BODY, KEYS
from tests.slack_server import SlackServer, pings, seen
from tests.slack_server.workspace import TOKEN
from tests.support.desk import Desk, clone, make_remote

DECLARE = ("declare", "--title", "Checkout is down", "--severity", "P1", "--service", "checkout", "--yes")
CLOSED = "http://127.0.0.1:9/api/"
"""Where nobody listens."""


def at(desk: Desk, url: str) -> Desk:
    """The same clone, where Slack is configured."""
    return Desk(desk.path, {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": url})


def test_an_incident_from_its_declaration_to_its_end(desk: Desk, slack: SlackServer) -> None:
    desk = at(desk, slack.url)
    done = desk.opsbook(*DECLARE, "--lead", "oncall-b", "--format", "json")
    assert done.code == 0, str(done)
    assert done.json["not_told"] == []
    told = {item["ref"] for item in done.json["told"]}
    assert told == {f"{slack.workspace.named(name).id}/{slack.messages(name)[0].ts}" for name in ("incident", "team")}
    id_ = done.json["id"]
    (first,) = slack.messages("incident")
    assert seen(first).startswith(
        "🔴 P1: Checkout is down\nSeverity: P1 Critical\nStatus: investigating\nServices: Checkout\n"
    )
    assert "1. Look at the dashboards." in seen(first)
    assert seen(first).endswith(f"{id_} · Who can read #incident: Everybody.")
    assert desk.opsbook("incident", "update", id_, "--status", "identified", "--tell", "We found it").code == 0
    assert desk.opsbook("incident", "update", id_, "--status", "resolved").code == 0
    for name in ("incident", "team"):
        top, *thread = slack.messages(name)
        assert seen(top).startswith("✅ Resolved: Checkout is down\n")
        *together, last = map(seen, thread)
        assert sorted(together) == ["Update on Checkout is down: We found it", "🔴 Identified: Checkout is down"]
        assert last == "✅ Resolved: Checkout is down"
    assert all(receipt["reference"] for receipt in desk.receipts().values())
    assert slack.messages("security") == slack.messages("drill") == []


def test_without_a_token_slack_is_not_there(desk: Desk, slack: SlackServer) -> None:
    done = Desk(desk.path, {"SLACK_API_URL": slack.url}).opsbook(*DECLARE, "--format", "json")
    assert done.json["told"] == []
    assert {item["why"] for item in done.json["not_told"]} == {"Slack is not set up"}
    assert slack.calls == []


def test_a_security_incident_is_told_to_its_channel_without_facts(desk: Desk, slack: SlackServer) -> None:
    done = at(desk, slack.url).opsbook("declare", "--security", "--yes")
    assert done.code == 0, str(done)
    (message,) = slack.messages()
    assert slack.messages("security") == [message]
    assert seen(message).startswith("A security incident was declared\nFirst: The security desk: Call the number")


def test_a_drill_is_told_to_its_channel_and_says_so_first(desk: Desk, slack: SlackServer) -> None:
    assert at(desk, slack.url).opsbook(*DECLARE, "--drill").code == 0
    (message,) = slack.messages()
    assert slack.messages("drill") == [message]
    assert seen(message).startswith("DRILL 🔴 P1: Checkout is down")
    assert message.text.startswith("DRILL. ")


def test_while_slack_is_down_it_is_declared_and_the_command_that_finishes_is_printed(
    desk: Desk, slack: SlackServer
) -> None:
    done = at(desk, CLOSED).opsbook(*DECLARE)
    assert done.code == 5, str(done)
    assert "incident was not told by slack: Slack cannot be reached from here" in done.out
    assert "Finish it with: opsbook reconcile\n" in done.out
    assert "the words to tell people are in" in done.out
    assert "P1 incident: Checkout is down" in "".join(desk.outbox().values())
    finished = at(desk, slack.url).opsbook("reconcile")
    assert finished.code == 0, str(finished)
    assert [len(slack.messages(name)) for name in ("incident", "team")] == [1, 1]
    assert "Nothing to do" in at(desk, slack.url).opsbook("reconcile").out
    assert len(slack.messages()) == 2


def test_when_nobody_knows_it_waits_and_is_not_said_twice(desk: Desk, slack: SlackServer) -> None:
    slack.fail("*", "http 503", moment="after", times=None)
    done = at(desk, slack.url).opsbook(*DECLARE)
    assert done.code == 5, str(done)
    assert "incident may not have been told by slack" in done.out
    slack.plan.clear()
    assert at(desk, slack.url).opsbook("reconcile").code == 5
    assert [len(slack.messages(name)) for name in ("incident", "team")] == [1, 1]


def test_what_was_told_while_it_was_not_on_record_is_put_right(tmp_path: Path, slack: SlackServer) -> None:
    make_remote(tmp_path / "remote")
    desk = at(clone(tmp_path / "remote", tmp_path / "desk"), slack.url)
    desk.git("remote", "set-url", "origin", str(tmp_path / "nowhere"))
    assert desk.opsbook(*DECLARE).code == 4
    assert ["Not yet on record." in seen(message) for message in slack.messages()] == [True, True]
    desk.git("remote", "set-url", "origin", str(tmp_path / "remote"))
    done = desk.opsbook("reconcile")
    assert done.code == 0, str(done)
    assert ["Not yet on record." in seen(message) for message in slack.messages()] == [False, False]


def test_a_wrong_token_is_said_to_be_wrong_and_shown_nowhere(desk: Desk, slack: SlackServer) -> None:
    token = "xoxb-9876-not-the-token"
    done = Desk(desk.path, {"SLACK_BOT_TOKEN": token, "SLACK_API_URL": slack.url}).opsbook(*DECLARE)
    assert done.code == 5
    assert "SLACK_BOT_TOKEN" in done.out
    assert token not in str(done)
    kept = b"".join(path.read_bytes() for path in desk.path.rglob("*") if path.is_file())
    assert token.encode() not in kept


@pytest.mark.parametrize(
    "words", ["<!channel> <@U012AB3CD> @here", "*bold* `code` :tada: > quote", "\u202egpj.exe", "&lt;!here&gt;"]
)
def test_a_strangers_title_pings_nobody(desk: Desk, slack: SlackServer, words: str) -> None:
    desk = at(desk, slack.url)
    done = desk.opsbook(
        "declare", "--title", words, "--severity", "P2", "--summary", words, "--yes", "--format", "json"
    )
    assert done.code == 0, str(done)
    assert desk.opsbook("incident", "update", done.json["id"], "--tell", words).code == 0
    assert len(slack.messages()) == 4
    assert [name for message in slack.messages() for name in pings(message)] == []


def test_nothing_of_a_private_key_is_left_in_git_the_outbox_or_slack(desk: Desk, slack: SlackServer) -> None:
    desk = at(desk, slack.url)
    pasted = "\n\nand\n\n".join(KEYS.values())
    done = [
        desk.opsbook(*DECLARE, "--summary", pasted, "--format", "json"),
        desk.opsbook("note", pasted),
        desk.opsbook("incident", "update", "-", "--status", "identified", "--text", pasted, "--tell", pasted),
    ]
    assert [each.code for each in done] == [0, 0, 0]
    assert {item["what"] for item in done[0].json["masked"]} == {"a private key"}
    said = [seen(message) for name in ("incident", "team") for message in slack.messages(name)]
    kept = [*desk.written().values(), *desk.outbox().values(), desk.git("log", "-p", "--all")]
    everything = "".join([*said, *kept, *(each.out + each.err for each in done)])
    assert everything.count("[a private key was removed]") > len(KEYS)
    assert [line for line in BODY if line in everything] == []
