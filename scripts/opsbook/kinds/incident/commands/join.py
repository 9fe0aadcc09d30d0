"""say that you, or somebody else, works on an incident"""

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Attend

COMMAND = Write(
    Attend,
    done=lambda request: f"{request.person or 'You'} joined {{id}}",
    picks="-i",
    options=(
        Option("who", "who; you, if you do not say", {"nargs": "?", "metavar": "WHO"}, "people"),
        Option("--as", "what they do, like database", {"dest": "role", "metavar": "TEXT"}),
    ),
    values=lambda args, by: {"person": args.who, "role": args.role},
)
