"""add a note, a decision or a change to the timeline of an incident"""

from opsbook.core.command import Write
from opsbook.kinds.incident.requests import Note

COMMAND = Write(
    Note,
    done="Noted in {id}",
    picks="first",
    need=("The note is empty.", "opsbook incident note ID 'what you saw or did'"),
)
