"""The Slack of the tests keeps messages as Slack does, refuses what Slack refuses, and fails as it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.client import IncompleteRead
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.slack_server import Fault, SlackServer, slack_server
from tests.slack_server.faults import KINDS, every
from tests.slack_server.workspace import SCOPES, TOKEN
from tests.support.clock import Clock


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server("ops", "team", now=Clock().now) as server:
        yield server


def client(slack: SlackServer, token: str = TOKEN, **more: Any) -> WebClient:
    return WebClient(token, base_url=slack.url, **{"retry_handlers": [], **more})


def error_of(call: Callable[[], Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        call()
    return str(caught.value.response["error"])


def post(slack: SlackServer, text: str = "words", channel: str = "#ops", **more: Any) -> Any:
    return client(slack).chat_postMessage(channel=channel, text=text, **more)


# -- who may do what


def test_it_knows_who_asks(slack: SlackServer) -> None:
    assert client(slack).auth_test()["user_id"] == "U0OPSBOOK"
    assert error_of(client(slack, "xoxb-wrong").auth_test) == "invalid_auth"
    assert error_of(client(slack, "").auth_test) == "not_authed"


@pytest.mark.parametrize(
    ("scope", "call", "needed"),
    [
        ("chat:write", lambda c: c.chat_postMessage(channel="#ops", text="x"), "chat:write"),
        ("channels:read", lambda c: c.conversations_list(), "channels:read"),
        ("groups:read", lambda c: c.conversations_list(types="private_channel"), "groups:read"),
        ("channels:history", lambda c: c.conversations_history(channel="C0000000001"), "channels:history"),
        ("channels:join", lambda c: c.conversations_join(channel="C0000000001"), "channels:join"),
    ],
)
def test_a_scope_that_is_missing_is_named(
    slack: SlackServer, scope: str, call: Callable[[WebClient], Any], needed: str
) -> None:
    slack.workspace.tokens[TOKEN] = set(SCOPES - {scope})
    with pytest.raises(SlackApiError) as caught:
        call(client(slack))
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == needed
    assert scope not in caught.value.response["provided"].split(",")


def test_every_answer_says_what_the_token_may_do(slack: SlackServer) -> None:
    assert set(client(slack).auth_test().headers["X-OAuth-Scopes"].split(",")) == SCOPES


def test_what_it_does_not_know_it_refuses(slack: SlackServer) -> None:
    assert error_of(lambda: client(slack).api_call("chat.shout")) == "unknown_method"
    assert error_of(lambda: post(slack, colour="red")) == "invalid_arguments"


# -- channels


def test_a_public_channel_can_be_named_in_a_post_and_nowhere_else(slack: SlackServer) -> None:
    slack.workspace.channel("private", private=True)
    assert error_of(lambda: post(slack, channel="#private")) == "channel_not_found"
    answer = post(slack, channel="#ops")
    assert answer["channel"] == slack.workspace.named("ops").id
    assert error_of(lambda: client(slack).conversations_history(channel="#ops")) == "channel_not_found"
    assert error_of(lambda: post(slack, channel="#nowhere")) == "channel_not_found"


def test_the_bot_posts_where_it_is_and_with_a_scope_in_any_public_channel(slack: SlackServer) -> None:
    elsewhere = slack.workspace.channel("elsewhere", member=False)
    hidden = slack.workspace.channel("hidden", member=False, private=True)
    assert post(slack, channel=elsewhere.id)["ok"]
    assert error_of(lambda: client(slack).conversations_history(channel=elsewhere.id)) == "not_in_channel"
    assert error_of(lambda: post(slack, channel=hidden.id)) == "channel_not_found"
    slack.workspace.tokens[TOKEN] -= {"chat:write.public"}
    assert error_of(lambda: post(slack, channel=elsewhere.id)) == "not_in_channel"
    client(slack).conversations_join(channel=elsewhere.id)
    assert post(slack, channel=elsewhere.id)["ok"]


def test_an_archived_channel_can_be_read_and_not_written(slack: SlackServer) -> None:
    slack.workspace.named("ops").archived = True
    assert error_of(lambda: post(slack)) == "is_archived"
    assert client(slack).conversations_history(channel=slack.workspace.named("ops").id)["messages"] == []


def test_channels_come_in_pages(slack: SlackServer) -> None:
    for number in range(5):
        slack.workspace.channel(f"more-{number}", member=number % 2 == 0, private=number == 4)
    kinds = "public_channel,private_channel"
    pages = [[c["name"] for c in page["channels"]] for page in client(slack).conversations_list(types=kinds, limit=3)]
    assert list(map(len, pages)) == [3, 3, 1]
    mine = client(slack).users_conversations(types=kinds)["channels"]
    assert [c["name"] for c in mine] == ["ops", "team", "more-0", "more-2", "more-4"]
    assert [c["name"] for c in client(slack).conversations_list()["channels"]][-1] == "more-3"


def test_a_channel_is_made_once_and_gets_a_topic(slack: SlackServer) -> None:
    made = client(slack).conversations_create(name="inc-1")["channel"]
    assert error_of(lambda: client(slack).conversations_create(name="inc-1")) == "name_taken"
    assert error_of(lambda: client(slack).conversations_create(name="Inc 1")) == "invalid_name_specials"
    assert error_of(lambda: client(slack).conversations_create(name="x" * 81)) == "invalid_name_maxlength"
    client(slack).conversations_setTopic(channel=made["id"], topic="x" * 250)
    assert client(slack).conversations_info(channel=made["id"])["channel"]["topic"]["value"] == "x" * 250
    assert error_of(lambda: client(slack).conversations_setTopic(channel=made["id"], topic="x" * 251)) == "too_long"


# -- messages


def test_metadata_is_kept_and_shown_only_to_who_asks_for_it(slack: SlackServer) -> None:
    metadata = {"event_type": "said", "event_payload": {"key": "a"}}
    where = post(slack, metadata=metadata)["channel"]
    (bare,) = client(slack).conversations_history(channel=where)["messages"]
    (whole,) = client(slack).conversations_history(channel=where, include_all_metadata=True)["messages"]
    assert "metadata" not in bare
    assert whole["metadata"] == metadata
    assert slack.messages("ops")[0].key == "a"


def test_an_edit_replaces_words_and_keeps_metadata_that_it_does_not_name(slack: SlackServer) -> None:
    posted = post(slack, metadata={"event_type": "said", "event_payload": {"key": "a"}})
    edit = {"channel": posted["channel"], "ts": posted["ts"]}
    client(slack).chat_update(**edit, text="other words")
    (message,) = slack.messages()
    assert (message.text, message.edits, message.key) == ("other words", 1, "a")
    client(slack).chat_update(**edit, text="more", metadata={"event_type": "said", "event_payload": {"key": "b"}})
    assert message.key == "b"
    assert (
        error_of(lambda: client(slack).chat_update(channel=edit["channel"], ts="1.1", text="x")) == "message_not_found"
    )
    words = slack.workspace.say(slack.workspace.named("ops"), "a person's words")
    assert (
        error_of(lambda: client(slack).chat_update(channel=edit["channel"], ts=words.ts, text="x"))
        == "cant_update_message"
    )


def test_a_thread_is_apart_from_the_channel_unless_it_is_also_sent_there(slack: SlackServer) -> None:
    top = post(slack, "top")
    post(slack, "quiet", thread_ts=top["ts"])
    post(slack, "loud", thread_ts=top["ts"], reply_broadcast=True)
    where = top["channel"]
    assert [m["text"] for m in client(slack).conversations_history(channel=where)["messages"]] == ["loud", "top"]
    replies = client(slack).conversations_replies(channel=where, ts=top["ts"])["messages"]
    assert [m["text"] for m in replies] == ["top", "quiet", "loud"]
    assert error_of(lambda: post(slack, thread_ts="1.1")) == "thread_not_found"


def test_a_history_is_read_newest_first_in_pages_and_between_two_moments(slack: SlackServer) -> None:
    said = [post(slack, str(number)) for number in range(5)]
    where = said[0]["channel"]
    pages = [
        [m["text"] for m in page["messages"]] for page in client(slack).conversations_history(channel=where, limit=2)
    ]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    between = {"channel": where, "oldest": said[1]["ts"], "latest": said[3]["ts"]}
    assert [m["text"] for m in client(slack).conversations_history(**between)["messages"]] == ["2"]
    assert [m["text"] for m in client(slack).conversations_history(**between, inclusive=True)["messages"]] == [
        "3",
        "2",
        "1",
    ]
    assert error_of(lambda: client(slack).conversations_history(channel=where, limit=1000)) == "invalid_limit"
    assert error_of(lambda: client(slack).conversations_history(channel=where, cursor="x")) == "invalid_cursor"


def test_a_deleted_message_with_replies_leaves_a_mark(slack: SlackServer) -> None:
    channel = slack.workspace.named("ops")
    top, alone = post(slack, "top"), post(slack, "alone")
    post(slack, "reply", thread_ts=top["ts"])
    for ts in (top["ts"], alone["ts"]):
        message = channel.at(ts)
        assert message is not None
        slack.workspace.delete(channel, message)
    (mark,) = client(slack).conversations_history(channel=channel.id)["messages"]
    assert (mark["ts"], mark["subtype"]) == (top["ts"], "tombstone")
    assert (
        error_of(lambda: client(slack).chat_update(channel=channel.id, ts=top["ts"], text="x")) == "message_not_found"
    )


def test_a_message_has_an_address(slack: SlackServer) -> None:
    said = post(slack)
    link = client(slack).chat_getPermalink(channel=said["channel"], message_ts=said["ts"])["permalink"]
    assert link.endswith(f"/{said['channel']}/p{said['ts'].replace('.', '')}")


def test_a_message_can_wait_and_be_called_back(slack: SlackServer) -> None:
    later = slack.workspace.now + 60
    made = client(slack).chat_scheduleMessage(channel="#ops", text="reminder INC-1", post_at=later)
    listed = client(slack).chat_scheduledMessages_list(channel=made["channel"])["scheduled_messages"]
    assert [(item["text"], item["post_at"]) for item in listed] == [("reminder INC-1", later)]
    past = slack.workspace.now
    assert (
        error_of(lambda: client(slack).chat_scheduleMessage(channel="#ops", text="x", post_at=past)) == "time_in_past"
    )
    call_back = {"channel": made["channel"], "scheduled_message_id": made["scheduled_message_id"]}
    client(slack).chat_deleteScheduledMessage(**call_back)
    assert error_of(lambda: client(slack).chat_deleteScheduledMessage(**call_back)) == "invalid_scheduled_message_id"


def test_what_may_not_be_posted_may_not_be_scheduled_either(slack: SlackServer) -> None:
    later = slack.workspace.now + 8_640_000

    def schedule() -> Any:
        return client(slack).chat_scheduleMessage(channel="#ops", text="x", post_at=later)

    channel = slack.workspace.named("ops")
    for closed in ("restricted_action", "restricted_action_read_only_channel"):
        channel.closed = closed
        assert error_of(schedule) == error_of(lambda: post(slack)) == closed
    channel.closed, channel.archived = "", True
    assert error_of(schedule) == error_of(lambda: post(slack)) == "is_archived"
    channel.archived, channel.member = False, False
    slack.workspace.tokens[TOKEN] = set(SCOPES) - {"chat:write.public"}
    assert error_of(schedule) == error_of(lambda: post(slack)) == "not_in_channel"
    channel.private = True
    assert error_of(schedule) == "channel_not_found"
    assert slack.workspace.scheduled == {}


def test_only_thirty_messages_can_wait_for_the_same_minutes(slack: SlackServer) -> None:
    later = slack.workspace.now + 8_640_000
    for _ in range(30):
        client(slack).chat_scheduleMessage(channel="#ops", text="x", post_at=later)
    again = client(slack).chat_scheduleMessage
    assert error_of(lambda: again(channel="#ops", text="x", post_at=later + 60)) == "restricted_too_many"
    assert again(channel="#ops", text="x", post_at=later + 3600)["ok"]
    assert again(channel="#team", text="x", post_at=later)["ok"]


def test_what_is_about_to_be_posted_cannot_be_called_back(slack: SlackServer) -> None:
    made = client(slack).chat_scheduleMessage(channel="#ops", text="x", post_at=slack.workspace.now + 60)
    slack.workspace.ahead += timedelta(seconds=1)
    call_back = {"channel": made["channel"], "scheduled_message_id": made["scheduled_message_id"]}
    assert error_of(lambda: client(slack).chat_deleteScheduledMessage(**call_back)) == "invalid_scheduled_message_id"


# -- failures

SEEN_BY_THE_CLIENT = {
    "timeout": TimeoutError,
    "reset": (ConnectionError, URLError),
    "http 500": SlackApiError,
    "http 503": SlackApiError,
    "unreadable": SlackApiError,
    "empty": SlackApiError,
    "cut off": IncompleteRead,
    "rate limited": SlackApiError,
    "refused": SlackApiError,
}


@pytest.mark.parametrize("fault", list(every(["chat.postMessage"])), ids=str)
def test_each_fault_strikes_before_or_after_the_effect_and_as_often_as_it_should(
    slack: SlackServer, fault: Fault
) -> None:
    slack.plan.add(fault)
    impatient = client(slack, timeout=0.3)
    for attempt in (1, 2):
        if attempt == 1 or fault.times is None:
            with pytest.raises(SEEN_BY_THE_CLIENT[fault.kind]):
                impatient.chat_postMessage(channel="#ops", text=str(attempt))
        else:
            client(slack).chat_postMessage(channel="#ops", text=str(attempt))
    lost = {"1"} if fault.times else {"1", "2"}
    arrived = {"1", "2"} if fault.moment == "after" else {"1", "2"} - lost
    assert {message.text for message in slack.messages()} == arrived
    slack.plan.clear()
    assert client(slack).auth_test()["ok"]


def test_a_fault_may_wait_for_its_turn(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", "refused", skip=1, error="is_archived")
    assert post(slack)["ok"]
    assert error_of(lambda: post(slack)) == "is_archived"
    assert post(slack)["ok"]


@pytest.mark.parametrize("after", ["30", "Sat, 21 Nov 2026 10:06:00 GMT"])
def test_a_limit_says_how_long_to_wait_in_seconds_or_as_a_date(slack: SlackServer, after: str) -> None:
    slack.fail("*", "rate limited", retry_after=after)
    with pytest.raises(SlackApiError) as caught:
        post(slack)
    response = caught.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (429, "ratelimited", after)
    assert response.headers["Date"] == "Sat, 21 Nov 2026 10:05:00 GMT"


def test_a_plan_is_plain_data_and_refuses_nonsense() -> None:
    assert {fault.kind for fault in every(["x"])} == set(KINDS)
    assert len(list(every(["x", "y"]))) == 2 * (7 * 4 + 2 * 2)
    assert Fault(**json.loads('{"call": "x", "kind": "reset", "moment": "after", "times": 2}')).times == 2
    for wrong in ({"kind": "fire"}, {"kind": "reset", "moment": "during"}, {"kind": "rate limited", "moment": "after"}):
        with pytest.raises(ValueError, match=r"no such fault|never comes after"):
            Fault("x", **wrong)


def test_the_default_client_says_it_twice_which_is_why_ours_is_another(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", "reset", moment="after")
    WebClient(TOKEN, base_url=slack.url).chat_postMessage(channel="#ops", text="once?")
    assert [message.text for message in slack.messages()] == ["once?", "once?"]


def test_a_stopped_server_refuses_connections(slack: SlackServer) -> None:
    slack.stop()
    with pytest.raises(URLError) as caught:
        post(slack)
    assert isinstance(caught.value.reason, ConnectionRefusedError)
