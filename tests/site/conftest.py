"""One built site for all tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from opsbook.site.build import build
from tests.support.samples import ROOT, Content, pages
from tests.support.site import served


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site, in the shells of MkDocs."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "work").mkdir()
    build(Content(pages()), ROOT, folder / "work", folder / "site", on_progress=lambda _: None)
    return folder / "site"


@pytest.fixture(scope="session")
def site(built: Path) -> Iterator[str]:
    """The address of the sample site."""
    with served(built) as address:
        yield address
