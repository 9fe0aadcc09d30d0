"""add a note, a decision or a change to the timeline of an incident"""

from opsbook.core.command import Write
from opsbook.kinds.incident.requests import Note

COMMAND = Write(
    Note,
    done=lambda request: "Corrected in {id}" if request.correct else "Noted in {id}",
    picks="first",
    need=("The note is empty.", "opsbook incident note ID 'what you saw or did'"),
)
