"""say that an incident is over for those who were affected"""

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Update
from opsbook.kinds.incident.update import seen

COMMAND = Write(
    Update,
    done="Resolved {id}",
    picks="-i",
    seen=seen,
    options=(
        Option("text", "what ended it", {"nargs": "*"}),
        Option("--why", "the same, as with the other words", {"metavar": "TEXT"}),
    ),
    values=lambda args, by: {"status": "resolved", "text": args.why or " ".join(args.text) or None},
)
