"""Moving branches so that afterwards it is known what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from opsbook.adapters.git.remote import Pushed, Update
from opsbook.adapters.git.repository import Repository
from opsbook.core.errors import ForgeUnknown

_FINISH = "`opsbook reconcile` finds out what came of it."


class Place(Protocol):
    """Where branches are kept: a remote, or this repository (`Remote`, `Own`).

    Attributes:
        shared: whether others write there; name: for people; down: why it could not be reached a moment ago.
    """

    name: str
    shared: bool

    @property
    def down(self) -> str:
        """See the class."""
        ...

    def at(self, branch: str) -> str:
        """The ref by which this repository knows a branch there."""
        ...

    def fetch(self) -> str:
        """Bring what is there; why not, when that failed."""
        ...

    def push(self, updates: Sequence[Update]) -> dict[str, Pushed]:
        """Move branches; how it ended, by branch."""
        ...


def send(place: Place, repository: Repository, updates: Sequence[Update]) -> dict[str, Pushed]:
    """Move branches, and read back what is unknown; then the same is done again, which does nothing twice.

    Raises:
        ForgeUnknown: it cannot be read back, or stays unknown.
    """
    done = place.push(updates) if updates else {}
    doubted: set[str] = set()
    for _ in range(3):
        doubted |= {branch for branch, pushed in done.items() if pushed.outcome == "unknown"}
        open_ = [item for item in updates if item.branch in doubted and done[item.branch].outcome != "done"]
        if not open_:
            return done
        if reason := place.fetch():
            raise ForgeUnknown(reason, _FINISH)
        done |= {item.branch: Pushed("done") for item in open_ if _is_there(place, repository, item)}
        left = [item for item in open_ if done[item.branch].outcome == "unknown"]
        if not left:
            return done
        done |= place.push(left)
    reason = next(pushed.reason for pushed in done.values() if pushed.outcome == "unknown")
    raise ForgeUnknown(reason, _FINISH)


def _is_there(place: Place, repository: Repository, update: Update) -> bool:
    """Whether a branch was moved as it should be, and perhaps further since."""
    ref = place.at(update.branch)
    there = repository.refs(ref).get(ref)
    if update.new is None or there is None:
        return update.new is None and there is None
    return repository.is_ancestor(update.new, there.commit)
