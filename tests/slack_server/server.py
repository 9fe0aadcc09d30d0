"""The server: reads requests as Slack does, lets the plan of faults strike, and answers."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.slack_server import methods
from tests.slack_server.faults import Fault, Plan
from tests.slack_server.workspace import Message, Workspace
from tests.support.clock import machine

PAGE = b"<!DOCTYPE html><html><body><h1>Something is wrong here</h1></body></html>"


@dataclass(frozen=True)
class Call:
    """One request that arrived."""

    method: str
    arguments: dict[str, Any]
    authorized: bool


class SlackServer:
    """A running Slack; see `slack_server`."""

    def __init__(self, now: Callable[[], datetime] = machine) -> None:
        self.workspace = Workspace(now)
        self.plan = Plan()
        self.calls: list[Call] = []
        self._http = _Server(("127.0.0.1", 0), Handler)
        self._http.slack = self
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/api/"

    def fail(self, call: str, kind: Any, **more: Any) -> Fault:
        """From now on this goes wrong; see `Fault`."""
        fault = Fault(call, kind, **more)
        self.plan.add(fault)
        return fault

    def called(self) -> list[str]:
        """The methods that were called, in order."""
        return [call.method for call in self.calls]

    def messages(self, channel: str | None = None) -> list[Message]:
        """The messages of a channel by name, or of all, oldest first."""
        with self.workspace.lock:
            return list(self.workspace.named(channel).messages) if channel else self.workspace.everything()

    def stop(self) -> None:
        """From now on connections are refused."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()


@contextmanager
def slack_server(*channels: str, now: Callable[[], datetime] = machine) -> Iterator[SlackServer]:
    """A running Slack with these channels, without the #, of which the bot is a member.

    Args:
        now: its clock; a test that gives the program a clock of its own gives Slack the same.
    """
    server = SlackServer(now)
    for name in channels:
        server.workspace.channel(name)
    try:
        yield server
    finally:
        server.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    slack: SlackServer


class Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Every method of the Web API can be posted."""
        slack = self.server.slack
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        method = urlsplit(self.path).path.removeprefix("/api/")
        arguments = self._arguments(body)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or arguments.pop("token", None)
        with slack.workspace.lock:
            slack.calls.append(Call(method, arguments, bool(token)))
            fault = slack.plan.strike(method)
            if fault is None or fault.moment == "after":
                answer = methods.answer(slack.workspace, method, token, arguments)
        if fault is None:
            scopes = ",".join(sorted(slack.workspace.tokens.get(token or "", ())))
            self._send(200, json.dumps(answer).encode(), headers={"X-OAuth-Scopes": scopes} if scopes else {})
        else:
            self._fail(fault)

    def _arguments(self, body: bytes) -> dict[str, Any]:
        """JSON or a form, and what stands in the address."""
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if self.headers.get_content_type() == "application/json":
            value = json.loads(body) if body else {}
            return {**query, **value} if isinstance(value, dict) else query
        return {**query, **dict(parse_qsl(body.decode(), keep_blank_values=True))}

    def _fail(self, fault: Fault) -> None:
        match fault.kind:
            case "timeout":
                with suppress(OSError):
                    self.connection.recv(1)  # returns when the client has given up
                self.close_connection = True
            case "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
                self.close_connection = True
            case "http 500" | "http 503":
                self._send(int(fault.kind[-3:]), PAGE, "text/html")
            case "unreadable":
                self._send(200, PAGE, "text/html")
            case "empty":
                self._send(200, b"")
            case "cut off":
                self._send(200, b'{"ok": true, "ts": "17', length=200)
                self.close_connection = True
            case "rate limited":
                after = {"Retry-After": fault.retry_after} if fault.retry_after else {}
                self._send(429, b'{"ok":false,"error":"ratelimited"}', headers=after)
            case "refused":
                self._send(200, json.dumps({"ok": False, "error": fault.error}).encode())

    def _send(
        self,
        status: int,
        body: bytes,
        kind: str = "application/json; charset=utf-8",
        headers: Mapping[str, str] | None = None,
        *,
        length: int | None = None,
    ) -> None:
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The clock of the workspace, so that a `Retry-After` with a date means the same in every run."""
        return formatdate(self.server.slack.workspace.now if timestamp is None else timestamp, usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
