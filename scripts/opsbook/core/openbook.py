"""The book as it is known now: a tree with every record's open branch laid over it."""

from __future__ import annotations

from collections.abc import Mapping

from opsbook.core.book import Book
from opsbook.core.ports import Forge
from opsbook.core.shape import Shape
from opsbook.core.tree import Overlay, Tree


def lay_open(tree: Tree, forge: Forge, kinds: Mapping[str, Shape], *, kind: str | None = None) -> Tree:
    """`tree` with the files of every record that has an open branch.

    Args:
        tree: usually the working tree; records that are only on a branch are added to it.
        kind: only records of this kind are looked for.
    """
    return Overlay(tree, open_files(forge, kinds, kind=kind))


def open_files(forge: Forge, kinds: Mapping[str, Shape], *, kind: str | None = None) -> dict[str, bytes | None]:
    """The files of every record that has an open branch, by path."""
    files: dict[str, bytes | None] = {}
    for record, head in forge.open_records().items():
        book = Book(forge.read(head), kinds)
        for name in [kind] if kind is not None else kinds:
            found = book.resolve(name, record)
            if found is not None:
                files.update({file.path: file.data for file in found.files.values()})
                break
    return files
