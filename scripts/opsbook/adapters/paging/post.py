"""One request to a pager, with one of three ends: an answer, not sent, or nobody knows.

What comes back is judged by the sinks. No address and no key of a pager ever stands in an error: whoever has one can
wake people.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from opsbook.core.ports import Delivery

TIMEOUT = 10.0
"""Seconds to connect, and again for an answer."""
SILENCES = 2
"""After so many requests in a row without an answer in time it is not asked again in this run."""

_LIMIT = 65_536
"""Bytes of an answer that are read."""


class NotSent(Exception):
    """It never reached the pager: nothing happened."""


class Unclear(Exception):
    """Nobody knows whether it did."""


class Answer(NamedTuple):
    """What came back.

    Attributes:
        body: its JSON; `None` where it has none.
        is_page: it is a page for people, as a proxy sends one in the place of whoever should have answered.
    """

    status: int
    body: Any
    is_page: bool


class Line:
    """The way to one pager, for as long as one command runs.

    Args:
        url: where it listens; variable: the name of the variable that says so.
        timeout: seconds to connect, and again for an answer.
    """

    def __init__(self, name: str, url: str, variable: str, timeout: float = TIMEOUT) -> None:
        self._name = name
        self._url = url
        self._variable = variable
        self._timeout = timeout
        self._silences = 0

    def ask(self, method: str, value: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Make one request, which goes nowhere else.

        Raises:
            NotSent: nothing happened. Unclear: nobody knows.
        """
        if self._silences >= SILENCES:
            raise NotSent(f"{self._name} did not answer in time, and is not asked again for now")
        if not _is_address(self._url):
            raise NotSent(f"{self._variable} is not an address: set it to one that begins with https://")
        import requests
        from requests import exceptions
        from urllib3.exceptions import MaxRetryError

        data = None if value is None else json.dumps(value)  # in ASCII: no character of a person's breaks it
        sent = {"Content-Type": "application/json", "User-Agent": "opsbook", **(headers or {})}
        try:
            with (
                _silence("urllib3.connectionpool"),
                requests.request(
                    method,
                    self._url,
                    data=data,
                    headers=sent,
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                body = next(response.iter_content(_LIMIT), b"")
        except exceptions.ReadTimeout:
            self._silences += 1
            raise Unclear(f"{self._name} did not answer in time") from None
        except (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema, exceptions.InvalidHeader):
            raise NotSent(f"{self._variable} cannot be used as it is") from None
        except exceptions.RequestException as error:
            cause = error.args[0] if error.args else None
            # Nothing is retried, so this is what urllib3 says when no connection came about.
            if isinstance(error, exceptions.ConnectTimeout) or isinstance(cause, MaxRetryError):
                raise NotSent(f"{self._name} cannot be reached from here") from None
            raise Unclear(f"the connection to {self._name} broke") from None
        self._silences = 0
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        return Answer(response.status_code, _json(body), is_page)

    def judged(self, status: int) -> Delivery:
        """What an answer means that is no success."""
        what = f"{self._name} answered with HTTP {status}"
        if status >= 500 or status in (408, 409):  # it may be at work on it already
            return Delivery("unknown", error=f"{what}.")
        if status == 429:
            return Delivery("not done", error=f"{self._name} asks to wait: too many calls at once. Finish it later.")
        where = ": look at the address" if 300 <= status < 400 or status in (404, 405, 410) else ""
        return Delivery("not done", error=f"{what}{where} in {self._variable}." if where else f"{what}.")


@contextmanager
def _silence(name: str) -> Iterator[None]:
    """A logger that would name the path, which may be a secret."""
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
