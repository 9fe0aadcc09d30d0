"""What one change of the book says to one audience."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["alarm", "warning", "notice", "over"]
"""How much it matters at this moment; a sink may show it as a colour, never as the only sign."""

Medium = Literal["channel", "page", "story"]
"""How an audience is reached: people read a channel, a page wakes somebody, and a story of a tracker is kept."""
PAGE = "page:"
"""How an audience begins that is woken; the name that the pager knows follows."""
STORY = "story:"
"""How an audience begins that reads a story; the tracker and the place in it follow, like `github:OWNER/NAME`."""


def medium_of(audience: str) -> Medium:
    """How it is reached."""
    if audience.startswith(PAGE):
        return "page"
    return "story" if audience.startswith(STORY) else "channel"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a sink that can edit its messages shows of a record at the top, in step with the record.

    Attributes:
        title: one line: what it is, now.
        steps: what to do first, while it is open.
        revision: grows with the record. A message never goes back to the state of a lower one, because announcements
            may be delivered late and in another order.
    """

    title: str
    tone: Tone
    steps: tuple[str, ...] = ()
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing to say to one audience. Sinks choose its shape: lines on a console, blocks in Slack.

    Every text is plain and may hold anything that a person typed: a sink escapes for its own medium.

    Attributes:
        record: id of the record that it is about.
        name: what happened, a word of the kind (`declared`, `status`, `update`).
        fact: what makes this announcement different from others of the same name (an entry's name, a value),
            computed from the book alone, so that every speaker computes the same key.
        audience: id of a channel in `opsbook.yml`, whom a pager wakes (`PAGE`), or a story (`STORY`).
        headline: one sentence.
        facts: label and value, in reading order.
        steps: what to do first, if anything.
        links: label and address or path.
        footer: who can read the channel.
        drill: a rehearsal; said first, everywhere.
        unrecorded: the forge was down: the words "not yet on record" go with it.
        standing: the state of the record after it, with `facts` and `links`; none where nothing is kept in step.
        opens: whether it is the first that this audience hears of the record.
        asks: accounts of the people who are asked for something, like `slack:U012ABCDEF`: a sink that knows the
            account lets them notice. They come from `opsbook.yml`, never from words that somebody typed.
        loud: whether also those should notice who do not follow the conversation about the record.
        by_hand: it was found in the facts alone: no operation wrote it, so it is said after its merge and not before.
    """

    record: str
    name: str
    fact: str
    audience: str
    headline: str
    facts: tuple[tuple[str, str], ...] = ()
    steps: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    footer: str = ""
    drill: bool = False
    unrecorded: bool = field(default=False, compare=False)
    standing: Standing | None = None
    opens: bool = False
    asks: tuple[str, ...] = ()
    loud: bool = False
    by_hand: bool = field(default=False, compare=False)

    def key(self, sink: str) -> str:
        """The name of the receipt for this announcement in one sink.

        `<record>/<name>-<audience>-<sink>-<hash of the fact>`: only `[A-Za-z0-9/-]`, safe as a path of a receipt.
        """
        fact = hashlib.sha256(self.fact.encode()).hexdigest()[:12]
        return f"{_safe(self.record)}/{_plain(self.name)}-{_plain(self.audience)}-{_plain(sink)}-{fact}"

    def kin(self, sink: str) -> re.Pattern[str]:
        """Matches the keys of everything that one sink says to this audience about this record."""
        where = f"{_plain(self.audience)}-{_plain(sink)}"
        return re.compile(rf"{re.escape(_safe(self.record))}/[A-Za-z0-9]+-{re.escape(where)}-[0-9a-f]{{12}}")


def _plain(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", part)


def _safe(record: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", record)
