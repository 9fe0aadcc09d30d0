"""The skeleton of an incident report, with its guidance."""

from __future__ import annotations

from importlib.resources import files

GUIDANCE = "<!-- guidance:"
"""Begins a comment of the skeleton; a finished report has none."""

SECTIONS = (
    "Summary",
    "Impact",
    "What happened",
    "Causes",
    "What went well",
    "What could have gone better",
    "Follow-up actions",
)


def skeleton() -> str:
    """The text of a new `report.md`."""
    return files("opsbook.kinds.incident").joinpath("report.md").read_text("utf-8")
