"""change an incident: status, severity, roles, impact; tell its users"""

from opsbook.core.command import Write
from opsbook.kinds.incident.requests import Update
from opsbook.kinds.incident.update import seen

COMMAND = Write(Update, done="{id}: {changes}", picks="optional", seen=seen)
