"""Payloads of alerting systems, as their documentation shows them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

BEGAN = datetime(2020, 11, 21, 9, 0, tzinfo=UTC)
"""When the first alert of tests began to fire."""


def _time(minutes: float) -> str:
    return f"{BEGAN + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S.123456789Z}"


def alert(key: str = "k1", *, began: float = 0, ended: float | None = None, **labels: str) -> dict[str, Any]:
    """One alert of Alertmanager; minutes after `BEGAN`."""
    return {
        "status": "firing" if ended is None else "resolved",
        "labels": {"alertname": f"Alert {key}", "severity": "critical", **labels},
        "annotations": {
            "summary": f"Checkout fails ({key})",
            "description": "More than 5 % of requests fail.",
            "runbook_url": "https://runbooks.example/checkout",
        },
        "startsAt": _time(began),
        "endsAt": "0001-01-01T00:00:00Z" if ended is None else _time(ended),
        "generatorURL": "https://prometheus.example/graph?g0.expr=up",
        "fingerprint": key,
    }


def alertmanager(*alerts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A payload of Alertmanager, version 4."""
    return {
        "version": "4",
        "groupKey": '{}:{alertname="x"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "opsbook",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "https://alertmanager.example",
        "alerts": list(alerts or (alert(),)),
        **more,
    }


def grafana(*alerts: dict[str, Any]) -> dict[str, Any]:
    """A payload of Grafana."""
    found = [{**item, "dashboardURL": "https://grafana.example/d/x", "silenceURL": ""} for item in alerts or (alert(),)]
    return alertmanager(*found, version="1", orgId=1, title="[FIRING:1]", state="alerting", message="x")


def pagerduty(kind: str = "incident.triggered", *, at: float = 0, key: str = "k1", began: float = 0) -> dict[str, Any]:
    """A payload of PagerDuty, V3."""
    data = {
        "id": "PGR0VU2",
        "type": "incident",
        "html_url": "https://acme.pagerduty.example/incidents/PGR0VU2",
        "number": 2,
        "incident_key": key,
        "created_at": _time(began),
        "title": f"Checkout fails ({key})",
        "service": {"id": "PF9KMXH", "summary": "checkout", "type": "service_reference"},
        "urgency": "high",
        "priority": {"id": "PSO75BM", "summary": "critical", "type": "priority_reference"},
    }
    event = {"id": "5ac64822-4adc-4fda", "event_type": kind, "resource_type": "incident", "occurred_at": _time(at)}
    return {"event": {**event, "data": data}}


def opsgenie(action: str = "Create", *, at: float = 0, key: str = "k1", began: float = 0) -> dict[str, Any]:
    """A payload of Opsgenie."""

    def epoch(minutes: float, unit: int) -> int:
        return int((BEGAN + timedelta(minutes=minutes)).timestamp()) * unit

    return {
        "action": action,
        "integrationName": "Webhook",
        "alert": {
            "alertId": "052652ac-5d1c",
            "alias": key,
            "message": f"Checkout fails ({key})",
            "description": "More than 5 % of requests fail.",
            "entity": "checkout",
            "priority": "critical",
            "details": {"service": "checkout"},
            "createdAt": epoch(began, 1000),
            "updatedAt": epoch(at, 10**9),
        },
    }


def stream(payloads: Iterable[Any]) -> str:
    """One payload in each line."""
    return "".join(f"{json.dumps(payload)}\n" for payload in payloads)
