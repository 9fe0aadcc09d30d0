"""How the files of an incident are written: canonical text with the schema's address in the first line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from opsbook.core import yaml
from opsbook.core.ids import Ids
from opsbook.kinds.incident.model import AnyEntry, Checklist, FrozenChecklist, Impact, Incident, Roles, Times
from opsbook.kinds.incident.view import CHECKLIST, FACTS

ORDER = (
    *Incident.model_fields,
    *(f"times.{name}" for name in Times.model_fields),
    *(f"roles.{name}" for name in Roles.model_fields),
    *(f"impact.{name}" for name in Impact.model_fields),
)
"""The canonical order of the keys of `incident.yaml`."""


def facts(folder: str, value: Incident) -> tuple[str, bytes]:
    """`incident.yaml`, path and content; what has no value, or its default, is left out."""
    dumped = value.model_dump(mode="json", exclude_defaults=True) | {"classification": value.classification}
    kept = {name: dumped[name] for name in Incident.model_fields if name in dumped}
    return f"{folder}/{FACTS}", yaml.dump(kept, schema="../../../schemas/incident.schema.json").encode()


def checklist(folder: str, frozen: Sequence[FrozenChecklist]) -> tuple[str, bytes]:
    """`checklist.yaml`, path and content."""
    dumped = Checklist(checklists=tuple(frozen)).model_dump(mode="json", exclude_defaults=True)
    return f"{folder}/{CHECKLIST}", yaml.dump(dumped, schema="../../../schemas/checklist.schema.json").encode()


def entry(folder: str, value: AnyEntry, ids: Ids) -> tuple[str, bytes]:
    """One file of the timeline, path and content; the operation that wrote it comes last."""
    dumped = value.model_dump(mode="json", exclude_defaults=True)
    ordered = {name: dumped.pop(name) for name in ("at", "by", "kind")}
    operation = dumped.pop("operation", None)
    last = {"operation": operation} if operation is not None else {}
    text = yaml.dump({**ordered, **dumped, **last}, schema="../../../../schemas/timeline-entry.schema.json")
    stamp = f"{value.at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{folder}/timeline/{stamp}-{ids.token().lower()}.yaml", text.encode()
