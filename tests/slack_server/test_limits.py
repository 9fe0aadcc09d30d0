"""The Slack of the tests takes what is at a limit and refuses what is one over, as the documentation says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.slack_server import SlackServer, slack_server
from tests.slack_server.limits import faults, length
from tests.slack_server.workspace import TOKEN
from tests.support.clock import Clock


def plain(n: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": "x" * n}


def mrkdwn(n: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": "x" * n}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(3), "action_id": "a", **more}


def section(n: int) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(n)}


LIMITS: dict[str, tuple[int, Callable[[int], list[dict[str, Any]]]]] = {
    "blocks of a message": (50, lambda n: [{"type": "divider"}] * n),
    "text of a section": (3000, lambda n: [section(n)]),
    "fields of a section": (10, lambda n: [{"type": "section", "fields": [plain(1)] * n}]),
    "text of a field": (2000, lambda n: [{"type": "section", "fields": [plain(n)]}]),
    "text of a header": (150, lambda n: [{"type": "header", "text": plain(n)}]),
    "elements of a context": (10, lambda n: [{"type": "context", "elements": [plain(1)] * n}]),
    "elements of actions": (25, lambda n: [{"type": "actions", "elements": [button() for _ in range(n)]}]),
    "text of a button": (75, lambda n: [{"type": "actions", "elements": [button(text=plain(n))]}]),
    "value of a button": (2000, lambda n: [{"type": "actions", "elements": [button(value="x" * n)]}]),
    "id of a block": (255, lambda n: [{"type": "divider", "block_id": "x" * n}]),
}
CHECKED_BY_THE_SDK = {"text of a section", "fields of a section", "text of a header", "elements of actions"}


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server("ops", now=Clock().now) as server:
        yield server


def refusal(slack: SlackServer, method: str, **arguments: Any) -> str:
    """The error of a call, empty when Slack took it."""
    try:
        WebClient(TOKEN, base_url=slack.url, retry_handlers=[]).api_call(method, json=arguments)
    except SlackApiError as error:
        return str(error.response["error"])
    return ""


def post(slack: SlackServer, **arguments: Any) -> str:
    return refusal(slack, "chat.postMessage", channel="#ops", **{"text": "words", **arguments})


@pytest.mark.parametrize("what", LIMITS)
def test_what_is_at_the_limit_is_taken_and_one_more_is_not(slack: SlackServer, what: str) -> None:
    most, blocks = LIMITS[what]
    assert post(slack, blocks=blocks(most)) == ""
    assert post(slack, blocks=blocks(most + 1)) == "invalid_blocks"
    assert len(slack.messages()) == 1


@pytest.mark.parametrize("what", sorted(CHECKED_BY_THE_SDK))
def test_the_models_of_the_sdk_draw_the_same_line(what: str) -> None:
    most, blocks = LIMITS[what]
    (at_it,), (above,) = Block.parse_all(blocks(most)), Block.parse_all(blocks(most + 1))
    at_it.validate_json()
    with pytest.raises(SlackObjectFormationError):
        above.validate_json()


@pytest.mark.parametrize(
    "block",
    [
        {"type": "section"},
        {"type": "section", "text": mrkdwn(0)},
        {"type": "section", "text": plain(3) | {"text": " \n"}},
        {"type": "section", "text": "bare"},
        {"type": "section", "text": mrkdwn(1) | {"emoji": True}},
        {"type": "section", "text": plain(1) | {"verbatim": True}},
        {"type": "section", "text": mrkdwn(1), "colour": "red"},
        {"type": "section", "fields": []},
        {"type": "header", "text": mrkdwn(1)},
        {"type": "context", "elements": []},
        {"type": "actions", "elements": [button(url="javascript:alert(1)")]},
        {"type": "marquee"},
        "text",
    ],
)
def test_a_block_of_the_wrong_form_is_refused(slack: SlackServer, block: Any) -> None:
    assert post(slack, blocks=[block]) == "invalid_blocks"


def test_two_blocks_cannot_have_the_same_id() -> None:
    assert faults([{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}])


def test_all_blocks_together_have_a_limit_too(slack: SlackServer) -> None:
    assert post(slack, blocks=[section(2900)] * 4) == ""
    assert post(slack, blocks=[section(2900)] * 5) == "msg_blocks_too_long"


def test_an_emoji_counts_twice() -> None:
    assert length("🔴") == 2
    assert faults([{"type": "header", "text": {"type": "plain_text", "text": "🔴" * 76}}])


def test_the_text_of_a_message_has_a_limit_and_an_edit_a_lower_one(slack: SlackServer) -> None:
    assert post(slack, text="x" * 40_000) == ""
    assert post(slack, text="x" * 40_001) == "msg_too_long"
    (message,) = slack.messages()
    edit = {"channel": slack.workspace.named("ops").id, "ts": message.ts}
    assert refusal(slack, "chat.update", **edit, text="x" * 4000) == ""
    assert refusal(slack, "chat.update", **edit, text="x" * 4001) == "msg_too_long"


def test_a_message_without_words_is_refused(slack: SlackServer) -> None:
    assert post(slack, text="") == "no_text"
    assert post(slack, text="", blocks=[section(1)]) == ""


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "said", "event_payload": {"key": "a/b", "n": 1, "yes": True}}, ""),
        ({"event_type": "said", "event_payload": {"list": [{"a": 1}], "flat": {"a": "b"}}}, ""),
        ({"event_type": "said"}, "invalid_metadata_format"),
        ({"event_type": "said", "event_payload": {}, "more": 1}, "invalid_metadata_format"),
        ({"event_type": "two words", "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "said", "event_payload": {"key": None}}, "invalid_metadata_schema"),
        ({"event_type": "said", "event_payload": {"list": ["bare"]}}, "invalid_metadata_schema"),
        ({"event_type": "said", "event_payload": {"a": {"b": {"c": 1}}}}, "invalid_metadata_schema"),
        ({"event_type": "said", "event_payload": {"key": "x" * 17_000}}, "metadata_too_large"),
        ("said", "invalid_arguments"),
    ],
)
def test_metadata_has_one_form(slack: SlackServer, metadata: Any, error: str) -> None:
    assert post(slack, metadata=metadata) == error
