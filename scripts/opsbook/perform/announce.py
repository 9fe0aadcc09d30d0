"""Saying things once: claim, speak, and keep the references as receipts. Whatever is said is said by `speak`.

Those who speak differ in little: what they claim it as, which claims of others they take over, what they read back
first, and what they remember while the forge is down. A `Speaker` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.context import Context
from opsbook.core.errors import ForgeFault
from opsbook.core.plan import Intent
from opsbook.core.ports import Delivery, Forge, Receipt, Sink
from opsbook.perform.outcome import Told

UNKNOWN_AFTER = timedelta(minutes=5)
"""How old a claim without a reference is before somebody else than its claimant looks at it (design: "Announce")."""

LANDED, REMINDED = "main-", "reminder-"
"""How the operation of a claim begins that no request made (`unasked`): a commit or a moment follows."""

Todo = Mapping[str, tuple[Announcement, Sink]]


@dataclass(frozen=True)
class Speaker:
    """Who speaks.

    Attributes:
        operation: what it claims as.
        takes: whether it finishes what a claim without a reference was cut off with.
        intent: the request whose words these are. It answers for what others have said of them, too, and its memory
            stands in for the receipts when the forge fails; without one that is an error.
        doubts: it may all have been said without a claim that is seen, so it is read back first.
        late: it speaks in the place of others: what is kept in step with the record shows what the record is now.
        alone: the forge is down, and nothing can be claimed.
    """

    operation: str
    takes: Callable[[Receipt], bool]
    intent: Intent | None = None
    doubts: bool = False
    late: bool = False
    alone: bool = False

    @property
    def memory(self) -> Mapping[str, str]:
        """What was said without a receipt, by key; what was attempted has no reference."""
        return self.intent.told if self.intent is not None else {}


def by_key(announcements: Sequence[Announcement], sinks: Sequence[Sink]) -> Todo:
    """Every announcement in every sink, by the name of its receipt."""
    return {item.key(sink.name): (item, sink) for item in announcements for sink in sinks}


def announce(
    announcements: Sequence[Announcement],
    intent: Intent,
    context: Context,
    *,
    read_back: bool = False,
    alone: bool = False,
) -> tuple[tuple[Told, ...], str]:
    """Say what a request says.

    Args:
        read_back: look first whether it was said by a run whose intent is lost.
        alone: the forge is down.

    Returns:
        how each went, and why the receipts are not complete (nothing when they are).
    """

    def takes(receipt: Receipt) -> bool:
        """Claimed by this very intent, whose process is gone, or it would hold the intent's lock.

        The one that nobody knows to have been said may still be on its way.
        """
        early = intent.told.get(receipt.key) == "" and not is_stale(receipt, context.now())
        return receipt.operation == intent.key and not early

    speaker = Speaker(intent.key, takes, intent, doubts=read_back, alone=alone)
    told, problem = speak(by_key(announcements, context.sinks), speaker, context)
    return tuple(told.values()), problem


def speak(
    todo: Todo, speaker: Speaker, context: Context, seen: Mapping[str, Receipt] | None = None
) -> tuple[dict[str, Told], str]:
    """Claim everything in one commit, speak, and keep the references as receipts.

    A forge that does not answer does not silence anybody who has an intent: it remembers what was said meanwhile.

    Args:
        seen: the receipts, if they were looked at just now.

    Returns:
        how each went, by key, and why the receipts are not complete. What others say stands there only for a request.

    Raises:
        ForgeFault: nothing could be claimed, and there is no intent.
    """
    if not todo:
        return {}, ""
    try:
        ours, others = (dict.fromkeys(todo, False), {}) if speaker.alone else _claim(todo, speaker, context, seen)
    except ForgeFault as error:
        if speaker.intent is None:
            raise
        # Somebody else may have said it: nobody could be asked.
        return speak(todo, replace(speaker, alone=True, doubts=True), context)[0], error.message
    told: dict[str, Told] = {}
    references: dict[str, str] = {}
    for key, (item, sink) in todo.items():
        if key in ours:
            delivery = _say(item, sink, key, speaker, context, again=ours[key])
        elif speaker.intent is not None:
            delivery = _said(item, sink, key, speaker, others[key])
        else:
            continue
        told[key] = Told.of(item, sink.name, delivery)
        if delivery.outcome == "done" and delivery.reference:
            # Also that of others: they may have been cut off before they could show it to people.
            references[key] = delivery.reference
    return told, "" if speaker.alone else _keep(told, references, speaker, context)


def is_stale(receipt: Receipt, now: datetime) -> bool:
    """Whether a claim is so old that others than its claimant may look at it."""
    return now - receipt.claimed_at >= UNKNOWN_AFTER


def is_unasked(operation: str) -> bool:
    """Whether no request made a claim: then its operation says what to compute it from, and must stay."""
    return operation.startswith((LANDED, REMINDED))


def receipts_of(keys: AbstractSet[str], forge: Forge) -> dict[str, Receipt]:
    """Their receipts, by key. Only the records that they name are looked at: a book has many, and a step few."""
    found: dict[str, Receipt] = {}
    for record in sorted({key.partition("/")[0] for key in keys}):
        found |= {key: receipt for key, receipt in forge.receipts(record).items() if key in keys}
    return found


def _claim(
    todo: Todo, speaker: Speaker, context: Context, seen: Mapping[str, Receipt] | None
) -> tuple[dict[str, bool], dict[str, Receipt]]:
    """Claim what nobody has claimed, and take over what this speaker finishes.

    Returns:
        what is ours, and whether it may have been said before; and the receipts of what is not.
    """
    forge, now = context.forge, context.now()
    wanted = {key: Receipt(key, speaker.operation, now, speaker.memory.get(key, "")) for key in todo}
    ours: dict[str, bool] = {}
    if seen is None:
        ours = dict.fromkeys(forge.claim(list(wanted.values())), False)
        if len(ours) == len(todo):
            return ours, {}
        seen = receipts_of(todo.keys() - ours.keys(), forge)
    left: list[Receipt] = []
    for key in todo.keys() - ours.keys():
        there = seen.get(key)
        if there is None:
            left.append(wanted[key])
        elif not there.reference and speaker.takes(there):
            operation = there.operation if is_unasked(there.operation) else speaker.operation
            left.append(replace(there, operation=operation, claimed_at=now))
    if left:
        ours |= dict.fromkeys(forge.claim(left, expecting=seen), True)
    return ours, {key: seen.get(key, wanted[key]) for key in todo if key not in ours}


def _say(item: Announcement, sink: Sink, key: str, speaker: Speaker, context: Context, *, again: bool) -> Delivery:
    """Say it; what may have been said before only when the sink knows that it was not."""
    if speaker.memory.get(key):  # by an earlier run, which could not keep the receipt
        return Delivery("done", speaker.memory[key])
    if speaker.alone:  # no claim says that it was attempted
        _remember({key: ""}, speaker, context)
    delivery = Delivery("not done")
    if again or speaker.doubts or key in speaker.memory:
        if speaker.late and item.standing is not None:
            with suppress(ForgeFault):  # people are told all the same
                item = _as_it_is_now(item, context)
        delivery = sink.find(item, key)
    if delivery.outcome == "not done":
        delivery = sink.send(item, key)
    if speaker.alone and delivery.outcome == "done":
        _remember({key: delivery.reference}, speaker, context)
    return delivery


def _said(item: Announcement, sink: Sink, key: str, speaker: Speaker, receipt: Receipt) -> Delivery:
    """What came of something that is not for this speaker to say: it was said, or somebody is at it."""
    if receipt.operation == speaker.operation:
        if receipt.reference:  # by an earlier run, perhaps as not yet on record: the sink puts that right where it can
            sink.find(item, key)
        elif not speaker.takes(receipt):
            return Delivery("unknown", error="Nobody knows yet whether this was said.")
    return Delivery("done", receipt.reference)


def _keep(told: Mapping[str, Told], references: Mapping[str, str], speaker: Speaker, context: Context) -> str:
    """Keep the references as receipts, else in the intent; why not."""
    problem, missing = "", dict[str, str]()
    try:
        if references:
            context.forge.receipt(references)
    except ForgeFault as error:
        problem, missing = error.message, dict(references)
    if problem or any(item.again for item in told.values()):
        # The intent will be taken up again: it must not take these for never attempted.
        missing |= {key: "" for key, item in told.items() if not (item.ok or item.again)}
    if missing:
        _remember(missing, speaker, context)
    return problem


def _remember(attempts: Mapping[str, str], speaker: Speaker, context: Context) -> None:
    if speaker.intent is not None:
        context.intents.told(speaker.intent.key, attempts)


def _as_it_is_now(item: Announcement, context: Context) -> Announcement:
    """The announcement with the state that its record has now.

    Edits by hand add nothing to the timeline, whose length orders the states: the state that the announcement was
    computed with may be older than one that is shown, and look as new.
    """
    book = Book(context.forge.read(context.forge.head(item.record)), context.kinds)
    for kind in context.kinds.values():
        for now in kind.announce(None, book.resolve(kind.name, item.record), book):
            if now.audience == item.audience and now.standing is not None:
                return replace(item, standing=now.standing, facts=now.facts, links=now.links)
    return item
