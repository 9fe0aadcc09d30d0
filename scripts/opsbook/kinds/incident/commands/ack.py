"""record that somebody answered a call"""

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Acknowledge

COMMAND = Write(
    Acknowledge,
    done=lambda request: f"{request.who or 'You'} answered the call in {{id}}",
    picks="-i",
    options=(
        Option("who", "who answered; you, if you do not say otherwise", {"nargs": "?", "metavar": "WHO"}, of="people"),
        Option("--call", "which call, by whom it was for", {"metavar": "NAME"}),
    ),
    values=lambda args, by: {"who": args.who or by, "call": args.call},
)
