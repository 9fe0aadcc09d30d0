"""PagerDuty as a sink, by its Events API v2.

`dedup_key` is the key of the announcement: the same key opens nothing new, so an event of which nobody knows whether it
arrived is simply sent again. An answer to a call, and its end, are events with the key of the call.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from opsbook.adapters.paging import words
from opsbook.adapters.paging.post import Line, NotSent, Unclear
from opsbook.core.announcement import Announcement, Medium
from opsbook.core.ports import Delivery

EVENTS_URL = "https://events.pagerduty.com/v2/enqueue"
"""Where events go, but for accounts in the service region of the EU."""

_ACTIONS = {"answered": "acknowledge", "over": "resolve"}
"""By the name of an announcement; any other wakes somebody."""
_LONGEST = 255
"""Characters of a `dedup_key`."""


class PagerDutySink:
    """Wakes people through PagerDuty.

    Args:
        line: to the Events API; key: the integration key of a service, or of an event orchestration.
    """

    name = "pagerduty"
    unheard = ""
    medium: Medium = "page"
    looks_back = True

    def __init__(self, line: Line, key: str) -> None:
        self._line = line
        self._key = key

    def send(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.send`."""
        event = self._event(announcement, key)
        sent = self._send(event, key)
        return self._send(event, key) if sent.outcome == "unknown" else sent

    def find(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.find`. What was sent cannot be read back, and need not be: it can be sent again."""
        return Delivery("not done")

    def _event(self, announcement: Announcement, key: str) -> dict[str, Any]:
        action = _ACTIONS.get(announcement.name, "trigger")
        if action != "trigger":
            key = replace(announcement, name="page").key(self.name)
        event: dict[str, Any] = {"routing_key": self._key, "event_action": action, "dedup_key": _fitting(key)}
        if action != "trigger":
            return event
        event["payload"] = {
            "summary": words.summary(announcement),
            "source": announcement.record,
            "severity": words.severity(announcement),
            "component": words.target(announcement) or "unknown",
            "class": announcement.name,
            "custom_details": words.details(announcement),
        }
        event["links"] = [{"href": url, "text": label} for label, url in words.links(announcement)]
        return {**event, "client": "Opsbook"}

    def _send(self, event: dict[str, Any], key: str) -> Delivery:
        try:
            status, body, _ = self._line.ask("POST", event)
        except NotSent as error:
            return Delivery("not done", error=f"{error}.")
        except Unclear as error:
            return Delivery("unknown", error=f"Nobody knows whether the call went out: {error}.")
        said = body.get("status") if isinstance(body, dict) else None
        if status == 202:
            if said == "success":
                return Delivery("done", _fitting(key))
            return Delivery("unknown", error="What answered in the place of PagerDuty cannot be read.")
        if status == 400:
            return Delivery(
                "not done", error="PagerDuty does not take the event: look at the key in PAGERDUTY_ROUTING_KEY."
            )
        if 200 <= status < 300:
            return Delivery("unknown", error=f"PagerDuty answered with HTTP {status}, which it never does.")
        return self._line.judged(status)


def _fitting(key: str) -> str:
    return key if len(key) <= _LONGEST else hashlib.sha256(key.encode()).hexdigest()
