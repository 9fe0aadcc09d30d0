"""What goes out: the branch of a record and what is claimed about it in one push, and of several threads in one.

A host advises few pushes a minute, and each takes most of a second: threads of one process that write at the same
moment share one. A record never waits for receipts, nor for the records of others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from opsbook.adapters.git.claims import Known
from opsbook.adapters.git.remote import Pushed, Update
from opsbook.adapters.git.repository import Repository
from opsbook.adapters.git.sending import Place, send
from opsbook.core.errors import ForgeError, ForgeUnknown, OpsbookError
from opsbook.core.ports import Receipt

Make = Callable[[Known], Mapping[str, Receipt]]
"""From the receipts as they are to those that are written."""

_MANY = 50
"""So many branches go in one push at most."""

_NOTHING = Pushed("done")


@dataclass(eq=False)
class Parcel:
    """What one thread sends.

    Attributes:
        update: the step of a branch, if there is one; make: the receipts that go along.
        verb: what is done with them, for the message of their commit.
        moved: what became of the branch; kept: what became of the receipts; made: those that are on record by it.
        error: it is not known what became of it, or nothing could be done.
    """

    update: Update | None
    make: Make
    verb: str
    moved: Pushed = _NOTHING
    kept: Pushed = _NOTHING
    made: Mapping[str, Receipt] = field(default_factory=dict)
    error: OpsbookError | None = None
    done: bool = False

    @property
    def branch(self) -> str:
        """The branch that moves; empty for none."""
        return self.update.branch if self.update else ""


@dataclass
class _Queue:
    """What the threads of this process want to send to one place."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    guard: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[Parcel] = field(default_factory=list)


_QUEUES: dict[tuple[str, str], _Queue] = {}


class Outgoing:
    """Sends parcels to a place, those of threads that wait meanwhile together.

    Args:
        commit: makes the commit of receipts, one after the other: the step of their branch (none when nothing is to be
            written), and what each of them made.
    """

    def __init__(
        self,
        repository: Repository,
        place: Place,
        commit: Callable[[Sequence[Make], str], tuple[Update | None, list[Mapping[str, Receipt]]]],
    ) -> None:
        self._repository = repository
        self._place = place
        self._commit = commit
        self._queue = _QUEUES.setdefault((str(repository.common), place.at("")), _Queue())

    def send(self, parcel: Parcel) -> Parcel:
        """Send it, and say in it what became of it.

        Raises:
            ForgeUnknown: nobody knows. ForgeError: nothing was done.
        """
        queue = self._queue
        with queue.guard:
            queue.waiting.append(parcel)
        with queue.turn:
            if not parcel.done:
                self._take(parcel)
        if parcel.error is not None:
            raise parcel.error
        return parcel

    def _take(self, mine: Parcel) -> None:
        """Carry what waits, with one's own in any case; of each branch one step."""
        with self._queue.guard:
            waiting = sorted(self._queue.waiting, key=lambda parcel: parcel is not mine)
            batch: list[Parcel] = []
            for parcel in waiting:
                if len(batch) < _MANY and (not parcel.branch or parcel.branch not in {item.branch for item in batch}):
                    batch.append(parcel)
            self._queue.waiting = [parcel for parcel in self._queue.waiting if parcel not in batch]
        for parcel in batch:
            parcel.done, parcel.error = True, ForgeUnknown("It was cut off.", "Run `opsbook reconcile`.")
        self._carry(batch)

    def _carry(self, batch: Sequence[Parcel]) -> None:
        """One push for all, and for whoever it held up one alone."""
        try:
            held = self._push(batch)
        except OpsbookError as error:
            for parcel in batch:
                parcel.error = error
            held = [] if len(batch) == 1 or isinstance(error, ForgeUnknown) else batch
        for parcel in held:
            self._carry([parcel])

    def _push(self, batch: Sequence[Parcel]) -> Sequence[Parcel]:
        """Push, and say what became of each; returns those that might go alone."""
        step: Update | None = None
        made: list[Mapping[str, Receipt]] = [{} for _ in batch]
        try:
            step, made = self._commit([parcel.make for parcel in batch], batch[0].verb)
        except ForgeError:  # receipts that contradict each other keep nothing from being on record
            if len(batch) > 1 or not batch[0].update:
                raise
        updates = [parcel.update for parcel in batch if parcel.update]
        pushed = send(self._place, self._repository, [*updates, *([step] if step else [])])
        kept = pushed[step.branch] if step else _NOTHING
        for parcel, receipts in zip(batch, made, strict=True):
            parcel.error, parcel.moved, parcel.kept = None, pushed.get(parcel.branch, _NOTHING), kept
            parcel.made = receipts if kept.outcome == "done" else {}
        held = [parcel for parcel in batch if self._is_held(parcel)]
        if len(batch) > 1:
            return held
        if held and step and updates:
            batch[0].moved = send(self._place, self._repository, updates)[batch[0].branch]
        return []

    def _is_held(self, parcel: Parcel) -> bool:
        """Whether it might have gone alone: a host may refuse all for one of them, or for their number."""
        ends = (parcel.moved.outcome, parcel.kept.outcome) if parcel.branch else (parcel.kept.outcome,)
        return ends[0] == "held" or (ends[0] == "failed" and not self._place.down)
