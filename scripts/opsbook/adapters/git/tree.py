"""A commit as a tree of files, read lazily."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opsbook.adapters.git.objects import Entry, Objects
from opsbook.adapters.git.repository import Repository
from opsbook.core.tree import Mode, below


class GitTree:
    """The files of one commit (a `core.tree.Tree`), with some of them laid over.

    Args:
        repository: where the commit is.
        revision: a commit as a person may type it.
        laid: path to entry (`None`: deleted) that replaces what the commit holds.
        objects: the reader to share; otherwise the tree starts one.

    Raises:
        UsageError: there is no such revision.

    Attributes:
        commit: the full id of the commit.
    """

    def __init__(
        self,
        repository: Repository,
        revision: str,
        *,
        laid: Mapping[str, Entry | None] | None = None,
        objects: Objects | None = None,
    ) -> None:
        self._repository = repository
        self._objects = objects or Objects(repository)
        self.commit = revision if self._objects.is_commit(revision) else repository.revision(revision)
        self._root = self._objects.root(self.commit)
        self._laid = dict(laid or {})
        self._listed: dict[str, dict[str, Entry]] = {}

    def paths(self, prefix: str = "") -> Iterable[tuple[str, Mode]]:
        """See `Tree.paths`."""
        entries = self._list(prefix)
        changes = {path: entry for path, entry in self._laid.items() if below(path, prefix)}
        if changes:
            entries = {**entries, **{path: entry for path, entry in changes.items() if entry}}
            for path, entry in changes.items():
                if entry is None:
                    entries.pop(path, None)
        return sorted((path, entry.kind) for path, entry in entries.items())

    def folders(self, prefix: str) -> Iterable[str]:
        """See `Tree.folders`."""
        changed = [path for path in self._laid if below(path, prefix)]
        start = len(prefix) + 1 if prefix else 0
        if any(self._laid[path] is None for path in changed):
            return sorted({path[start:].split("/", 1)[0] for path, _ in self.paths(prefix) if len(path) > start})
        entry = self._objects.entry(self._root, prefix)
        # In the order of Git, which is nearly sorted: thousands of names are in order in no time.
        names = dict.fromkeys(self._objects.tree(entry.oid) if entry and entry.is_folder else ())
        return sorted(names | dict.fromkeys(path[start:].split("/", 1)[0] for path in changed if len(path) > start))

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`."""
        entry = self._laid[path] if path in self._laid else self._entry(path)
        return self._objects.content(entry) if entry and entry.kind == "file" else None

    def _entry(self, path: str) -> Entry | None:
        for prefix, entries in self._listed.items():
            if below(path, prefix):
                return entries.get(path)
        return self._objects.entry(self._root, path)

    def _list(self, prefix: str) -> dict[str, Entry]:
        """Every file below a prefix; remembered, because a commit does not change."""
        if prefix in self._listed:
            return self._listed[prefix]
        at = self._objects.entry(self._root, prefix)
        if at is None:
            return {}
        if not at.is_folder:
            return {prefix: at}
        lead = f"{prefix}/" if prefix else ""
        entries = {lead + path: entry for path, entry in self._objects.files(at.oid).items()}
        self._listed[prefix] = entries
        return entries
