"""What this clone can see: its working tree, what main has more, and every open record; and what it cannot see."""

from __future__ import annotations

from collections.abc import Mapping

from opsbook.adapters.git.ahead import ahead
from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.git.remote import Remote
from opsbook.adapters.git.repository import Repository
from opsbook.core.config import CALENDARS
from opsbook.core.errors import OpsbookError
from opsbook.core.kind import Kind
from opsbook.core.openbook import lay_open
from opsbook.core.tree import Overlay, Tree
from opsbook.core.unseen import Unseen

SECONDS = 3.0
"""How long a read waits for what is new: whoever is offline must not wait for the network during an incident."""


def bring(remote: Remote, unseen: list[Unseen]) -> None:
    """Bring what is new, once, and say so where that fails."""
    if reason := remote.fetch():
        what = "what others have written since this clone was last brought up to date"
        unseen.append(Unseen(what, reason, remote.remedy))


def look(tree: Tree, forge: GitForge, repository: Repository, kinds: Mapping[str, Kind], unseen: list[Unseen]) -> Tree:
    """The best book that this clone knows of; nothing that cannot be read hides the rest.

    Args:
        tree: the working tree; forge: the branches of this clone; unseen: is told what could not be seen.
    """
    found: list[Unseen] = []
    try:
        folders = [CALENDARS, *(kind.folder for kind in kinds.values())]
        tree = Overlay(tree, ahead(repository, forge.head(None).main, folders, found))
    except OpsbookError as error:
        found.append(Unseen.of("main", error))
    try:
        tree = lay_open(tree, forge, kinds, found)
    except OpsbookError as error:
        found.append(Unseen.of("the open records", error))
    if found and _is_new(repository):
        return tree
    unseen += dict.fromkeys(found)
    return tree


def _is_new(repository: Repository) -> bool:
    """Whether nobody has committed anything here yet: then there is nothing to be seen beside the files."""
    try:
        broken: list[str] = []
        head = repository.run("rev-parse", "--verify", "--quiet", "HEAD", accept=(0, 1, 128)).status
        return bool(head) and not repository.refs("refs/heads/", "refs/remotes/", broken=broken) and not broken
    except OpsbookError:
        return False
