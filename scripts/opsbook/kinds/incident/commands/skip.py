"""leave out steps of the checklists, and say why"""

from opsbook.kinds.incident.ticking import recording

COMMAND = recording("skipped", "-i")
