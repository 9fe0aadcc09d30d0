"""open steps of an incident's checklists again"""

from opsbook.kinds.incident.ticking import recording

COMMAND = recording("undone", "first")
