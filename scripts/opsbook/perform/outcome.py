"""What came of a command: of a request, of speaking, of merging and of finishing what was cut off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from opsbook.core.announcement import Announcement
from opsbook.core.ports import Delivery, Published, Sink

UNPUBLISHED, UNTOLD, REFUSED, UNSEEN = 4, 5, 1, 7
"""What is left to do, the worst first: each is an exit code (design, section 6)."""


@dataclass(frozen=True)
class Told:
    """How telling one audience through one sink ended.

    Attributes:
        again: it is known not to have been said, so that it may be said again at once.
        unheard: why nobody heard it, although it was said: the sink only keeps the words.
    """

    record: str
    name: str
    headline: str
    audience: str
    sink: str
    ok: bool
    ref: str
    error: str
    again: bool
    unheard: str

    @classmethod
    def of(cls, item: Announcement, sink: Sink, delivery: Delivery) -> Told:
        """What a sink answered, for people to read."""
        return cls(
            record=item.record,
            name=item.name,
            headline=item.headline,
            audience=item.audience,
            sink=sink.name,
            ok=delivery.outcome == "done",
            ref=delivery.reference,
            error=delivery.error,
            again=delivery.outcome == "not done",
            unheard=sink.unheard,
        )

    def as_json(self) -> dict[str, Any]:
        """One entry of `told` in the contract (design, section 9)."""
        return {"sink": self.sink, "ok": self.ok, "ref": self.ref, "error": self.error}


class Result:
    """What came of a command."""

    @property
    def exit_code(self) -> int:
        """0 fine, else the worst of what is left."""
        left = set(self._left())
        return next((code for code in (UNPUBLISHED, UNTOLD, REFUSED, UNSEEN) if code in left), 0)

    def _left(self) -> Iterator[int]:
        """Each thing that is left, as an exit code."""
        raise NotImplementedError

    def as_json(self) -> dict[str, Any]:
        """The object that programs rely on (design, section 9)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Said(Result):
    """What was said.

    Attributes:
        told: one entry for each record, audience and sink.
        unreceipted: why the receipts are not kept yet; empty when they are.
        stopped: why the forge could not be asked what to say next; empty when everything was looked at.
    """

    told: tuple[Told, ...] = ()
    unreceipted: str = ""
    stopped: str = ""

    @property
    def heard(self) -> tuple[Told, ...]:
        """What people were told, or should have been."""
        return tuple(item for item in self.told if not item.unheard)

    @property
    def unheard(self) -> tuple[Told, ...]:
        """What nobody was told: the words are kept, and no sink reaches those whom they are for."""
        reached = {item.audience for item in self.heard}
        return tuple(item for item in self.told if item.unheard and item.audience not in reached)

    def not_told(self) -> list[dict[str, str]]:
        """The same for programs."""
        return [
            {"audience": item.audience, "headline": item.headline, "why": item.unheard, "text": item.ref}
            for item in self.unheard
        ]

    def _left(self) -> Iterator[int]:
        if self.unreceipted or self.stopped or not all(item.ok for item in self.told):
            yield UNTOLD

    def as_json(self) -> dict[str, Any]:
        """See `Result`."""
        told = [{"id": item.record, "headline": item.headline, **item.as_json()} for item in self.heard]
        return {
            "told": told,
            "not_told": self.not_told(),
            "problems": [problem for problem in (self.unreceipted, self.stopped) if problem],
        }

    def __add__(self, other: Said) -> Said:
        return Said((*self.told, *other.told), self.unreceipted or other.unreceipted, self.stopped or other.stopped)


@dataclass(frozen=True, kw_only=True)
class Outcome(Said):
    """What came of a request.

    Attributes:
        id: the record; path: its folder or file; branch, commit, url: where it is published.
        next: what a person may run next. shared, share: see `Published`.
        unpublished: why it is not published yet; empty when it is.
        summary, understood, then: see `Plan`.
        masked: what of the words that were typed is not kept: the field, and what it was.
        outbox: where its texts are kept.
        before: earlier requests about the same record that were saved here, and are finished now.
        since: when it was asked for, if an earlier run of it was cut off; aware UTC.
    """

    id: str = ""
    path: str = ""
    branch: str = ""
    commit: str = ""
    url: str = ""
    next: str = ""
    shared: str = ""
    share: str = ""
    unpublished: str = ""
    summary: tuple[tuple[str, str], ...] = ()
    understood: tuple[str, ...] = ()
    then: str = ""
    masked: tuple[tuple[str, str], ...] = ()
    outbox: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    since: datetime | None = None

    def _left(self) -> Iterator[int]:
        if self.unpublished:
            yield UNPUBLISHED
        yield from super()._left()

    @property
    def finished(self) -> bool:
        """Whether nothing is left that the intent is needed for.

        What nobody knows to have been said is not: its claim is on record, and `reconcile` looks at it later.
        """
        return not (self.unpublished or self.unreceipted or any(item.again for item in self.told))

    def as_json(self) -> dict[str, Any]:
        """See `Result`."""
        named = {name: getattr(self, name) for name in ("id", "path", "branch", "commit", "url")}
        masked = [{"field": field, "what": what} for field, what in self.masked]
        return {**named, "told": [item.as_json() for item in self.heard], "not_told": self.not_told(), "masked": masked}


@dataclass
class Merged(Result):
    """What was merged and what was not.

    Attributes:
        merged: by id of the record. left_open: the same, with the reason.
        problems: why GitHub could not be asked, or did not do it.
        since: main before the first merge; empty when nothing was merged.
    """

    merged: dict[str, Published] = field(default_factory=dict)
    left_open: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    since: str = ""

    def _left(self) -> Iterator[int]:
        if self.problems:
            yield UNPUBLISHED

    def as_json(self) -> dict[str, Any]:
        """See `Result`."""
        return {
            "merged": [{"id": id_, "commit": done.commit, "url": done.url} for id_, done in self.merged.items()],
            "left": [{"id": id_, "why": why} for id_, why in self.left_open.items()],
            "problems": self.problems,
        }


@dataclass
class Reconciled(Result):
    """What `reconcile` found and did.

    Attributes:
        resumed: requests that were cut off, and what came of them.
        delivered: keys of announcements that are said now.
        proposed: pull requests that were missing and are open now: the address, or the id of the record.
        waiting: keys that somebody claimed moments ago, and may be saying at this moment.
        unknown: keys of which nobody knows whether they were said, or that could not be said.
        lapsed: keys of reminders that were cut off, of something that is not due any more.
        tidied: branches that were deleted, because main holds them.
        refused: requests that cannot be carried out any more, each with the reason.
        problems: why the forge could not be asked.
    """

    resumed: list[Outcome] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    lapsed: list[str] = field(default_factory=list)
    tidied: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def _left(self) -> Iterator[int]:
        for outcome in self.resumed:
            yield from outcome._left()
        found = {UNPUBLISHED: self.problems, UNTOLD: self.unknown + self.waiting, REFUSED: self.refused}
        yield from (code for code, items in found.items() if items)

    def as_json(self) -> dict[str, Any]:
        """See `Result`."""
        return {**vars(self), "resumed": [outcome.as_json() for outcome in self.resumed]}
