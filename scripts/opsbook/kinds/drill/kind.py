"""Everything that the rest of the program asks of the scripts of drills, in one place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from opsbook.core.kind import Kind
from opsbook.core.shape import Part
from opsbook.kinds.drill.model import Drill

if TYPE_CHECKING:
    from opsbook.core.rule import RecordRule


class DrillKind(Kind):
    """The script of a drill. The incident that is declared when it is played is an incident, and has its own record."""

    name = "drill"
    plural = "drills"
    folder = "operations/drills"
    path = re.compile(r"(?!score\.)(?P<id>[a-z0-9]+(?:-[a-z0-9]+)*)\.yaml")  # `opsbook drill score` is a command
    depth = 1
    naming = "operations/drills/<name>.yaml in lower case with hyphens, like certificate-expired.yaml; not score.yaml"
    parts = (Part("", "drill", schema="drill", model=Drill, required=True),)

    def page(self, path: str) -> str:
        """See `Shape.page`: it has none, because whoever plays it should not know what comes."""
        return ""

    @property
    def rules(self) -> tuple[type[RecordRule], ...]:
        """See `Kind.rules`."""
        from opsbook.kinds.drill.rules import RULES

        return RULES
