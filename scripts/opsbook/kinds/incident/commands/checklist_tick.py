"""tick steps of an incident's checklists"""

from opsbook.kinds.incident.ticking import recording

COMMAND = recording("done", "first")
