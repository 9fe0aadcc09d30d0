"""A tree of files: the same for a folder, a commit, an overlay and a dictionary in a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, Protocol, runtime_checkable

Mode = Literal["file", "symlink", "other"]


class Tree(Protocol):
    """Read-only files by POSIX path. Listing is cheap and lazy; contents are read when asked for."""

    def paths(self, prefix: str = "") -> Iterable[tuple[str, Mode]]:
        """Every path that equals `prefix` or lies below the folder `prefix`, sorted, with its mode."""
        ...

    def folders(self, prefix: str) -> Iterable[str]:
        """The names directly below the folder `prefix` (files and folders), sorted."""
        ...

    def read(self, path: str) -> bytes | None:
        """The content of a regular file; `None` when there is none (missing, a symlink, a folder)."""
        ...


@runtime_checkable
class Stamped(Protocol):
    """A tree that can tell that a file is as it was without reading it."""

    def stamp(self, path: str) -> str | None:
        """What is another as soon as the file is; `None` where only its content can tell."""
        ...


class MemoryTree:
    """A tree of a dictionary."""

    def __init__(self, files: Mapping[str, bytes | str], modes: Mapping[str, Mode] | None = None) -> None:
        self._files = {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}
        self._modes = dict(modes or {})

    def paths(self, prefix: str = "") -> Iterable[tuple[str, Mode]]:
        """See `Tree.paths`."""
        return [(path, self._modes.get(path, "file")) for path in sorted(self._files) if below(path, prefix)]

    def folders(self, prefix: str) -> Iterable[str]:
        """See `Tree.folders`."""
        return _children((path for path, _ in self.paths(prefix)), prefix)

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`."""
        return self._files.get(path) if self._modes.get(path, "file") == "file" else None


class Overlay:
    """A tree with some files replaced, added or deleted: what the book would be after a plan."""

    def __init__(self, base: Tree, files: Mapping[str, bytes | None]) -> None:
        self._base = base
        self._files = dict(files)

    def paths(self, prefix: str = "") -> Iterable[tuple[str, Mode]]:
        """See `Tree.paths`."""
        found: dict[str, Mode] = dict(self._base.paths(prefix))
        for path, data in self._files.items():
            if not below(path, prefix):
                continue
            if data is None:
                found.pop(path, None)
            else:
                found[path] = "file"
        return sorted(found.items())

    def folders(self, prefix: str) -> Iterable[str]:
        """See `Tree.folders`."""
        changed = [path for path in self._files if below(path, prefix)]
        if not changed:
            return self._base.folders(prefix)
        if all(self._files[path] is not None for path in changed):
            return sorted({*self._base.folders(prefix), *_children(changed, prefix)})
        return _children((path for path, _ in self.paths(prefix)), prefix)

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`."""
        return self._files[path] if path in self._files else self._base.read(path)


def below(path: str, prefix: str) -> bool:
    """Whether `path` is `prefix` or lies below the folder `prefix`; everything lies below the empty prefix."""
    return not prefix or path == prefix or path.startswith(prefix + "/")


def _children(paths: Iterable[str], prefix: str) -> list[str]:
    start = len(prefix) + 1 if prefix else 0
    return sorted({path[start:].split("/", 1)[0] for path in paths if len(path) > start})
