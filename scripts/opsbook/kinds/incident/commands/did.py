"""record what was changed in production"""

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Note

COMMAND = Write(
    Note,
    done="Recorded in {id}",
    picks="-i",
    options=(
        Option("text", "what you did, like 'rolled back module_8'", {"nargs": "+"}),
        Option("--at", "when, like 10:05; now otherwise", {"metavar": "TIME"}),
    ),
    values=lambda args, by: {"text": " ".join(args.text), "kind": "change", "at": args.at},
)
