"""Paths that a person or a hook named, and the records that they are about."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Set

from opsbook.commands.workspace import Workspace
from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.errors import UsageError
from opsbook.core.record import Ref
from opsbook.core.tree import below
from opsbook.report.screen import Screen


def records_at(given: Iterable[str], book: Book, workspace: Workspace) -> dict[str, list[Ref]]:
    """Each path that was named, as a path in the book, with the records that it is about.

    A file that is none is passed over, and it is said: a hook hands over whatever a commit changes.

    Raises:
        UsageError: nothing is there.
    """
    named = {workspace.inside(path): path for path in given}
    every = list(book.everything()) if named else []
    known = set(every)
    found: dict[str, list[Ref]] = {}
    for path in named:
        inner = book.at(path)
        inside = (ref for ref in every if below(ref.path, path)) if kinds_of((path,), book) else ()
        found[path] = [inner] if inner in known else list(inside)
    absent = [path for path, refs in found.items() if not refs and not whole((path,)) and not _there(path, book)]
    if absent:
        raise UsageError(f"There is nothing at {named[absent[0]]}.", "Name a folder or a file of a record.")
    passed = [path for path, refs in found.items() if not refs and not whole((path,))]
    if passed:
        more = f" and {len(passed) - 3} more" if len(passed) > 3 else ""
        Screen(sys.stderr).line(f"opsbook: passed over, being no record: {', '.join(passed[:3])}{more}")
    return found


def about(place: str, named: Iterable[str]) -> bool:
    """Whether a place is among those that were named, or around one."""
    return any(below(place, path) or below(path, place) for path in named)


def _there(path: str, book: Book) -> bool:
    return any(True for _ in book.tree.paths(path))


def whole(named: Iterable[str]) -> bool:
    """Whether the whole book is meant: what the configuration says may concern every record."""
    return any(path in (".", CONFIG_PATH) for path in named)


def kinds_of(paths: Collection[str], book: Book) -> Set[str]:
    """The kinds in whose folders paths lie."""
    return {kind.name for kind in book.kinds.values() if any(below(path, kind.folder) for path in paths)}
