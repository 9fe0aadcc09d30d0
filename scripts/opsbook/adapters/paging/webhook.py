"""Any other pager as a sink: a plain POST of JSON, described in docs/how-to/page-people.md.

Not every receiver reads the header `Idempotency-Key`. So a call of which nobody knows whether it arrived is not
repeated: a person is told, and looks. What is known not to have arrived is noted on this machine, and sent again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from opsbook.adapters.machine.state import FileOutbox
from opsbook.adapters.paging import words
from opsbook.adapters.paging.post import Line, NotSent, Unclear
from opsbook.core.announcement import Announcement, Medium
from opsbook.core.errors import OpsbookError
from opsbook.core.ports import Delivery

_EVENTS = {"answered": "acknowledge", "over": "resolve"}


class WebhookSink:
    """Wakes people through whatever listens at an address.

    Args:
        outbox: where it is noted what did not arrive.
    """

    name = "webhook"
    unheard = ""
    medium: Medium = "page"
    looks_back = False

    def __init__(self, line: Line, outbox: FileOutbox) -> None:
        self._line = line
        self._outbox = outbox

    def send(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.send`."""
        with suppress(OpsbookError, OSError):
            self._outbox.drop(announcement.record, _note(key))
        sent = self._send(announcement, key)
        if sent.outcome == "not done":
            with suppress(OpsbookError):  # then it counts as unknown, and nobody is woken twice
                self._outbox.keep(announcement.record, _note(key), f"{sent.error}\n")
        return sent

    def find(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.find`."""
        if self._outbox.find(announcement.record, _note(key)) is not None:
            return Delivery("not done")
        return Delivery("unknown", error="A webhook cannot be asked whether the call went out: ask whoever was called.")

    def _send(self, announcement: Announcement, key: str) -> Delivery:
        try:
            answer = self._line.ask("POST", self._body(announcement, key), {"Idempotency-Key": key})
        except NotSent as error:
            return Delivery("not done", error=f"{error}.")
        except Unclear as error:
            return Delivery("unknown", error=f"Nobody knows whether the call went out: {error}.")
        if not 200 <= answer.status < 300:
            return self._line.judged(answer.status)
        if answer.is_page:
            return Delivery("unknown", error="A page came back that says nothing of the call: is a proxy in between?")
        return Delivery("done", key)

    def _body(self, announcement: Announcement, key: str) -> dict[str, Any]:
        return {
            "event": _EVENTS.get(announcement.name, "trigger"),
            "key": key,
            "incident": announcement.record,
            "target": words.target(announcement),
            "summary": words.summary(announcement),
            "severity": words.severity(announcement),
            "drill": announcement.drill,
            "details": words.details(announcement),
            "links": [{"text": label, "href": url} for label, url in words.links(announcement)],
        }


def _note(key: str) -> str:
    """The name of the note in the outbox."""
    return f"{key.rpartition('/')[2]}-not-sent"
