"""Git objects by their ids: from memory, from a clone on this machine, else from GitHub. An id never lies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress

from opsbook.adapters.git.objects import Entry, Objects
from opsbook.adapters.git.tree import GitTree
from opsbook.adapters.github.api import Api, Step, Text
from opsbook.adapters.github.clone import Clone
from opsbook.core.errors import OpsbookError

_MANY = 20_000
"""So many blobs or trees are remembered, then forgotten all at once: their ids bring them back."""


class HubObjects(Objects):
    """The reader of objects that asks GitHub for what this machine does not have.

    What `Objects` builds on its questions (`entry`, `file`) is inherited; the questions are answered
    here. Safe between threads: whatever is remembered under an id is the same whoever put it there.
    """

    def __init__(self, api: Api, clone: Clone | None) -> None:
        self._api = api
        self._clone = clone
        self._steps: dict[str, Step] = {}
        self._blobs: dict[str, bytes] = {}
        self._folders: dict[str, Mapping[str, Entry]] = {}
        self._wanted: set[str] = set()

    def learn(self, step: Step) -> Step:
        """Remember a commit that GitHub told us of."""
        self._steps[step.commit] = step
        return step

    def want(self, commits: Iterable[str]) -> None:
        """Say what will be asked for, so that one fetch brings it all."""
        if self._clone is not None:
            self._wanted.update(commits)

    def grow(self, base: str | None, tree: str, changes: Mapping[str, Entry | Text | None]) -> None:
        """Remember a tree that GitHub made for us of another with changes, so that nobody has to ask for it.

        Its ids are computed here; when they do not come out as GitHub's, nothing is remembered.
        """
        folders: dict[str, dict[str, Entry]] = {"": dict(self.tree(base)) if base else {}}
        blobs: dict[str, bytes] = {}
        for path, change in changes.items():
            *parents, name = path.split("/")
            at = ""
            for part in parents:
                below = f"{at}/{part}" if at else part
                if below not in folders:
                    existing = folders[at].get(part)
                    folders[below] = dict(self.tree(existing.oid)) if existing and existing.is_folder else {}
                at = below
            if isinstance(change, Text):
                oid = _hash("blob", change.data)
                blobs[oid] = change.data
                folders[at][name] = Entry(change.mode, oid)
            elif change is None:
                folders[at].pop(name, None)
            else:
                folders[at][name] = change
        made: dict[str, dict[str, Entry]] = {}
        for path in sorted(folders, key=lambda path: path.count("/") + bool(path), reverse=True):
            oid = _hash("tree", _tree_bytes(folders[path]))
            made[oid] = folders[path]
            parent, _, name = path.rpartition("/")
            if path and folders[path]:
                folders[parent][name] = Entry("40000", oid)
            elif path:
                folders[parent].pop(name, None)
        if tree in made:
            self._blobs.update(blobs)
            for oid, entries in made.items():
                self._remember(oid, entries)

    def known(self, commit: str) -> Step | None:
        """A commit, if GitHub told us of it."""
        return self._steps.get(commit)

    def step(self, commit: str) -> Step:
        """A commit.

        Raises:
            ForgeError: GitHub does not have it either, or cannot be asked.
        """
        return self._steps.get(commit) or self.learn(self._api.commit(commit))

    def is_commit(self, name: str) -> bool:
        """See `Objects.is_commit`."""
        return name in self._steps or (self._clone is not None and self._clone.has(name))

    def root(self, commit: str) -> str:
        """See `Objects.root`."""
        if commit in self._steps:
            return self._steps[commit].tree
        if self._clone is not None and (self._clone.has(commit) or self._clone.bring([commit])):
            with suppress(OpsbookError):  # a fetch that was killed leaves commits without their files
                return self._clone.objects.root(commit)
        return self.step(commit).tree

    def tree(self, oid: str) -> Mapping[str, Entry]:
        """See `Objects.tree`. One call brings all the folders below it, unless they are too many."""
        if (known := self._folders.get(oid)) is not None:
            return known
        if self._clone is not None:
            here = self._local(oid) is not None
            # A clone has most folders: one call for the one that is new, and not for all of the book.
            return self._remember(oid, self._clone.objects.tree(oid) if here else self._api.tree(oid)[0])
        return self._remember(oid, self._ask_all(oid))

    def blob(self, oid: str) -> bytes | None:
        """See `Objects.blob`."""
        if (known := self._blobs.get(oid)) is not None:
            return known
        found = self._local(oid)
        data = found[2] if found else self._api.blob(oid)
        if len(self._blobs) >= _MANY:
            self._blobs.clear()
        self._blobs[oid] = data
        return data

    def files(self, oid: str) -> dict[str, Entry]:
        """See `Objects.files`."""
        found, waiting = {}, [("", oid)]
        while waiting:
            lead, folder = waiting.pop()
            for name, entry in self.tree(folder).items():
                if entry.is_folder:
                    waiting.append((f"{lead}{name}/", entry.oid))
                else:
                    found[lead + name] = entry
        return found

    def differences(self, old: str | None, new: str) -> dict[str, Entry | None]:
        """The files that differ between two trees: path to the new entry, `None` for a deleted one.

        Only folders that differ are read.
        """
        found: dict[str, Entry | None] = {}
        waiting = [("", Entry("40000", old) if old else None, Entry("40000", new) if new else None)]
        while waiting:
            lead, left, right = waiting.pop()
            befores = self.tree(left.oid) if left and left.is_folder else {}
            afters = self.tree(right.oid) if right and right.is_folder else {}
            for name in befores.keys() | afters.keys():
                before, after = befores.get(name), afters.get(name)
                if before == after:
                    continue
                if (before and before.is_folder) or (after and after.is_folder):
                    waiting.append((f"{lead}{name}/", before, after))
                if after and not after.is_folder:
                    found[lead + name] = after
                elif before and not before.is_folder:
                    found[lead + name] = None
        return found

    def _local(self, oid: str) -> tuple[str, str, bytes] | None:
        if self._clone is None:
            return None
        found = self._clone.objects.read(oid)
        if found is None and self._wanted:
            wanted, self._wanted = self._wanted, set()
            if self._clone.bring(wanted):
                found = self._clone.objects.read(oid)
        return found

    def _ask_all(self, oid: str) -> Mapping[str, Entry]:
        rows, whole = self._api.tree(oid, recursive=True)
        if not whole:
            return self._api.tree(oid)[0]
        folders: dict[str, dict[str, Entry]] = {"": {}}
        folders.update({path: {} for path, entry in rows.items() if entry.is_folder})
        for path, entry in rows.items():
            parent, _, name = path.rpartition("/")
            folders[parent][name] = entry
        for path, entries in folders.items():
            if path:
                self._remember(rows[path].oid, entries)
        return folders[""]

    def _remember(self, oid: str, entries: Mapping[str, Entry]) -> Mapping[str, Entry]:
        if len(self._folders) >= _MANY:
            self._folders.clear()
        self._folders[oid] = entries
        return entries


class HubTree(GitTree):
    """A commit on GitHub as a tree of files (a `core.tree.Tree`); see `GitTree`."""

    def __init__(self, objects: HubObjects, commit: str, laid: Mapping[str, Entry | None] | None = None) -> None:
        self._objects = objects
        self.commit = commit
        self._root = objects.root(commit)
        self._laid = dict(laid or {})
        self._listed = {}


def _hash(kind: str, data: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


def _tree_bytes(entries: Mapping[str, Entry]) -> bytes:
    """A tree as Git stores it: folders sort as if their names ended in a slash."""
    order = sorted(entries, key=lambda name: _encode(name) + (b"/" if entries[name].is_folder else b""))
    return b"".join(
        entries[name].mode.encode() + b" " + _encode(name) + b"\0" + bytes.fromhex(entries[name].oid) for name in order
    )


def _encode(name: str) -> bytes:
    """A name as Git stores it."""
    return name.encode("utf-8", "surrogateescape")
