"""Fifty people at once, in small: nothing is lost and nothing is twice while pull requests are merged in between.

This runs at the scale `SMALL`; `make load` runs the same at the scale that is promised, and prints what it cost.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.load import on_clones, on_github
from tests.load.crowd import METHODS, SMALL, Figures, Scale


@pytest.mark.parametrize("crowd", [on_github.run, on_clones.run], ids=["github", "clones"])
def test_nothing_is_lost_and_nothing_is_twice_while_somebody_merges(
    tmp_path: Path, crowd: Callable[[Path, Scale], Figures]
) -> None:
    figures = crowd(tmp_path, SMALL)
    assert figures.problems == []
    assert figures.tallies["declare"].writes == SMALL.declarers
    assert figures.tallies["note"].writes == SMALL.writers * SMALL.notes
    merged = figures.tallies["declare"].merged + figures.tallies["note"].merged
    assert all(merged[method] for method in METHODS), merged
