"""find the runbook for what you try to do, or for an error you see"""

from opsbook.kinds.runbook.commands.runbook_find import COMMAND

__all__ = ["COMMAND"]
