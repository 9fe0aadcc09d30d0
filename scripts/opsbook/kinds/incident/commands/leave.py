"""say that you, or somebody else, does not work on an incident any more"""

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Attend

COMMAND = Write(
    Attend,
    done=lambda request: f"{request.person or 'You'} left {{id}}",
    picks="-i",
    options=(Option("who", "who; you, if you do not say", {"nargs": "?", "metavar": "WHO"}, "people"),),
    values=lambda args, by: {"person": args.who, "presence": "left"},
)
