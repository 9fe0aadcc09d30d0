"""The front matter of a runbook."""

from __future__ import annotations

from typing import Annotated

from opsbook.core.types import ConditionRef, Duration, IsoDate, Line, Model, OwnerRef, ServiceRef, line, many

Sign = Annotated[str, line(min_length=2, max_length=200)]


class Runbook(Model):
    """What is said about a runbook above its text; area and slug are its folder and file name."""

    title: Line
    """What it helps to do."""
    owner: OwnerRef
    """The role or team that keeps it true."""
    reviewed: IsoDate | None = None
    """When somebody last followed or read it and found it true; left out of a draft that nobody has reviewed."""
    review_in: Duration | None = None
    """How soon it is reviewed again; the area's or the book's default otherwise."""
    services: tuple[ServiceRef, ...] = many()
    """Services that it is about."""
    goals: tuple[Sign, ...] = many()
    """What somebody may be trying to do, in their words: how they find it."""
    symptoms: tuple[Sign, ...] = many()
    """What somebody may see, error texts in full: how they find it."""
    when: tuple[ConditionRef, ...] = many()
    """When the steps of its checklist are needed that say nothing themselves: severities, or `users notice`."""
