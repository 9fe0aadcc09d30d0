"""say that an incident is over for those who were affected"""

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Update

COMMAND = Write(
    Update,
    done="Resolved {id}",
    picks="-i",
    options=(Option("--why", "what ended it", {"metavar": "TEXT"}),),
    values=lambda args, by: {"status": "resolved", "text": args.why},
)
