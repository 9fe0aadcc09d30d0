"""Long work says how far it is and how long it takes; short work says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from opsbook.site.counting import counted


def told(seconds: float, items: int) -> list[str]:
    """What is said when each item takes this long."""
    lines: list[str] = []
    clock: Iterator[float] = (count * seconds for count in range(10**6))
    assert list(counted(range(items), items, "pages", lines.append, lambda: next(clock))) == list(range(items))
    return lines


def test_what_is_done_in_two_seconds_says_nothing() -> None:
    assert told(0.001, 1500) == []


def test_how_many_are_done_and_how_long_the_others_take_is_told_every_two_seconds() -> None:
    lines = told(0.125, 601)
    assert lines[0] == "15 of 601 pages, 1 minute 18 s left"
    assert lines[-1] == "591 of 601 pages, 1 second left"
    assert len(lines) == 37
    assert told(0.125, 1201)[0] == "15 of 1,201 pages"  # too few to tell
    assert told(1, 4) == ["1 of 4 pages, 6 seconds left", "3 of 4 pages, 1 second left"]
