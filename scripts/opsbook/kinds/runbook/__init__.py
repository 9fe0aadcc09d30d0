"""The kind `runbook`: prose and checklists that somebody on call can follow."""

from opsbook.kinds.runbook.kind import RunbookKind

KIND = RunbookKind()
