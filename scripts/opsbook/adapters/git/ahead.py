"""What main holds that a working tree does not have yet, as if somebody had pulled.

Pull requests merge on GitHub while a clone stays where it is. A person must see the incident that was merged a minute
ago without knowing that they have to pull first, and nothing in their working tree may move for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from opsbook.adapters.git.objects import Entry, Objects
from opsbook.adapters.git.repository import Repository, decode
from opsbook.core.errors import ForgeError, UsageError
from opsbook.core.unseen import Unseen


def ahead(repository: Repository, main: str, folders: Iterable[str], unseen: list[Unseen]) -> dict[str, bytes | None]:
    """Path to content (`None`: deleted) of what main changed below `folders` since the checked-out commit forked off.

    What a person has changed in the working tree stays theirs; what a sparse checkout leaves out is no change. Where
    the histories do not tell, main adds what is not here.

    Args:
        main: a commit; unseen: is told of each file that cannot be read.

    Raises:
        ForgeError: nothing of main can be read.
    """
    worktree, folders = repository.worktree, [*folders]
    if worktree is None:
        return {}
    objects = Objects(repository)
    new = objects.root(main)
    try:
        head: str | None = repository.revision("HEAD")
    except UsageError:  # no commit yet
        head = None
    base = repository.merge_base(head, main) if head else None
    if head and base is None:
        why = "What is checked out and main have no history in common here, so both are shown, one beside the other."
        unseen.append(Unseen("main", why, "`git fetch --unshallow`, or check out main again."))
    left_out = _left_out(repository, worktree, objects, head, folders)
    differing = dict.fromkeys(_differing(repository, base, main, folders))
    found: dict[str, bytes | None] = {}
    old = objects.root(base) if base else None
    for path in {**differing, **left_out}:
        try:
            if path not in differing:
                found[path] = objects.content(left_out[path])
            elif path in left_out or _is(worktree / path, objects.entry(old, path) if old else None):
                found[path] = objects.file(new, path)
        except ForgeError as error:
            unseen.append(Unseen.of(path, error))
    return found


def _differing(repository: Repository, base: str | None, main: str, folders: Iterable[str]) -> Iterable[str]:
    """The paths that main changed since `base`; without one all that it has."""
    if base == main:
        return ()
    names = (
        repository.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, main, "--", *folders)
        if base
        else repository.git("ls-tree", "-r", "-z", "--name-only", "--full-tree", main, *folders)
    )
    return map(decode, filter(None, names.split(b"\0")))


def _left_out(
    repository: Repository, worktree: Path, objects: Objects, head: str | None, folders: Iterable[str]
) -> Mapping[str, Entry]:
    """What the commit that is checked out has and a sparse checkout leaves out of the working tree."""
    places = (repository.common, *(repository.common / "worktrees").glob("*"))
    if head is None or not any((place / "info/sparse-checkout").exists() for place in places):
        return {}
    listed = repository.run("ls-files", "-t", "-z", "--", *folders, folder=worktree).data.split(b"\0")
    paths = [decode(line[2:]) for line in listed if line.startswith(b"S ")]
    root = objects.root(head)
    found = ((path, objects.entry(root, path)) for path in paths if not (worktree / path).exists())
    return {path: entry for path, entry in found if entry is not None and entry.kind == "file"}


def _is(file: Path, entry: Entry | None) -> bool:
    """Whether a file of the working tree is as a commit has it, or not there as in that commit."""
    try:
        data = None if file.is_symlink() else file.read_bytes()
    except OSError:
        data = None
    if data is None or entry is None:
        return data is None and (entry is None or entry.kind != "file")
    algorithm = "sha1" if len(entry.oid) == 40 else "sha256"
    return hashlib.new(algorithm, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() == entry.oid
