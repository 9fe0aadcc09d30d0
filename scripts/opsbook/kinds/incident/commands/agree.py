"""agree to what was decided: that an incident is resolved, or less severe than it was"""

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Agree
from opsbook.kinds.incident.view import IncidentView

COMMAND = Write(
    Agree,
    done="Agreed in {id}",
    picks="-i",
    awaited=True,
    seen=lambda record, request: (
        {"status": facts.status, "severity": facts.severity}
        if request.to is None and (facts := IncidentView(record).facts) is not None
        else {}
    ),
    options=(
        Option(
            "to",
            "what to, where several decisions wait for you",
            {"nargs": "?", "choices": ("resolve", "downgrade", "close")},
        ),
        Option("--text", "what you say with it", {"metavar": "TEXT"}),
    ),
    values=lambda args, by: {"to": args.to, "text": args.text},
)
