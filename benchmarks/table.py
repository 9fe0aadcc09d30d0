"""What a run of the benchmarks found, as a table for people and as one object for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.growth import Series
from benchmarks.measure import Measured

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Row:
    """One thing that was measured, and what has to be known to read it rightly."""

    what: str
    cost: Measured
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The figures, without rounding."""
        low, high = self.cost.spread
        return {
            "what": self.what,
            "note": self.note,
            "runs": len(self.cost.runs),
            "seconds": self.cost.seconds,
            "fastest": low,
            "slowest": high,
            "work_seconds": self.cost.work,
            "peak_bytes": self.cost.peak,
        }


@dataclass(frozen=True)
class Goal:
    """What was promised and what came out."""

    promise: str
    found: str
    met: bool


@dataclass(frozen=True)
class Section:
    """One question that the benchmarks answer."""

    title: str
    rows: tuple[Row, ...] = ()
    series: tuple[Series, ...] = ()
    goals: tuple[Goal, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A whole run.

    Attributes:
        machine: what it ran on.
        busy: a warning when the machine had something else to do; may be empty.
    """

    machine: str
    busy: str = ""
    sections: list[Section] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The object that `--format json` prints."""
        return {
            "machine": self.machine,
            "busy": self.busy,
            "sections": [
                {
                    "title": section.title,
                    "notes": list(section.notes),
                    "rows": [row.as_json() for row in section.rows],
                    "growth": [_growth(series) for series in section.series],
                    "goals": [{"promise": g.promise, "found": g.found, "met": g.met} for g in section.goals],
                }
                for section in self.sections
            ],
        }


def write(report: Report) -> str:
    """The text for people."""
    return "\n".join(_lines(report)) + "\n"


def section_lines(section: Section) -> Iterator[str]:
    """One section as text."""
    yield section.title
    yield "-" * len(section.title)
    for note in section.notes:
        yield f"  {note}"
    if section.rows:
        head = ("", "median", "fastest to slowest", "work", "peak memory", "runs", "")
        yield from _aligned([head, *(_cells(row) for row in section.rows)])
    for series in section.series:
        yield from _curve(series)
    yield ""


def _lines(report: Report) -> Iterator[str]:
    yield report.machine
    if report.busy:
        yield report.busy
    yield "Whole processes, with their files in the page cache. Median: what people wait. Work: processor time with"
    yield "that of children; other load changes it little. Peak memory: of the largest process."
    yield ""
    for section in report.sections:
        yield from section_lines(section)
    goals = [goal for section in report.sections for goal in section.goals]
    if goals:
        yield "Goals"
        yield "-----"
        yield from _aligned([("met" if goal.met else "NOT MET", goal.promise, goal.found) for goal in goals])


def _cells(row: Row) -> tuple[str, ...]:
    low, high = row.cost.spread
    between = f"{seconds(low)} to {seconds(high)}" if len(row.cost.runs) > 1 else ""
    return (
        row.what,
        seconds(row.cost.seconds),
        between,
        seconds(row.cost.work),
        megabytes(row.cost.peak),
        str(len(row.cost.runs)),
        row.note,
    )


def _curve(series: Series) -> Iterator[str]:
    k = series.exponent
    yield f"  {series.name}: " + ("does not grow" if k is None else f"grows with the power {k:.2f} of the records")
    rows = [("records", "median", "work", "a record", "peak memory")]
    rows.append(("start", seconds(series.start.seconds), seconds(series.start.work), "", megabytes(series.start.peak)))
    for point in series.points:
        each = f"{series.each(point) * 1e6:,.0f} µs"
        cost = point.cost
        rows.append((f"{point.records:,}", seconds(cost.seconds), seconds(cost.work), each, megabytes(cost.peak)))
    yield from _aligned(rows, indent=4, right=True)


def _growth(series: Series) -> dict[str, Any]:
    return {
        "what": series.name,
        "exponent": series.exponent,
        "linear": series.linear,
        "start": Row("", series.start).as_json(),
        "points": [{**Row("", point.cost).as_json(), "records": point.records} for point in series.points],
    }


def _aligned(rows: Sequence[Sequence[str]], *, indent: int = 2, right: bool = False) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.rjust(width) if right else cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield (" " * indent + "  ".join(cells)).rstrip()


def seconds(value: float) -> str:
    """A time in the unit in which people think of it."""
    return f"{value * 1000:.1f} ms" if value < 0.1 else f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def megabytes(value: int) -> str:
    """A size in millions of bytes."""
    return f"{value / MEGABYTE:,.0f} MB"
