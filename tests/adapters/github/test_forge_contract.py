"""GitHub keeps the promises of every forge: on machines with a clone, with a shallow one, and with none."""

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

    def __init__(self, server: GitHubServer, folder: Path, *, clones: bool, options: tuple[str, ...] = ()) -> None:
        self._server = server
        self._folder = folder
        self._clones, self._options = clones, options
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
            Clone(self._folder).git(
                "clone", "--quiet", *self._options, f"file://{self._server.hub.git.path}", str(path)
            )
        return forge(self._server, clone=path if self._clones else None)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub. A request that its description does not allow fails the test, whatever came of it."""
    server = GitHubServer(make_remote(tmp_path / "github.git"), now=lambda: NOW)
    yield server
    server.close()
    assert server.refused == []


class TestAlone(ForgeContract):
    """With a bare repository of the program's own."""

    @pytest.fixture
    def world(self, server: GitHubServer, tmp_path: Path) -> World:
        return World(server, tmp_path, clones=False)


class TestWithClones(ForgeContract):
    """In the clones of people."""

    @pytest.fixture
    def world(self, server: GitHubServer, tmp_path: Path) -> World:
        return World(server, tmp_path, clones=True)


class TestWithShallowClones(ForgeContract):
    """In the clones that a workflow makes: they hold one commit of main, and no past."""

    @pytest.fixture
    def world(self, server: GitHubServer, tmp_path: Path) -> World:
        push_main(server, tmp_path / "people", {"docs/a.md": "# A second commit\n"})
        return World(server, tmp_path, clones=True, options=("--depth", "1"))
