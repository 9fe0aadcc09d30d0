"""How the files of an incident are written: canonical text with the schema's address in the first line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from opsbook.core import yaml
from opsbook.core.ids import Ids
from opsbook.core.types import write_time
from opsbook.kinds.incident.model import Impact, Incident, Roles, Times

ORDER = (
    *Incident.model_fields,
    *(f"times.{name}" for name in Times.model_fields),
    *(f"roles.{name}" for name in Roles.model_fields),
    *(f"impact.{name}" for name in Impact.model_fields),
)
"""The canonical order of the keys of `incident.yaml`."""


def facts(value: Mapping[str, Any]) -> bytes:
    """`incident.yaml`; keys without a value are left out."""
    kept = {key: item for key, item in value.items() if item not in (None, [], {})}
    return yaml.dump(kept, schema="../../../schemas/incident.schema.json").encode()


def checklist(value: Mapping[str, Any]) -> bytes:
    """`checklist.yaml`."""
    return yaml.dump(value, schema="../../../schemas/checklist.schema.json").encode()


def entry(folder: str, at: datetime, by: str, kind: str, ids: Ids, **fields: Any) -> tuple[str, bytes]:
    """One file of the timeline: its path and its content."""
    stamp = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    value = {"at": write_time(at), "by": by, "kind": kind, **{k: v for k, v in fields.items() if v is not None}}
    text = yaml.dump(value, schema="../../../../schemas/timeline-entry.schema.json")
    return f"{folder}/timeline/{stamp}-{ids.token().lower()}.yaml", text.encode()
