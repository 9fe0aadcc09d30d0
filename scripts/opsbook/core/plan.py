"""What an action wants: a request made durable, and the plan of files that answers it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from opsbook.core.ids import operation_key
from opsbook.core.request import Request


@dataclass(frozen=True, slots=True)
class Origin:
    """What gives a request an identity that outlives the machine: an issue, a run of a workflow, a view of a chat.

    A runner's disk does not last. Key, time and seed therefore come from the origin alone: whoever performs the same
    request again, on whatever machine, computes the same record, and finds what an earlier run has published.

    Attributes:
        scope: the book, for example `owner/name`; a name means something only within it.
        name: which one it is there, for example `issue-12` or `run-4711`.
        now: when it was asked for, aware UTC.
    """

    scope: str
    name: str
    now: datetime

    @property
    def seed(self) -> bytes:
        """32 bytes, the same for the same scope and name."""
        return hashlib.sha256(f"{self.scope}\n{self.name}".encode()).digest()

    @property
    def key(self) -> str:
        """The operation key."""
        return operation_key(self.seed)


@dataclass(frozen=True, slots=True)
class Intent:
    """A request made durable, with everything that applying it again needs.

    Attributes:
        key: the operation key, drawn from the seed or given by the intake (issue number, run id, view id).
        now: when the person asked, aware UTC; author and committer dates of the commit.
        seed: 16 bytes or more from which `core.ids.Ids` draws.
        attempts: what it said, or may have said, without a receipt, by key: the sink's reference, or nothing as long as
            nobody knows.
    """

    key: str
    request: Request
    now: datetime
    seed: bytes
    attempts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """The files to write for one operation on one record, and the words of its pull request.

    Attributes:
        record: id of the record.
        path: its folder or file in the book.
        files: path to new content; `None` deletes.
        subject: one line for the commit, safe to print.
        title: title of the pull request; body: its Markdown text, built by us with people's words made inert.
        summary: lines for the person who asked, to preview and to confirm.
        then: what comes next in the record, as a sentence.
        understood: what was made of a value that can be typed in several ways, to be said back.
        labels: words by which pull requests can be found and counted, for a forge that has labels.
        anonymous: who acted must not be told: the commit names nobody, and a branch that was not shared yet is left
            without what it held before.
        straight: it goes to main, and to no branch of its own.
    """

    record: str
    path: str
    files: Mapping[str, bytes | None]
    subject: str
    title: str
    body: str
    summary: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()
    anonymous: bool = False
    straight: bool = False
    understood: tuple[str, ...] = ()
    then: str = ""

    @property
    def branch(self) -> str:
        """The one branch on which the record's open changes live; nothing where they go straight to main."""
        return "" if self.straight else f"opsbook/{self.record}"
