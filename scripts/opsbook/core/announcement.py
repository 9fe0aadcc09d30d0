"""What one change of the book says to one audience."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing to say to one audience. Sinks choose its shape: lines on a console, blocks in Slack.

    Every text is plain and may hold anything that a person typed: a sink escapes for its own medium.

    Attributes:
        record: id of the record that it is about.
        name: what happened, a word of the kind (`declared`, `status`, `update`).
        fact: what makes this announcement different from others of the same name (an entry's name, a value),
            computed from the book alone, so that every speaker computes the same key.
        audience: id of a channel in `opsbook.yml`.
        headline: one sentence.
        facts: label and value, in reading order.
        steps: what to do first, if anything.
        links: label and address or path.
        footer: who can read the channel.
        drill: a rehearsal; said first, everywhere.
        unrecorded: the forge was down: the words "not yet on record" go with it.
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

    def key(self, sink: str) -> str:
        """The name of the receipt for this announcement in one sink.

        `<record>/<name>-<audience>-<sink>-<hash of the fact>`: only `[A-Za-z0-9/-]`, safe as a path of a receipt.
        """
        fact = hashlib.sha256(self.fact.encode()).hexdigest()[:12]
        parts = (re.sub(r"[^A-Za-z0-9]+", "-", part) for part in (self.name, self.audience, sink))
        return f"{re.sub(r'[^A-Za-z0-9-]+', '-', self.record)}/{'-'.join(parts)}-{fact}"
