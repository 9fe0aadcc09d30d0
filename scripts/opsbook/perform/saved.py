"""What this machine has saved and not yet published is part of what is seen, and is finished in its turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile

from opsbook.core.book import Book
from opsbook.core.context import Context
from opsbook.core.kind import Kinds
from opsbook.core.plan import Intent
from opsbook.core.tree import Overlay
from opsbook.core.unseen import Unseen
from opsbook.perform.planning import plan_of, trouble, wrote


@dataclass
class Laid:
    """A book with saved requests laid over it.

    Attributes:
        records: the record of each request, by its key; unrecorded: records of which something is not in the book yet.
        unseen: the requests that could not be applied.
    """

    book: Book
    records: dict[str, str] = field(default_factory=dict)
    unrecorded: set[str] = field(default_factory=set)
    unseen: list[Unseen] = field(default_factory=list)


def lay(book: Book, intents: Iterable[Intent], kinds: Kinds) -> Laid:
    """The book as it will be when these are published, one after the other; what it holds already is left alone."""
    laid = Laid(book)
    for intent in intents:
        kind, record = intent.request.kind_name, intent.request.record
        try:
            if record is None or not wrote(intent.key, laid.book.resolve(kind, record)):
                plan = plan_of(intent, laid.book, kinds)
                record = plan.record
                if not wrote(intent.key, laid.book.resolve(kind, record)):
                    laid.book = Book(Overlay(laid.book.tree, plan.files), book.kinds)
                    laid.unrecorded.add(record)
            laid.records[intent.key] = record
        except Exception as error:
            laid.unseen.append(trouble(intent, error))
    return laid


def earlier(intent: Intent, context: Context) -> list[Intent]:
    """What was saved on this machine before this request, oldest first."""
    return list(takewhile(lambda other: other.key != intent.key, context.intents.saved()))
