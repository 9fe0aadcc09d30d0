"""The limits of messages, as Slack documents them (Block Kit reference, message metadata, chat.postMessage).

Lengths are counted in UTF-16 units, the strictest of the readings: an emoji counts twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

BLOCKS = 50
ALL_TEXT = 13_000
SECTION = 3_000
FIELDS, FIELD = 10, 2_000
HEADER = 150
CONTEXT = 10
ACTIONS, BUTTON, VALUE, ADDRESS, OPTIONS = 25, 75, 2_000, 3_000, 100
ID = 255
POST_TEXT, UPDATE_TEXT = 40_000, 4_000
METADATA = 16_000


def length(text: str) -> int:
    """UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def faults(blocks: Any) -> list[str]:
    """Why Slack would answer `invalid_blocks`; empty when it would not."""
    if not isinstance(blocks, list):
        return ["[ERROR] blocks must be an array"]
    found: list[str] = []
    if len(blocks) > BLOCKS:
        found.append(f"[ERROR] no more than {BLOCKS} items allowed [json-pointer:/blocks]")
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(ids) != len(set(map(str, ids))):
        found.append("[ERROR] block_id must be unique [json-pointer:/blocks]")
    for index, block in enumerate(blocks):
        found += [f"[ERROR] {fault} [json-pointer:/blocks/{index}]" for fault in _block(block)]
    return found


def characters(value: Any) -> int:
    """The characters of a value as JSON: no other way of counting finds more."""
    return length(json.dumps(value, ensure_ascii=False))


def metadata_fault(metadata: Any) -> str | None:
    """The error about a message's metadata, if any."""
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        return "invalid_metadata_format"
    event, payload = metadata["event_type"], metadata["event_payload"]
    if not isinstance(event, str) or not re.fullmatch(r"[A-Za-z0-9_.-]{1,255}", event):
        return "invalid_metadata_format"
    if not isinstance(payload, dict) or not all(_plain(value) for value in payload.values()):
        return "invalid_metadata_schema"
    return "metadata_too_large" if characters(payload) > METADATA else None


def _plain(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list):
        return depth == 0 and all(isinstance(item, dict) and _plain(item, 1) for item in value)
    if isinstance(value, dict):
        return depth <= 1 and all(_plain(item, 2) for item in value.values())
    return isinstance(value, str | int | float)


def _block(block: Any) -> Iterator[str]:
    if not isinstance(block, dict):
        yield "must be an object"
        return
    kind = block.get("type")
    if kind not in _KINDS:
        yield f"unsupported type: {kind}"
        return
    known = {"type", "block_id", *_KINDS[kind]}
    yield from (f"invalid additional property: {name}" for name in block if name not in known)
    if "block_id" in block:
        yield from _text(block["block_id"], ID, "block_id")
    if kind == "section":
        if "text" not in block and "fields" not in block:
            yield "missing required field: text or fields"
        if "text" in block:
            yield from _words(block["text"], SECTION)
        if "fields" in block:
            yield from _many(block["fields"], FIELDS, "fields")
            for field in block["fields"] if isinstance(block["fields"], list) else ():
                yield from _words(field, FIELD)
        if "expand" in block and not isinstance(block["expand"], bool):
            yield "expand must be a boolean"
    elif kind == "header":
        yield from _words(block.get("text"), HEADER, plain=True)
    elif kind == "context":
        yield from _many(block.get("elements"), CONTEXT, "elements")
        for element in block["elements"] if isinstance(block.get("elements"), list) else ():
            yield from _words(element, SECTION)
    elif kind == "actions":
        yield from _many(block.get("elements"), ACTIONS, "elements")
        for element in block["elements"] if isinstance(block.get("elements"), list) else ():
            yield from _button(element)


def _button(element: Any) -> Iterator[str]:
    if not isinstance(element, dict) or element.get("type") != "button":
        yield "unsupported element"
        return
    known = {"type", "text", "action_id", "url", "value", "style", "accessibility_label"}
    yield from (f"invalid additional property: {name}" for name in element if name not in known)
    yield from _words(element.get("text"), BUTTON, plain=True)
    for name, limit in (("action_id", ID), ("url", ADDRESS), ("value", VALUE), ("accessibility_label", BUTTON)):
        if name in element:
            yield from _text(element[name], limit, name)
    if "url" in element and not re.match(r"https?://\S+\Z", str(element["url"])):
        yield "url is not an address"
    if element.get("style", "primary") not in ("primary", "danger"):
        yield "unknown style"


def _words(value: Any, limit: int, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(value, dict):
        yield "text must be an object"
        return
    kind = value.get("type")
    if kind not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        yield f"text cannot be {kind}"
    known = {"type", "text", "emoji" if kind == "plain_text" else "verbatim"}
    yield from (f"invalid additional property: {name}" for name in value if name not in known)
    yield from _text(value.get("text"), limit, "text")


def _text(value: Any, limit: int, name: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{name} must be a string"
    elif not value.strip():
        yield f"{name} must be more than 0 characters"
    elif length(value) > limit:
        yield f"{name} must be less than {limit + 1} characters"


def _many(value: Any, limit: int, name: str) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield f"{name} must be an array with one item or more"
    elif len(value) > limit:
        yield f"no more than {limit} items allowed in {name}"


_KINDS: dict[Any, set[str]] = {
    "section": {"text", "fields", "expand"},
    "header": {"text"},
    "context": {"elements"},
    "actions": {"elements"},
    "divider": set(),
}
