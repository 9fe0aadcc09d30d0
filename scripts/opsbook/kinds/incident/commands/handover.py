"""hand the lead, or comms, over to somebody else"""

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Update
from opsbook.kinds.incident.update import seen

COMMAND = Write(
    Update,
    done=lambda request: f"{request.lead or request.comms} {'leads' if request.lead else 'is comms of'} {{id}}",
    picks="-i",
    seen=seen,
    options=(
        Option("who", "who takes over: an id of opsbook.yml, or github:LOGIN", {"metavar": "WHO"}, of="people"),
        Option(
            "role", "lead, if you do not say otherwise", {"nargs": "?", "choices": ("lead", "comms"), "default": "lead"}
        ),
    ),
    values=lambda args, by: {args.role: args.who},
)
