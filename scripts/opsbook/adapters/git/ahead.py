"""What main holds that a working tree does not have yet, as if somebody had pulled.

Pull requests merge on GitHub while a clone stays where it is. A person must see the incident that was merged a minute
ago without knowing that they have to pull first, and nothing in their working tree may move for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from opsbook.adapters.git.objects import Objects
from opsbook.adapters.git.repository import Repository, decode
from opsbook.core.errors import ForgeError, UsageError


def ahead(repository: Repository, main: str, folders: Iterable[str]) -> dict[str, bytes | None]:
    """Path to content (`None`: deleted) of what main changed below `folders` since the checked-out commit forked off.

    What a person has changed in the working tree stays theirs. Nothing, where there is no working tree or where the
    histories do not tell.

    Args:
        main: a commit.
    """
    worktree = repository.worktree
    if worktree is None:
        return {}
    objects = Objects(repository)
    try:
        base = repository.merge_base(repository.revision("HEAD"), repository.revision(main))
    except (ForgeError, UsageError):  # no commit yet, or one that is not here
        return {}
    if base is None or base == main:
        return {}
    names = repository.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, main, "--", *folders)
    old, new = objects.root(base), objects.root(main)
    found: dict[str, bytes | None] = {}
    for path in map(decode, filter(None, names.split(b"\0"))):
        if _content(worktree, path) == objects.file(old, path):
            found[path] = objects.file(new, path)
    return found


def _content(worktree: Path, path: str) -> bytes | None:
    file = worktree / path
    try:
        return None if file.is_symlink() else file.read_bytes()
    except OSError:
        return None
