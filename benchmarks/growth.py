"""How a cost grows: the exponent `k` of `start + c * records ** k`, of the processor time and not of the waiting time.

What else runs on the machine changes how long people wait, and hardly how much work there is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.measure import Measured

LIMIT = 1.15
"""The largest exponent that counts as linear: 1, and what a shared machine adds by chance."""

NEGLIGIBLE = 0.03
"""Seconds: a cost that grows by less than this over the whole range does not grow, and has no exponent."""


@dataclass(frozen=True)
class Point:
    """What a command cost with a number of records."""

    records: int
    cost: Measured


@dataclass(frozen=True)
class Series:
    """The cost of one command, by the size of the book.

    Attributes:
        start: its cost with hardly any records: what is paid once.
        points: from the smallest book to the largest.
    """

    name: str
    start: Measured
    points: tuple[Point, ...]

    @property
    def exponent(self) -> float | None:
        """The exponent of the processor time above the start; None when they do not grow."""
        above = [(point.records, point.cost.work - self.start.work) for point in self.points]
        if above[-1][1] < NEGLIGIBLE or any(seconds <= 0 for _, seconds in above):
            return None
        return slope(above)

    @property
    def linear(self) -> bool:
        """Whether the cost grows no faster than the records."""
        return self.exponent is None or self.exponent <= LIMIT

    def each(self, point: Point) -> float:
        """Seconds of work for one record at a point, without the start."""
        return max(0.0, point.cost.work - self.start.work) / point.records


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the line through the logarithms of the points, by least squares."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    middle_x = sum(x for x, _ in logs) / len(logs)
    middle_y = sum(y for _, y in logs) / len(logs)
    return sum((x - middle_x) * (y - middle_y) for x, y in logs) / sum((x - middle_x) ** 2 for x, _ in logs)
