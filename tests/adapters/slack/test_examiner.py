"""Slack is examined by trying: token, scopes and every channel that is told something; nobody sees any of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from opsbook.adapters.slack.api import SlackApi
from opsbook.adapters.slack.examiner import TRIAL, SlackExaminer
from opsbook.core.config import Channel, CoreConfig, SecurityAlert
from opsbook.core.examined import Examined
from tests.contracts.examiner import ExaminerContract, read_aloud
from tests.slack_server import SlackServer, slack_server
from tests.slack_server.faults import KINDS, Kind
from tests.slack_server.workspace import SCOPES, TOKEN
from tests.support.clock import Clock
from tests.support.slack import slack_api

NAMES = ("incident", "team", "drill", "security", "help")
CHANNELS = tuple(Channel(id=name, name=f"#{name}", purpose="Something", audience=f"Those of {name}.") for name in NAMES)
TOLD = {"incident": "incidents", "team": "incidents", "drill": "drills", "security": "security incidents"}
NOW = datetime(2020, 2, 2, tzinfo=UTC)
"""The clock of this machine, which is wrong: Slack's own counts."""

BREAKS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "refuses the token": ("refused", {"error": "invalid_auth"}),
    "answers nonsense": ("unreadable", {}),
    "breaks off": ("reset", {}),
    "fails inside": ("http 500", {}),
}


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A workspace as it should be: the bot is everywhere, and the channel for security is private."""
    with slack_server(*NAMES, now=Clock().now) as server:
        server.workspace.named("security").private = True
        yield server


def settings(security: str | None) -> CoreConfig:
    """Those of a book with all channels."""
    return CoreConfig(channels=CHANNELS, security=SecurityAlert(channel=security))


def examiner(slack: SlackServer, *, api: SlackApi | None = None, security: str | None = "security") -> SlackExaminer:
    """An examiner of it."""
    return SlackExaminer(api or slack_api(slack), settings(security), TOLD, lambda: NOW)


def found(slack: SlackServer, *, api: SlackApi | None = None) -> dict[str, Examined]:
    """What is not fine, by what it is about; whatever it is, nothing is left behind."""
    items = [item for item in examiner(slack, api=api).examine() if item.state != "fine"]
    for item in items:
        read_aloud(item, (TOKEN,))
    assert slack.workspace.scheduled == {}
    assert slack.messages() == []
    assert len({item.what for item in items}) == len(items), items
    return {item.what: item for item in items}


class World:
    """A Slack that somebody has set up well."""

    secrets = (TOKEN,)

    def __init__(self, slack: SlackServer) -> None:
        self.slack = slack

    def examiner(self) -> SlackExaminer:
        return examiner(self.slack)

    def nothing_set_up(self) -> SlackExaminer:
        return SlackExaminer(None, settings(None), TOLD, lambda: NOW)

    def break_down(self, how: str) -> None:
        if how == "cannot be reached":
            self.slack.stop()
        else:
            kind, more = BREAKS[how]
            self.slack.fail("*", kind, times=None, **more)

    def everything(self) -> object:
        channels = self.slack.workspace.channels.values()
        return [(c.name, c.member, c.topic, c.messages) for c in channels], dict(self.slack.workspace.scheduled)


class TestSlack(ExaminerContract):
    """Over HTTP, with the real SDK."""

    @pytest.fixture
    def world(self, slack: SlackServer) -> World:
        return World(slack)


def test_what_is_fine_is_said_too(slack: SlackServer) -> None:
    said = {item.what: item.says for item in examiner(slack).examine()}
    assert said == {
        "token": "Slack accepts it: the bot is @opsbook in the workspace PlatOps.",
        "scopes": "chat:write, channels:read, channels:history, groups:read, groups:history are there.",
        **{
            f"#{name}": f"The bot is in it, may post, and can read back. It is told of {what}."
            for name, what in TOLD.items()
        },
    }


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "account_inactive", "not_allowed_token_type"])
def test_a_token_that_slack_does_not_accept_is_said_and_nothing_else_is_asked(slack: SlackServer, error: str) -> None:
    slack.fail("auth.test", "refused", error=error, times=None)
    (item,) = found(slack).values()
    assert (item.what, item.state) == ("token", "missing")
    assert "SLACK_BOT_TOKEN is not accepted" in item.says
    assert "OAuth & Permissions" in item.remedy
    assert slack.called() == ["auth.test"]


@pytest.mark.parametrize("token", ["two words", "xoxb-\x00", "xoxb-wrong"])
def test_a_token_that_is_none_is_never_shown(slack: SlackServer, token: str) -> None:
    (item,) = found(slack, api=slack_api(slack, token=token)).values()
    assert item.state == "missing"
    assert token not in item.says + item.remedy


@pytest.mark.parametrize(
    ("scope", "without"),
    [
        ("chat:write", "say anything"),
        ("channels:read", "find public channels"),
        ("channels:history", "find its own messages again"),
        ("groups:read", "find private channels"),
        ("groups:history", "find its own messages again in private channels"),
    ],
)
def test_a_scope_that_is_missing_is_named_with_what_it_is_for(slack: SlackServer, scope: str, without: str) -> None:
    slack.workspace.tokens[TOKEN] = set(SCOPES) - {scope, "chat:write.public"}
    item = found(slack)["scopes"]
    assert item.state == "missing"
    assert f"lacks the scope {scope}: without it the bot cannot {without}" in item.says
    assert "Reinstall to Workspace" in item.remedy


@pytest.mark.parametrize(
    ("scope", "unseen"),
    [("channels:read", {"#incident", "#team", "#drill"}), ("groups:read", {"#security"})],
)
def test_a_channel_is_not_called_missing_where_the_bot_may_not_look(
    slack: SlackServer, scope: str, unseen: set[str]
) -> None:
    slack.workspace.tokens[TOKEN] = set(SCOPES) - {scope}
    said = {name: item for name, item in found(slack).items() if name in {f"#{id_}" for id_ in TOLD}}
    assert set(said) == unseen
    assert all(item.state == "unknown" and scope in item.says for item in said.values())


@pytest.mark.parametrize("private", [False, True])
def test_a_channel_that_the_bot_is_not_in_says_how_to_invite_it(slack: SlackServer, private: bool) -> None:
    slack.workspace.named("team").member = False
    slack.workspace.named("team").private = private
    (item,) = found(slack).values()
    assert (item.what, item.state) == ("#team", "missing")
    assert "The bot is not in #team" in item.says
    assert "Write “/invite @opsbook” in #team" in item.remedy


def test_a_channel_that_does_not_exist_is_said(slack: SlackServer) -> None:
    slack.workspace.named("incident").name = "incidents"
    (item,) = found(slack).values()
    assert item.says == "The bot is not in #incident, which should be told of incidents, or there is no such channel."
    assert "`channels` in opsbook.yml" in item.remedy


def test_a_channel_that_is_only_on_pages_is_not_examined(slack: SlackServer) -> None:
    slack.workspace.named("help").name = "helpdesk"
    assert found(slack) == {}


def test_an_archived_channel_is_said(slack: SlackServer) -> None:
    slack.workspace.named("drill").archived = True
    (item,) = found(slack).values()
    assert (item.state, item.says) == ("missing", "#drill is archived.")


@pytest.mark.parametrize(
    "error",
    ["restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel"],
)
def test_a_channel_in_which_the_bot_may_not_post_is_found_without_posting(slack: SlackServer, error: str) -> None:
    slack.workspace.named("incident").closed = error
    (item,) = found(slack).values()
    assert (item.what, item.state) == ("#incident", "missing")
    assert item.says == "This workspace does not let the bot post in #incident."


def test_a_public_channel_for_security_is_said_loudly(slack: SlackServer) -> None:
    slack.workspace.named("security").private = False
    (item,) = (item for item in examiner(slack).examine() if item.what == "#security")
    assert item.state == "missing"
    assert item.says.startswith("THE CHANNEL FOR SECURITY INCIDENTS IS NOT PRIVATE: everybody in the workspace reads")


def test_a_channel_for_security_with_people_from_outside_is_said_as_loudly(slack: SlackServer) -> None:
    slack.workspace.named("security").outside = True
    (item,) = (item for item in examiner(slack).examine() if item.what == "#security")
    assert item.state == "missing"
    assert item.says.startswith("THE CHANNEL FOR SECURITY INCIDENTS IS NOT PRIVATE: people of other")


def test_readers_from_outside_are_compared_with_what_the_channel_promises(slack: SlackServer) -> None:
    slack.workspace.named("incident").outside = True
    (item,) = found(slack).values()
    assert (item.what, item.state) == ("#incident", "note")
    assert "“Those of incident.”" in item.says


def test_what_an_examination_left_that_was_killed_is_deleted_by_the_next(slack: SlackServer) -> None:
    channel = slack.workspace.named("team")
    slack_api(slack).write(
        "chat.scheduleMessage", channel=channel.id, text=TRIAL, post_at=slack.workspace.now + 8_640_000
    )
    slack_api(slack).write(
        "chat.scheduleMessage", channel=channel.id, text="A reminder", post_at=slack.workspace.now + 8_640_000
    )
    assert [item for item in examiner(slack).examine() if not item.is_good] == []
    assert [item.text for item in slack.workspace.scheduled.values()] == ["A reminder"]


def test_a_trial_that_cannot_be_taken_back_is_said(slack: SlackServer) -> None:
    slack.fail("chat.deleteScheduledMessage", "http 503", times=None)
    items = [item for item in examiner(slack).examine() if item.what == "#team"]
    assert [item.state for item in items] == ["missing"]
    assert "would be posted in 100 days" in items[0].says
    slack.plan.clear()
    assert found(slack) == {}


def test_a_trial_is_taken_back_although_slack_lists_none(slack: SlackServer) -> None:
    slack.fail("chat.scheduledMessages.list", "http 503", times=None)
    assert found(slack) == {}


def test_a_trial_of_which_nobody_knows_whether_it_was_made_is_deleted(slack: SlackServer) -> None:
    slack.fail("chat.scheduleMessage", "reset", moment="after", times=1)
    (item,) = found(slack).values()
    assert item.state == "unknown"


def test_a_slack_that_does_not_answer_is_given_up_soon(slack: SlackServer) -> None:
    slack.fail("*", "timeout", times=None)
    (item,) = found(slack, api=slack_api(slack, timeout=0.2)).values()
    assert (item.state, item.says) == ("unknown", "Nobody knows: Slack did not answer in time.")
    assert slack.called() == ["auth.test"]


def test_it_waits_a_moment_when_slack_asks_to_and_no_longer(slack: SlackServer) -> None:
    waits: list[float] = []
    slack.fail("conversations.history", "rate limited", retry_after="2", times=1)
    slack.fail("users.conversations", "rate limited", retry_after="2", times=1)
    assert found(slack, api=slack_api(slack, waits=waits)) == {}
    assert waits == [2, 2]
    slack.fail("conversations.history", "rate limited", retry_after="60", times=None)
    items = found(slack, api=slack_api(slack, waits=waits))
    assert {item.state for item in items.values()} == {"unknown"}
    assert set(items) == {f"#{name}" for name in TOLD}
    assert waits == [2, 2]


CALLS = (
    "auth.test", "users.conversations", "conversations.history", "chat.scheduleMessage",
    "chat.scheduledMessages.list", "chat.deleteScheduledMessage",
)  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_whatever_goes_wrong_with_any_call_is_said_in_words(
    slack: SlackServer, call: str, kind: Kind, moment: Any
) -> None:
    if moment == "after" and kind in ("rate limited", "refused"):
        moment = "before"
    slack.fail(call, kind, moment=moment, times=None, retry_after="60")
    api = slack_api(slack, timeout=0.2 if kind == "timeout" else 5)
    items = list(examiner(slack, api=api).examine())
    for item in items:
        read_aloud(item, (TOKEN,))
    assert [item for item in items if not item.is_good] or call == "chat.scheduledMessages.list"
    assert slack.messages() == []
    slack.plan.clear()
    list(examiner(slack).examine())
    assert slack.workspace.scheduled == {}
