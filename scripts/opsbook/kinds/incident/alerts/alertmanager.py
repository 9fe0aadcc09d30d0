"""Alertmanager (docs: "Configuration", `webhook_config`): one payload holds a group of alerts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from opsbook.kinds.incident.alerts.event import NONE, Event, Labels, Moment, Payload, key_of

NAME = "alertmanager"


class _Alert(Payload):
    status: Literal["firing", "resolved"]
    labels: Labels
    annotations: Labels = NONE
    startsAt: Moment
    endsAt: Moment | None = None
    generatorURL: str = ""
    panelURL: str = ""
    dashboardURL: str = ""
    fingerprint: str = ""


def is_its(payload: Mapping[str, Any]) -> bool:
    """Whether a payload has its shape."""
    return isinstance(payload.get("alerts"), list) and "groupKey" in payload and "orgId" not in payload


def parts(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each alert of the group."""
    for number, alert in enumerate(payload["alerts"]):
        yield f"alerts.{number}", alert


def event(part: Any, source: str = NAME) -> Event:
    """What one of them says."""
    alert = _Alert.model_validate(part)
    notes, ended = alert.annotations, alert.status == "resolved" and alert.endsAt is not None
    links = (
        ("Runbook", notes.get("runbook_url", "")),
        ("Dashboard", alert.panelURL or alert.dashboardURL or notes.get("dashboard_url", "")),
        ("Alert", alert.generatorURL),
    )
    return Event(
        source=source,
        key=key_of(alert.fingerprint or json.dumps(dict(sorted(alert.labels.items())))),
        state=alert.status,
        title=notes.get("summary") or alert.labels.get("alertname", ""),
        severity=alert.labels.get("severity", ""),
        labels=alert.labels,
        began=alert.startsAt,
        since=max(alert.startsAt, alert.endsAt) if ended and alert.endsAt else alert.startsAt,
        text=notes.get("description") or notes.get("message", ""),
        links=links,
    )
