"""The kind `incident`: from the declaration through the timeline to the report."""

from opsbook.kinds.incident.kind import IncidentKind

KIND = IncidentKind()
