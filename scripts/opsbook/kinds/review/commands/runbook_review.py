"""say that a runbook is true: you read it, rehearsed it, or used it in an incident"""

from opsbook.core.command import Write
from opsbook.kinds.review.requests import ReviewRunbook

COMMAND = Write(
    ReviewRunbook,
    done=lambda request: f"Reviewed {request.runbook}: {{id}}",
    need=("No runbook is named.", "opsbook runbook review RUNBOOK --read"),
)
