"""What can be asked for about rotas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from opsbook.core.request import HIDDEN, Given, Request, Typed


class OverrideRota(Request):
    """Let somebody stand in for whoever a rota names."""

    action: ClassVar[str] = "override.rota"

    rota: Annotated[str, Given(flag="rota", metavar="ROTA", of="rotas")] = ""
    """Its id, like on-call."""
    who: Annotated[str | None, Given(metavar="ID", of="people")] = None
    """Who stands in; you, if nobody is named."""
    starts: Annotated[str | None, Given(flag="--from", metavar="TIME")] = None
    """From when, like 18:00 or 2026-11-21T18:00; now otherwise."""
    until: Annotated[str, Given(metavar="TIME")] = ""
    """Until when, like 09:00 or 2026-11-22T09:00."""
    why: Typed = None
    """Why, in a few words."""


class KeepCalendars(Request):
    """Bring the calendars of rotas into the book, as far as they say who is on duty when."""

    action: ClassVar[str] = "override.calendars"

    calendars: Annotated[Mapping[str, str], HIDDEN] = {}
    """What the book keeps of each, by the id of its rota."""
