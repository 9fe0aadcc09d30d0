"""Each call ends in one of three ways, and says so without the token or the message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from opsbook.adapters.slack.api import SlackApi, SlackRefusal, SlackUnknown
from opsbook.adapters.slack.words import explain
from tests.slack_server import SlackServer, slack_server
from tests.slack_server.faults import Kind, Moment
from tests.slack_server.workspace import SCOPES, TOKEN
from tests.support.clock import Clock
from tests.support.slack import slack_api

SECRET = "words that nobody else may read"


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server("ops", now=Clock().now) as server:
        yield server


def post(api: SlackApi) -> Any:
    return api.write("chat.postMessage", channel="#ops", text=SECRET)


def refusal(api: SlackApi) -> SlackRefusal:
    with pytest.raises(SlackRefusal) as caught:
        post(api)
    return caught.value


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", ["timeout", "reset", "http 500", "http 503", "unreadable", "empty", "cut off"])
def test_when_no_answer_came_nobody_knows(slack: SlackServer, kind: Kind, moment: Moment) -> None:
    slack.fail("chat.postMessage", kind, moment=moment)
    with pytest.raises(SlackUnknown) as caught:
        post(slack_api(slack, timeout=0.3))
    assert len(slack.calls) == 1
    assert len(slack.messages()) == (1 if moment == "after" else 0)
    assert SECRET not in repr(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("code", ["internal_error", "fatal_error"])
def test_a_refusal_that_may_come_after_the_effect_is_unknown(slack: SlackServer, code: str) -> None:
    slack.fail("chat.postMessage", "refused", error=code)
    with pytest.raises(SlackUnknown, match=code):
        post(slack_api(slack))


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel", "channel_not_found", "invalid_blocks"])
def test_any_other_refusal_means_that_nothing_happened(slack: SlackServer, code: str) -> None:
    slack.fail("chat.postMessage", "refused", error=code)
    assert refusal(slack_api(slack)).code == code


def test_a_code_that_is_no_code_is_not_repeated(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", "refused", error=f"no: {SECRET}")
    with pytest.raises(SlackUnknown) as caught:
        post(slack_api(slack))
    assert SECRET not in str(caught.value)


def test_a_server_that_is_not_there_was_not_told(slack: SlackServer) -> None:
    slack.stop()
    assert refusal(slack_api(slack)).code == "unreachable"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "not an address", "http://[::1/", "http://127.0.0.1:notaport/"])
def test_an_address_that_is_none_was_not_asked(url: str) -> None:
    assert refusal(SlackApi(TOKEN, url, wait=[].append)).code in ("bad_address", "unreachable")


@pytest.mark.parametrize("token", ["xoxb-1\r\nHost: evil", "xoxb-ü", "two words", ""])
def test_a_token_that_cannot_be_one_is_not_sent(slack: SlackServer, token: str) -> None:
    found = refusal(slack_api(slack, token=token))
    assert found.code == "bad_token"
    assert slack.calls == []
    assert not token or token not in explain(found, "#ops")


def test_a_token_may_have_white_space_around_it(slack: SlackServer) -> None:
    assert post(slack_api(slack, token=f" {TOKEN}\n"))["ok"]


def test_what_is_said_at_the_top_says_what_the_token_may_do(slack: SlackServer) -> None:
    api = slack_api(slack)
    assert api.scopes is None
    post(api)
    assert api.scopes == SCOPES


# -- limits


@pytest.mark.parametrize(
    ("after", "seconds"),
    [("3", 3.0), ("0", 0.1), ("Sat, 21 Nov 2026 10:05:07 GMT", 7.0), ("Sat, 21 Nov 2026 10:00:00 GMT", 0.1)],
)
def test_it_waits_as_long_as_slack_asks_and_says_it_once(slack: SlackServer, after: str, seconds: float) -> None:
    waits: list[float] = []
    slack.fail("chat.postMessage", "rate limited", retry_after=after)
    assert post(slack_api(slack, waits=waits))["ok"]
    assert waits == [seconds]
    assert len(slack.messages()) == 1


@pytest.mark.parametrize("after", ["31", "86400", "Sat, 21 Nov 2026 12:00:00 GMT", "", "soon", "-1", "9" * 30])
def test_it_does_not_wait_long_or_for_nobody_knows_how_long(slack: SlackServer, after: str) -> None:
    waits: list[float] = []
    slack.fail("chat.postMessage", "rate limited", retry_after=after)
    assert refusal(slack_api(slack, waits=waits)).code == "ratelimited"
    assert waits == []
    assert slack.messages() == []


def test_its_patience_ends(slack: SlackServer) -> None:
    waits: list[float] = []
    slack.fail("chat.postMessage", "rate limited", retry_after="9", times=None)
    api = slack_api(slack, waits=waits)
    assert refusal(api).code == "ratelimited"
    assert refusal(api).code == "ratelimited"
    assert sum(waits) <= 30


def test_who_does_not_answer_twice_is_not_asked_again(slack: SlackServer) -> None:
    slack.fail("*", "timeout", times=2)
    api = slack_api(slack, timeout=0.3)
    for _ in range(2):
        with pytest.raises(SlackUnknown):
            post(api)
    assert refusal(api).code == "silent"
    assert len(slack.calls) == 2


def test_one_answer_between_two_silences_is_enough(slack: SlackServer) -> None:
    api = slack_api(slack, timeout=0.3)
    for _ in range(2):
        slack.fail("chat.postMessage", "timeout")
        with pytest.raises(SlackUnknown):
            post(api)
        slack.plan.clear()
        assert api.read("auth.test")["ok"]


# -- words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("not_in_channel", "/invite"),
        ("channel_not_found", "opsbook.yml"),
        ("is_archived", "unarchive"),
        ("invalid_auth", "SLACK_BOT_TOKEN"),
        ("restricted_action", "admin"),
        ("unreachable", "SLACK_API_URL"),
        ("http_403", "proxy"),
        ("some_new_error", "some_new_error"),
    ],
)
def test_an_error_says_what_to_do(code: str, words: str) -> None:
    said = explain(SlackRefusal(code), "#paas")
    assert words in said
    assert said.endswith(".")
    assert "{" not in said


def test_a_missing_scope_is_named() -> None:
    assert "channels:history or groups:history" in explain(
        SlackRefusal("missing_scope", "channels:history,groups:history"), "#x"
    )
    assert "scope" in explain(SlackRefusal("missing_scope"), "#x")


def test_nothing_is_written_to_the_log_or_the_terminal(
    slack: SlackServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    for kind in ("reset", "unreadable", "http 500"):
        slack.fail("chat.postMessage", kind)
        with pytest.raises(SlackUnknown):
            post(slack_api(slack))
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")
