"""One place on GitHub: what is asked of it and what its refusals mean, on the session of github3.py.

The session follows redirects with the token, and waits as long as GitHub's own cut-off. Here redirects are refused,
nothing is asked for outside of the place, and timeouts are ours. `api` says which calls there are.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opsbook.core.errors import ForgeError, ForgeFault, ForgeUnknown

if TYPE_CHECKING:
    import requests
    from github3.session import GitHubSession

VERSION = "2022-11-28"
"""The API version whose answers are read."""

HURRY = 3.0
"""Seconds to connect and to read once GitHub has left a question unanswered: nobody waits so long ten times over."""

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


class Session:
    """Goes nowhere but to one place, follows nobody, and does not wait for ever.

    Args:
        place: the address below which everything is; token: never appears in an error, a log or a representation.
        timeouts: seconds to connect and to read.

    Attributes:
        answered: the headers of GitHub's last answer, whatever it said; their names in any case.
        resume: before this it wants not to be asked, in monotonic seconds.
    """

    def __init__(self, place: str, token: str, timeouts: tuple[float, float]) -> None:
        self._place = place
        self._timeouts = timeouts
        self._hurry = False
        self._token = token
        self.answered: Mapping[str, str] = {}
        self.resume = float("-inf")

    @cached_property
    def _session(self) -> GitHubSession:
        # Importing it takes as long as a whole note that needs no call.
        from github3.session import GitHubSession

        session = GitHubSession()
        session.token_auth(self._token)
        session.headers.update({"X-GitHub-Api-Version": VERSION, "User-Agent": "opsbook"})
        return session

    def ask(
        self, method: str, *parts: str, params: Mapping[str, str] | None = None, data: object = None
    ) -> tuple[Any, str]:
        """Make one request.

        Args:
            parts: of the path below the place, as they stand in an address; one alone may be a whole address.

        Returns:
            the JSON of the answer (`None` for an empty one), and where its list goes on; empty where it ends.

        Raises:
            GitHubRefused, ForgeError: not done. ForgeUnknown: nobody knows.
        """
        url = parts[0] if len(parts) == 1 and "://" in parts[0] else "/".join((self._place, *parts))
        inside = url == self._place or url.startswith((f"{self._place}/", f"{self._place}?"))
        if not inside or re.search(r"/\.{1,2}(/|$)|//|%2e|\\", urlsplit(url).path, re.IGNORECASE):
            raise unreadable()  # an answer leads out of the place, where the token must not go
        from requests.exceptions import RequestException

        connect, read = self._timeouts
        timeout = (min(connect, HURRY), min(read, HURRY)) if self._hurry else (connect, read)
        try:
            response = self._session.request(
                method, url, params=params, json=data, timeout=timeout, allow_redirects=False
            )
        except RequestException as error:
            raise self._lost(error) from None
        self.answered = response.headers
        if 300 <= response.status_code < 400:
            raise GitHubRefused(
                "The repository has moved on GitHub.", "Set GITHUB_REPOSITORY to its new name.", 301, ""
            )
        if response.status_code >= 400:
            refused = refusal(response)
            if isinstance(refused, Limited):
                self.resume = time.monotonic() + refused.seconds
            raise refused
        self._hurry = False
        try:
            return (response.json() if response.content else None), response.links.get("next", {}).get("url", "")
        except ValueError:
            raise unreadable() from None

    def _lost(self, error: BaseException) -> ForgeFault:
        """What a connection that failed means for the effect."""
        from requests import exceptions
        from urllib3.exceptions import MaxRetryError

        cause = error.args[0] if error.args else None
        if isinstance(error, exceptions.Timeout):
            self._hurry = True
        if isinstance(error, exceptions.ReadTimeout):
            return NoAnswer(
                "GitHub did not answer in time.", "`opsbook reconcile` finishes it when GitHub answers again."
            )
        if isinstance(error, exceptions.ConnectTimeout) or isinstance(cause, MaxRetryError):
            # Retries are off, so this is what urllib3 says when no connection came about: nothing was sent.
            return ForgeError(
                f"GitHub cannot be reached at {urlsplit(self._place).netloc}.",
                "`opsbook reconcile` finishes it when the network is back.",
            )
        if isinstance(error, (exceptions.InvalidURL, exceptions.MissingSchema)):
            return ForgeError(f"{self._place} is not an address.", "Look at GITHUB_API_URL.")
        return ForgeUnknown("The connection to GitHub broke off.", "`opsbook reconcile` finds out what came of it.")


def refusal(response: requests.Response) -> ForgeFault:
    """What an answer that is no success means."""
    status, headers = response.status_code, response.headers
    said, fields = _said(response)
    if status >= 500:
        return ForgeUnknown(
            f"GitHub has a failure of its own ({status}).", "`opsbook reconcile` finishes it when GitHub works again."
        )
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
            f"GitHub refuses this as invalid{fields}.",
            "Look at the branch and its pull request, then run the command again.",
        ),
    }.get(status, (f"GitHub answered {status}.", "Run the command again; `opsbook reconcile` finishes what is left."))
    return GitHubRefused(message, remedy, status, said)


def _said(response: requests.Response) -> tuple[str, str]:
    """GitHub's own words, and the fields that it complains about: names of its own, never a person's words."""
    try:
        body = response.json()
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    errors = body.get("errors")
    items = (
        [item if isinstance(item, dict) else {"message": item} for item in errors] if isinstance(errors, list) else []
    )
    words = " ".join(str(item.get("message", "")) for item in (body, *items))
    names = {str(item.get("field", "")) for item in items}
    names = {name for name in names if re.fullmatch(r"[a-z_]{1,30}", name)}
    return words, f" ({', '.join(sorted(names))})" if names else ""


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
