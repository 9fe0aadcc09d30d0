"""Calls of Slack's Web API, each with one of three ends: an answer, a refusal, or nobody knows.

The SDK's own retries are off, because its handler for connection errors sends `chat.postMessage` again after Slack
took it. What it says in exceptions and logs may hold the token and the message, so none of it is passed on.
"""

from __future__ import annotations

import errno
import logging
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from slack_sdk import WebClient

TIMEOUT = 10
"""Seconds for a connection, and again for an answer."""
PATIENCE = 30.0
"""Seconds that one announcement may spend waiting because Slack asked to."""
WAITS = 3
"""How often a call waits."""
SILENCES = 2
"""After so many calls in a row without an answer in time, Slack is not asked again: nobody waits for it at 3 am."""

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SCOPES = re.compile(r"[a-z][a-z0-9_.:,]{0,200}")
_HALF_DONE = frozenset({"internal_error", "fatal_error"})
"""Refusals of which Slack says that some of the operation may have succeeded before."""
_LIMITED = frozenset({"ratelimited", "rate_limited"})
_PASSING = frozenset({"unreachable", "silent", "ratelimited", "service_unavailable", "team_added_to_org"})
_UNREACHED = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


class SlackFailure(Exception):
    """A call that did not succeed, as far as anybody knows."""


class SlackRefusal(SlackFailure):
    """Slack said no, or was never reached: nothing happened.

    Attributes:
        code: Slack's word for it, or ours: `unreachable`, `silent`, `ratelimited`, `bad_address`, `bad_token`,
            `http_<status>`.
        needed: the scope that is missing.
        seconds: how long Slack asks to wait; zero when it did not say.
    """

    def __init__(self, code: str, needed: str = "", seconds: float = 0) -> None:
        super().__init__(code)
        self.code = code
        self.needed = needed
        self.seconds = seconds

    @property
    def passing(self) -> bool:
        """Whether the same call may succeed later although nobody changes anything."""
        return self.code in _PASSING or self.code.startswith("http_")


class SlackUnknown(SlackFailure):
    """Nobody knows whether it happened; the message says what came instead of an answer."""


class SlackApi:
    """One workspace, by one token, for as long as one command runs.

    Args:
        base_url: of the Web API, such as `https://slack.com/api/`.
        wait: waits so many seconds; given, so that tests do not.
        timeout: seconds for a connection, and again for an answer.

    Attributes:
        patience: seconds that may still be spent waiting because Slack asked to.
        scopes: what the token may do, by Slack's last answer; `None` before the first.
        moment: Slack's own clock at its last answer, aware; `None` when it did not say.
    """

    def __init__(self, token: str, base_url: str, *, wait: Callable[[float], None], timeout: float = TIMEOUT) -> None:
        self._token = token.strip()
        self._base_url = base_url
        self._timeout = timeout
        self._wait = wait
        self._client: WebClient | None = None
        self._silences = 0
        self.patience = PATIENCE
        self.scopes: frozenset[str] | None = None
        self.moment: datetime | None = None

    def read(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Call a method that changes nothing; see `write`."""
        return self._patiently(method, {"params": arguments})

    def write(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Call a method that changes something; returns Slack's answer.

        Raises:
            SlackRefusal: nothing happened. SlackUnknown: nobody knows.
        """
        return self._patiently(method, {"json": arguments})

    def _patiently(self, method: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call, and call again after a wait that Slack asked for: a limited call had no effect."""
        for _ in range(WAITS):
            try:
                return self._call(method, body)
            except SlackRefusal as refusal:
                if refusal.code != "ratelimited" or not 0 < refusal.seconds <= self.patience:
                    raise
                self.patience -= refusal.seconds
                self._wait(refusal.seconds)
        return self._call(method, body)

    def _call(self, method: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        from slack_sdk.errors import SlackApiError

        if self._silences >= SILENCES:
            raise SlackRefusal("silent")
        if not _is_address(self._base_url):
            raise SlackRefusal("bad_address")
        if not re.fullmatch(r"[!-~]+", self._token):
            raise SlackRefusal("bad_token")  # in a header it would break the request, and be quoted in the error
        try:
            response = self._connected().api_call(method, **body)
        except SlackApiError as error:
            self._silences = 0
            raise _judge(error.response) from None
        except URLError as error:
            raise self._unreached(error.reason) from None
        except TimeoutError as error:
            raise self._unreached(error) from None
        except Exception:  # whatever the SDK stumbles over once it has begun to send: its words may hold the message
            raise SlackUnknown("the connection to Slack broke, or its answer cannot be read") from None
        self._silences = 0
        headers = {name.lower(): value for name, value in response.headers.items()}
        granted = headers.get("x-oauth-scopes")
        self.scopes = frozenset(re.split(r"[,\s]+", granted)) if granted is not None else self.scopes
        with suppress(ValueError, TypeError):
            self.moment = parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
        if not isinstance(response.data, dict):
            raise SlackUnknown("Slack's answer cannot be read")
        return response.data

    def _unreached(self, reason: object) -> SlackRefusal | SlackUnknown:
        """A connection that never came about had no effect; one that broke may have had."""
        if isinstance(reason, _UNREACHED) or (isinstance(reason, OSError) and reason.errno in _NO_ROUTE):
            return SlackRefusal("unreachable")
        if isinstance(reason, TimeoutError):
            self._silences += 1
            return SlackUnknown("Slack did not answer in time")
        return SlackUnknown("the connection to Slack broke")

    def _connected(self) -> WebClient:
        if self._client is None:
            from slack_sdk import WebClient

            silent = logging.getLogger("opsbook.slack")
            silent.disabled = True
            self._client = WebClient(
                self._token,
                base_url=self._base_url,
                timeout=self._timeout,  # type: ignore[arg-type]  # whole seconds by its hints, any by its code
                retry_handlers=[],
                logger=silent,
            )
        return self._client


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _judge(response: Any) -> SlackRefusal | SlackUnknown:
    """What an answer other than `ok: true` means."""
    status, data = response.status_code, response.data
    code = data.get("error") if isinstance(data, dict) else None
    code = code if isinstance(code, str) and _CODE.fullmatch(code) else ""
    if status == 429 or (status == 200 and code in _LIMITED):
        return SlackRefusal("ratelimited", seconds=_seconds(response.headers))
    if status == 200:
        if not code or code in _HALF_DONE or not isinstance(data, dict) or data.get("ok") is not False:
            return SlackUnknown(f"Slack answered with {code or 'something that cannot be read'}")
        needed = data.get("needed")
        return SlackRefusal(code, needed if isinstance(needed, str) and _SCOPES.fullmatch(needed) else "")
    if status >= 500:
        return SlackUnknown(f"Slack, or something on the way to it, answered with HTTP {status}")
    return SlackRefusal(f"http_{status}")


def _seconds(headers: Mapping[str, str]) -> float:
    """`Retry-After` in seconds: a number, or a date (RFC 9110, 10.2.3), compared with the clock of the same server."""
    named = {name.lower(): value for name, value in headers.items()}
    after = named.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", after):
        return max(float(after), 0.1)
    try:
        return max((parsedate_to_datetime(after) - parsedate_to_datetime(named.get("date", ""))).total_seconds(), 0.1)
    except (ValueError, TypeError):
        return 0
