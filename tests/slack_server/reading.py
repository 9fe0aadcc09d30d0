"""What a person sees and hears of a message: its words, whom it pings, and which words were styled.

A reader of Slack's own syntax ("Formatting message text"), written from its documentation and not from any escaper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.slack_server.workspace import Message


@dataclass(frozen=True)
class Piece:
    """A part of a text: words, a ping, a link or an emoji; `style` is what the words are set in."""

    kind: Literal["words", "ping", "reference", "link", "emoji"]
    text: str
    style: str = ""
    address: str = ""


_ANGLE = re.compile(r"<([^<>\n]*)>")
_ENTITY = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_STYLES = (
    ("code", re.compile(r"```(.+?)```", re.DOTALL)),
    ("code", re.compile(r"`([^`\n]+)`")),
    ("bold", re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")),
    ("italic", re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])")),
    ("strike", re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")),
    ("quote", re.compile(r"(?m)^(?:&gt;|>)[ \t]?(.*)$")),
    ("emoji", re.compile(r":((?!\d+:)[a-z0-9_+'-]+|100):")),
)
_CALLS = ("ping", "reference")
_NAMES = re.compile(r"(?<!\w)[@#][\w.-]+")


def seen(message: Message) -> str:
    """The words of a message as a person reads them, from top to bottom."""
    return "\n".join("".join(piece.text for piece in text) for text in _texts(message))


def styled(message: Message) -> list[Piece]:
    """Every piece that is not plain words: bold, code, emoji, links and pings."""
    return [piece for text in _texts(message) for piece in text if piece.kind != "words" or piece.style]


def pings(message: Message) -> list[str]:
    """Whom the message pings or refers to: also by its fallback text, and by bare names where Slack looks for them."""
    found = [p.text for text in _texts(message) for p in text if p.kind in _CALLS]
    found += [p.text for p in _mrkdwn(message.text) if p.kind in _CALLS]
    looked_at = [
        text["text"] for text in _objects(message.blocks) if text["type"] == "mrkdwn" and not text.get("verbatim")
    ]
    arguments = message.arguments
    parse = arguments.get("parse", "client" if message.call == "chat.update" else "none")
    if parse in ("full", "client") or str(arguments.get("link_names", "")).lower() in ("1", "true"):
        looked_at += [message.text, *(text["text"] for text in _objects(message.blocks))]
    found += [name for text in looked_at for name in _NAMES.findall(_decoded(_ANGLE.sub(" ", text)))]
    return list(dict.fromkeys(found))


def mrkdwn(text: str) -> list[Piece]:
    """The pieces of a text in Slack's own markup."""
    return list(_mrkdwn(text))


def pieces(text: Mapping[str, Any]) -> list[Piece]:
    """The pieces of one text object."""
    if text["type"] == "plain_text":
        return [Piece("words", _decoded(text["text"]))]
    return list(_mrkdwn(text["text"]))


def _texts(message: Message) -> Iterator[list[Piece]]:
    """The texts that are shown: of the blocks, and of the message itself only when it has none."""
    if not message.blocks:
        plain = message.arguments.get("mrkdwn") is False
        yield [Piece("words", _decoded(message.text))] if plain else list(_mrkdwn(message.text))
        return
    yield from map(pieces, _objects(message.blocks))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every text object of the blocks, in reading order."""
    if isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "plain_text") and isinstance(value.get("text"), str):
            yield value
        else:
            for item in value.values():
                yield from _objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item)


def _mrkdwn(text: str) -> Iterator[Piece]:
    end = 0
    for angle in _ANGLE.finditer(text):
        yield from _spans(text[end : angle.start()])
        yield _reference(angle[1])
        end = angle.end()
    yield from _spans(text[end:])


def _reference(inside: str) -> Piece:
    target, _, label = inside.partition("|")
    if target.startswith("!"):
        command = target[1:].split("^")[0]
        if command in ("here", "channel", "everyone", "group", "subteam"):
            return Piece("ping", f"@{command}")
        return Piece("reference", _decoded(label or inside))
    if target.startswith("@"):
        return Piece("ping", f"@{label or target[1:]}")
    if target.startswith("#"):
        return Piece("reference", f"#{label or target[1:]}")
    if re.match(r"(?:https?|mailto|tel):", target):
        return Piece("link", _decoded(label or target), address=_decoded(target))
    return Piece("words", f"<{_decoded(inside)}>")


def _spans(text: str) -> Iterator[Piece]:
    found = [(match.start(), -index, style, match) for index, (style, pattern) in enumerate(_STYLES)
             if (match := pattern.search(text))]  # fmt: skip
    if not found:
        if text:
            yield Piece("words", _decoded(text))
        return
    _, _, style, match = min(found, key=lambda item: (item[0], -item[1]))
    if match.start():
        yield Piece("words", _decoded(text[: match.start()]))
    if style == "emoji":
        yield Piece("emoji", match[0])
    elif match[1]:
        yield Piece("words", _decoded(match[1]), style)
    yield from _spans(text[match.end() :])


def _decoded(text: str) -> str:
    return re.sub(r"&(?:lt|gt|amp);", lambda entity: _ENTITY[entity[0]], text)
