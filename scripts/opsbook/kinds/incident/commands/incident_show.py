"""show one incident: its facts, its timeline and how far its checklist is"""

from opsbook.core.command import Read
from opsbook.kinds.incident.shown import shown

COMMAND = Read(lambda book, args, now, record: shown(record, book, now), picks=True)
