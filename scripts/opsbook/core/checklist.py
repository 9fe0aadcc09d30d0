"""Checklists: the table in a runbook, and the rules that both it and its frozen copy keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from opsbook.core.markdown import Markdown

HEADER = ("step", "action", "owner")
"""The columns of a checklist (the operations runbook: step, action, owner)."""


class Line(NamedTuple):
    """One row of a checklist as it is written: nothing is assumed about it."""

    step: str
    action: str
    owner: str
    line: int


def lines_of(text: Markdown) -> list[Line]:
    """Every row of every table with the columns Step, Action and Owner, in reading order."""
    return [
        Line(*_three(row.cells), row.line)
        for table in text.tables
        if tuple(cell.strip().lower() for cell in table.header) == HEADER
        for row in table.rows
    ]


def _three(cells: Sequence[str]) -> tuple[str, str, str]:
    step, action, owner = (cell.strip() for cell in (*cells, "", "", "")[:3])
    return step, action, owner


def faults(steps: Sequence[tuple[str, str, str]], owners: frozenset[str]) -> Iterator[tuple[int, str, str]]:
    """What is wrong with a checklist of (step, action, owner).

    Args:
        owners: the known roles and teams; an empty set accepts every owner.

    Yields:
        index of the row, the column (`step`, `action`, `owner`), and a sentence.
    """
    for index, (step, action, owner) in enumerate(steps):
        if step != str(index + 1):
            yield index, "step", f"this is step {step or 'without a number'}, and should be step {index + 1}"
        if not action.strip():
            yield index, "action", f"step {index + 1} has no action"
        if not owner.strip():
            yield index, "owner", f"step {index + 1} has no owner"
        elif owners and owner not in owners:
            yield index, "owner", f"step {index + 1} is owned by “{owner}”, which is no role or team of opsbook.yml"
