"""take a role in an incident: lead or comms"""

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Update
from opsbook.kinds.incident.update import seen

COMMAND = Write(
    Update,
    done=lambda request: "You " + ("lead {id}" if request.lead else "are comms of {id}"),
    picks="-i",
    seen=seen,
    options=(Option("role", "which one", {"choices": ("lead", "comms")}),),
    values=lambda args, by: {args.role: by},
)
