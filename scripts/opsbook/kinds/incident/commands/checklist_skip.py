"""leave out steps of an incident's checklists, and say why"""

from opsbook.kinds.incident.ticking import recording

COMMAND = recording("skipped", "first")
