"""An announcement as a Slack message: blocks as plain data, and the text of the notification.

People's words stay words. `&`, `<` and `>` are escaped in every text (Slack, "Formatting message text"), so nothing
mentions anybody or becomes a link; words in which Slack's markup would see something stand in `plain_text`, where it
looks for nothing. The limits are those of Slack's Block Kit reference, kept with room to spare and counted in UTF-16
units, the strictest reading: long text is cut visibly, and no announcement makes an invalid message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from opsbook.core.announcement import Announcement, Tone
from opsbook.core.text import one_line, shorten, visible

Block = dict[str, Any]
Row = tuple[bool, str]
"""Whether a line is in Slack's markup, and the line, escaped."""

HEADER = 150
SECTION = 3_000
NOTIFICATION = 3_000
"""`chat.update` takes 4,000 characters of text, `chat.postMessage` 40,000."""
WHOLE = 12_000
"""All blocks of a message, as JSON; Slack takes about 13,000 characters."""
FACTS, STEPS, LINKS = 10, 5, 5
_WIDTHS = (400, 200, 100, 40)
"""How long one value may be: the widest with which the whole message fits. The narrowest fits always."""

SIGNS: Mapping[Tone, str] = {"alarm": "🔴", "warning": "🟠", "notice": "🔵", "over": "✅"}
UNRECORDED = "⚠️ *Not yet on record.* The book cannot be reached just now: this message is all there is so far."

_ACTIVE = re.compile(r"[*_~`]|:[^\s:]+:|^\s*>")
"""Where Slack's markup might see more than words: bold, italic, strike, code, emoji, quote."""
_ACCOUNT = re.compile(r"slack:([UW][A-Z0-9]{2,20})")
_MENTIONS = 20
_ADDRESS = re.compile(r"https?://[^\s<>|\"`\\^{}]+")


@dataclass(frozen=True, slots=True)
class Shape:
    """What one call posts: the blocks, and the text for notifications and screen readers."""

    text: str
    blocks: list[Block]

    def arguments(self) -> dict[str, Any]:
        """The arguments that both posting and editing take."""
        return {"text": self.text, "blocks": self.blocks, "parse": "none", "link_names": False}


def headline(announcement: Announcement, *, news: bool = False) -> Shape:
    """The message at the top of the conversation: what it is, its state, what to do first, links, who reads it.

    Args:
        news: also say what happened, because there is no conversation in which it could be said.
    """
    standing = announcement.standing
    if standing is None:
        sign, title, steps, news = "", announcement.headline, announcement.steps, False
    else:
        sign, title, steps = f"{SIGNS[standing.tone]} ", standing.title, standing.steps
        news = news and not announcement.opens
    drill = "DRILL " if announcement.drill else ""

    def blocks(width: int) -> Iterator[Block]:
        yield {"type": "header", "text": _plain(f"{drill}{sign}{one_line(title) or announcement.record}", HEADER)}
        yield from _unrecorded(announcement)
        if news:
            yield from _prose(announcement.headline, width * 4)
        yield from _asked(announcement)
        yield from _facts(announcement, width)
        yield from _steps(steps, width)
        yield from _links(announcement, width)
        foot = " · ".join(filter(None, (announcement.record, one_line(announcement.footer))))
        yield {"type": "context", "elements": [_plain(foot or "Opsbook", width)]}

    lines = [_spoken(announcement, announcement.headline if news or announcement.opens else title)]
    lines += [f"{one_line(label)}: {one_line(value)}" for label, value in announcement.facts]
    lines += [f"{number}. {one_line(step)}" for number, step in enumerate(steps, start=1)]
    lines += [f"{one_line(label)}: {one_line(address)}" for label, address in announcement.links]
    return Shape(_fit("\n".join([*lines, visible(announcement.footer)]).strip(), NOTIFICATION), _fitting(blocks))


def reply(announcement: Announcement) -> Shape:
    """The short message in the conversation: what happened."""
    drill = "DRILL. " if announcement.drill else ""
    sign = f"{SIGNS[announcement.standing.tone]} " if announcement.standing is not None and announcement.loud else ""

    def blocks(width: int) -> Iterator[Block]:
        said = visible(announcement.headline).strip() or announcement.record
        yield from _prose(f"{drill}{sign}{said}", SECTION)
        yield from _asked(announcement)
        yield from _unrecorded(announcement)
        if announcement.standing is None:
            yield from _facts(announcement, width)
        yield from _steps(announcement.steps, width)

    return Shape(_fit(_spoken(announcement, announcement.headline), NOTIFICATION), _fitting(blocks))


def escape(text: str) -> str:
    """`text` as Slack shows it word for word, but for its markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _fitting(blocks: Callable[[int], Iterable[Block]]) -> list[Block]:
    made: list[Block] = []
    for width in _WIDTHS:
        made = list(blocks(width))
        if _units(json.dumps(made, ensure_ascii=False)) <= WHOLE:
            break
    return made


def _spoken(announcement: Announcement, words: str) -> str:
    """What a phone shows on its lock screen, and what a screen reader begins with."""
    drill = "DRILL. " if announcement.drill else ""
    unrecorded = "Not yet on record. " if announcement.unrecorded else ""
    return f"{drill}{unrecorded}{visible(words).strip() or announcement.record}"


def _unrecorded(announcement: Announcement) -> Iterator[Block]:
    if announcement.unrecorded:
        yield _section({"type": "mrkdwn", "text": UNRECORDED})


def _asked(announcement: Announcement) -> Iterator[Block]:
    """A mention of each account of Slack that is asked for something."""
    accounts = [found[1] for one in announcement.asks if (found := _ACCOUNT.fullmatch(one)) is not None]
    if accounts:
        text = " ".join(f"<@{account}>" for account in accounts[:_MENTIONS])
        yield _section({"type": "mrkdwn", "text": f"Asked: {text}", "verbatim": True})


def _prose(words: str, limit: int) -> Iterator[Block]:
    said = visible(words).strip()
    if said:
        yield _section(_plain(said, limit))


def _facts(announcement: Announcement, width: int) -> Iterator[Block]:
    """One line for each fact; the id of the record stands at the foot already."""
    facts = [(label, value) for label, value in announcement.facts if value != announcement.record]
    rows = [_fact(shorten(one_line(label), min(width, 80)), shorten(one_line(value), width)) for label, value in facts]
    return _sections(_cut(rows, FACTS, "facts"))


def _fact(label: str, value: str) -> Row:
    """In Slack's markup only if nothing in it would be markup."""
    if not label or _ACTIVE.search(label) or _ACTIVE.search(value):
        return False, escape(f"{label}: {value}" if label else value)
    return True, f"*{escape(label)}:* {escape(value) or '—'}"


def _steps(steps: tuple[str, ...], width: int) -> Iterator[Block]:
    short = [shorten(one_line(step), width) for step in steps]
    rows = [(False, escape(f"{n}. {step}" if len(short) > 1 else step or "—")) for n, step in enumerate(short, start=1)]
    if rows:
        yield _section({"type": "mrkdwn", "text": "*Do first*"})
    yield from _sections(_cut(rows, STEPS, "steps"))


def _links(announcement: Announcement, width: int) -> Iterator[Block]:
    rows = [_link(one_line(label) or "Link", one_line(address), width) for label, address in announcement.links]
    return _sections(_cut(rows, LINKS, "links"))


def _link(label: str, address: str, width: int) -> Row:
    """A link that can be tapped, if it is one and its label is only words."""
    label, target = shorten(label, min(width, 120)), escape(address)
    if _ADDRESS.fullmatch(address) and _units(target) <= max(width * 2, 300) and not _ACTIVE.search(label):
        return True, f"🔗 <{target}|{escape(label).replace('|', '¦')}>"
    return False, escape(f"🔗 {label}: {shorten(address, width)}")


def _cut(rows: list[Row], most: int, what: str) -> list[Row]:
    more = len(rows) - most
    return [*rows[:most], (False, f"… and {more} more {what} in the record.")] if more > 0 else rows


def _sections(rows: Iterable[Row]) -> Iterator[Block]:
    """Neighbouring lines of the same sort in one section, as long as they fit."""
    for markup, some in groupby(rows, key=lambda row: row[0]):
        text = ""
        for _, line in some:
            if text and _units(f"{text}\n{line}") > SECTION:
                yield _lines(text, markup=markup)
                text = ""
            text = f"{text}\n{line}" if text else line
        if text:
            yield _lines(text, markup=markup)


def _lines(text: str, *, markup: bool) -> Block:
    """A section of lines; `verbatim`, so that Slack looks for no names and addresses in them."""
    if markup:
        return _section({"type": "mrkdwn", "text": text, "verbatim": True})
    return _section({"type": "plain_text", "text": text, "emoji": False})


def _section(text: Mapping[str, Any]) -> Block:
    return {"type": "section", "text": dict(text)}


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": _fit(text, limit), "emoji": False}


def _fit(text: str, limit: int) -> str:
    """Escaped words that fit: cut before they are escaped, so that no entity is cut in two."""
    width, escaped = limit, escape(shorten(text, limit))
    while (excess := _units(escaped) - limit) > 0:
        width -= max(1, excess // 5)  # the longest entity has five characters, so this never cuts too much
        escaped = escape(shorten(text, width))
    return escaped


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
