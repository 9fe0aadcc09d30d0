"""What the tests of the process share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desk import Desk, make_desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A clone of the small book, and a person."""
    return make_desk(tmp_path / "desk")
