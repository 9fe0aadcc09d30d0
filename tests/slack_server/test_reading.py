"""What the reader of the tests takes for a ping, a link or a style: the examples of Slack's documentation and others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.slack_server import Message, pings, seen, styled
from tests.slack_server.reading import mrkdwn


def message(
    text: str = "words", blocks: list[dict[str, Any]] | None = None, call: str = "chat.postMessage", **arguments: Any
) -> Message:
    return Message("1.1", text, blocks or [], None, arguments, call)


def section(text: str, kind: str = "mrkdwn", **more: Any) -> list[dict[str, Any]]:
    return [{"type": "section", "text": {"type": kind, "text": text, **more}}]


@pytest.mark.parametrize(
    "text",
    [
        "<!here>",
        "<!channel>",
        "<!everyone> read this",
        "ask <@U012AB3CD>",
        "ask <@U012AB3CD|somebody>",
        "<!subteam^SAZ94GDB8>",
        "<!here|here>",
        "*bold <!channel>*",
        "&lt;<!channel>&gt;",
    ],
)
def test_a_mention_pings_in_the_text_and_in_blocks(text: str) -> None:
    assert pings(message(text))
    assert pings(message(blocks=section(text, verbatim=True)))


@pytest.mark.parametrize(
    "text",
    [
        "&lt;!channel&gt;",
        "&amp;lt;!channel&amp;gt;",
        "< !channel",
        "!channel",
        "@here",
        "@channel #general",
        "somebody@example.invalid",
        "<https://example.invalid/|@here>",
    ],
)
def test_words_that_only_look_like_a_mention_ping_nobody(text: str) -> None:
    assert not pings(message(text))
    assert not pings(message(blocks=section(text, verbatim=True)))


def test_a_link_to_a_channel_is_noticed_too() -> None:
    assert pings(message("join <#C024BE7LR>")) == ["#C024BE7LR"]


@pytest.mark.parametrize("how", [{"parse": "full"}, {"link_names": True}, {"link_names": 1}])
def test_bare_names_ping_where_slack_looks_for_them(how: dict[str, Any]) -> None:
    assert pings(message("tell @here", **how)) == ["@here"]


def test_an_edit_looks_for_names_unless_it_is_told_not_to() -> None:
    assert pings(message("tell @here", call="chat.update"))
    assert not pings(message("tell @here", call="chat.update", parse="none"))


def test_a_text_object_that_is_not_verbatim_refers_to_names() -> None:
    assert pings(message(blocks=section("ask #general"))) == ["#general"]
    assert not pings(message(blocks=section("ask #general", verbatim=True)))
    assert not pings(message(blocks=section("ask #general", "plain_text")))


def test_plain_text_is_words_whatever_stands_in_it() -> None:
    shown = message(blocks=section("*a* &lt;!here&gt; `b` :smile:", "plain_text"))
    assert seen(shown) == "*a* <!here> `b` :smile:"
    assert not styled(shown)


@pytest.mark.parametrize(
    ("text", "style", "words"),
    [
        ("a *b c* d", "bold", "b c"),
        ("_b_", "italic", "b"),
        ("~b~", "strike", "b"),
        ("`b *c*`", "code", "b *c*"),
        ("```b\nc```", "code", "b\nc"),
        ("a\n&gt; b", "quote", "b"),
        ("> b", "quote", "b"),
    ],
)
def test_markup_is_seen_as_markup(text: str, style: str, words: str) -> None:
    assert [(piece.style, piece.text) for piece in mrkdwn(text) if piece.style] == [(style, words)]


@pytest.mark.parametrize("text", ["2 * 3 * 4", "snake_case_word", "a*b*c", "* not bold *", "5 > 4", "10:05:00"])
def test_words_with_punctuation_stay_words(text: str) -> None:
    assert [(piece.kind, piece.style) for piece in mrkdwn(text)] == [("words", "")]


def test_a_link_shows_its_label_and_knows_its_address() -> None:
    (link,) = mrkdwn("<https://example.invalid/?a=1&amp;b=2|Read &lt;this&gt;>")
    assert (link.kind, link.text, link.address) == ("link", "Read <this>", "https://example.invalid/?a=1&b=2")


def test_what_is_seen_is_the_blocks_and_without_them_the_text() -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "A &amp; B"}}
    foot = {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]}
    fields = {"type": "section", "fields": [{"type": "mrkdwn", "text": "*x* y"}]}
    assert seen(message("hidden", [header, fields, foot])) == "A & B\nx y\nsmall"
    assert seen(message("*x* &amp; y")) == "x & y"
    assert seen(message("*x*", mrkdwn=False)) == "*x*"
