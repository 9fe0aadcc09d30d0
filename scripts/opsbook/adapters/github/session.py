"""One repository on GitHub as github3.py reaches it: the session, the calls that it lacks, and what refusals mean.

github3.py follows addresses out of answers, turns a redirected POST into a GET, does not encode paths, waits as long as
GitHub's own cut-off and logs bodies. Here redirects are refused, nothing is asked for outside of the repository,
timeouts are ours, and its log is silenced. `github_api` says which calls there are.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from github3 import exceptions
from github3.repos.repo import _Repository
from github3.session import GitHubSession

from opsbook.core.errors import ForgeError, ForgeFault, ForgeUnknown

VERSION = "2022-11-28"
"""The API version that github3.py understands: the next one drops fields that it requires."""

HURRY = 3.0
"""Seconds to connect and to read once GitHub has left a question unanswered: nobody waits so long ten times over."""

# github3.py writes bodies to its log at the level DEBUG.
logging.getLogger("github3").setLevel(logging.WARNING)

Json = Mapping[str, Any]


class GitHubRefused(ForgeError):
    """GitHub answered that it did not do it.

    Attributes:
        status: of the answer.
        said: GitHub's own words, to be compared and never printed.
    """

    def __init__(self, message: str, remedy: str, status: int, said: str) -> None:
        super().__init__(message, remedy)
        self.status = status
        self.said = said


class NoAnswer(ForgeUnknown):
    """No answer in time: asking again at once would only wait again."""


class Limited(GitHubRefused):
    """Too many requests.

    Attributes:
        seconds: how long GitHub wants to be left alone.
    """

    seconds = 60.0


class Moved(Exception):
    """GitHub redirects: the repository has another name now."""


class Astray(Exception):
    """An answer leads out of the repository, where the token must not go."""


class Session(GitHubSession):  # type: ignore[misc]
    """A session that goes nowhere but to one repository, follows nobody, and does not wait for ever."""

    def __init__(self, base: str, inside: str, timeouts: tuple[float, float]) -> None:
        super().__init__(*timeouts)
        self.base_url = base
        self.hurry = False
        self.answered: Mapping[str, str] = {}
        self._inside = inside
        self._timeouts = timeouts
        self.headers["X-GitHub-Api-Version"] = VERSION
        self.headers["User-Agent"] = "opsbook"

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        """Make one request."""
        parts = urlsplit(url)
        inside = url == self._inside or url.startswith(f"{self._inside}/")
        if not inside or re.search(r"/\.{1,2}(/|$)|//|%2e|\\", parts.path, re.IGNORECASE):
            raise Astray
        connect, read = self._timeouts
        kwargs["timeout"] = (min(connect, HURRY), min(read, HURRY)) if self.hurry else (connect, read)
        kwargs["allow_redirects"] = False
        response: requests.Response = super().request(method, url, *args, **kwargs)
        self.answered = response.headers
        if 300 <= response.status_code < 400:
            raise Moved
        return response


class Repo(_Repository):  # type: ignore[misc]
    """A repository of which only the address is known: asking for the rest would cost a call."""

    def _update_attributes(self, repo: Json) -> None:
        self._api = repo["url"]

    def get(self, *parts: str, params: Mapping[str, str] | None = None) -> Any:
        """Read what github3.py has no method for, or reads into objects that break on a missing field."""
        url = self._build_url(*parts, base_url=self._api)
        return self._json(self._get(url, params=params), 200, include_cache_info=False)

    def pages(self, *parts: str, params: Mapping[str, str] | None = None) -> list[Any]:
        """Every page of a list."""
        url, rows = self._build_url(*parts, base_url=self._api), []
        while url:
            response = self._get(url, params=params)
            page = self._json(response, 200, include_cache_info=False)
            if not isinstance(page, list):
                raise TypeError
            rows += page
            url, params = response.links.get("next", {}).get("url"), None
        return rows

    def send(self, method: str, *parts: str, data: Any, silent: bool = False) -> Any:
        """Write what github3.py has no method for without reading the object first.

        Args:
            silent: the answer has no body.
        """
        url = self._build_url(*parts, base_url=self._api)
        response = self._request(method, url, json=data)
        if silent and response.status_code == 204:
            return None
        return self._json(response, 201 if response.status_code == 201 else 200, include_cache_info=False)

    def remove(self, *parts: str) -> None:
        """Delete something."""
        url = self._build_url(*parts, base_url=self._api)
        if not self._boolean(self._delete(url), 204, 404):
            raise exceptions.UnprocessableResponseBody("", None)


def refusal(error: exceptions.GitHubError) -> ForgeFault:
    """What an answer that is no success means."""
    status, response = error.code or 0, error.response
    said = _said(error)
    if status >= 500:
        return ForgeUnknown(
            f"GitHub has a failure of its own ({status}).", "`opsbook reconcile` finishes it when GitHub works again."
        )
    headers = response.headers if response is not None else {}
    if status == 429 or (
        status == 403 and ("rate limit" in said.lower() or headers.get("x-ratelimit-remaining") == "0")
    ):
        limited = Limited(
            f"GitHub asks to wait{_until(headers)}: too many requests.", "Then run `opsbook reconcile`.", status, said
        )
        limited.seconds = _seconds(headers)
        return limited
    message, remedy = {
        401: (
            "GitHub does not accept the token.",
            "Look at GITHUB_TOKEN: it may have expired. `opsbook doctor` tries it.",
        ),
        403: (
            "The token may not do this on GitHub.",
            "It needs to read and write contents, pull requests and issues. `opsbook doctor` says which it lacks.",
        ),
        404: (
            "GitHub shows nothing there.",
            "Look at GITHUB_REPOSITORY, and whether the token may see the repository. `opsbook doctor` tries it.",
        ),
        409: ("GitHub says that the repository is empty or busy.", "Make a first commit on main, or try again."),
        422: (
            f"GitHub refuses this as invalid{_fields(error)}.",
            "Look at the branch and its pull request, then run the command again.",
        ),
    }.get(status, (f"GitHub answered {status}.", "Run the command again; `opsbook reconcile` finishes what is left."))
    return GitHubRefused(message, remedy, status, said)


def _said(error: exceptions.GitHubError) -> str:
    words = [error.msg if isinstance(error.msg, str) else ""]
    items = error.errors if isinstance(error.errors, list) else []
    words += [str(item.get("message", "")) if isinstance(item, dict) else str(item) for item in items]
    return " ".join(words)


def _fields(error: exceptions.GitHubError) -> str:
    """The names of the fields that GitHub complains about: words of its own, never of a person."""
    items = [item for item in error.errors if isinstance(item, dict)] if isinstance(error.errors, list) else []
    names = {str(item.get("field", "")) for item in items}
    names = {name for name in names if re.fullmatch(r"[a-z_]{1,30}", name)}
    return f" ({', '.join(sorted(names))})" if names else ""


def _until(headers: Mapping[str, str]) -> str:
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if re.fullmatch(r"\d{1,6}", after):
        return f" {after} seconds"
    if headers.get("x-ratelimit-remaining") == "0" and re.fullmatch(r"\d{9,11}", reset):
        return f" until {datetime.fromtimestamp(int(reset), UTC):%H:%M} UTC"
    return " a minute or more"


def _seconds(headers: Mapping[str, str]) -> float:
    """How long to wait. GitHub's documentation: as long as it says, else until the reset, else a minute at least."""
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if re.fullmatch(r"\d{1,6}", after):
        return float(after)
    if headers.get("x-ratelimit-remaining") == "0" and re.fullmatch(r"\d{9,11}", reset):
        return max(int(reset) - time.time(), 1.0)
    return 60.0


def unreadable() -> ForgeUnknown:
    return ForgeUnknown("GitHub's answer cannot be read.", "`opsbook reconcile` finds out what came of it.")
