"""What a command is given: the book where it runs and the ports, opened only when they are used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from opsbook.core.book import Book
    from opsbook.core.config import Team
    from opsbook.core.context import Context
    from opsbook.core.kind import Kinds
    from opsbook.core.people import Member
    from opsbook.core.ports import Desk, Examiner, Landed
    from opsbook.core.tree import Tree
    from opsbook.core.unseen import Unseen

T = TypeVar("T")
R = TypeVar("R")


class Workspace(Protocol):
    """The world as commands see it; `opsbook.wiring` builds it.

    Attributes:
        root: the folder of the book.
        unseen: what could not be seen so far, for whoever reads to say; complete once the book was opened.
        asks: whether somebody sits at a terminal and can be asked, and did not say `--yes`.
        color: whether the output may have colours.
        lines: whether tables are wanted as lines that name each value (`OPSBOOK_LINES`).
        verbose: whether the person wants to see everything that was done.
        about: the kind and the id of the record that is meant where nobody names one: that of a rehearsal.
    """

    root: Path
    unseen: list[Unseen]
    asks: bool
    color: bool
    lines: bool
    verbose: bool
    about: tuple[str, str] | None

    @property
    def kinds(self) -> Kinds:
        """Every kind of record."""
        ...

    @property
    def book(self) -> Book:
        """The working tree as a book."""
        ...

    @property
    def open_book(self) -> Book:
        """The working tree, what main has more, every open record, and what is saved here and not published yet."""
        ...

    @property
    def keeps(self) -> Path:
        """Where what can be made again at any time is kept: in a clone nothing that was committed can lie there."""
        ...

    def look(self) -> None:
        """Open the book, so that `unseen` is complete, for a command that needs nothing else of it."""
        ...

    def source(self, given: str) -> AbstractContextManager[tuple[str, Tree]]:
        """The name and the files of a folder, or of a repository at an address, which is fetched for the moment.

        Raises:
            UsageError: it is neither.
        """
        ...

    def again(self) -> Workspace:
        """The same workspace, read anew: files and branches may have changed."""
        ...

    def at(self, folder: Path) -> Workspace:
        """The workspace of the book in another folder."""
        ...

    def play(self, words: Sequence[str], at: datetime, about: tuple[str, str] | None) -> int:
        """Carry out the words of a command in this process at a moment of a rehearsal; its exit code.

        With that clock nothing but a rehearsal can be written (see `Context.rehearses`).

        Args:
            about: the kind and the id of the rehearsal; nothing when it is declared.
        """
        ...

    def branch(self) -> str | None:
        """The branch that is checked out, if the folder of the book is a repository."""
        ...

    def begin(self, paths: Sequence[str], message: str) -> None:
        """Commit these files and nothing else, in a repository that is made where there is none."""
        ...

    def members(self, team: Team) -> Sequence[Member]:
        """Who is in a team, as GitHub and Slack know it; raises OpsbookError where they do not say."""
        ...

    def calendar(self, address: str) -> bytes:
        """A calendar at an address (https); raises OpsbookError where it cannot be had."""
        ...

    def seed(self) -> bytes:
        """Fresh random bytes, from which ids are drawn."""
        ...

    def now(self) -> datetime:
        """The time of this run, aware UTC, whole seconds."""
        ...

    def actor(self, by: str | None = None) -> str:
        """Who acts: `by`, else the environment, the configuration of Git, or the name on this machine."""
        ...

    def context(self, by: str | None = None) -> Context:
        """The ports, to perform requests with."""
        ...

    def restricted(self, by: str | None = None) -> Context | None:
        """The ports of the restricted book, if there is one that can be written to from here; it tells nobody."""
        ...

    def facts_kept(self) -> int:
        """How many declarations of security incidents wait on this machine for the restricted book."""
        ...

    def examiners(self) -> Sequence[Examiner]:
        """Whoever examines a part of the world, for the doctor; they do so only when they are asked to."""
        ...

    def desk(self) -> Desk:
        """Where the form came in that this run is for.

        Raises:
            UsageError: this is no workflow on GitHub, or what it says of itself cannot be read.
        """
        ...

    def revision(self, name: str) -> Tree:
        """The tree of a commit; raises UsageError when there is no such revision."""
        ...

    def changed(self, since: str) -> tuple[Sequence[str], Sequence[str]]:
        """Paths written and paths deleted since a revision, with those that are not committed yet."""
        ...

    def landed(self, since: str) -> Sequence[Landed]:
        """What became part of main since a revision or a length of time, oldest first; zeros mean the last step."""
        ...

    def output(self, name: str, value: str) -> None:
        """Hand a value to the following steps of a workflow; nothing outside of one."""
        ...

    def inside(self, path: str) -> str:
        """A path that a person typed, as a path in the book; raises UsageError when it leads elsewhere."""
        ...

    def spread(self, work: Callable[[Sequence[T]], list[R]], items: Sequence[T], piece: int = ...) -> list[R]:
        """`work(items)`, in as many processes as are worth their while; results in the order of the items.

        Args:
            piece: how many items are handed out at a time; fewer than two pieces are done here.
        """
        ...


def seen(workspace: Workspace) -> dict[str, object]:
    """What every read that prints JSON says of what it could not see."""
    return {"unseen": [item.as_json() for item in dict.fromkeys(workspace.unseen)]}
