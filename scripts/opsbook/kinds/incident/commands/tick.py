"""tick steps of the checklists, by their numbers: 1 2 5-8"""

from opsbook.core.command import Write
from opsbook.kinds.incident.requests import Tick

COMMAND = Write(Tick, done="Ticked in {id}", picks="-i")
