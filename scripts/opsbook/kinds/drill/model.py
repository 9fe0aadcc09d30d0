"""The model of a drill."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from opsbook.core.types import WHOLE, Duration, Line, Model, OneOf, ServiceRef, Text, line, many


class Inject(Model):
    """Something that happens, and that people learn from somebody."""

    minute: Annotated[int, Field(ge=0, le=1440), WHOLE]
    """How many minutes after the beginning."""
    who: Annotated[str, line(max_length=40)]
    """Who says it: alert, user, engineer, vendor, manager."""
    text: Text
    """The words, as they would come in."""
    expect: Text | None = None
    """What a good team does next. It is shown when the drill is over, and not before."""


class Drill(Model):
    """`operations/drills/<name>.yaml`: what happens in a rehearsal. Those who play it do not read it before."""

    title: Line
    """What is wrong, in one line: the title of the incident that is declared."""
    severity: Annotated[str, OneOf("severities", "severity")]
    """How bad it seems when it begins."""
    services: tuple[ServiceRef, ...] = many()
    """Services of the catalogue that are affected."""
    length: Duration
    """How long it takes on its own clock; at a terminal it is played in a fraction of that."""
    injects: tuple[Inject, ...] = Field(strict=False, min_length=1, max_length=100)
    """What happens, in order."""
