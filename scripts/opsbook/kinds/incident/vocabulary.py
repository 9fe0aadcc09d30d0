"""The field's standard words for an incident's state, in the order in which an incident passes through them."""

from __future__ import annotations

from typing import Literal, get_args

from opsbook.core.types import means

Status = Literal["investigating", "identified", "monitoring", "resolved", "closed"]
"""Investigating, identified, monitoring and resolved are the states of a status page; closed adds that the review
was held and the report is complete."""

means(
    Status,
    "Users may be affected, and nobody knows yet why.",
    "The cause is known, and users may still be affected.",
    "Users are no longer affected; it is watched whether that lasts.",
    "It is agreed that it no longer affects the service.",
    "The review was held, the report is complete and the follow-ups are agreed.",
)

STATUSES: tuple[Status, ...] = get_args(Status)
OPEN: frozenset[str] = frozenset({"investigating", "identified", "monitoring"})
"""The states in which an incident is open: people are still affected, or may be again."""

SECURITY_TITLE = "Security incident"
"""The neutral title of every stub: it says nothing about what happened."""
