"""The kind `drill`: the script of a rehearsal, which people play with the words that they use in an incident."""

from opsbook.kinds.drill.kind import DrillKind

KIND = DrillKind()
