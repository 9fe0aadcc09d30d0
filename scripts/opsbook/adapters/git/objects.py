"""Git objects: one long-lived reader, trees as dictionaries, and new trees and commits without index or files."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
import weakref
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from opsbook.adapters.git.repository import (
    GitFailed,
    Output,
    Process,
    Repository,
    decode,
    failure,
    pipes,
    stop,
)
from opsbook.core.errors import Refused
from opsbook.core.tree import Mode

_CACHED = 4096
_SMALL = 16_384
"""Bytes of a blob that is remembered: whoever acts reads the same record several times."""

_CRUD = "".join(map(chr, range(33))) + ".,:;<>\"\\'"
"""What Git takes from both ends of a name."""


class Entry(NamedTuple):
    """One entry of a tree: its mode as Git writes it (`100644`, `40000`, `120000`, `160000`) and its object id."""

    mode: str
    oid: str

    @property
    def is_folder(self) -> bool:
        """Whether it is a tree."""
        return self.mode == "40000"

    @property
    def kind(self) -> Mode:
        """What the core calls it."""
        return "file" if self.mode.startswith("100") else "symlink" if self.mode == "120000" else "other"


class Objects:
    """Reads objects through one `git cat-file --batch` process, started when first needed.

    Safe between threads, and a forked process starts a reader of its own.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._owner = 0
        self._trees: dict[str, dict[str, Entry]] = {}
        self._roots: dict[str, str] = {}
        self._blobs: dict[str, bytes] = {}

    def read(self, name: str) -> tuple[str, str, bytes] | None:
        """Type, id and content of an object; `None` when it is missing.

        Args:
            name: an object id that Git gave us, or one with a suffix such as `^{tree}`; never a person's words.
        """
        with self._lock:
            for last in (False, True):
                try:
                    return self._ask(name)
                except (OSError, EOFError, ValueError):
                    self._close()
                    if last:
                        break
                except BaseException:
                    # Cut off between question and answer: the next answer would be to this question.
                    self._close()
                    raise
        raise GitFailed("`git cat-file` ended while it was reading.", "Run `git fsck`, then try again.")

    def blob(self, oid: str) -> bytes | None:
        """The content of a blob; `None` when there is no such blob."""
        if (known := self._blobs.get(oid)) is not None:
            return known
        found = self.read(oid)
        if found is None or found[0] != "blob":
            return None
        if len(found[2]) <= _SMALL:
            if len(self._blobs) >= _CACHED:
                self._blobs.clear()
            self._blobs[oid] = found[2]
        return found[2]

    def root(self, commit: str) -> str:
        """The id of a commit's tree.

        Raises:
            ForgeError: there is no such commit here.
        """
        if commit not in self._roots:
            found = self.read(commit + "^{tree}")
            if found is None:
                raise GitFailed(
                    f"The commit {commit[:12]} is not in this clone.", "Run `git fetch --unshallow` or `git fsck`."
                )
            self._roots[commit] = found[1]
        return self._roots[commit]

    def is_commit(self, name: str) -> bool:
        """Whether `name` is the full id of a commit."""
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", name):
            return False
        found = self.read(name)
        return found is not None and found[0] == "commit"

    def tree(self, oid: str) -> Mapping[str, Entry]:
        """The entries of a tree by name.

        Raises:
            ForgeError: it is not here; whoever took that for an empty one would say that nothing is there.
        """
        if (known := self._trees.get(oid)) is not None:
            return known
        found = self.read(oid)
        if found is None or found[0] != "tree":
            raise _lacking("folder", oid)
        entries = _parse_tree(found[2], len(oid) // 2)
        if len(self._trees) >= _CACHED:
            self._trees.clear()
        self._trees[oid] = entries
        return entries

    def entry(self, root: str, path: str) -> Entry | None:
        """What a tree holds at a path; the tree itself at the empty path; `None` for nothing."""
        found = Entry("40000", root)
        for part in path.split("/") if path else ():
            if not found.is_folder or (below := self.tree(found.oid).get(part)) is None:
                return None
            found = below
        return found

    def file(self, root: str, path: str) -> bytes | None:
        """The content of a regular file in a tree; `None` when there is none. Raises as `content`."""
        entry = self.entry(root, path)
        return self.content(entry) if entry and entry.kind == "file" else None

    def content(self, entry: Entry) -> bytes:
        """The content of a file that a tree names.

        Raises:
            ForgeError: it is not here.
        """
        data = self.blob(entry.oid)
        if data is None:
            raise _lacking("file", entry.oid)
        return data

    def files(self, oid: str) -> dict[str, Entry]:
        """Every file below a tree by path, from one `ls-tree`."""
        found = {}
        for line in self._repository.git("ls-tree", "-r", "-z", "--full-tree", oid).split(b"\0"):
            if line:
                head, _, name = line.partition(b"\t")
                mode, _, entry = head.decode().split(" ")
                found[decode(name)] = Entry(mode, entry)
        return found

    def _ask(self, name: str) -> tuple[str, str, bytes] | None:
        if self._process is None or self._owner != os.getpid():
            # After a fork the pipes belong to the parent, who goes on reading from them.
            self._process, self._owner = self._repository.start("cat-file", "--batch"), os.getpid()
            weakref.finalize(self, stop, self._process, self._owner)
        put, get = pipes(self._process)
        put.write(name.encode() + b"\n")
        put.flush()
        head = get.readline().split()
        if len(head) >= 2 and head[-1] in (b"missing", b"ambiguous"):
            return None
        if len(head) != 3:
            raise EOFError
        size = int(head[2])
        data = get.read(size + 1)
        if len(data) != size + 1:
            raise EOFError
        return head[1].decode(), head[0].decode(), data[:-1]

    def _close(self) -> None:
        if self._process is not None:
            stop(self._process, self._owner)
            self._process = None


class Person(NamedTuple):
    """Author or committer: a name and an address (`Opsbook <opsbook@opsbook.invalid>`)."""

    name: str
    address: str

    @classmethod
    def parse(cls, text: str) -> Person:
        """From `name <address>`; what Git cannot hold (line ends, angle brackets) is left out."""
        found = re.fullmatch(r"\s*(.*?)\s*<([^<>]*)>\s*", text, re.DOTALL)
        name, address = found.groups() if found else (text, "")
        name, address = (re.sub(r"[\s\x00-\x1f\x7f<>\ud800-\udfff]+", " ", part).strip() for part in (name, address))
        # Git refuses a name that is nothing but punctuation.
        return cls(name if re.search(r"[^\s.,:;\"'\\]", name) else "unknown", address or "unknown@opsbook.invalid")


class Writer:
    """Writes blobs, trees and commits as Git keeps them, each in a file of its own (`gitformat-loose`, Git's manual).

    Nothing points at them until a ref is moved, so a crash leaves no trace. It is done here and not by Git because a
    note would start five processes for it, which take longer than all the rest.
    """

    def __init__(self, repository: Repository, objects: Objects) -> None:
        self._repository = repository
        self._objects = objects

    def blob(self, data: bytes) -> str:
        """Store the bytes as they are; no filter of any attribute applies."""
        return self._write(b"blob", data)

    def tree(self, base: str | None, changes: Mapping[str, Entry | None]) -> str:
        """Store a tree that is `base` with some files added, replaced or (`None`) deleted.

        Costs as much as the folders that change, not as the tree. Folders that become empty disappear.

        Raises:
            Refused: a path leads through a file or a symlink, or names a folder.
        """
        folders: dict[str, dict[str, Entry]] = {"": self._entries(base)}
        for path, entry in sorted(changes.items()):
            *parents, name = path.split("/")
            at = ""
            for part in parents:
                below = f"{at}/{part}" if at else part
                if below not in folders:
                    existing = folders[at].get(part)
                    if existing is not None and not existing.is_folder:
                        raise Refused(f"{below} is not a folder, so {path} cannot be written.", "Move it away first.")
                    folders[below] = self._entries(existing.oid if existing else None)
                at = below
            existing = folders[at].get(name)
            if entry is None:
                if existing is not None and not existing.is_folder:
                    del folders[at][name]
            elif (existing is not None and (existing.is_folder or existing.kind != entry.kind)) or path in folders:
                raise Refused(f"{path} is not a regular file, so it cannot be written.", "Move it away first.")
            else:
                folders[at][name] = entry
        return self._store(folders)

    def commit(self, tree: str, parents: Iterable[str], message: str, person: Person, when: datetime) -> str:
        """Store a commit; the same arguments give the same commit."""
        name, address = (part.strip(_CRUD) for part in (person.name, person.address))
        by = f"{name} <{address}> {int(when.timestamp())} +0000"
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents), f"author {by}", f"committer {by}"]
        text = message.replace("\0", " ")
        return self._write(b"commit", "\n".join([*lines, "", text]).encode("utf-8", "replace"))

    def _entries(self, oid: str | None) -> dict[str, Entry]:
        return dict(self._objects.tree(oid)) if oid else {}

    def _store(self, folders: dict[str, dict[str, Entry]]) -> str:
        """Write the deepest folders first."""
        oid = ""
        for path in sorted(folders, key=lambda path: path.count("/") + bool(path), reverse=True):
            rows = sorted(map(_row, folders[path].items()))
            oid = self._write(b"tree", b"".join(row for _, row in rows))
            parent, _, name = path.rpartition("/")
            if path and folders[path]:
                folders[parent][name] = Entry("40000", oid)
            elif path:
                folders[parent].pop(name, None)
        return oid

    def _write(self, kind: bytes, data: bytes) -> str:
        whole = b"%s %d\0%s" % (kind, len(data), data)
        oid = hashlib.new(self._repository.algorithm, whole, usedforsecurity=False).hexdigest()
        folder = self._repository.common / "objects" / oid[:2]
        if (folder / oid[2:]).exists():
            return oid
        try:
            folder.mkdir(exist_ok=True)
            # Git takes away what is left of such files by a crash.
            with tempfile.NamedTemporaryFile(prefix="tmp_obj_", dir=folder, delete=False) as file:
                try:
                    file.write(zlib.compress(whole, 1))
                    file.flush()
                    os.fsync(file.fileno())
                    os.fchmod(file.fileno(), 0o444)
                    Path(file.name).rename(folder / oid[2:])
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            said = f"error: {error.strerror or error}"
            raise failure(("hash-object",), Output(1, b"", said)) from None
        return oid


def _row(item: tuple[str, Entry]) -> tuple[bytes, bytes]:
    """What a line of a tree is sorted by, and the line: Git compares a folder as if its name ended in a slash."""
    name, entry = item[0].encode("utf-8", "surrogateescape"), item[1]
    return name + b"/" * entry.is_folder, b"%s %s\0%s" % (entry.mode.encode(), name, bytes.fromhex(entry.oid))


def _lacking(what: str, oid: str) -> GitFailed:
    return GitFailed(
        f"A {what} ({oid[:12]}) that a commit names is not in this clone.", "Run `git fsck` and `git fetch --refetch`."
    )


def _parse_tree(data: bytes, width: int) -> dict[str, Entry]:
    """A tree object: `mode SP name NUL raw-id`, again and again."""
    found = re.findall(rb"([0-7]+) ([^\0]+)\0(.{%d})" % width, data, re.DOTALL)
    return {decode(name): Entry(mode.decode(), oid.hex()) for mode, name, oid in found}
