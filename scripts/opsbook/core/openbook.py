"""The book as it is known now: a tree with every record's open branch laid over it."""

from __future__ import annotations

from collections.abc import Mapping

from opsbook.core.book import Book
from opsbook.core.errors import ForgeFault
from opsbook.core.ports import Forge
from opsbook.core.shape import Shape
from opsbook.core.tree import Overlay, Tree
from opsbook.core.unseen import Unseen


def lay_open(tree: Tree, forge: Forge, kinds: Mapping[str, Shape], unseen: list[Unseen] | None = None) -> Tree:
    """`tree` with the files of every record that has an open branch.

    Args:
        tree: usually the working tree; records that are only on a branch are added to it.
        unseen: is told of each branch that cannot be read; the others are laid all the same.

    Raises:
        ForgeError: a branch cannot be read, and there is nobody to tell.
    """
    files: dict[str, bytes | None] = {}
    below = Book(tree, kinds)
    for record, head in forge.open_records(unseen).items():
        # Where nobody knows whether main has it by now, what main or the working tree has of it counts.
        if head.branch is None and any(below.find(name, record) for name in kinds):
            continue
        try:
            book = Book(forge.read(head), kinds)
            found = next(filter(None, (book.resolve(name, record) for name in kinds)), None)
            files.update({file.path: file.data for file in found.files.values()} if found is not None else {})
        except ForgeFault as error:
            if unseen is None:
                raise
            unseen.append(Unseen.of(record, error))
    return Overlay(tree, files)
