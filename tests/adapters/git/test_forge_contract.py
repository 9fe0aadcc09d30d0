"""The local forge keeps the promises of every forge: alone on one clone, and between clones of one remote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from opsbook.core.ports import Forge
from tests.contracts.forge import ForgeContract
from tests.support.repos import Clone, make_clone, make_remote, make_repo


class OneClone:
    """Two processes in one clone; people merge in its working tree."""

    def __init__(self, clone: Clone) -> None:
        self._clone = clone
        self.forge: Forge = clone.forge()

    def rival(self) -> Forge:
        return self._clone.forge()

    def merge(self, record: str, *, squash: bool = False) -> None:
        merge(self._clone, f"opsbook/{record}", squash=squash)

    def write_main(self, files: Mapping[str, bytes | str]) -> None:
        self._clone.commit("By hand", files)


class SharedRemote:
    """Two machines and a remote; people merge in a third clone, push, and everybody fetches."""

    def __init__(self, folder: Path) -> None:
        remote = make_remote(folder / "remote.git")
        self._ours, self._theirs, self._people = (make_clone(remote, folder / name) for name in ("a", "b", "c"))
        self.forge: Forge = self._ours.forge(push=True)

    def rival(self) -> Forge:
        self._theirs.git("fetch", "--quiet", "--prune")
        return self._theirs.forge(push=True)

    def merge(self, record: str, *, squash: bool = False) -> None:
        self._people.git("pull", "--quiet", "--ff-only")
        merge(self._people, f"origin/opsbook/{record}", squash=squash)
        self._spread()

    def write_main(self, files: Mapping[str, bytes | str]) -> None:
        self._people.git("pull", "--quiet", "--ff-only")
        self._people.commit("By hand", files)
        self._spread()

    def _spread(self) -> None:
        self._people.git("push", "--quiet", "origin", "main")
        for clone in (self._ours, self._theirs):
            clone.git("fetch", "--quiet", "--prune")


def merge(clone: Clone, branch: str, *, squash: bool) -> None:
    """Merge as people do: with a merge commit, or squashed under a message that keeps no trailer."""
    if squash:
        clone.git("merge", "--quiet", "--squash", branch)
        clone.git("commit", "--quiet", "-m", "Squashed by hand")
    else:
        clone.git("merge", "--quiet", "--no-ff", "-m", "Merge", branch)


class TestOneClone(ForgeContract):
    """Without a remote."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> OneClone:
        return OneClone(make_repo(tmp_path / "book"))


class TestSharedRemote(ForgeContract):
    """With pushes to a real bare repository."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> SharedRemote:
        return SharedRemote(tmp_path)
