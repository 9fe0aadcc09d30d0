"""tick steps of the checklists, by their numbers: 1 2 5-8"""

from opsbook.kinds.incident.ticking import recording

COMMAND = recording("done", "-i")
