"""The model of an override."""

from __future__ import annotations

from typing import Annotated

from opsbook.core.types import Model, Operation, PersonRef, RotaRef, Text, UtcTime, matching


class Override(Model):
    """`operations/overrides/<rota>/<id>.yaml`: somebody stands in. Of several the one written last counts."""

    id: Annotated[str, matching(r"^OVR-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{5}$", "must be like OVR-20261121-7KQ4M")]
    """The id; the file has the same."""
    rota: RotaRef
    """The rota; the folder has its name."""
    person: PersonRef
    """Who stands in."""
    starts: UtcTime
    """From when."""
    until: UtcTime
    """Until when."""
    why: Text | None = None
    """Why, in a few words."""
    by: PersonRef
    """Who wrote it."""
    at: UtcTime
    """When it was written."""
    operation: Operation | None = None
    """The operation that wrote it."""
