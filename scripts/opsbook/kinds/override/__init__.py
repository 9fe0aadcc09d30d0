"""The kind `override`: somebody stands in for whoever a rota names, for a while."""

from opsbook.kinds.override.kind import OverrideKind

KIND = OverrideKind()
