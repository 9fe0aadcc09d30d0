"""What every test of the command line shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.desk import Desk, make_desk
from tests.support.forkserver import ForkServer


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A clone of the small book, and a person."""
    return make_desk(tmp_path / "desk")


@pytest.fixture(scope="session")
def server() -> Iterator[ForkServer]:
    """Runs commands without the time that Python takes to start."""
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def quick(tmp_path: Path, server: ForkServer) -> Desk:
    """A clone of the small book, for tests of many commands."""
    return replace(make_desk(tmp_path / "quick"), server=server)
