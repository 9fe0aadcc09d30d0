"""The model of a review."""

from __future__ import annotations

from typing import Annotated, Literal

from opsbook.core.types import Model, Operation, PersonRef, Text, UtcTime, matching, means

How = Literal["read", "rehearsed", "used"]
means(
    How,
    "Read through, and found to be true.",
    "Followed step by step, where nothing was at stake.",
    "Followed in an incident.",
)


class Review(Model):
    """`reviews/<kind>/<id>/<review>.yaml`: one person found a record true, in the words that it had then."""

    id: Annotated[str, matching(r"^REV-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{5}$", "must be like REV-20261121-7KQ4M")]
    """The id; the file has the same."""
    of: Annotated[str, matching(r"^[a-z]+(?:/[a-z0-9-]+)+$", "must be <kind>/<id>", max_length=200)]
    """What was reviewed: its kind and its id, like runbook/tickets/check-queue-backlog."""
    by: PersonRef
    """Who reviewed it."""
    at: UtcTime
    """When."""
    how: How
    """What was done."""
    incident: str | None = None
    """The incident in which it was used."""
    words: Annotated[str, matching(r"^[0-9a-f]{64}$", "must be a SHA-256 in hexadecimal digits")]
    """The SHA-256 of the words that were reviewed, without what stands above them: other words need another review."""
    note: Text | None = None
    """What was found."""
    operation: Operation | None = None
    """The operation that wrote it."""
