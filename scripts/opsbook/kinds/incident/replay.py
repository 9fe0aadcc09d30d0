"""What was known and promised at a minute: an incident as its timeline had it then, recomputed from the record."""

from __future__ import annotations

from datetime import datetime, timedelta

from opsbook.core.errors import Refused
from opsbook.core.text import one_line, shorten
from opsbook.core.times import HOUR, Times
from opsbook.kinds.incident.model import Incident, RoleChange, SeverityChange, StatusChange
from opsbook.kinds.incident.model import Times as Moments
from opsbook.kinds.incident.view import IncidentView, Timeline
from opsbook.kinds.incident.vocabulary import Status

_LATER = ("reviewed_at", "closed_at")


def moment_of(text: str, view: IncidentView, times: Times) -> datetime:
    """A minute of the incident as somebody types it: `03:15` is the first one after it was declared.

    Raises:
        Refused: it is no time, it is still to come, or nothing was declared yet.
    """
    assert view.facts is not None
    declared = view.facts.times.declared_at
    try:
        if (found := HOUR.fullmatch(text.strip())) is not None:
            begun = times.local(declared)
            at = begun.replace(hour=int(found[1]), minute=int(found[2]), second=59, microsecond=0)
            at = at if at >= begun else at + timedelta(days=1)
        else:
            at = times.typed(text) + timedelta(seconds=59)
    except (ValueError, OverflowError):
        raise Refused(
            f"--at: “{shorten(one_line(text), 40)}” is no time.", "Write 03:15, or 2026-11-21T03:15, or with its zone."
        ) from None
    if at > times.now + timedelta(minutes=1):
        raise Refused(f"Nobody knows yet: {times.full(at)} is still to come.", "Name an earlier minute.")
    if at < declared:
        raise Refused(f"Nothing was declared yet: that was at {times.full(declared)}.", "Name a later minute.")
    return at


def as_of(view: IncidentView, at: datetime) -> IncidentView:
    """The incident as its timeline had it at a moment; what entries do not tell, such as the impact, is left out."""
    facts = view.facts
    assert facts is not None
    kept = Timeline(tuple(item for item in view.timeline.entries if item[1].at <= at))
    status: Status = "investigating"
    severity = view.declared[1].severity if view.declared is not None else None
    if severity is None and not any(view.timeline.of(SeverityChange)):
        severity = facts.severity
    roles: dict[str, str] = {}
    for _, entry in kept.entries:
        if isinstance(entry, StatusChange):
            status = entry.status
        elif isinstance(entry, SeverityChange):
            severity = entry.severity
        elif isinstance(entry, RoleChange):
            roles[entry.role] = entry.person
    times = {
        name: moment
        for name in Moments.model_fields
        if name not in _LATER and (moment := getattr(facts.times, name)) is not None and moment <= at
    }
    known = Incident(
        id=facts.id,
        title=facts.title,
        classification=facts.classification,
        drill=facts.drill,
        severity=severity,
        status=status,
        declared_by=facts.declared_by,
        times=Moments(**{"declared_at": facts.times.declared_at, **times}),
        roles=type(facts.roles)(**roles),
        services=facts.services,
    )
    return IncidentView(view.record, timeline=kept, facts=known)
