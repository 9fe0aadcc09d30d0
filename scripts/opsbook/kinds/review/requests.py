"""What can be asked for about reviews."""

from __future__ import annotations

from typing import Annotated, ClassVar

from opsbook.core.request import Given, Request, Typed


class ReviewRunbook(Request):
    """Say that a runbook is true."""

    action: ClassVar[str] = "review.runbook"

    runbook: Annotated[str, Given(flag="runbook", metavar="RUNBOOK", of="runbook")] = ""
    """Its area and name, or the end of its name."""
    read: bool = False
    """You read it through."""
    rehearsed: bool = False
    """You followed it step by step, where nothing was at stake."""
    used: Annotated[str | None, Given(metavar="ID", of="incident")] = None
    """You followed it in this incident."""
    note: Typed = None
    """What you found; words that need correcting are corrected in the runbook itself, before the review."""
