"""The restricted book, which holds the facts of security incidents: where it is, and what stands in its place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

from opsbook.adapters.git.repository import NotARepository, Repository
from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.config import CoreConfig
from opsbook.core.errors import UsageError
from opsbook.core.kind import Kinds
from opsbook.core.ports import Forge
from opsbook.core.tree import Overlay, Tree
from opsbook.core.yaml import edit
from opsbook.wiring.environment import github, variable


def restricted_forge(core: CoreConfig, kinds: Kinds, folder: Callable[[], Path]) -> Forge | None:
    """The forge of the restricted book: the clone that OPSBOOK_SECURITY_BOOK names, else `security.book` on GitHub.

    Args:
        folder: where what is read of the book on GitHub is kept: only its owner can look there.
    """
    place = variable("OPSBOOK_SECURITY_BOOK")
    if place:
        from opsbook.adapters.git.forge import GitForge
        from opsbook.adapters.git.no_forge import NoForge

        settings = Book(DirectoryTree(Path(place)), kinds).config.core.forge
        try:
            repository = Repository(Path(place), environment=os.environ)
        except NotARepository as error:
            # A wrong name must not keep the stub from being written: the facts wait, as when it does not answer.
            return cast(Forge, NoForge(UsageError(f"OPSBOOK_SECURITY_BOOK: {error.message}", "Name its clone.")))
        return GitForge(repository, main=settings.main, push=settings.push)
    token, _, url = github()
    token = variable("OPSBOOK_SECURITY_TOKEN") or token
    if not core.security.book or not token:
        return None
    from opsbook.adapters.git.begin import bare
    from opsbook.adapters.github.address import owner_and_name
    from opsbook.adapters.github.forge import connect

    repository = bare(folder() / f"{'+'.join(owner_and_name(core.security.book))}.git", os.environ)
    return connect(token, core.security.book, url=url, main=core.forge.main, repository=repository)


def stand_in(tree: Tree) -> Tree:
    """A book in the place of the restricted one while that cannot be read: its severities are probably the same."""
    text = (tree.read(CONFIG_PATH) or b"").decode("utf-8", "replace")
    try:
        config = edit(text, [(("security", "restricted"), True)])
    except ValueError:
        config = "security:\n  restricted: true\n"
    return Overlay(tree, {CONFIG_PATH: config.encode()})
