"""contact people beyond the team, in the configured order, and record what came of it"""

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Escalate

COMMAND = Write(
    Escalate,
    done="Escalation of {id} recorded: {changes}",
    picks="-i",
    options=(
        Option(
            "--no-answer",
            "they could not be reached: go on to the next",
            {"dest": "outcome", "action": "store_const", "const": "no answer"},
        ),
        Option("--reached", "they know", {"dest": "outcome", "action": "store_const", "const": "reached"}),
        Option(
            "--executives",
            "what they decided about the executive group",
            {"choices": ("alerted", "not needed")},
        ),
        Option("--role", "whom, where it is not whoever is next", {"metavar": "ROLE"}, "roles"),
        Option("--text", "what was said", {"metavar": "TEXT"}),
    ),
    values=lambda args, by: {
        "outcome": args.outcome,
        "executives": args.executives,
        "role": args.role,
        "text": args.text,
    },
)
