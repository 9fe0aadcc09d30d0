"""tick steps of an incident's checklist, or say why they are left out"""

from opsbook.core.command import Write
from opsbook.kinds.incident.requests import Tick

COMMAND = Write(Tick, done="Ticked in {id}", picks="first")
