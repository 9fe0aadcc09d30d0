"""Requests as a test writes them: an action, who asks, and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.core.request import Request
from opsbook.kinds import read_request


def ask(
    action: str, by: str = "oncall-a", values: Mapping[str, Any] | None = None, record: str | None = None
) -> Request:
    """The typed request; raises `Refused` for values that are none."""
    return read_request({"action": action, "by": by, "values": dict(values or {}), "record": record})


def other(asked: Request, **changes: Any) -> Request:
    """The same request with another `by`, `record` or `values`."""
    same = {"by": asked.by, "values": asked.values, "record": asked.record}
    return ask(asked.action, **{**same, **changes})
