"""The commands that record steps: the same by a bare word and in the long form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from opsbook.core.checklist import numbers
from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Tick

if TYPE_CHECKING:
    from argparse import Namespace

    from opsbook.kinds.incident.model import Outcome

_STEPS = Option("steps", "numbers and ranges: 1 2 5-8", {"nargs": "+", "metavar": "STEP"})
_RUNBOOK = Option("--runbook", "the steps are numbered as in this runbook", {"metavar": "NAME"}, "runbook")
_DONE = (
    Option("--evidence", "where it can be seen", {"metavar": "URL"}),
    Option("--note", "what you found", {"metavar": "TEXT", "dest": "text"}),
)
_WHY = (Option("--why", "why", {"metavar": "TEXT", "dest": "text"}),)
_WRONG = Option("--wrong", "what is wrong with the step as the runbook has it", {"metavar": "TEXT"})
_SAID = {"done": "{count} done in {id}", "skipped": "{count} left out in {id}", "undone": "{count} open again in {id}"}


def recording(outcome: Outcome, picks: Literal["first", "-i"]) -> Write:
    """A command that records steps with an outcome."""

    def values(args: Namespace, by: str) -> Mapping[str, Any]:
        del by
        given = {name: getattr(args, name, None) for name in ("runbook", "text", "evidence", "wrong")}
        return {"steps": tuple(numbers(args.steps)), "outcome": outcome, **given}

    wrong = () if outcome == "undone" else (_WRONG,)
    options = (_STEPS, *(_DONE if outcome == "done" else _WHY), *wrong, _RUNBOOK)
    return Write(Tick, done=_SAID[outcome], picks=picks, options=options, values=values)
