"""wake a service's people, a rota, a team or a person, and put it on record"""

from opsbook.core.command import Write
from opsbook.kinds.incident.requests import Call

COMMAND = Write(
    Call,
    done=lambda request: f"{request.who} called into {{id}}",
    picks="-i",
    tells=True,
    need=("Nobody is named.", "opsbook call checkout --why 'what you need them for'"),
)
