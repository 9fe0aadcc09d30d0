"""Slack keeps the promises of every sink."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from opsbook.adapters.slack.sink import SlackSink
from tests.contracts.sink import SinkContract
from tests.slack_server import SlackServer, pings, seen, slack_server, styled
from tests.support.clock import Clock
from tests.support.slack import slack_sink


class Workspace:
    """A Slack in which every audience of the contract is the same channel."""

    def __init__(self, slack: SlackServer) -> None:
        self._slack = slack
        self.sink: SlackSink = slack_sink(slack, lambda audience: "#ops-incidents")

    def said(self) -> list[str]:
        return [seen(message) for message in self._slack.messages("ops-incidents")]

    def break_down(self) -> None:
        self._slack.stop()

    def is_inert(self, text: str) -> bool:
        messages = self._slack.messages()
        ours = ("bold",)
        return not any(pings(m) for m in messages) and all(p.style in ours for m in messages for p in styled(m))


class TestSlack(SinkContract):
    """Over HTTP, with the real SDK."""

    @pytest.fixture
    def world(self) -> Iterator[Workspace]:
        with slack_server("ops-incidents", now=Clock().now) as slack:
            yield Workspace(slack)
