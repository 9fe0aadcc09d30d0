"""Examines the pagers, without waking anybody.

PagerDuty is sent the end of a call that never was: it checks the key as for any event, and an end without a call has no
effect (docs: "Events API v2", the event action `resolve`). Of a webhook only the way there can be tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opsbook.adapters.paging.post import Line, NotSent, Unclear
from opsbook.core.examined import Examined, fine, missing, note, unknown

TRIAL = "opsbook-doctor"
_AGAIN = "Run it again later; until then call people yourself."


@dataclass(repr=False)
class PagingExaminer:
    """What wakes people (`core.ports.Examiner`).

    Attributes:
        pagerduty, key: the Events API and its integration key; `None` without a key.
        webhook: `None` where there is none.
    """

    pagerduty: Line | None
    key: str
    webhook: Line | None
    part = "Paging"

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        if self.pagerduty is None and self.webhook is None:
            yield note(
                "set-up",
                "Not set up: nobody is woken.",
                "Set PAGERDUTY_ROUTING_KEY or PAGING_WEBHOOK_URL: docs/how-to/page-people.md.",
            )
        if self.pagerduty is not None:
            yield self._pagerduty(self.pagerduty)
        if self.webhook is not None:
            yield self._webhook(self.webhook)

    def _pagerduty(self, line: Line) -> Examined:
        try:
            status, body, _ = line.ask("POST", {"routing_key": self.key, "event_action": "resolve", "dedup_key": TRIAL})
        except (NotSent, Unclear) as error:
            return unknown("PagerDuty", f"Nobody knows whether it wakes anybody: {error}.", _AGAIN)
        if status == 202 and isinstance(body, dict) and body.get("status") == "success":
            return fine("PagerDuty", "It takes events with this key.")
        if status in (400, 401, 403):
            how = "Copy the integration key (Events API V2) of the service in PagerDuty into PAGERDUTY_ROUTING_KEY."
            return missing("PagerDuty", "It does not take events with this key.", how)
        return unknown("PagerDuty", f"It, or something in its place, answered with HTTP {status}.", _AGAIN)

    def _webhook(self, line: Line) -> Examined:
        try:
            status, _, _ = line.ask("HEAD")
        except (NotSent, Unclear) as error:
            return unknown("webhook", f"Nobody knows whether it wakes anybody: {error}.", _AGAIN)
        if status in (401, 403, 404, 410):
            how = "Look at the address in PAGING_WEBHOOK_URL."
            return missing("webhook", f"It answers with HTTP {status}.", how)
        if status >= 500:
            return unknown("webhook", f"It answers with HTTP {status}.", _AGAIN)
        return note("webhook", "It answers. Whether it wakes anybody cannot be tried.", "Try it with a drill.")
