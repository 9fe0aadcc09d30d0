"""Speaking without Git: receipts in memory, and an intent that remembers what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from opsbook.core.announcement import Announcement
from opsbook.core.context import Context
from opsbook.core.plan import Intent
from opsbook.core.ports import Receipt, Sink
from opsbook.perform.announce import Speaker, by_key, speak
from opsbook.perform.outcome import Told
from tests.support.clock import START
from tests.support.requests import ask
from tests.support.wired import dice


@dataclass
class Ledger:
    """Receipts without Git (the part of a `Forge` that speaking needs), and an intent's memory of what was said."""

    shared: bool = True
    kept: dict[str, Receipt] = field(default_factory=dict)
    said: dict[str, dict[str, str]] = field(default_factory=dict)

    def claim(self, receipts: Sequence[Receipt], *, expecting: Mapping[str, Receipt] | None = None) -> set[str]:
        """See `Forge.claim`."""
        free = {
            r.key: r for r in receipts if r.key not in self.kept or self.kept[r.key] == (expecting or {}).get(r.key)
        }
        self.kept |= free
        return set(free)

    def receipt(self, references: Mapping[str, str]) -> None:
        """See `Forge.receipt`."""
        for key, reference in references.items():
            self.kept[key] = replace(self.kept[key], reference=self.kept[key].reference or reference)

    def receipts(self, record: str | None = None) -> Mapping[str, Receipt]:
        """See `Forge.receipts`."""
        return dict(self.kept)

    def remember(self, key: str, attempts: Mapping[str, str]) -> None:
        """See `Intents.remember`."""
        self.said.setdefault(key, {}).update(attempts)

    def speak(
        self, name: str, change: Sequence[Announcement], sink: Sink, *, minutes: int, doubts: bool = False
    ) -> tuple[Told, ...]:
        """One process announces one change; a later one takes up what it was cut off with."""
        part: Any = self
        now = START + timedelta(minutes=minutes)
        context = Context({}, part, (sink,), part, part, lambda: now, dice(), "oncall-a", part)
        intent = Intent(name, ask("incident.update", "oncall-a"), START, b"0" * 32, self.said.get(name, {}))
        return speak(by_key(change, [sink]), Speaker(name, intent, doubts=doubts), context).told
