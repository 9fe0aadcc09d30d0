"""The kind `service`: the catalogue of what we run, and of what we depend on."""

from opsbook.kinds.service.kind import ServiceKind

KIND = ServiceKind()
