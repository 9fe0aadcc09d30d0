"""find the runbook for what you try to do, or for an error you see"""

from __future__ import annotations

from opsbook.core.command import Find

FETCHES = False
COMMAND = Find()
