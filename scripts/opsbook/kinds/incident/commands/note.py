"""add a note to the timeline"""

from opsbook.core.command import Write
from opsbook.kinds.incident.requests import Note

COMMAND = Write(
    Note,
    done=lambda request: "Corrected in {id}" if request.correct else "Noted in {id}",
    picks="-i",
    need=("The note is empty.", "opsbook note 'what you saw or did'"),
)
