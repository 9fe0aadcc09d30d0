"""The branches of this repository itself: where the records of a book are kept that nobody else writes to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from opsbook.adapters.git.remote import Pushed, Update
from opsbook.adapters.git.repository import GitFailed, Ref, Repository
from opsbook.adapters.machine.locks import turn
from opsbook.core.errors import ForgeError


class Own:
    """Stands where a `Remote` would: bringing does nothing, and moving a branch is a compare-and-swap of a ref.

    No working tree, index or checked-out branch is touched, with one exception: when the branch is checked out
    somewhere, that working tree is moved along with it (as a fast-forward merge does), because moving the branch alone
    would stage the deletion of what was just written. Where that would overwrite an edit, nothing is written and the
    person is told what to commit first.
    """

    shared = False
    down = ""
    name = "this clone"

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def at(self, branch: str) -> str:
        """The ref of a branch."""
        return f"refs/heads/{branch}"

    def fetch(self) -> str:
        """Nothing is elsewhere."""
        return ""

    def push(self, updates: Sequence[Update]) -> dict[str, Pushed]:
        """Move branches, one after the other; each stands on its own."""
        return {update.branch: Pushed("done" if self._move(update) else "lost") for update in updates}

    def _move(self, update: Update) -> bool:
        name = self.at(update.branch)
        reason = "opsbook: merged" if update.new is None else "opsbook: publish"
        tree = checked_out(self._repository.refs(name).get(name)) if update.old else None
        if tree is None:
            return self._repository.move(name, update.new, update.old, reason)
        if update.new is None:
            return False
        # Two that move files in one working tree at the same time would take each other's for a person's edits.
        with turn(self._repository.common / "opsbook" / "worktree.lock", seconds=30.0):
            at = self._repository.refs(name).get(name)
            if at is None or at.commit != update.old:
                return False
            self._follow(update.branch, tree, at.commit, update.new)
            return self._repository.move(name, update.new, update.old, reason)

    def _follow(self, branch: str, tree: Path, old: str, new: str) -> None:
        """Bring the files of a working tree from one commit to the next, keeping every edit in it.

        This comes before the branch moves: cut off in between, the new files are staged, and nothing is lost.
        """
        try:
            self._repository.git("read-tree", "-m", "-u", old, new, folder=tree)
        except GitFailed as error:
            if ".lock" in error.errors:
                raise
            raise ForgeError(
                f"{branch} is checked out in {tree}, with edits that this change would overwrite.",
                f"Commit or stash them there (`git -C {tree} status`), then run `opsbook reconcile`.",
            ) from None


class Kept(Own):
    """What this machine pushed to an open branch, until somebody has seen it in a pull request, or on main.

    Whoever merges at that moment and deletes the branch takes along what came a second later; here it is not lost.
    """

    def at(self, branch: str) -> str:
        """The ref that keeps it."""
        return f"refs/opsbook-kept/{branch}"


def checked_out(ref: Ref | None) -> Path | None:
    """The working tree that has a branch checked out; one whose folder is gone does not count."""
    return ref.worktree if ref and ref.worktree and ref.worktree.is_dir() else None
