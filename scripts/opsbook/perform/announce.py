"""Saying things once: claim, speak, and keep the references as receipts. Whatever is said is said by `speak`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from opsbook.core.announcement import Announcement, medium_of
from opsbook.core.book import Book
from opsbook.core.context import Context
from opsbook.core.errors import ForgeFault
from opsbook.core.plan import Intent
from opsbook.core.ports import LAPSED, Delivery, Forge, Receipt, Sink
from opsbook.perform.outcome import Said, Told

UNKNOWN_AFTER = timedelta(minutes=5)
"""How old a claim without a reference is before somebody else than its claimant looks at it (design: "Announce")."""

LANDED, REMINDED = "main-", "reminder-"
"""How the operation of a claim begins that no request made (`unasked`): a commit or a moment follows."""

Todo = Mapping[str, tuple[Announcement, Sink]]


@dataclass(frozen=True)
class Speaker:
    """Who speaks, and what of others they finish.

    Attributes:
        operation: what they claim as.
        intent: the request whose words these are. It answers for what others have said of them, too, and its attempts
            stand in for receipts when the forge fails. Who has none speaks late, in the place of others: what is kept
            in step with the record then shows what the record is now.
        finishes: whose claims without a reference, once they are five minutes old; those of the intent at once.
        doubts: it may have been said without a claim that can be seen: all is read back first.
        alone: the forge is down, and nothing can be claimed.
        claimed: the keys that were claimed in this run, together with the change.
    """

    operation: str
    intent: Intent | None = None
    finishes: Literal["nobody's", "unasked", "everybody's"] = "nobody's"
    doubts: bool = False
    alone: bool = False
    claimed: AbstractSet[str] = frozenset()

    @property
    def attempts(self) -> Mapping[str, str]:
        """What was said without a receipt, by key; what was only attempted has no reference."""
        return self.intent.attempts if self.intent is not None else {}

    def takes(self, receipt: Receipt, now: datetime) -> bool:
        """Whether they finish what this claim without a reference was cut off with."""
        stale = now - receipt.claimed_at >= UNKNOWN_AFTER
        if self.intent is not None and receipt.operation == self.operation:
            # The process is gone, or it would hold the intent's lock; what it knew nothing of may be on its way.
            return stale or self.attempts.get(receipt.key) != ""
        unasked = self.finishes == "unasked" and is_unasked(receipt.operation)
        return stale and (unasked or self.finishes == "everybody's")


def is_unasked(operation: str) -> bool:
    """Whether no request made a claim: then its operation says what to compute it from, and must stay."""
    return operation.startswith((LANDED, REMINDED))


def by_key(announcements: Sequence[Announcement], sinks: Sequence[Sink]) -> Todo:
    """Every announcement in every sink that reaches its audience, by the name of its receipt."""
    return {
        item.key(sink.name): (item, sink)
        for item in announcements
        for sink in sinks
        if sink.medium == medium_of(item.audience)
    }


def claims_of(todo: Todo, intent: Intent, now: datetime) -> list[Receipt]:
    """The claims of a request's announcements; what was said while the forge was down brings its reference."""
    return [Receipt(key, intent.key, now, intent.attempts.get(key, "")) for key in todo]


def speak(todo: Todo, speaker: Speaker, context: Context, seen: Mapping[str, Receipt] | None = None) -> Said:
    """Claim everything in one commit, speak, and keep the references as receipts.

    Args:
        seen: the receipts, if they were looked at just now.

    Raises:
        ForgeFault: nothing could be claimed, and there is no intent that would remember what is said meanwhile.
    """
    if not todo:
        return Said()
    try:
        ours, others = (dict.fromkeys(todo, False), {}) if speaker.alone else _claim(todo, speaker, context, seen)
    except ForgeFault as error:
        if speaker.intent is None:
            raise
        # Somebody else may have said it: nobody could be asked.
        said = speak(todo, replace(speaker, alone=True, doubts=True), context)
        return replace(said, unreceipted=error.message)
    told: dict[str, Told] = {}
    for key, (item, sink) in todo.items():
        if key in ours:
            told[key] = Told.of(item, sink, _say(item, sink, key, speaker, context, again=ours[key]))
        elif speaker.intent is not None:
            told[key] = Told.of(item, sink, _said(item, sink, key, speaker, others[key]))
    return Said(tuple(told.values()), "" if speaker.alone else _keep(told, speaker, context))


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
    wanted = {key: Receipt(key, speaker.operation, now, speaker.attempts.get(key, "")) for key in todo}
    ours = dict.fromkeys(todo.keys() & speaker.claimed, False)
    if seen is None:
        rest = [receipt for key, receipt in wanted.items() if key not in ours]
        ours |= dict.fromkeys(forge.claim(rest) if rest else (), False)
        if len(ours) == len(todo):
            return ours, {}
        seen = receipts_of(todo.keys() - ours.keys(), forge)
    left: list[Receipt] = []
    for key in todo.keys() - ours.keys():
        there = seen.get(key)
        if there is None:
            left.append(wanted[key])
        elif not there.reference and speaker.takes(there, now):
            operation = there.operation if is_unasked(there.operation) else speaker.operation
            left.append(replace(there, operation=operation, claimed_at=now))
    if left:
        ours |= dict.fromkeys(forge.claim(left, expecting=seen), True)
    return ours, {key: seen.get(key, wanted[key]) for key in todo if key not in ours}


def _say(item: Announcement, sink: Sink, key: str, speaker: Speaker, context: Context, *, again: bool) -> Delivery:
    """Say it; what may have been said before only when the sink knows that it was not."""
    if speaker.attempts.get(key):  # by an earlier run, which could not keep the receipt
        return Delivery("done", speaker.attempts[key])
    if speaker.alone:  # no claim says that it was attempted
        _remember({key: ""}, speaker, context)
    if again and item.loud and sink.medium == "page" and _is_over(item, context):
        return Delivery("done", LAPSED)  # nobody is woken late for what is over
    delivery = Delivery("not done")
    if again or (speaker.doubts and sink.looks_back) or key in speaker.attempts:
        if speaker.intent is None and item.standing is not None:
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
        else:
            return Delivery("unknown", error="Nobody knows yet whether this was said.")
    return Delivery("done", receipt.reference)


def _keep(told: Mapping[str, Told], speaker: Speaker, context: Context) -> str:
    """Keep the references as receipts, else in the intent; why not.

    Also those of others: they may have been cut off before they could show them to people.
    """
    problem, missing = "", dict[str, str]()
    references = {key: item.ref for key, item in told.items() if item.ok and item.ref}
    try:
        if references:
            context.forge.receipt(references)
    except ForgeFault as error:
        problem, missing = error.message, references
    if problem or any(item.again for item in told.values()):
        # The intent will be taken up again: it must not take these for never attempted.
        missing |= {key: "" for key, item in told.items() if not (item.ok or item.again)}
    if missing:
        _remember(missing, speaker, context)
    return problem


def _remember(attempts: Mapping[str, str], speaker: Speaker, context: Context) -> None:
    if speaker.intent is not None:
        context.intents.remember(speaker.intent.key, attempts)


def _is_over(item: Announcement, context: Context) -> bool:
    """Whether people no longer work on its record; not where nobody can tell."""
    with suppress(ForgeFault):
        book = Book(context.forge.read(context.forge.head(item.record)), context.kinds)
        found = [(kind, book.resolve(kind.name, item.record)) for kind in context.kinds.values()]
        return not any(record is not None and kind.is_open(record) for kind, record in found)
    return False


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
