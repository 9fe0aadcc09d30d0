"""A Slack over HTTP for tests: the real SDK talks to it, and it refuses what the documentation says Slack refuses.

Nothing in it is taken from the program under test: limits, escapes and mentions are written down here a second time.
"""

from __future__ import annotations

from tests.slack_server.faults import Fault
from tests.slack_server.reading import pings, seen, styled
from tests.slack_server.server import SlackServer, slack_server
from tests.slack_server.workspace import Channel, Message, Workspace

__all__ = ["Channel", "Fault", "Message", "SlackServer", "Workspace", "pings", "seen", "slack_server", "styled"]
