"""What people see in Slack: one message for each record and channel, kept in step, and a conversation below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from opsbook.adapters.slack.sink import SlackSink
from opsbook.core.announcement import Announcement
from opsbook.core.ports import Delivery
from tests.slack_server import Channel, Message, SlackServer, seen, slack_server
from tests.slack_server.workspace import SCOPES, TOKEN
from tests.support.announcements import DECLARED, IDENTIFIED, RECORD, RESOLVED, SECURITY, UPDATE
from tests.support.clock import Clock
from tests.support.slack import slack_api, slack_sink


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server("incident", "team", "security", now=Clock().now) as server:
        yield server


@pytest.fixture
def channel(slack: SlackServer) -> Channel:
    return slack.workspace.named("incident")


def say(sink: SlackSink, *items: Announcement) -> list[Delivery]:
    """Say announcements one after another; each must be done."""
    done = [sink.send(item, item.key("slack")) for item in items]
    assert [(delivery.outcome, delivery.error) for delivery in done] == [("done", "")] * len(items)
    return done


def find(sink: SlackSink, item: Announcement) -> Delivery:
    return sink.find(item, item.key("slack"))


def top(channel: Channel) -> Message:
    """The only message of ours that is seen without opening a thread and answers nothing."""
    (message,) = [m for m in channel.messages if m.thread_ts is None and m.key]
    return message


def replies(channel: Channel) -> list[str]:
    return [seen(message) for message in channel.messages if message.thread_ts is not None]


# -- one conversation


def test_a_declaration_is_one_call_for_each_channel(slack: SlackServer) -> None:
    say(slack_sink(slack), DECLARED, replace(DECLARED, audience="team"))
    assert slack.called() == ["chat.postMessage"] * 2
    assert [message.key for message in slack.messages()] == [
        DECLARED.key("slack"),
        replace(DECLARED, audience="team").key("slack"),
    ]


def test_a_private_channel_is_told_too(slack: SlackServer) -> None:
    private = slack.workspace.channel("private", private=True)
    say(slack_sink(slack), *(replace(item, audience="private") for item in (DECLARED, UPDATE)))
    assert [message.key is not None for message in private.messages] == [True, True]


def test_later_announcements_are_said_in_the_thread_and_shown_at_the_top(slack: SlackServer, channel: Channel) -> None:
    done = say(slack_sink(slack), DECLARED, IDENTIFIED, UPDATE, RESOLVED)
    assert seen(top(channel)).startswith("✅ Resolved: Checkout is down\nSeverity: P1 Critical\nStatus: resolved\n")
    assert replies(channel) == ["🔴 Identified: Checkout is down", UPDATE.headline, "✅ Resolved: Checkout is down"]
    assert [item.reference.split("/")[2:] for item in done] == [[], *[[top(channel).ts]] * 3]


def test_what_nobody_may_miss_is_also_sent_to_the_channel(slack: SlackServer, channel: Channel) -> None:
    say(slack_sink(slack), DECLARED, IDENTIFIED, UPDATE)
    assert [message.broadcast for message in channel.messages] == [False, True, False]


def test_an_edit_keeps_the_marker_of_the_first_announcement(slack: SlackServer) -> None:
    sink = slack_sink(slack)
    done = say(sink, DECLARED, RESOLVED)
    assert find(slack_sink(slack), DECLARED) == done[0]
    assert find(slack_sink(slack), RESOLVED) == done[1]


def test_another_process_finds_the_conversation_by_its_markers(slack: SlackServer, channel: Channel) -> None:
    say(slack_sink(slack), DECLARED)
    for number in range(450):
        slack.workspace.say(channel, f"chatter {number}")
    say(slack_sink(slack), IDENTIFIED)
    assert replies(channel) == ["🔴 Identified: Checkout is down"]


def test_with_the_references_of_before_no_history_is_searched(slack: SlackServer, channel: Channel) -> None:
    references = {DECLARED.key("slack"): say(slack_sink(slack), DECLARED)[0].reference}
    references["INC-20261121-7KQ4M/declared-other-incident-slack-f833228cb868"] = "C0000000002/1.1"
    slack.calls.clear()
    say(slack_sink(slack, earlier=lambda record: references), IDENTIFIED)
    assert slack.called() == ["conversations.history", "chat.update", "chat.postMessage"]
    assert [call.arguments["channel"] for call in slack.calls] == [channel.id] * 3
    assert replies(channel) == ["🔴 Identified: Checkout is down"]


def test_references_that_are_none_are_not_followed(slack: SlackServer, channel: Channel) -> None:
    say(slack_sink(slack), DECLARED)
    wrong = dict.fromkeys([DECLARED.key("slack"), UPDATE.key("slack")], "../../x")
    say(slack_sink(slack, earlier=lambda record: wrong), IDENTIFIED)
    assert replies(channel) == ["🔴 Identified: Checkout is down"]


def test_records_do_not_answer_each_other(slack: SlackServer, channel: Channel) -> None:
    other = replace(DECLARED, record="INC-20261121-0ABCD", headline="P2 incident: Search is slow")
    sink = slack_sink(slack)
    say(sink, DECLARED, other, IDENTIFIED)
    tops = [message for message in channel.messages if message.thread_ts is None]
    assert [message.key for message in tops] == [DECLARED.key("slack"), other.key("slack")]
    assert [message.thread_ts for message in channel.messages if message.thread_ts] == [tops[0].ts]


def test_several_announcements_of_one_change_edit_once(slack: SlackServer) -> None:
    role = replace(IDENTIFIED, name="role", fact="r", headline="On-call engineer B is lead for: Checkout is down")
    say(slack_sink(slack), DECLARED, IDENTIFIED, role)
    assert slack.called() == [
        "chat.postMessage",
        "conversations.history",
        "chat.update",
        "chat.postMessage",
        "chat.postMessage",
    ]


def test_without_a_conversation_an_announcement_begins_one_and_says_everything(
    slack: SlackServer, channel: Channel
) -> None:
    say(slack_sink(slack), IDENTIFIED, RESOLVED)
    text = seen(top(channel))
    assert text.startswith("✅ Resolved: Checkout is down\n")
    assert replies(channel) == ["✅ Resolved: Checkout is down"]


def test_news_that_begin_a_conversation_are_in_it(slack: SlackServer, channel: Channel) -> None:
    say(slack_sink(slack), UPDATE)
    assert "We have found the cause." in seen(top(channel))
    assert "Status: identified" in seen(top(channel))


def test_a_late_declaration_joins_the_conversation(slack: SlackServer, channel: Channel) -> None:
    say(slack_sink(slack), RESOLVED)
    late = slack_sink(slack)
    assert find(late, DECLARED).outcome == "not done"
    say(late, DECLARED)
    assert seen(top(channel)).startswith("✅ Resolved: Checkout is down\n")
    assert [text.split("\n")[0] for text in replies(channel)] == ["P1 incident: Checkout is down"]


def test_a_late_announcement_does_not_bring_back_an_old_state(slack: SlackServer, channel: Channel) -> None:
    say(slack_sink(slack), DECLARED, RESOLVED, IDENTIFIED)
    assert seen(top(channel)).startswith("✅ Resolved")
    assert replies(channel) == ["✅ Resolved: Checkout is down", "🔴 Identified: Checkout is down"]


def test_a_state_that_was_edited_by_hand_is_shown_although_nothing_was_added(
    slack: SlackServer, channel: Channel
) -> None:
    by_hand = replace(IDENTIFIED, fact="a>b", facts=(("Status", "monitoring"),))
    say(slack_sink(slack), DECLARED, IDENTIFIED, by_hand)
    assert "Status: monitoring" in seen(top(channel))


def test_a_deleted_message_is_replaced_and_its_replies_stay(slack: SlackServer, channel: Channel) -> None:
    references = {DECLARED.key("slack"): "", IDENTIFIED.key("slack"): "", UPDATE.key("slack"): ""}
    for item in (DECLARED, IDENTIFIED, UPDATE, RESOLVED):
        if item is UPDATE:
            slack.workspace.delete(channel, top(channel))
        sink = slack_sink(slack, earlier=lambda record: references)
        references[item.key("slack")] = say(sink, item)[0].reference
    assert seen(top(channel)).startswith("✅ Resolved")
    assert top(channel).key == UPDATE.key("slack")
    assert [m.key for m in channel.thread(top(channel).ts)] == [UPDATE.key("slack"), RESOLVED.key("slack")]


def test_a_security_incident_is_told_as_it_is_given(slack: SlackServer) -> None:
    over = replace(
        SECURITY,
        name="status",
        fact="s",
        headline="A security incident is resolved",
        facts=(),
        steps=(),
        opens=False,
        loud=True,
    )
    say(slack_sink(slack), SECURITY, over)
    first, second = slack.messages("security")
    assert seen(first).startswith("A security incident was declared\n")
    assert first.edits == 0
    assert (seen(second), second.thread_ts, second.broadcast) == ("A security incident is resolved", first.ts, True)
    assert slack.messages("incident") == slack.messages("team") == []


def test_nothing_is_unfurled_and_no_names_are_looked_for(slack: SlackServer) -> None:
    say(slack_sink(slack), DECLARED, IDENTIFIED)
    for call in slack.calls:
        if call.method.startswith("chat."):
            assert (call.arguments["parse"], call.arguments["link_names"]) == ("none", False)
        if call.method == "chat.postMessage":
            quiet = [call.arguments[name] for name in ("mrkdwn", "unfurl_links", "unfurl_media")]
            assert quiet == [False, False, False]


# -- reading back


def test_what_was_said_in_a_thread_is_found_by_another_process(slack: SlackServer) -> None:
    done = say(slack_sink(slack), DECLARED, IDENTIFIED, UPDATE)
    for item, delivery in zip((DECLARED, IDENTIFIED, UPDATE), done, strict=True):
        assert find(slack_sink(slack), item) == delivery
    assert find(slack_sink(slack), RESOLVED).outcome == "not done"


def test_what_was_said_is_found_among_what_people_said_since(slack: SlackServer, channel: Channel) -> None:
    done = say(slack_sink(slack), DECLARED, UPDATE)
    for number in range(900):
        slack.workspace.say(channel, f"chatter {number}")
    assert [find(slack_sink(slack), item) for item in (DECLARED, UPDATE)] == done


def test_when_too_much_was_said_since_nobody_knows(slack: SlackServer, channel: Channel) -> None:
    say(slack_sink(slack), DECLARED)
    for number in range(2_100):
        slack.workspace.say(channel, f"chatter {number}")
    found = find(slack_sink(slack), RESOLVED)
    assert (found.outcome, "#incident" in found.error) == ("unknown", True)


def test_what_people_said_long_before_the_record_is_not_read(slack: SlackServer, channel: Channel) -> None:
    slack.workspace.ahead = -timedelta(days=30)
    for number in range(2_100):
        slack.workspace.say(channel, f"chatter {number}")
    slack.workspace.ahead = timedelta()
    assert find(slack_sink(slack), DECLARED).outcome == "not done"


def test_a_marker_of_somebody_else_is_not_ours(slack: SlackServer, channel: Channel) -> None:
    for payload in ({"key": 5}, {"key": f"{RECORD}/x", "revision": "many"}, [], {"key": "INC-1/declared"}):
        message = slack.workspace.say(channel, "words")
        message.metadata = {"event_type": "opsbook_announcement", "event_payload": payload}
    message = slack.workspace.say(channel, "words")
    message.metadata = {"event_type": "other", "event_payload": {"key": DECLARED.key("slack")}}
    assert find(slack_sink(slack), DECLARED).outcome == "not done"


def test_reading_back_shows_at_the_top_what_was_said_and_not_shown(slack: SlackServer, channel: Channel) -> None:
    done = say(slack_sink(slack), DECLARED, RESOLVED)
    stale = top(channel)
    assert stale.metadata is not None
    stale.metadata["event_payload"]["revision"] = 1
    stale.blocks = []
    assert find(slack_sink(slack), RESOLVED) == done[1]
    assert seen(top(channel)).startswith("✅ Resolved")


def test_what_is_on_record_meanwhile_no_longer_says_that_it_is_not(slack: SlackServer, channel: Channel) -> None:
    (done,) = say(slack_sink(slack), replace(DECLARED, unrecorded=True))
    assert "Not yet on record" in seen(top(channel))
    assert find(slack_sink(slack), DECLARED) == done
    assert "Not yet on record" not in seen(top(channel))


# -- what goes wrong


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"member": False}, "/invite"),
        ({"member": False, "private": True}, "invite the bot"),
        ({"archived": True}, "unarchive"),
        (None, "create it"),
    ],
)
def test_a_channel_that_cannot_be_told_is_named_with_what_to_do(
    slack: SlackServer, state: dict[str, bool] | None, words: str
) -> None:
    slack.workspace.tokens[TOKEN] -= {"chat:write.public"}
    if state is not None:
        slack.workspace.channel("other", **state)
    elsewhere = replace(DECLARED, audience="other")
    sent = slack_sink(slack).send(elsewhere, elsewhere.key("slack"))
    assert (sent.outcome, sent.reference) == ("not done", "")
    assert "#other" in sent.error
    assert words in sent.error
    # Reading back knows it too, so that a later run says it as soon as somebody has put it right.
    again = slack_sink(slack)
    assert again.find(elsewhere, elsewhere.key("slack")).outcome == "not done"
    slack.workspace.channels.pop(next((c.id for c in slack.workspace.channels.values() if c.name == "other"), ""), None)
    slack.workspace.channel("other")
    say(slack_sink(slack), elsewhere)


def test_where_the_bot_may_post_without_being_there_nobody_knows_what_it_said(slack: SlackServer) -> None:
    slack.workspace.channel("other", member=False)
    elsewhere = replace(DECLARED, audience="other")
    say(slack_sink(slack), elsewhere)
    found = find(slack_sink(slack), elsewhere)
    assert found.outcome == "unknown"
    assert "/invite" in found.error


def test_an_audience_without_a_channel_is_said_to_have_none(slack: SlackServer) -> None:
    sink = slack_sink(slack, {}.get)
    for delivery in (sink.send(DECLARED, "k"), find(sink, DECLARED)):
        assert (delivery.outcome, delivery.error) == ("not done", "opsbook.yml names no channel “incident”.")
    assert slack.calls == []


@pytest.mark.parametrize("scope", ["channels:history", "channels:read"])
def test_without_the_scopes_to_read_people_are_told_all_the_same(slack: SlackServer, scope: str) -> None:
    slack.workspace.tokens[TOKEN] = set(SCOPES - {scope})
    say(slack_sink(slack), DECLARED, IDENTIFIED)
    found = find(slack_sink(slack), DECLARED)
    assert found.outcome == "unknown"
    assert scope in found.error


def test_a_token_without_any_right_is_told_which_one(slack: SlackServer) -> None:
    slack.workspace.tokens[TOKEN] = {"channels:read"}
    sent = slack_sink(slack).send(DECLARED, "k")
    assert sent.outcome == "not done"
    assert "chat:write" in sent.error


def test_a_lost_answer_is_looked_for_before_it_is_called_unknown(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", "reset", moment="after")
    say(slack_sink(slack), DECLARED)
    assert slack.called() == [
        "chat.postMessage",
        "users.conversations",
        "conversations.history",
        "conversations.history",
    ]
    assert len(slack.messages()) == 1


def test_a_post_that_was_lost_is_unknown_and_not_repeated(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", "reset")
    sent = slack_sink(slack).send(DECLARED, DECLARED.key("slack"))
    assert (sent.outcome, "#incident" in sent.error) == ("unknown", True)
    assert slack.called().count("chat.postMessage") == 1
    assert find(slack_sink(slack), DECLARED).outcome == "not done"


@pytest.mark.parametrize("error", ["cant_update_message", "edit_window_closed"])
def test_where_messages_cannot_be_edited_people_are_told_in_the_thread(
    slack: SlackServer, channel: Channel, error: str
) -> None:
    slack.fail("chat.update", "refused", error=error, times=None)
    sink = slack_sink(slack)
    say(sink, DECLARED)
    sent = sink.send(IDENTIFIED, IDENTIFIED.key("slack"))
    assert (sent.outcome, error in sent.error) == ("done", True)
    assert replies(channel) == ["🔴 Identified: Checkout is down"]


def test_a_state_that_could_not_be_shown_is_unknown_and_then_put_right(slack: SlackServer, channel: Channel) -> None:
    say(slack_sink(slack), DECLARED)
    slack.fail("chat.update", "http 503", times=None)
    sent = slack_sink(slack).send(IDENTIFIED, IDENTIFIED.key("slack"))
    assert (sent.outcome, "older state" in sent.error) == ("unknown", True)
    slack.plan.clear()
    assert find(slack_sink(slack), IDENTIFIED).outcome == "done"
    assert "Status: identified" in seen(top(channel))
    assert replies(channel) == ["🔴 Identified: Checkout is down"]


def test_a_slack_that_does_not_answer_costs_two_waits_and_no_more(slack: SlackServer) -> None:
    slack.fail("*", "timeout", times=None)
    sink = slack_sink(slack, api=slack_api(slack, timeout=0.3))
    outcomes = [
        sink.send(item, item.key("slack")).outcome for item in (DECLARED, replace(DECLARED, audience="team"), UPDATE)
    ]
    assert outcomes == ["unknown", "not done", "not done"]
    assert len(slack.calls) == 2


def test_no_error_holds_the_token_or_the_words(slack: SlackServer) -> None:
    said = replace(DECLARED, headline="words that nobody else may read")
    errors = []
    for kind in ("reset", "http 500", "unreadable", "refused", "rate limited"):
        slack.fail("*", kind, times=None, retry_after="90")
        errors += [slack_sink(slack).send(said, "k").error, slack_sink(slack).find(said, "k").error]
        slack.plan.clear()
    assert all(errors)
    assert not [error for error in errors if TOKEN in error or "xoxb" in error or "nobody else" in error]
