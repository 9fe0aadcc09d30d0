"""Says what no request says: what somebody changed by hand, after its merge, and reminders of what is due.

Nothing durable is written beforehand, because both can be computed again from the book: what counts is the claim. A
claim that was cut off before its message is read back and finished like every other one (`recovery`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.context import Context
from opsbook.core.errors import ForgeError, ForgeFault, UsageError
from opsbook.core.kind import Kinds
from opsbook.core.ports import Landed, Published, Receipt
from opsbook.core.tree import MemoryTree
from opsbook.perform.announce import LANDED, REMINDED, Speaker, by_key, receipts_of, speak
from opsbook.perform.outcome import Said

_MOMENT = "%Y%m%dT%H%M%SZ"


def announce_landed(steps: Iterable[Landed], context: Context) -> Iterator[Said]:
    """Say what became part of main and was not said before, step by step.

    What an action changed was said when it was published, under keys that are computed from the same facts; so only
    what was edited by hand is left. It ends where the forge does not answer: nothing more is said.
    """
    for step in steps:
        try:
            said = _landed(step, context)
            yield _speak(said, LANDED + step.commit, context)
        except ForgeFault as error:
            yield Said(stopped=error.message)
            return


def unsaid(steps: Iterable[Landed], context: Context) -> list[Announcement]:
    """What `announce_landed` would say; nothing is claimed and nothing said."""
    said = [item for step in steps for item in _landed(step, context)]
    known = receipts_of(by_key(said, context.sinks).keys(), context.forge)
    return [item for item in said if not by_key([item], context.sinks).keys() <= known.keys()]


def remind(book: Book, context: Context) -> Said:
    """Remind people of what is due in the records that are open, each thing once.

    Args:
        book: main with every open record laid over it.
    """
    now = context.now()
    try:
        return _speak(reminders(book, context.kinds, now), f"{REMINDED}{now.astimezone(UTC):{_MOMENT}}", context)
    except ForgeFault as error:
        return Said(stopped=error.message)


def reminders(book: Book, kinds: Kinds, now: datetime) -> list[Announcement]:
    """Everything that is due in the open records at `now`, whether somebody was reminded of it or not."""
    every = ((kind, item) for kind in kinds.values() for item in (*kind.open_in(book), *kind.awaiting(book, now)))
    return [item for kind, record in every for item in kind.remind(record, book, now)]


def is_lapsed(receipt: Receipt, context: Context) -> bool:
    """Whether a claim is that of a reminder of something that is not due any more: somebody has seen to it.

    A sink that is not here says nothing about that.
    """
    record, sink = receipt.key.partition("/")[0], receipt.key.rpartition("-")[0].rpartition("-")[2]
    return receipt.operation.startswith(REMINDED) and all(
        item.key(sink) != receipt.key for item in said_again(receipt.operation, record, context)
    )


def said_again(operation: str, record: str, context: Context) -> Sequence[Announcement]:
    """What was said about a record by whoever claimed as `operation`, computed again, if that was one of the above."""
    if operation.startswith(LANDED):
        every = [(kind, record) for kind in context.kinds]
        try:
            return _news(operation.removeprefix(LANDED), every, context)
        except (ForgeError, UsageError):  # no such commit, or none that can be had from here
            return ()
    try:
        moment = datetime.strptime(operation, f"{REMINDED}{_MOMENT}").replace(tzinfo=UTC)
    except ValueError:
        return ()
    book = Book(context.forge.read(context.forge.head(record)), context.kinds)
    found = [(kind, book.resolve(kind.name, record)) for kind in context.kinds.values()]
    return [item for kind, there in found if there is not None for item in kind.remind(there, book, moment)]


def _landed(step: Landed, context: Context) -> list[Announcement]:
    """What a step of main says. One that touches no record, as most do, is not read."""
    places = Book(MemoryTree({}), context.kinds)  # to which record a path belongs is in its name
    refs = [ref for path in step.paths if (ref := places.at(path)) is not None]
    records = list(dict.fromkeys((ref.kind, ref.id) for ref in refs))
    return _news(step.commit, records, context) if records else []


def _news(commit: str, records: Iterable[tuple[str, str]], context: Context) -> list[Announcement]:
    """What a step of main says about records, each named by kind and id.

    A record that is over when it first appears says nothing: it was written down afterwards, or told step by step while
    it was on its branch.
    """
    step = Published(branch="", commit=commit)
    before, after = (Book(tree, context.kinds) for tree in context.forge.change(step))
    said: list[Announcement] = []
    for name, record in records:
        kind, old, new = context.kinds[name], before.resolve(name, record), after.resolve(name, record)
        if new is not None and (old is not None or kind.is_open(new)):
            said += kind.announce(old, new, after)
    # An editor may change the same fact to and fro: each time is news, and only its commit tells them apart.
    return [replace(item, fact=f"{item.fact}@{commit}") if item.by_hand else item for item in said]


def _speak(said: Sequence[Announcement], operation: str, context: Context) -> Said:
    """Say what nobody has claimed, and what whoever claimed it like this has not said for five minutes."""
    return speak(by_key(said, context.sinks), Speaker(operation, finishes="unasked"), context)
