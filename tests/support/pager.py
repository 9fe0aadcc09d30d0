"""Paging sinks that talk to the pager of the tests."""

from __future__ import annotations

import json
from pathlib import Path

from opsbook.adapters.machine.state import FileOutbox
from opsbook.adapters.paging.pagerduty import PagerDutySink
from opsbook.adapters.paging.post import Line
from opsbook.adapters.paging.webhook import WebhookSink
from tests.pager_server import KEY, PagerServer

Sinks = PagerDutySink | WebhookSink


def pager_sink(name: str, pager: PagerServer, folder: Path, *, timeout: float = 5) -> Sinks:
    """A new one, as `wiring` makes it: `pagerduty` or `webhook`."""
    if name == "pagerduty":
        return PagerDutySink(Line("PagerDuty", pager.events_url, "PAGERDUTY_EVENTS_URL", timeout), KEY)
    return WebhookSink(Line("the webhook", pager.hook_url, "PAGING_WEBHOOK_URL", timeout), FileOutbox(folder))


def variables(pager: PagerServer) -> dict[str, str]:
    """What sets both up."""
    return {
        "PAGERDUTY_ROUTING_KEY": KEY,
        "PAGERDUTY_EVENTS_URL": pager.events_url,
        "PAGING_WEBHOOK_URL": pager.hook_url,
    }


def woken(name: str, pager: PagerServer) -> list[str]:
    """What woke people, as text, in order."""
    if name == "pagerduty":
        return [json.dumps(alert.event, ensure_ascii=False) for alert in pager.alerts]
    return [json.dumps(body, ensure_ascii=False) for _, body in pager.posts if body["event"] == "trigger"]
