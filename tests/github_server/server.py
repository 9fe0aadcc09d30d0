"""The HTTP side of the test server: who asks, whether the request is legal, what goes wrong on purpose, and the answer."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from tests.github_server import description
from tests.github_server.calls import HANDLERS, WRITING, Call, Pages
from tests.github_server.description import Illegal, Operation
from tests.github_server.faults import KINDS, Fault, Kind
from tests.github_server.fetching import call_of, serve, token_of
from tests.github_server.hub import NAME, OWNER, Answer, Hub
from tests.github_server.repository import Bare
from tests.github_server.scopes import Permissions, allows
from tests.support.clock import machine

VERSION = "2022-11-28"
"""The version of the API that requests have to name; another one drops fields that github3.py needs."""


@dataclass(frozen=True)
class Seen:
    """A request that came in.

    Attributes:
        status: of the answer; 0 when the caller got none.
    """

    operation: str
    method: str
    path: str
    body: Any
    status: int


class GitHubServer:
    """A GitHub on a port of this machine, for one repository (`example/book`).

    Args:
        repository: a bare repository that exists.
        now: its clock, that of whoever talks to it.

    Attributes:
        url: the address of the API; now: its clock.
        faults: what goes wrong from now on.
        seen: every request so far.
        refused: every request that the description does not allow; a test that ends with any has failed.
        meanwhile: what people do just before the next call of an operation: its name (or `*`), and what is done, once.
        elsewhere: an address to which every list claims to go on.
        always: headers that every answer has; ahead: how far the clock of its answers goes ahead of ours.
        fetches: how many fetches began; no_fetch: they are refused.
        scopes: what the token of a workflow's job may do; a token that is not here may do what its user may.
    """

    def __init__(self, repository: Path, now: Callable[[], datetime] = machine) -> None:
        self._lock = threading.RLock()
        self.scopes: dict[str, Permissions] = {}
        self.fetches = 0
        self.no_fetch = False
        self.elsewhere = ""
        self.always: dict[str, str] = {}
        self.ahead = timedelta()
        self.meanwhile: list[tuple[str, Callable[[], object]]] = []
        self.closing = threading.Event()
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.refused: list[str] = []
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.git_url = f"{self.url}/{OWNER}/{NAME}.git"
        self.hub = Hub(Bare(repository), self.url, now)
        self.others: dict[str, Hub] = {}
        self.now = now
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and let go of whoever still waits."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for hub in (self.hub, *self.others.values()):
            hub.git.close()

    def add(self, name: str, repository: Path) -> Hub:
        """Another repository of the same owner."""
        self.others[name] = Hub(Bare(repository), self.url, self.now, name)
        return self.others[name]

    @contextmanager
    def locked(self) -> Iterator[Hub]:
        """The state, for a test that plays a person; pull requests follow what the person pushed."""
        with self._lock:
            yield self.hub
            self.hub.follow()

    def calls(self) -> Counter[str]:
        """How often each operation was asked for."""
        return Counter(item.operation for item in self.seen)

    def forget(self) -> None:
        """Count from here."""
        self.seen.clear()

    # -- one request

    def handle(self, request: _Request) -> None:
        """Answer one request, or fail as planned."""
        body: Any = None
        operation: Operation | None = None
        parts = urlsplit(request.path)
        if found := re.match(rf"/{OWNER}/([^/]+)\.git(/.*)", parts.path):
            hub = {NAME: self.hub, **self.others}.get(found[1])
            if hub is None:
                request.send(404, b"", {})
            else:
                self._git(request, parts, hub, found[2])
            return
        try:
            operation, values = description.find(request.command, parts.path)
            body = request.read_body()
            path, query = operation.check_request(values, _query(parts.query), body)
            self._check_manners(request, operation)
        except Illegal as error:
            self.refused.append(str(error))
            self._end(
                request,
                operation.name if operation else "unknown",
                body,
                501,
                {"message": f"The test server refuses this: {error}"},
            )
            return
        fault = self._fault(operation.name)
        if fault is not None and fault.when == "before":
            self._fail(request, operation.name, body, KINDS[fault.kind], None)
            return
        with self._lock:
            self._meanwhile(operation.name)
            try:
                by = self._who(request)
                hub = self._hub(values)
                self._admit(operation, by, hub)
                self._within(request, operation, values)
                hub.follow()
                status, content = HANDLERS[operation.name](hub, Call(path, query, body, by))
                headers = {}
                if isinstance(content, Pages):
                    content, headers = self._page(content, query, parts.path)
                content = operation.answer(status, content)
            except Answer as answer:
                status, content, headers = answer.status, operation.failure(answer.status, answer.content), {}
            except Illegal as error:
                self.refused.append(f"our own answer is wrong: {error}")
                status, content, headers = 501, {"message": str(error)}, {}
        if fault is not None:
            self._fail(request, operation.name, body, KINDS[fault.kind], status)
            return
        if ".full" in request.headers.get("Accept", ""):
            content = _with_renderings(content)
        if self.elsewhere and isinstance(content, list):
            headers = {"Link": f'<{self.elsewhere}>; rel="next"'}
        self._end(request, operation.name, body, status, content, headers)

    def _git(self, request: _Request, parts: SplitResult, hub: Hub, inside: str) -> None:
        """Git's own protocol; it costs no calls of the API."""
        name = call_of(parts)
        self.fetches += name == "upload-pack/refs"
        fault = self._fault(name)
        if fault is not None and fault.when == "before":
            self._fail(request, name, None, KINDS[fault.kind], None)
            return
        if self.meanwhile:
            with self._lock:
                self._meanwhile(name)
        token = token_of(request.headers.get("Authorization", "")) or ""
        by, level = hub.tokens.get(token), self.scopes.get(token, {"contents": "write"}).get("contents")
        if by is None or level is None or self.no_fetch:
            self._note(request, name, None, 401)
            request.send(401, b"", {"WWW-Authenticate": 'Basic realm="GitHub"'})
            return
        write = hub.permissions.get(by) in ("admin", "write") and level == "write"
        path, headers = hub.git.path, request.headers
        status, data, said = serve(path, request.command, inside, parts.query, headers, request.data, write=write)
        if name == "receive-pack":
            with self._lock:
                hub.follow()
        if fault is not None and status == 200:
            self._fail(request, name, None, KINDS[fault.kind], status, (data, said))
            return
        self._note(request, name, None, status)
        request.send(status, data, said)

    def _check_manners(self, request: _Request, operation: Operation) -> None:
        if not request.headers.get("User-Agent"):
            raise Illegal(f"{operation.name}: GitHub refuses a request without User-Agent")
        if request.headers.get("X-GitHub-Api-Version") != VERSION:
            raise Illegal(f"{operation.name}: X-GitHub-Api-Version is not {VERSION}")

    def _who(self, request: _Request) -> str:
        found = re.fullmatch(r"(?i)(?:token|bearer) (.+)", request.headers.get("Authorization", ""))
        by = self.hub.tokens.get(found[1]) if found else None
        if by is None:
            raise Answer(401, "Bad credentials" if found else "Requires authentication")
        return by

    def _hub(self, values: dict[str, str]) -> Hub:
        """The repository that a request is about."""
        if values.get("owner") is None and values.get("repo") is None:
            return self.hub
        hub = {NAME: self.hub, **self.others}.get(values.get("repo", ""))
        if values.get("owner") != OWNER or hub is None:
            raise Answer(404, "Not Found")
        return hub

    def _admit(self, operation: Operation, by: str, hub: Hub) -> None:
        if WRITING.search(operation.name) and hub.permissions.get(by) not in ("admin", "write"):
            raise Answer(403, "Resource not accessible by integration")

    def _within(self, request: _Request, operation: Operation, values: dict[str, str]) -> None:
        """Refuse what the job that the token belongs to was not given."""
        scope = self.scopes.get(request.headers.get("Authorization", "").partition(" ")[2])
        if scope is None:
            return
        number = values.get("issue_number") or values.get("comment_id")
        comment = self.hub.comments.get(int(number)) if number and "comment_id" in values else None
        issue = self.hub.issues.get(comment.issue if comment else int(number or 0))
        pull = None if number is None else bool(issue and issue.head)
        if not allows(scope, operation.name, pull=pull):
            raise Answer(403, "Resource not accessible by integration")

    def _fault(self, operation: str) -> Fault | None:
        with self._lock:
            met = [fault for fault in self.faults if fault.meets(operation)]
        return met[0] if met else None

    def _meanwhile(self, operation: str) -> None:
        due = [item for item in self.meanwhile if item[0] in (operation, "*")]
        for item in due[:1]:
            self.meanwhile.remove(item)
            item[1]()
            self.hub.follow()

    def _page(self, pages: Pages, query: dict[str, Any], path: str) -> tuple[list[Any], dict[str, str]]:
        page, size = query.get("page", 1), min(query.get("per_page", 30), 100)
        items = [
            item[0](item[1]) if isinstance(item, tuple) else item for item in pages.items[(page - 1) * size :][:size]
        ]
        if page * size >= len(pages.items):
            return items, {}
        following = urlencode({**query, "page": page + 1})
        return items, {"Link": f'<{self.url}{path}?{following}>; rel="next"'}

    def _fail(
        self,
        request: _Request,
        name: str,
        body: Any,
        kind: Kind,
        done: int | None,
        truth: tuple[bytes, dict[str, str]] = (b'{"message": "an answer without its end"}', {}),
    ) -> None:
        """Fail as planned.

        Args:
            done: the status of the answer, if the effect has happened; truth: that answer, which may come cut short.
        """
        if kind.silent == "hang":
            self._note(request, name, body, 0)
            self.closing.wait(60)
            request.drop()
        elif kind.silent == "reset":
            self._note(request, name, body, 0)
            request.reset()
        elif kind.silent == "html":
            self._note(request, name, body, kind.status)
            request.send(kind.status, b"<html><body><h1>Bad Gateway</h1></body></html>", {"Content-Type": "text/html"})
        elif kind.silent:
            status = done if done and done < 300 else 201 if request.command == "POST" else 200
            self._note(request, name, body, status)
            text = truth[0][: len(truth[0]) // 2] if kind.silent == "cut" else b'{"message": "half of an ans'
            request.send(status, text, truth[1], length=len(text) + (500 if kind.silent == "cut" else 0))
        else:
            self._end(request, name, body, kind.status, {"message": kind.message}, dict(kind.headers))

    def _end(
        self,
        request: _Request,
        name: str,
        body: Any,
        status: int,
        content: Any,
        headers: dict[str, str] | None = None,
    ) -> None:
        self._note(request, name, body, status)
        data = b"" if content is None else json.dumps(content).encode()
        request.send(status, data, headers or {})

    def _note(self, request: _Request, name: str, body: Any, status: int) -> None:
        with self._lock:
            self.seen.append(Seen(name, request.command, request.path, body, status))


def _query(text: str) -> dict[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    if len(dict(pairs)) != len(pairs):
        raise Illegal(f"a query parameter stands twice in {text}")
    return dict(pairs)


def _with_renderings(content: Any) -> Any:
    """What GitHub adds for the media type `full`, which its description leaves out: rendered bodies."""
    if isinstance(content, list):
        return [_with_renderings(item) for item in content]
    if not isinstance(content, dict) or "body" not in content:
        return content
    return {**content, "body_html": f"<p>{escape(content['body'] or '')}</p>", "body_text": content["body"] or ""}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, owner: GitHubServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Request)


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def _answer(self) -> None:
        # The body is read before the answer, or the next request of the connection would begin with it.
        self.data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.server.owner.handle(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except BaseException as error:
            self.server.owner.refused.append(f"the server broke: {error!r}")
            raise

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _answer

    def read_body(self) -> Any:
        """The JSON body; `None` for none."""
        if not self.data:
            return None
        try:
            return json.loads(self.data)
        except ValueError:
            raise Illegal(f"{self.command} {self.path}: the body is no JSON") from None

    def send(self, status: int, data: bytes, headers: dict[str, str], length: int | None = None) -> None:
        """Send an answer; a `length` that is not that of the data ends the connection."""
        self.send_response(status)
        headers = {**self.server.owner.always, **headers}
        lower = {name.lower() for name in headers}
        if "content-type" not in lower:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        if status != 204 and self.command != "HEAD":
            self.wfile.write(data)
        self.wfile.flush()
        if length is not None and length != len(data):
            self.drop()

    def drop(self) -> None:
        """End the connection without a word."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End the connection with a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The clock of the server, which a test may put wrong."""
        moment = self.server.owner.now() if timestamp is None else datetime.fromtimestamp(timestamp, UTC)
        return format_datetime(moment + self.server.owner.ahead, usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
