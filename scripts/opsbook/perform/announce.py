"""Saying what a change says, once: claim, speak, and keep the references as receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.context import Context
from opsbook.core.errors import ForgeFault
from opsbook.core.plan import Intent
from opsbook.core.ports import Delivery, Receipt, Sink
from opsbook.perform.outcome import Told

UNKNOWN_AFTER = timedelta(minutes=5)
"""How old a claim without a reference is before somebody else than its claimant looks at it (design: "Announce")."""

Turn = Literal["speak", "read back", "wait"]
"""What to do about an announcement that this operation claimed."""

Todo = Mapping[str, tuple[Announcement, Sink]]


def by_key(announcements: Sequence[Announcement], sinks: Sequence[Sink]) -> Todo:
    """Every announcement in every sink, by the name of its receipt."""
    return {item.key(sink.name): (item, sink) for item in announcements for sink in sinks}


def announce(
    announcements: Sequence[Announcement], intent: Intent, context: Context, *, read_back: bool = False
) -> tuple[tuple[Told, ...], str]:
    """Claim every announcement in one commit, speak, and keep the references as receipts.

    A forge that does not answer does not silence anybody: the intent remembers what was said meanwhile.

    Args:
        read_back: look first whether it was said by a run whose intent is lost.

    Returns:
        how each went, and why the receipts are not complete (nothing when they are).
    """
    todo = by_key(announcements, context.sinks)
    if not todo:
        return (), ""
    try:
        turns, known = _claim(announcements[0].record, todo, intent, context)
    except ForgeFault as error:
        return without_receipts(announcements, intent, context, read_back=True), error.message
    if read_back:
        turns = {key: "read back" if turn == "speak" else turn for key, turn in turns.items()}
    told: list[Told] = []
    references: dict[str, str] = {}
    shown: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for key, (item, sink) in todo.items():
        if key not in turns:
            receipt = known.get(key)
            if receipt is not None and receipt.reference:
                shown[key] = receipt.reference
            if receipt is not None and receipt.reference and receipt.operation == intent.key:
                # Said by an earlier run, perhaps as not yet on record: the sink puts that right where it can.
                sink.find(item, key)
            told.append(Told(sink.name, item.audience, ok=True, ref=receipt.reference if receipt is not None else ""))
            continue
        delivery = _say(item, sink, key, turns[key], intent.told.get(key, ""))
        if delivery.outcome == "done":
            references[key] = delivery.reference
        elif delivery.outcome == "unknown":
            unknown[key] = ""
        told.append(told_by(item, sink, delivery))
    unreceipted = ""
    try:
        if references or shown:
            # Who kept the others may have been cut off before it could show them to people.
            context.forge.receipt({**shown, **references})
    except ForgeFault as error:
        unreceipted = error.message
        context.intents.told(intent.key, references)
    if unknown and (unreceipted or any(item.again for item in told)):
        # The intent will be taken up again: it must not take these for never attempted.
        context.intents.told(intent.key, unknown)
    return tuple(told), unreceipted


def without_receipts(
    announcements: Sequence[Announcement], intent: Intent, context: Context, *, read_back: bool = False
) -> tuple[Told, ...]:
    """Speak while the forge is down; the intent remembers each attempt before it is made, and each success.

    Args:
        read_back: look first whether somebody else has said it.
    """
    told: list[Told] = []
    known = dict(intent.told)
    for key, (item, sink) in by_key(announcements, context.sinks).items():
        if known.get(key):
            told.append(Told(sink.name, item.audience, ok=True, ref=known[key]))
            continue
        attempted = key in known
        known[key] = ""
        context.intents.told(intent.key, known)
        delivery = find_or_send(item, sink, key) if attempted or read_back else sink.send(item, key)
        if delivery.outcome == "done":
            known[key] = delivery.reference
            context.intents.told(intent.key, known)
        told.append(told_by(item, sink, delivery))
    return tuple(told)


def find_or_send(item: Announcement, sink: Sink, key: str) -> Delivery:
    """Read back first; speak only when the sink knows that it was not said."""
    delivery = sink.find(item, key)
    return sink.send(item, key) if delivery.outcome == "not done" else delivery


def say_late(item: Announcement, sink: Sink, key: str, context: Context) -> Delivery:
    """Say what somebody else was cut off with; what is kept in step with the record shows what the record is now.

    Edits by hand add nothing to the timeline, whose length orders the states: the state that the announcement was
    computed with may be older than one that is shown, and look as new.
    """
    if item.standing is not None:
        with suppress(ForgeFault):  # people are told all the same
            item = _as_it_is_now(item, context)
    return find_or_send(item, sink, key)


def _as_it_is_now(item: Announcement, context: Context) -> Announcement:
    book = Book(context.forge.read(context.forge.head(item.record)), context.kinds)
    for kind in context.kinds.values():
        for now in kind.announce(None, book.resolve(kind.name, item.record), book):
            if now.audience == item.audience and now.standing is not None:
                return replace(item, standing=now.standing, facts=now.facts, links=now.links)
    return item


def _claim(record: str, todo: Todo, intent: Intent, context: Context) -> tuple[dict[str, Turn], Mapping[str, Receipt]]:
    """Claim what nobody has claimed, and what an earlier run of this intent has claimed and not said.

    Returns:
        what to do about each announcement that is ours, and the receipts of the others.
    """
    forge, now = context.forge, context.now()
    claimed = forge.claim([Receipt(key, intent.key, now, intent.told.get(key, "")) for key in todo])
    # A key in `told` without a reference: a run without a forge was cut off while speaking.
    turns: dict[str, Turn] = {key: "read back" if key in intent.told else "speak" for key in claimed}
    if len(claimed) == len(todo):
        return turns, {}
    found = forge.receipts(record)
    # Claimed by this very intent, whose process is gone, or it would hold the intent's lock.
    mine = {key: r for key, r in found.items() if key in todo and r.operation == intent.key and not r.reference}
    # The one that nobody knows to have been said may still be on its way.
    early = {key for key, r in mine.items() if intent.told.get(key) == "" and now - r.claimed_at < UNKNOWN_AFTER}
    again = [replace(receipt, claimed_at=now) for key, receipt in mine.items() if key not in claimed | early]
    taken = forge.claim(again, expecting=mine) if again else set()
    for key in mine.keys() - claimed:
        if key in early:
            turns[key] = "wait"
        elif key in taken:
            turns[key] = "read back"
    return turns, found


def _say(item: Announcement, sink: Sink, key: str, turn: Turn, reference: str) -> Delivery:
    if reference:
        # Said by an earlier run, which could not keep the receipt.
        return Delivery("done", reference)
    if turn == "wait":
        return Delivery("unknown", error="Nobody knows yet whether this was said.")
    return find_or_send(item, sink, key) if turn == "read back" else sink.send(item, key)


def told_by(item: Announcement, sink: Sink, delivery: Delivery) -> Told:
    """How telling one audience ended, for people to read."""
    done, again = delivery.outcome == "done", delivery.outcome == "not done"
    return Told(sink.name, item.audience, ok=done, ref=delivery.reference, error=delivery.error, again=again)
