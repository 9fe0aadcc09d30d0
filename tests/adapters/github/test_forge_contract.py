"""GitHub keeps the promises of every forge: with nothing but its API, and with clones to read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from opsbook.core.ports import Forge
from tests.contracts.forge import ForgeContract
from tests.github_server.server import GitHubServer
from tests.support.github import forge, merge_pull, push_main
from tests.support.repos import NOW, Clone, make_remote


class World:
    """Two machines and GitHub; people merge there with the button, and push to main."""

    def __init__(self, server: GitHubServer, folder: Path, *, clones: bool) -> None:
        self._server = server
        self._folder = folder
        self._clones = clones
        self.forge: Forge = self._machine("ours")

    def rival(self) -> Forge:
        return self._machine("theirs")

    def merge(self, record: str, *, squash: bool = False) -> None:
        merge_pull(self._server, record, squash=squash)

    def write_main(self, files: Mapping[str, bytes | str]) -> None:
        push_main(self._server, self._folder / "people", files)

    def _machine(self, name: str) -> Forge:
        path = self._folder / name
        if self._clones and not path.exists():
            Clone(self._folder).git("clone", "--quiet", str(self._server.hub.git.path), str(path))
        return forge(self._server, clone=path if self._clones else None)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub. A request that its description does not allow fails the test, whatever came of it."""
    server = GitHubServer(make_remote(tmp_path / "github.git"), now=lambda: NOW)
    yield server
    server.close()
    assert server.refused == []


class TestAlone(ForgeContract):
    """Without a clone."""

    @pytest.fixture
    def world(self, server: GitHubServer, tmp_path: Path) -> World:
        return World(server, tmp_path, clones=False)


class TestWithClones(ForgeContract):
    """Reading from clones that are fetched when something is missing."""

    @pytest.fixture
    def world(self, server: GitHubServer, tmp_path: Path) -> World:
        return World(server, tmp_path, clones=True)
