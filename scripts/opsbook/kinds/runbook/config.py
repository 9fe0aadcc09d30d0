"""The `runbooks` section of `opsbook.yml`: areas and how often runbooks are reviewed."""

from __future__ import annotations

from datetime import timedelta

from opsbook.core.config import Entry, Section, Vocabulary, by_id
from opsbook.core.types import Duration, Line, Text, many


class Area(Entry):
    """A folder of `runbooks/`."""

    title: Line
    """Its name on the site."""
    description: Text | None = None
    """What is found in it."""


class RunbooksConfig(Section):
    """How this organisation keeps its runbooks."""

    areas: tuple[Area, ...] = many()
    """The areas, in the order of the site."""
    review_in: Duration = timedelta(days=182)
    """How soon a runbook is reviewed again, unless it says otherwise."""

    def vocabulary(self) -> Vocabulary:
        """Areas."""
        return {"areas": by_id(self.areas)}
