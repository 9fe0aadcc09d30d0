"""open steps again that were ticked or left out"""

from opsbook.kinds.incident.ticking import recording

COMMAND = recording("undone", "-i")
