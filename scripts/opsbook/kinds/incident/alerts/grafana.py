"""Grafana (docs: "Configure the webhook notifier for Alerting"): Alertmanager's payload with more beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.kinds.incident.alerts import alertmanager
from opsbook.kinds.incident.alerts.event import Event

NAME = "grafana"


def is_its(payload: Mapping[str, Any]) -> bool:
    """Whether a payload has its shape."""
    return isinstance(payload.get("alerts"), list) and "orgId" in payload


parts = alertmanager.parts


def event(part: Any) -> Event:
    """What one of them says."""
    return alertmanager.event(part, NAME)
