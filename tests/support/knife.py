"""Cuts a run off before its N-th effect: every port is wrapped, and no function of ours is patched.

A cut is a `BaseException`, like the end of a process: nothing in the program may catch it, and once it fell, every
further effect of the same run fails too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from subprocess import Popen
from typing import Any, TypeVar

from opsbook.adapters.git.repository import LOCAL_SECONDS, Output, Repository
from opsbook.core.announcement import Announcement, Medium
from opsbook.core.context import Context
from opsbook.core.plan import Intent
from opsbook.core.ports import Commit, Delivery, Forge, Head, Intents, Outbox, Published, Receipt, Sink
from opsbook.core.request import Request
from opsbook.core.tree import Tree
from opsbook.core.unseen import Unseen
from tests.support.desk import environment

T = TypeVar("T")

WRITING = frozenset({"hash-object", "commit-tree", "update-ref", "push", "fetch", "read-tree"})
"""The Git commands that change a repository; `mktree` and most of `hash-object` are started apart."""


class Cut(BaseException):
    """The process is gone."""


@dataclass
class Knife:
    """Counts effects, and falls at one of them.

    Attributes:
        at: the number of the effect before which it falls, from 1; 0 never falls.
        names: the effects so far.
    """

    at: int = 0
    names: list[str] = field(default_factory=list)
    fallen: bool = False

    def before(self, name: str) -> None:
        """An effect is about to happen; of several blobs in a row only the first counts, for nothing points at them."""
        if not self.fallen and self.names[-1:] == [name] == ["git hash-object"]:
            return
        if not self.fallen:
            self.names.append(name)
        if self.fallen or len(self.names) == self.at:
            self.fallen = True
            raise Cut(name)

    def around(self, name: str, effect: Callable[[], T]) -> T:
        """One effect."""
        self.before(name)
        return effect()


class CutRepository(Repository):
    """A repository in which every Git command that writes is an effect."""

    def __init__(self, start: Path, knife: Knife) -> None:
        self._knife = Knife()
        super().__init__(start, environment=environment())
        self._knife = knife

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        variables: Mapping[str, str] | None = None,
        folder: Path | None = None,
        seconds: float = LOCAL_SECONDS,
        accept: Collection[int] = (0,),
    ) -> Output:
        """See `Repository.run`."""

        def effect() -> Output:
            return super(CutRepository, self).run(
                *arguments, stdin=stdin, variables=variables, folder=folder, seconds=seconds, accept=accept
            )

        return self._knife.around(f"git {arguments[0]}", effect) if arguments[0] in WRITING else effect()

    def start(self, *arguments: str, **options: Any) -> Popen[bytes]:
        """See `Repository.start`."""
        if arguments[0] in ("mktree", "hash-object") and "--stdin" not in arguments:
            self._knife.before(f"git {arguments[0]}")
        return super().start(*arguments, **options)


@dataclass(frozen=True)
class CutForge:
    """A forge in which every write is an effect; reading passes."""

    inner: Forge
    knife: Knife
    name: str = "local"

    @property
    def shared(self) -> bool:
        """See `Forge.shared`."""
        return self.inner.shared

    @property
    def rest(self) -> float:
        """See `Forge.rest`."""
        return self.inner.rest

    def head(self, record: str | None) -> Head:
        """See `Forge.head`."""
        return self.inner.head(record)

    def read(self, head: Head) -> Tree:
        """See `Forge.read`."""
        return self.inner.read(head)

    def open_records(self, unseen: list[Unseen] | None = None) -> Mapping[str, Head]:
        """See `Forge.open_records`."""
        return self.inner.open_records(unseen)

    def publish(self, expected: Head, commit: Commit, claims: Sequence[Receipt] = ()) -> Published:
        """See `Forge.publish`."""
        return self.knife.around("publish", lambda: self.inner.publish(expected, commit, claims))

    def published(self, record: str, operation: str) -> Published | None:
        """See `Forge.published`."""
        return self.inner.published(record, operation)

    def change(self, published: Published) -> tuple[Tree, Tree]:
        """See `Forge.change`."""
        return self.inner.change(published)

    def claim(self, receipts: Sequence[Receipt], *, expecting: Mapping[str, Receipt] | None = None) -> set[str]:
        """See `Forge.claim`."""
        return self.knife.around("claim", lambda: self.inner.claim(receipts, expecting=expecting))

    def receipt(self, references: Mapping[str, str]) -> None:
        """See `Forge.receipt`."""
        self.knife.around("receipt", lambda: self.inner.receipt(references))

    def receipts(self, record: str | None = None) -> Mapping[str, Receipt]:
        """See `Forge.receipts`."""
        return self.inner.receipts(record)

    def tidy(self) -> Sequence[str]:
        """See `Forge.tidy`."""
        return self.knife.around("tidy", self.inner.tidy)


@dataclass(frozen=True)
class CutSink:
    """A sink in which every message is an effect."""

    inner: Sink
    knife: Knife

    @property
    def name(self) -> str:
        """See `Sink.name`."""
        return self.inner.name

    @property
    def unheard(self) -> str:
        """See `Sink.unheard`."""
        return self.inner.unheard

    @property
    def medium(self) -> Medium:
        """See `Sink.medium`."""
        return self.inner.medium

    @property
    def looks_back(self) -> bool:
        """See `Sink.looks_back`."""
        return self.inner.looks_back

    def send(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.send`."""
        return self.knife.around(f"send by {self.name}", lambda: self.inner.send(announcement, key))

    def find(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.find`."""
        return self.inner.find(announcement, key)


@dataclass(frozen=True)
class CutIntents:
    """Intents in which every write is an effect; a lock ends with its process, however that ends."""

    inner: Intents
    knife: Knife

    @contextmanager
    def hold(self, request: Request, now: datetime, seed: bytes, *, key: str | None = None) -> Iterator[Intent]:
        """See `Intents.hold`."""
        self.knife.before("intent")
        with self.inner.hold(request, now, seed, key=key) as intent:
            yield intent

    def remember(self, key: str, attempts: Mapping[str, str]) -> None:
        """See `Intents.remember`."""
        self.knife.around("remember", lambda: self.inner.remember(key, attempts))

    def acknowledge(self, key: str) -> None:
        """See `Intents.acknowledge`."""
        self.knife.around("acknowledge", lambda: self.inner.acknowledge(key))

    def orphans(self) -> Sequence[Intent]:
        """See `Intents.orphans`."""
        return self.inner.orphans()

    def saved(self) -> Sequence[Intent]:
        """See `Intents.saved`."""
        return self.inner.saved()

    def damaged(self) -> Sequence[Unseen]:
        """See `Intents.damaged`."""
        return self.inner.damaged()


@dataclass(frozen=True)
class CutOutbox:
    """An outbox in which every text is an effect."""

    inner: Outbox
    knife: Knife

    def keep(self, record: str, name: str, text: str) -> str:
        """See `Outbox.keep`."""
        return self.knife.around("outbox", lambda: self.inner.keep(record, name, text))

    def clear(self, record: str) -> None:
        """See `Outbox.clear`."""
        self.knife.around("outbox", lambda: self.inner.clear(record))


def sharpen(context: Context, knife: Knife) -> Context:
    """A context in which every write of every port is an effect."""
    return replace(
        context,
        forge=CutForge(context.forge, knife),
        sinks=tuple(CutSink(sink, knife) for sink in context.sinks),
        intents=CutIntents(context.intents, knife),
        outbox=CutOutbox(context.outbox, knife),
    )
