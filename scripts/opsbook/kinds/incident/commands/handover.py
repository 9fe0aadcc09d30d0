"""hand the lead, or comms, over to somebody else"""

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import HandOver
from opsbook.kinds.incident.view import IncidentView

COMMAND = Write(
    HandOver,
    done=lambda request: f"{request.person} {'leads' if request.role == 'lead' else 'is comms of'} {{id}}",
    picks="-i",
    seen=lambda record, request: (
        {request.role: getattr(facts.roles, request.role)} if (facts := IncidentView(record).facts) is not None else {}
    ),
    options=(
        Option("who", "who takes over: an id of opsbook.yml, or github:LOGIN", {"metavar": "WHO"}, of="people"),
        Option(
            "role", "lead, if you do not say otherwise", {"nargs": "?", "choices": ("lead", "comms"), "default": "lead"}
        ),
        Option("--text", "what else they have to know", {"metavar": "TEXT"}),
    ),
    values=lambda args, by: {"person": args.who, "role": args.role, "text": args.text},
)
