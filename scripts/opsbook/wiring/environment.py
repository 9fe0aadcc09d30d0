"""The variables by which the services outside are set up: a part whose variables are absent is not there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from opsbook.core.announcement import STORY

if TYPE_CHECKING:
    from opsbook.adapters.github.api import Api
    from opsbook.adapters.github.examiner import StoryExaminer
    from opsbook.adapters.paging.post import Line
    from opsbook.adapters.slack.api import SlackApi


_STORIES = f"{STORY}github:"


def variable(name: str) -> str:
    """The value of a variable; empty when it is not set."""
    return os.environ.get(name, "").strip()


def github() -> tuple[str, str, str]:
    """Token, repository and address of the API, each of the first two empty when it is not set."""
    url = variable("GITHUB_API_URL") or "https://api.github.com"
    return variable("GITHUB_TOKEN"), variable("GITHUB_REPOSITORY"), url


def tracker(audiences: Iterable[str]) -> Api | None:
    """The repository whose issues are the stories, where the book names one and there is a token for it."""
    token, repository, url = _tracker(audiences)
    if not token or not repository:
        return None
    from opsbook.adapters.github.api import Api

    return Api(token, repository, url=url)


def tracked(audiences: Iterable[str]) -> Iterator[StoryExaminer]:
    """Who examines it, where the book names one."""
    if any(item.startswith(_STORIES) for item in audiences):
        from opsbook.adapters.github.examiner import StoryExaminer

        yield StoryExaminer(*_tracker(audiences))


def _tracker(audiences: Iterable[str]) -> tuple[str, str, str]:
    """Token, repository and address of the API, as `github`; the token may be one of its own."""
    token, own, url = github()
    named = next((item.removeprefix(_STORIES) for item in audiences if item.startswith(_STORIES)), "")
    return variable("OPSBOOK_TRACKER_TOKEN") or token, own if named == "this" else named, url


def slack_api(seconds: float | None = None) -> SlackApi | None:
    """Slack, where there is a token for it.

    Args:
        seconds: how long an answer may take, where that is less than usual.
    """
    token = variable("SLACK_BOT_TOKEN")
    if not token:
        return None
    from opsbook.adapters.slack.api import TIMEOUT, SlackApi

    url = variable("SLACK_API_URL") or "https://slack.com/api/"
    return SlackApi(token, url, wait=time.sleep, timeout=seconds or TIMEOUT)


def pagerduty(seconds: float | None = None) -> tuple[Line | None, str]:
    """The way to PagerDuty, where there is an integration key, and the key."""
    key = variable("PAGERDUTY_ROUTING_KEY")
    if not key:
        return None, ""
    from opsbook.adapters.paging.pagerduty import EVENTS_URL

    url = variable("PAGERDUTY_EVENTS_URL") or EVENTS_URL
    return _line("PagerDuty", url, "PAGERDUTY_EVENTS_URL", seconds), key


def paging_webhook(seconds: float | None = None) -> Line | None:
    """The way to another pager, where it has an address."""
    url = variable("PAGING_WEBHOOK_URL")
    return _line("the webhook", url, "PAGING_WEBHOOK_URL", seconds) if url else None


def _line(name: str, url: str, where: str, seconds: float | None) -> Line:
    from opsbook.adapters.paging.post import TIMEOUT, Line

    return Line(name, url, where, seconds or TIMEOUT)
