"""Work spread over the processors of this machine."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_inherited: list[Callable[[Sequence[object]], list[object]]] = []
"""What forked processes inherit: neither the function nor the book has to be sent to them."""


def spread(work: Callable[[Sequence[T]], list[R]], items: Sequence[T], processes: int, piece: int) -> list[R]:
    """`work(items)` in `processes` forked processes, `piece` items at a time; results in the order of the items."""
    _inherited.append(work)  # type: ignore[arg-type]
    pieces = [items[start : start + piece] for start in range(0, len(items), piece)]
    try:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            results = pool.map(_piece, pieces, chunksize=1)
    finally:
        _inherited.clear()
    return [result for some in results for result in some]  # type: ignore[misc]


def _piece(items: Sequence[object]) -> list[object]:
    return _inherited[-1](items)
