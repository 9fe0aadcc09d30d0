"""Opsgenie (docs: "Webhook integration"): one payload holds one action on one alert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opsbook.kinds.incident.alerts.event import NONE, Event, Labels, Moment, Payload, key_of
from opsbook.kinds.incident.model import AlertState

NAME = "opsgenie"

_STATES: Mapping[str, AlertState] = {"Create": "firing", "Close": "resolved"}
"""What an action says of the alert; others, such as Acknowledge and AddNote, say nothing of it."""


class _Alert(Payload):
    alertId: str
    alias: str = ""
    message: str = ""
    description: str = ""
    entity: str = ""
    priority: str = ""
    details: Labels = NONE
    createdAt: Moment
    updatedAt: Moment | None = None


class _Hook(Payload):
    action: str
    alert: _Alert


def is_its(payload: Mapping[str, Any]) -> bool:
    """Whether a payload has its shape."""
    return isinstance(payload.get("alert"), dict) and "action" in payload


def parts(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """It holds one."""
    yield "", payload


def event(part: Any) -> Event | None:
    """What it says, if it says whether the alert fires."""
    hook = _Hook.model_validate(part)
    state, alert = _STATES.get(hook.action), hook.alert
    if state is None:
        return None
    began, ended = alert.createdAt, alert.updatedAt
    return Event(
        source=NAME,
        key=key_of(alert.alias or alert.alertId),
        state=state,
        title=alert.message,
        severity=alert.priority,
        labels={**({"entity": alert.entity} if alert.entity else {}), **alert.details},
        began=began,
        since=max(began, ended) if state == "resolved" and ended is not None else began,
        text=alert.description,
        links=(("Runbook", alert.details.get("runbook_url", "")),),
    )
