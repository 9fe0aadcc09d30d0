"""What a forge asks of a host beside Git: pull requests, and what people read on them (a desk; see CONTRIBUTING).

A plain Git repository has no such thing, and does without. An adapter for another host implements `Pulls`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from opsbook.core.errors import ForgeError
from opsbook.core.plan import Plan
from opsbook.core.ports import Receipt


class Pull(NamedTuple):
    """A pull request.

    Attributes:
        head: the commit of the branch that the host last saw; base: the commit of main when it was opened or updated.
        body: what it says.
    """

    number: int
    url: str
    open: bool
    merged: bool
    head: str
    base: str
    body: str = ""


class Unrelated(ForgeError):
    """A branch and main have no history in common."""


class Pulls(Protocol):
    """The pull requests of records into main.

    Attributes:
        name: of the host; site: where people see the repository.
        rest: seconds for which the host wants not to be asked; 0 when it did not say so.
    """

    name: str
    site: str

    @property
    def rest(self) -> float:
        """See the class."""
        ...

    def of(self, branch: str) -> Sequence[Pull]:
        """The pull requests of a branch, newest first, open or not."""
        ...

    def propose(self, branch: str, plan: Plan, is_there: Callable[[], bool]) -> tuple[Pull | None, bool]:
        """Open a pull request for a branch; none when main holds it already.

        Args:
            is_there: whether the branch is still there.

        Returns:
            it, and whether it was opened just now.

        Raises:
            LostRace: the branch is gone. Unrelated: it cannot be merged.
            ForgeError: not done. ForgeUnknown: nobody knows.
        """
        ...

    def show(self, record: str, branch: str, receipts: Mapping[str, Receipt]) -> None:
        """Show on the pull request who was told, in one place, and put on it the labels that it was opened for."""
        ...

    def merge(self, pull: Pull, branch: str, tip: str) -> str:
        """Merge a pull request if its branch is still at this commit; the commit on main. Raises as `Host.merge`."""
        ...

    def start(self, workflow: str, inputs: Mapping[str, str]) -> None:
        """See `Host.start`."""
        ...
