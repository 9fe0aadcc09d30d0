"""Fixtures of the adapter tests: real repositories in temporary folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repos import Clone, make_clone, make_remote, make_repo


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A repository without a remote."""
    return make_repo(tmp_path / "book")


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository."""
    return make_remote(tmp_path / "remote.git")


@pytest.fixture
def ours(remote: Path, tmp_path: Path) -> Clone:
    """A clone of the bare repository."""
    return make_clone(remote, tmp_path / "ours")


@pytest.fixture
def theirs(remote: Path, tmp_path: Path) -> Clone:
    """A colleague's clone of the same."""
    return make_clone(remote, tmp_path / "theirs")
