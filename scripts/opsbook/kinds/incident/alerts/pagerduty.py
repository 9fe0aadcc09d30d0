"""PagerDuty (docs: "Webhooks", V3): one payload holds one event of one of its incidents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opsbook.kinds.incident.alerts.event import Event, Moment, Payload, key_of
from opsbook.kinds.incident.model import AlertState

NAME = "pagerduty"

_STATES: Mapping[str, AlertState] = {
    "incident.triggered": "firing",
    "incident.reopened": "firing",
    "incident.unacknowledged": "firing",
    "incident.escalated": "firing",
    "incident.resolved": "resolved",
}
"""What an event says of the alert; others say nothing of it (docs: "Event Types")."""
_BEGINS = frozenset({"incident.reopened"})
"""With which it begins anew, although it is the same incident there."""


class _Named(Payload):
    summary: str = ""


class _Incident(Payload):
    id: str
    incident_key: str | None = None
    title: str = ""
    html_url: str = ""
    created_at: Moment
    service: _Named | None = None
    urgency: str = ""
    priority: _Named | None = None


class _Event(Payload):
    event_type: str
    occurred_at: Moment
    data: dict[str, Any]


class _Hook(Payload):
    event: _Event


def is_its(payload: Mapping[str, Any]) -> bool:
    """Whether a payload has its shape."""
    event = payload.get("event")
    return isinstance(event, dict) and "event_type" in event and "data" in event


def parts(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """It holds one."""
    yield "", payload


def event(part: Any) -> Event | None:
    """What it says, if it says whether the alert fires."""
    said = _Hook.model_validate(part).event
    state = _STATES.get(said.event_type)
    if state is None:
        return None
    incident = _Incident.model_validate(said.data)
    service = incident.service.summary if incident.service is not None else ""
    return Event(
        source=NAME,
        key=key_of(incident.incident_key or incident.id),
        state=state,
        title=incident.title,
        severity=(incident.priority.summary if incident.priority is not None else "") or incident.urgency,
        labels={"service": service} if service else {},
        began=said.occurred_at if said.event_type in _BEGINS else incident.created_at,
        since=said.occurred_at if said.event_type in _BEGINS or state == "resolved" else incident.created_at,
        links=(("Alert", incident.html_url),),
    )
