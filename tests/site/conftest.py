"""One built site for all tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from opsbook.site.build import build
from opsbook.site.stage import Stage, stage
from tests.support.samples import book, pages
from tests.support.site import served


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The sample pages in a stage."""
    folder = tmp_path_factory.mktemp("stage")
    return stage(pages(), book(folder / "book"), folder / "stage")


@pytest.fixture(scope="session")
def built(staged: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site, built by MkDocs."""
    output = tmp_path_factory.mktemp("built") / "site"
    build(staged, output, on_progress=lambda _: None)
    return output


@pytest.fixture(scope="session")
def site(built: Path) -> Iterator[str]:
    """The address of the sample site."""
    with served(built) as address:
        yield address
