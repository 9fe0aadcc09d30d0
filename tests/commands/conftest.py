"""What every test of the command line shares."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.slack_server import SlackServer, slack_server
from tests.support.desk import Desk, make_desk
from tests.support.forkserver import ForkServer


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A clone of the small book, and a person."""
    return make_desk(tmp_path / "desk")


@cache
def _declared() -> Path:
    desk = make_desk(Path(mkdtemp(prefix="opsbook-declared-")) / "desk")
    desk.declare()
    return desk.path


@pytest.fixture
def declared(tmp_path: Path) -> Desk:
    """The same clone with an open incident, the same one in every test."""
    return Desk(Path(shutil.copytree(_declared(), tmp_path / "desk", symlinks=True)))


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A Slack with the channels of the small book."""
    with slack_server("incident", "team", "security", "drill") as server:
        yield server


@pytest.fixture(scope="session")
def powerless() -> Iterator[ForkServer]:
    """Runs commands as somebody to whom the permissions of files apply, also where the tests run as root."""
    drop = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    server = ForkServer(*drop)
    yield server
    server.close()
