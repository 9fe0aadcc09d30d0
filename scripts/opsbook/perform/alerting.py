"""Taking a stream of alerts: what is new in it is carried out, each request with an identity that its event has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from opsbook.core.alerting import AlertIntake
from opsbook.core.book import Book
from opsbook.core.context import Context
from opsbook.core.errors import Refused
from opsbook.core.plan import Origin
from opsbook.core.request import Request
from opsbook.perform.door import performing
from opsbook.perform.outcome import Outcome


def take(
    events: Sequence[Any], intake: AlertIntake, book: Book, context: Context
) -> Iterator[tuple[Any, Request, Outcome | Refused]]:
    """Carry out what events ask for, in their order; whoever takes an outcome from here prints it before the next.

    What is refused stops no other.

    Deliveries that repeat have one effect: what is known asks for nothing, and what another process is at has its key.

    Args:
        book: main with every open record, and what is saved here, laid over it.
    """
    following = intake.begin(book, events, context.now())
    for event in events:
        request = following.wanted(event)
        if request is None:
            continue
        try:
            with performing(
                request, context, origin=Origin("alerts", intake.identity(event), context.now())
            ) as outcome:
                yield event, request, outcome
        except Refused as error:
            if request.record is None:  # of a change that somebody else has recorded meanwhile nothing is new
                yield event, request, error
            continue
        following.done(event, request, outcome.id)


def wanted(events: Sequence[Any], intake: AlertIntake, book: Book, context: Context) -> Iterator[tuple[Any, Request]]:
    """What `take` would carry out; an incident that would be declared has no id yet."""
    following = intake.begin(book, events, context.now())
    for event in events:
        request = following.wanted(event)
        if request is not None:
            yield event, request
            following.done(event, request, request.record or "")
