"""A Slack sink that talks to the Slack of the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from opsbook.adapters.slack.api import SlackApi
from opsbook.adapters.slack.sink import SlackSink
from tests.slack_server import SlackServer
from tests.slack_server.workspace import TOKEN


def by_name(audience: str) -> str:
    """The channel of an audience of the same name."""
    return f"#{audience}"


def slack_api(
    slack: SlackServer, *, waits: list[float] | None = None, token: str = TOKEN, timeout: float = 5
) -> SlackApi:
    """Calls as `wiring` makes them, but that waits are only noted."""
    return SlackApi(token, slack.url, wait=(waits if waits is not None else []).append, timeout=timeout)


def slack_sink(
    slack: SlackServer,
    channels: Callable[[str], str | None] = by_name,
    *,
    api: SlackApi | None = None,
    earlier: Callable[[str], Mapping[str, str]] | None = None,
) -> SlackSink:
    """The sink as `wiring` makes it."""
    return SlackSink(api or slack_api(slack), channels, earlier=earlier)
