"""The ports: what the program asks of the world. Every adapter of a port passes the same contract tests.

Each call has three outcomes: done, not done and unknown. Not done raises `ForgeError`, unknown raises
`ForgeUnknown`; sinks say it in their `Delivery`. An unknown is read back by its marker, never repeated blindly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from opsbook.core.announcement import Announcement, Medium
    from opsbook.core.examined import Examined
    from opsbook.core.plan import Intent, Plan
    from opsbook.core.request import Request
    from opsbook.core.tree import Tree
    from opsbook.core.unseen import Unseen


class Head(NamedTuple):
    """What a forge holds for one record at one moment; the expectation of a compare-and-swap.

    Attributes:
        main: revision of the main branch.
        branch: revision of the record's open branch; `None` when there is none, or main contains it.
    """

    main: str
    branch: str | None


@dataclass(frozen=True, slots=True)
class Commit:
    """One atomic change to publish.

    Attributes:
        operation: the key that goes into the trailer `Opsbook-Operation`.
        author: who acted, as `name <address>` without a personal address.
        when: author and committer date, fixed by the intent, so that a repeated commit is the same commit.
    """

    plan: Plan
    operation: str
    author: str
    when: datetime


class Published(NamedTuple):
    """Where an operation is on record.

    Attributes:
        commit: the revision that holds it.
        url: where a person looks at it; empty for a forge without pages.
        next: what a person may run next, for example the `git merge` of the local forge.
        unpushed: why the commit is not where it belongs; empty when it is.
        shared: the remote that has it too; empty when this machine alone has it, or a site shows it (`url`).
        share: what a person runs to share it, where the book keeps it on this machine and there is a remote.
        claimed: the keys of the announcements that were claimed together with it.
    """

    branch: str
    commit: str
    url: str = ""
    next: str = ""
    unpushed: str = ""
    shared: str = ""
    share: str = ""
    claimed: frozenset[str] = frozenset()


class Landed(NamedTuple):
    """A commit of main, as a step from its first parent: a merge, or what somebody committed there.

    Attributes:
        paths: the files that it changed.
    """

    commit: str
    paths: tuple[str, ...]


LAPSED = "lapsed"
"""The reference of a reminder that was cut off, and that nobody needs any more. Nobody knows whether it was said."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof that an announcement was claimed, and delivered once it has a reference.

    Attributes:
        operation: who claimed it: the key of an operation, or what `perform.unasked` makes of a commit or a moment.
        claimed_at: aware UTC.
        reference: the sink's reference; empty while nobody knows whether it was delivered.
    """

    key: str
    operation: str
    claimed_at: datetime
    reference: str = ""


class Forge(Protocol):
    """Where plans are published and receipts are kept.

    Attributes:
        shared: whether everybody who sees the records sees the receipts too.
        rest: seconds for which the forge wants not to be asked; 0 when it did not say so.
    """

    name: str
    shared: bool

    @property
    def rest(self) -> float:
        """See the class."""
        ...

    def head(self, record: str | None) -> Head:
        """The main branch and the record's open branch, now; for `None` the main branch alone."""
        ...

    def read(self, head: Head) -> Tree:
        """The book that an action sees: main with the record's open branch laid over it."""
        ...

    def open_records(self, unseen: list[Unseen] | None = None) -> Mapping[str, Head]:
        """Every record with an open branch, by id.

        Args:
            unseen: is told what could not be seen; without it one branch that cannot be read fails all. A record of
                which nobody can tell whether main has it by now comes with the branch in the place of main.
        """
        ...

    def publish(self, expected: Head, commit: Commit, claims: Sequence[Receipt] = ()) -> Published:
        """Write the commit on the record's branch if its head is still `expected`.

        Args:
            claims: announcements to claim together with it; it never waits for them (`Published.claimed`).

        Raises:
            LostRace: the head moved; read again and apply the request again.
            ForgeError: not done. ForgeUnknown: nobody knows.
        """
        ...

    def published(self, record: str, operation: str) -> Published | None:
        """Read back: where the operation is on record, on the record's branch or on main; `None` when nowhere."""
        ...

    def change(self, published: Published) -> tuple[Tree, Tree]:
        """The book just before and just after a published commit: what announcements are computed from again."""
        ...

    def claim(self, receipts: Sequence[Receipt], *, expecting: Mapping[str, Receipt] | None = None) -> set[str]:
        """Claim announcements before speaking, all in one commit.

        A key is claimed if it has no receipt yet, or if its receipt still equals `expecting[key]` (a takeover).

        Returns:
            the keys that this call claimed; the others belong to somebody else.
        """
        ...

    def receipt(self, references: Mapping[str, str]) -> None:
        """Complete claimed receipts with the sinks' references, by key."""
        ...

    def receipts(self, record: str | None = None) -> Mapping[str, Receipt]:
        """The receipts of a record (or all), by key."""
        ...

    def tidy(self) -> Sequence[str]:
        """Bring what others did, and delete the branches of which main contains every operation; returns their names.

        Raises:
            ForgeError: what others did cannot be known.
        """
        ...


class Host(Protocol):
    """What only a hosting service does, and a plain repository does not."""

    def merge(self, record: str, expected: Head, inside: str) -> Published:
        """Merge the record's open pull request, if its branch is still at `expected` and changes nothing else.

        Args:
            inside: the folder or file of the record.

        Raises:
            LostRace: the branch moved; look at it again. Refused: it changes something else, or is merged already.
            ForgeError: not done, and why. ForgeUnknown: nobody knows.
        """
        ...

    def unproposed(self) -> Sequence[str]:
        """Every record with an open branch for which nobody ever opened a pull request.

        One that somebody closed is not among them: that was a decision.
        """
        ...

    def start(self, workflow: str, inputs: Mapping[str, str]) -> None:
        """Start a workflow on main, by the name of its file.

        Raises:
            ForgeError: not done. ForgeUnknown: nobody knows.
        """
        ...


class Delivery(NamedTuple):
    """How sending one announcement ended.

    Attributes:
        outcome: done, not done (safe to repeat) or unknown (read back first).
        reference: the sink's reference when done.
        error: one sentence when not done or unknown.
    """

    outcome: Literal["done", "not done", "unknown"]
    reference: str = ""
    error: str = ""


class Sink(Protocol):
    """Where announcements go.

    Attributes:
        unheard: why nobody hears what is said here; empty where people do.
        medium: how those are reached to whom it speaks; what is for others is never given to it.
        looks_back: whether `find` can tell at all. Where it cannot, a claim of one's own is enough to speak: else
            nobody would ever be told by a workflow, which doubts everything.
    """

    name: str
    unheard: str
    medium: Medium
    looks_back: bool

    def send(self, announcement: Announcement, key: str) -> Delivery:
        """Say it once. `key` is the marker by which it can be found again."""
        ...

    def find(self, announcement: Announcement, key: str) -> Delivery:
        """Read back: done with its reference, not done, or unknown when this sink cannot tell.

        A sink that can edit what it said brings it in step with the announcement on the way; it says nothing new.
        """
        ...


class Asked(NamedTuple):
    """What somebody asks for where nobody can be asked back: an issue, a comment, or the inputs of a workflow.

    Attributes:
        name: which one it is in the book, always the same: `issue-12`, `comment-512`, `run-4711`.
        origin: which one on the whole service: nobody knows it beforehand, and it stays when the book is renamed.
        by: who asks: an id of `opsbook.yml`, or `github:<login>`.
        login: the name that the desk knows them by.
        number: the id there, which stays when the name changes.
        at: when they asked, aware UTC.
        edited_by: who else has changed the words since; empty when nobody has.
        title, body: of an issue, as they were typed.
        inputs: of a workflow; `None` for an issue.
        record: the record that a comment is about, whose pull request it stands on; empty for a form.
        place: the number of the issue or pull request where it is answered.
    """

    name: str
    origin: str
    by: str
    login: str
    number: int
    at: datetime
    edited_by: str = ""
    title: str = ""
    body: str = ""
    inputs: Mapping[str, str] | None = None
    record: str = ""
    place: int = 0


class Desk(Protocol):
    """Where requests come in as forms, and are answered.

    Attributes:
        scope: the book that it belongs to; names of requests are unique in it.
        occasion: what has happened, in a few words that are safe to print.
    """

    scope: str
    occasion: str

    def asked(self) -> Asked | None:
        """What somebody asks for; `None` when nobody asks for anything.

        Raises:
            UsageError: what happened cannot be read. ForgeError: when it happened cannot be known now.
        """
        ...

    def permission(self, asked: Asked) -> str:
        """What whoever asks may do: one of `core.config.PERMISSIONS`, or `none`.

        Raises:
            ForgeError: it cannot be known now.
        """
        ...

    def answer(self, asked: Asked, text: str, *, done: bool) -> None:
        """Answer with Markdown; what was answered before is replaced, and when it is done the request is closed.

        Raises:
            ForgeError: not done. ForgeUnknown: nobody knows; answering again does nothing twice.
        """
        ...


class Intents(Protocol):
    """Durable requests, each locked by its living process."""

    def hold(
        self, request: Request, now: datetime, seed: bytes, *, key: str | None = None
    ) -> AbstractContextManager[Intent]:
        """Adopt the orphaned intent of an equal request, or write a new one durably; locked until the block ends.

        Leaving the block keeps the intent; `acknowledge` is what removes it.

        Args:
            key: the operation key, where the intake gives one; by default it is drawn from the seed.

        Raises:
            Refused: the same key was asked for before with other content.
        """
        ...

    def remember(self, key: str, attempts: Mapping[str, str]) -> None:
        """Add to the attempts of an intent (`core.plan.Intent`)."""
        ...

    def acknowledge(self, key: str) -> None:
        """Forget an intent whose result was printed."""
        ...

    def orphans(self) -> Sequence[Intent]:
        """Intents whose process is gone, oldest first."""
        ...

    def saved(self) -> Sequence[Intent]:
        """Every intent, also those that a living process works on, in the order in which they were written."""
        ...

    def damaged(self) -> Sequence[Unseen]:
        """Those that cannot be read or taken up by this program; they stay where they are."""
        ...


class Outbox(Protocol):
    """Where the text of a request and of announcements is kept for a person to read or to send by hand."""

    def keep(self, record: str, name: str, text: str) -> str:
        """Write one text, atomically; returns where it is."""
        ...

    def clear(self, record: str) -> None:
        """Remove every text of a record: what is there must be told to nobody any more."""
        ...


class Examiner(Protocol):
    """Finds out whether one part of the world does what the program needs of it, by trying it.

    It stands beside the adapter whose calls it tries. What it tries has no lasting effect and reaches nobody.

    Attributes:
        part: what it examines, as a heading: `GitHub`.
    """

    part: str

    def examine(self) -> Iterable[Examined]:
        """What it found, each as soon as it is known. A part that is not set up is one note.

        Whatever fails is something found, never an error; a part that gives no answer is given up soon.
        """
        ...
