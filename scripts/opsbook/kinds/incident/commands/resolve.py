"""say that an incident is over for those who were affected"""

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Update
from opsbook.kinds.incident.update import seen


def _values(args: Namespace, by: str) -> Mapping[str, Any]:
    values: dict[str, Any] = {"status": "resolved", "text": args.why or " ".join(args.text) or None}
    if args.false_alarm:
        return {**values, "ended_as": "false alarm"}
    for how, other in (("duplicate", args.duplicate_of), ("merged", args.merged_into)):
        if other is not None:  # it goes on there: nothing is left to review here
            return {**values, "status": "closed", "ended_as": how, "same_as": other.strip().upper()}
    return values


COMMAND = Write(
    Update,
    done=lambda request: "Closed {id}" if request.status == "closed" else "Resolved {id}",
    picks="-i",
    seen=seen,
    options=(
        Option("text", "what ended it", {"nargs": "*"}),
        Option("--why", "the same, as with the other words", {"metavar": "TEXT"}),
        Option("--false-alarm", "nothing was wrong after all", {"action": "store_true"}),
        Option("--duplicate-of", "the same was declared before, as this one", {"metavar": "ID"}, "incident"),
        Option("--merged-into", "it is part of this one, and goes on there", {"metavar": "ID"}, "incident"),
    ),
    values=_values,
)
