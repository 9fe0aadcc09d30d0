"""A PagerDuty and a webhook over HTTP for tests; it refuses what the documentation says PagerDuty refuses.

Nothing in it is taken from the program under test: what an event must be is written down here a second time.
"""

from __future__ import annotations

from tests.pager_server.server import HOOK, KEY, Alert, PagerServer, pager_server

__all__ = ["HOOK", "KEY", "Alert", "PagerServer", "pager_server"]
