"""The server: takes events as PagerDuty's Events API v2 does, and posts as any webhook."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import ThreadingHTTPServer
from typing import Any

from tests.slack_server.faults import Fault, Plan
from tests.slack_server.server import Handler

KEY = "e93facc04764012d7bfb002500d5d1a6"
"""The integration key, as the documentation shows one: 32 characters."""
HOOK = "s3cret-path"
"""What nobody may see of the address of the webhook."""

_ACTIONS = ("trigger", "acknowledge", "resolve")
_SEVERITIES = ("critical", "warning", "error", "info")


@dataclass
class Alert:
    """What woke somebody: the event that opened it, how many came later with its key, and its state."""

    key: str
    event: Mapping[str, Any]
    merged: int = 0
    state: str = "triggered"


@dataclass
class PagerServer:
    """A running pager; see `pager_server`.

    Attributes:
        alerts: of PagerDuty, in order; one that is resolved is over, and its key opens another.
        posts: what the webhook took: `Idempotency-Key` and body.
        refused: what PagerDuty found wrong with events.
    """

    alerts: list[Alert] = field(default_factory=list)
    posts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    calls: int = 0
    plan: Plan = field(default_factory=Plan)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.pager = self
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        base = f"http://127.0.0.1:{self._http.server_port}"
        self.events_url, self.hook_url = f"{base}/v2/enqueue", f"{base}/hook/{HOOK}"

    def fail(self, call: str, kind: Any, **more: Any) -> None:
        """From now on this goes wrong; see `tests.slack_server.faults.Fault`. Calls are `enqueue` and `hook`."""
        self.plan.add(Fault(call, kind, **more))

    def stop(self) -> None:
        """From now on connections are refused."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()

    def enqueue(self, event: Any) -> tuple[int, dict[str, Any]]:
        """Take an event (docs: "Send an Alert Event"): status and answer."""
        wrong = list(_faults(event))
        if wrong:
            self.refused += wrong
            return 400, {"status": "invalid event", "message": "Event object is invalid", "errors": wrong}
        key = event.get("dedup_key") or f"made-up-{len(self.alerts)}"
        alert = next((alert for alert in self.alerts if alert.key == key and alert.state != "resolved"), None)
        if event["event_action"] != "trigger":
            if alert is not None:
                alert.state = f"{event['event_action'].removesuffix('e')}ed"
        elif alert is not None:
            alert.merged += 1
        else:
            self.alerts.append(Alert(key, event))
        return 202, {"status": "success", "message": "Event processed", "dedup_key": key}


def _faults(event: Any) -> Iterator[str]:
    """What is wrong with an event."""
    if not isinstance(event, dict):
        yield "the event is no object"
        return
    if event.get("routing_key") != KEY:
        yield "'routing_key' is invalid"
    if event.get("event_action") not in _ACTIONS:
        yield "'event_action' is invalid"
    key = event.get("dedup_key")
    if key is None and event.get("event_action") != "trigger":
        yield "'dedup_key' is missing or blank"
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= 255):
        yield "'dedup_key' is longer than 255 characters"
    if event.get("event_action") != "trigger":
        return
    payload = event.get("payload")
    payload = payload if isinstance(payload, dict) else {}
    for name, longest in (("summary", 1024), ("source", 1024)):
        if not (isinstance(payload.get(name), str) and 0 < len(payload[name]) <= longest):
            yield f"'payload.{name}' is missing or blank"
    if payload.get("severity") not in _SEVERITIES:
        yield "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"
    if not all(isinstance(link, dict) and str(link.get("href")).startswith("http") for link in event.get("links", [])):
        yield "'links' is invalid"
    if len(json.dumps(event)) > 512 * 1024:
        yield "the event is larger than 512 KB"


@contextmanager
def pager_server() -> Iterator[PagerServer]:
    """A running pager."""
    server = PagerServer()
    try:
        yield server
    finally:
        server.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    pager: PagerServer


class _Handler(Handler):
    server: _Server  # type: ignore[assignment]

    def date_time_string(self, timestamp: float | None = None) -> str:
        """No clock: nothing here depends on it."""
        return formatdate(0, usegmt=True)

    def do_HEAD(self) -> None:
        """Whoever looks whether something listens."""
        self._take("hook", None)

    def do_POST(self) -> None:
        """An event, or a call."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._take({"/v2/enqueue": "enqueue", f"/hook/{HOOK}": "hook"}.get(self.path, ""), json.loads(body))

    def _take(self, call: str, body: Any) -> None:
        pager = self.server.pager
        with pager.lock:
            pager.calls += 1
            fault = pager.plan.strike(call)
            status, answer = 404, {}
            if (fault is None or fault.moment == "after") and call == "enqueue":
                status, answer = pager.enqueue(body)
            elif (fault is None or fault.moment == "after") and call == "hook":
                status, answer = 204, {}
                if body is not None:
                    pager.posts.append((self.headers["Idempotency-Key"], body))
        if fault is None:
            self._send(status, b"" if status == 204 else json.dumps(answer).encode())
        elif fault.kind == "refused":
            self._send(400 if call == "enqueue" else 403, json.dumps({"status": fault.error}).encode())
        else:
            self._fail(fault)
