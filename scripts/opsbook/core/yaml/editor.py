"""Changes spliced into a text that people wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final


class _Delete:
    def __repr__(self) -> str:
        return "DELETE"


DELETE: Final = _Delete()
"""In the place of a new value: remove the key or list item and its lines."""


def edit(text: str, changes: Sequence[tuple[Sequence[str | int], Any]], order: Sequence[str] = ()) -> str:
    """`text` with changes."""
    raise NotImplementedError
