"""The `services` section of `opsbook.yml`: the components of our status page."""

from __future__ import annotations

from opsbook.core.config import Entry, Section, Vocabulary, by_id
from opsbook.core.types import Line, many


class Component(Entry):
    """A component of our status page, as subscribers know it."""

    title: Line
    """Its name on the status page."""


class ServicesConfig(Section):
    """What the catalogue shares."""

    components: tuple[Component, ...] = many()
    """The components of our status page."""

    def vocabulary(self) -> Vocabulary:
        """Status page components."""
        return {"components": by_id(self.components)}
