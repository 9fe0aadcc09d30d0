"""A folder as a tree of files: what is there is reported, nothing is followed, nothing outside is read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from opsbook.core.tree import Mode


class DirectoryTree:
    """The files below a folder (a `core.tree.Tree`).

    Hidden folders (`.git`, `.venv`, …) are left out. A symlink is reported and never followed, also one to a
    folder; sockets, pipes and devices are reported as "other". Names that are no UTF-8 are reported too (their bytes
    as surrogates). A file that may not be read counts as unreadable: listed, without content.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).resolve()
        self._root = os.fsencode(self.root)

    def paths(self, prefix: str = "") -> Iterable[tuple[str, Mode]]:
        """See `Tree.paths`."""
        start = self._inside(prefix)
        if start is None:
            return []
        if not stat.S_ISDIR(start.st_mode):
            return [(prefix, _mode(start.st_mode))]
        found: list[tuple[str, Mode]] = []
        folders = [prefix]
        while folders:
            folder = folders.pop()
            lead = folder + "/" if folder else ""
            for entry in self._scan(folder):
                name = lead + _decode(entry.name)
                if entry.is_file(follow_symlinks=False):
                    found.append((name, "file"))
                elif entry.is_symlink():
                    found.append((name, "symlink"))
                elif not entry.is_dir(follow_symlinks=False):
                    found.append((name, "other"))
                elif not entry.name.startswith(b"."):
                    folders.append(name)
        found.sort()
        return found

    def folders(self, prefix: str) -> Iterable[str]:
        """See `Tree.folders`."""
        start = self._inside(prefix)
        if start is None or not stat.S_ISDIR(start.st_mode):
            return []
        return sorted(
            _decode(entry.name)
            for entry in self._scan(prefix)
            if not (entry.name.startswith(b".") and entry.is_dir(follow_symlinks=False))
        )

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`. Each folder on the way is opened from the one above it, so no symlink is ever followed."""
        parts = _parts(path)
        if not parts:
            return None
        at = -1
        try:
            at = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            for part in parts[:-1]:
                below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
                os.close(at)
                at = below
            # Without O_NONBLOCK the opening of a pipe would wait for its writer for ever.
            file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO):
                raise
            return None
        finally:
            if at >= 0:
                os.close(at)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            return None
        with open(file, "rb") as opened:  # noqa: PTH123 - a descriptor, not a path
            return opened.read()

    def _inside(self, prefix: str) -> os.stat_result | None:
        """The status of what is at `prefix`, if every folder on the way is a real one below the root."""
        at = self._root
        parts = _parts(prefix) if prefix else []
        if parts is None or not self.root.is_dir():
            return None
        status = self.root.stat()
        for part in parts:
            if not stat.S_ISDIR(status.st_mode):
                return None
            at = os.path.join(at, part)  # noqa: PTH118 - bytes
            try:
                status = os.lstat(at)
            except OSError:
                return None
        return status

    def _scan(self, folder: str) -> Iterable[os.DirEntry[bytes]]:
        path = os.path.join(self._root, folder.encode("utf-8", "surrogateescape")) if folder else self._root  # noqa: PTH118
        try:
            with os.scandir(path) as entries:
                return list(entries)
        except OSError:
            # Gone or forbidden since it was listed.
            return []


def _parts(path: str) -> list[bytes] | None:
    """The names on the way to `path`; `None` for a path that leads elsewhere or cannot exist."""
    try:
        parts = path.encode("utf-8", "surrogateescape").split(b"/")
    except UnicodeEncodeError:
        return None
    return None if any(part in (b"", b".", b"..") or b"\0" in part for part in parts) else parts


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _mode(mode: int) -> Mode:
    return "file" if stat.S_ISREG(mode) else "symlink" if stat.S_ISLNK(mode) else "other"
