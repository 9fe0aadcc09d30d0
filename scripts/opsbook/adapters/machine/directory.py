"""A folder as a tree of files: what is there is reported, nothing is followed, nothing outside is read."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from opsbook.core.tree import Mode, below

_TICK = 50_000_000
"""Nanoseconds; the clocks of file systems are coarser than that of the machine."""


class DirectoryTree:
    """The files below a folder (a `core.tree.Tree`).

    Hidden folders (`.git`, `.venv`, …) are left out. A symlink is reported and never followed, also one to a
    folder; sockets, pipes and devices are reported as "other". Names that are no UTF-8 are reported too (their bytes
    as surrogates). A file that may not be read counts as unreadable: listed, without content.

    Args:
        root: the folder.
        forbidden: is told of each folder that may not be looked into, and why: it would look as if it were empty.
    """

    def __init__(self, root: Path | str, *, forbidden: Callable[[str, str], None] = lambda _path, _why: None) -> None:
        self.root = Path(root).resolve()
        self._forbidden = forbidden
        self._told: set[str] = set()
        self._root = os.fsencode(self.root)
        self._real: str | None = None

    def paths(self, prefix: str = "") -> Iterable[tuple[str, Mode]]:
        """See `Tree.paths`."""
        start = self._inside(prefix)
        if start is None:
            return []
        if not stat.S_ISDIR(start.st_mode):
            return [(prefix, _mode(start.st_mode))]
        return sorted((name, _kind(entry)) for name, entry in self._walk(prefix))

    def quick(self, path: str) -> tuple[str, int] | None:
        """See `core.tree.quick`."""
        start = self._inside(path)
        if start is None:
            return None
        found = [(path, start)] if not stat.S_ISDIR(start.st_mode) else []
        found += [(name, entry.stat(follow_symlinks=False)) for name, entry in self._walk(path)] if not found else []
        seen = sorted((name, at.st_mode, at.st_size, at.st_ino, at.st_mtime_ns, at.st_ctime_ns) for name, at in found)
        word = hashlib.sha256(repr((self._root, path, seen)).encode("utf-8", "surrogateescape")).hexdigest()
        return word, max((at.st_ctime_ns for _, at in found), default=start.st_ctime_ns)

    def _walk(self, prefix: str) -> Iterator[tuple[str, os.DirEntry[bytes]]]:
        """Everything below a folder that is none itself."""
        folders = [(prefix, self._at(prefix))]
        while folders:
            folder, at = folders.pop()
            lead = folder + "/" if folder else ""
            for entry in self._scan(folder, at):
                name = lead + _decode(entry.name)
                if not entry.is_dir(follow_symlinks=False):
                    yield name, entry
                elif not entry.name.startswith(b"."):
                    folders.append((name, entry.path))

    def folders(self, prefix: str) -> Iterable[str]:
        """See `Tree.folders`."""
        start = self._inside(prefix)
        if start is None or not stat.S_ISDIR(start.st_mode):
            return []
        return sorted(
            _decode(entry.name)
            for entry in self._scan(prefix, self._at(prefix))
            if not (entry.name.startswith(b".") and entry.is_dir(follow_symlinks=False))
        )

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`. No symlink is followed, neither the file nor a folder on the way."""
        if _parts(path) is None or not self._is_real(path.rpartition("/")[0]):
            return None
        try:
            # Without O_NONBLOCK the opening of a pipe would wait for its writer for ever.
            file = os.open(self._at(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO):
                raise
            return None
        try:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode):
                return None
            data = os.read(file, status.st_size + 1)
            while len(data) != status.st_size and (more := os.read(file, 1 << 20)):
                # It grew meanwhile, or was not given at once.
                data += more
            return data
        finally:
            os.close(file)

    def _is_real(self, folder: str) -> bool:
        """Whether every folder on the way is one. The files of a folder are read one after the other: ask once."""
        if folder != self._real:
            status = self._inside(folder)
            if status is None or not stat.S_ISDIR(status.st_mode):
                return False
            self._real = folder
        return True

    def _at(self, path: str) -> bytes:
        return self._root + b"/" + path.encode("utf-8", "surrogateescape") if path else self._root

    def _inside(self, prefix: str) -> os.stat_result | None:
        """The status of what is at `prefix`, if every folder on the way is a real one below the root."""
        parts = _parts(prefix) if prefix else []
        if parts is None:
            return None
        at = self._root
        try:
            status = os.stat(at)  # noqa: PTH116 - bytes
            if not stat.S_ISDIR(status.st_mode):
                return None
            for part in parts:
                if not stat.S_ISDIR(status.st_mode):
                    return None
                at += b"/" + part
                status = os.lstat(at)
        except OSError as error:
            self._tell(prefix, error)
            return None
        return status

    def _scan(self, folder: str, at: bytes) -> list[os.DirEntry[bytes]]:
        try:
            with os.scandir(at) as entries:
                return list(entries)
        except OSError as error:
            self._tell(folder, error)
            return []

    def _tell(self, folder: str, error: OSError) -> None:
        """Say that a folder may not be looked into; one that is not there is no news."""
        known = any(below(folder, told) for told in self._told)
        if not known and error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
            self._told.add(folder)
            self._forbidden(folder, f"{error.strerror}.")


def _parts(path: str) -> list[bytes] | None:
    """The names on the way to `path`; `None` for a path that leads elsewhere or cannot exist."""
    try:
        parts = path.encode("utf-8", "surrogateescape").split(b"/")
    except UnicodeEncodeError:
        return None
    return None if any(part in (b"", b".", b"..") or b"\0" in part for part in parts) else parts


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _kind(entry: os.DirEntry[bytes]) -> Mode:
    return "file" if entry.is_file(follow_symlinks=False) else "symlink" if entry.is_symlink() else "other"


def _mode(mode: int) -> Mode:
    return "file" if stat.S_ISREG(mode) else "symlink" if stat.S_ISLNK(mode) else "other"
