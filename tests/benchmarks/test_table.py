"""The table says what was measured, in units that people read, and hides no goal that was missed."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.growth import Point, Series, slope
from benchmarks.measure import Measured, Run
from benchmarks.table import Goal, Report, Row, Section, megabytes, seconds, write


def cost(*times: float, peak: int = 20_000_000) -> Measured:
    """Runs that took these seconds, all of them work."""
    return Measured(tuple(Run(time, time, peak) for time in times))


def series(start: float, points: dict[int, float]) -> Series:
    """Costs in seconds by number of records."""
    return Series("check", cost(start), tuple(Point(records, cost(time)) for records, time in points.items()))


def test_a_row_shows_the_median_and_how_far_the_runs_lie_apart() -> None:
    text = write(Report("a machine", "", [Section("Starting", rows=(Row("help", cost(0.4, 0.1, 0.2), "a note"),))]))
    assert "a machine" in text
    row = next(line for line in text.splitlines() if "help" in line)
    assert "200 ms" in row
    assert "100 ms to 400 ms" in row
    assert "20 MB" in row
    assert row.endswith("a note")


def test_a_busy_machine_is_named_before_any_figure() -> None:
    lines = write(
        Report("a machine", "It was busy.", [Section("Starting", rows=(Row("help", cost(0.1)),))])
    ).splitlines()
    assert lines[1] == "It was busy."


def test_goals_come_last_and_a_missed_one_is_plain_to_see() -> None:
    goals = (Goal("fast", "2 ×", met=True), Goal("faster", "9 ×", met=False))
    lines = write(Report("a machine", "", [Section("Starting", goals=goals)])).splitlines()
    assert [line.split("  ")[1] for line in lines[-2:]] == ["met", "NOT MET"]


def test_the_object_holds_every_figure_without_rounding() -> None:
    section = Section("S", rows=(Row("help", cost(0.123456)),), series=(series(0.1, {10: 0.2, 20: 0.3}),))
    found = json.loads(json.dumps(Report("m", "", [section]).as_json()))["sections"][0]
    assert found["rows"][0]["seconds"] == 0.123456
    assert found["growth"][0]["points"][1]["records"] == 20
    assert found["growth"][0]["exponent"] == pytest.approx(1)


@given(st.floats(0.3, 3), st.floats(1e-6, 1e-2))
def test_the_exponent_of_a_power_is_found(power: float, each: float) -> None:
    points = [(float(n), each * n**power) for n in (1_250, 2_500, 5_000, 10_000)]
    assert math.isclose(slope(points), power, rel_tol=1e-6)


def test_what_is_paid_once_is_not_growth() -> None:
    linear = series(5.0, {n: 5.0 + n / 1000 for n in (1_250, 2_500, 5_000, 10_000)})
    assert linear.exponent == pytest.approx(1)
    assert linear.linear
    assert linear.each(linear.points[0]) == pytest.approx(0.001)


def test_a_quadratic_cost_is_called_by_its_name() -> None:
    assert not series(0.0, {n: n * n / 1e6 for n in (1_250, 2_500, 5_000)}).linear


def test_a_cost_that_does_not_change_has_no_exponent() -> None:
    flat = series(0.2, {1_250: 0.2, 2_500: 0.199, 5_000: 0.21})
    assert flat.exponent is None
    assert flat.linear


@pytest.mark.parametrize(("value", "text"), [(0.0123, "12.3 ms"), (0.5, "500 ms"), (73.2, "73.20 s")])
def test_times_have_the_unit_in_which_people_think(value: float, text: str) -> None:
    assert seconds(value) == text


def test_sizes_are_in_megabytes() -> None:
    assert megabytes(1_234_567_890) == "1,235 MB"
