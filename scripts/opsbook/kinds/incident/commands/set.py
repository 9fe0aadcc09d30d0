"""change a fact of an incident: its severity, status, roles, services, impact, summary, bridge or times"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from opsbook.core.command import Option, Write
from opsbook.kinds.incident.requests import Update
from opsbook.kinds.incident.update import seen

_TIMES = ("started-at", "detected-at", "acknowledged-at", "identified-at", "mitigated-at", "reviewed-at")
_ONE = ("severity", "status", "lead", "comms", "impact", "summary", "bridge", *_TIMES)
_MANY = {"service": "services", "component": "components"}


def _values(args: Namespace, by: str) -> Mapping[str, Any]:
    """The one fact, which the action judges."""
    field = args.fact.replace("-", "_")
    if args.fact in _MANY:
        return {_MANY[args.fact]: tuple(args.value), "text": args.why}
    return {field: " ".join(args.value), "text": args.why}


COMMAND = Write(
    Update,
    done="{id}: {changes}",
    picks="-i",
    seen=seen,
    options=(
        Option("fact", "which one", {"choices": (*_ONE, *_MANY)}),
        Option(
            "value",
            "what it is from now on; a service is added to those that are affected",
            {"nargs": "+", "metavar": "VALUE"},
        ),
        Option("--why", "why it changes", {"metavar": "TEXT"}),
    ),
    values=_values,
)
