"""Declares a security incident twice: its facts in the restricted book, and a stub with the same id in this one.

The facts come first, and their intent is held until the stub is there too: whoever is cut off in between and runs the
same command again adopts it, and so gets the same id. Neither waits for the other: when the restricted book cannot be
reached its facts are saved on this machine, and the stub is written and told all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from opsbook.core.context import Context
from opsbook.core.plan import Intent, Origin
from opsbook.core.request import Request
from opsbook.perform.door import performing
from opsbook.perform.outcome import Outcome, Reconciled
from opsbook.perform.recovery import resume


@contextmanager
def performing_secret(whole: Request, context: Context, restricted: Context) -> Iterator[tuple[Outcome, Outcome]]:
    """Declare in both books; what comes of it is acknowledged when the block, which prints it, has ended.

    Args:
        whole: the request with its facts, which only the restricted book may hold.

    Yields:
        what came of the stub, and of the facts.

    Raises:
        Refused: a fact cannot be used; nothing was written in either book.
    """
    unfinished = False
    with performing(whole, restricted, keep=lambda: unfinished) as kept:
        if not kept.id:  # it is not known under which id the facts will be on record: the stub gets its own
            with performing(_stub(whole), context) as outcome:
                yield outcome, kept
            return
        with _performing_stub(whole, kept.id, context.now(), context) as outcome:
            yield outcome, kept
            unfinished = not outcome.finished


def resume_secret(context: Context, restricted: Context) -> Reconciled:
    """Finish the declarations whose facts are still kept on this machine, each with its stub.

    A run may have been cut off after the facts were on record, and before anything was written about the stub.
    """
    stubs: list[Outcome] = []

    def finish(intent: Intent, kept: Outcome) -> bool:
        """Whether the stub is there, and told, and the facts need not be kept here any more."""
        if not kept.id:
            return False
        with _performing_stub(intent.request, kept.id, intent.now, context) as outcome:
            stubs.append(outcome)
        return outcome.finished

    done = resume(restricted, also=finish)
    done.resumed += stubs
    return done


def _performing_stub(whole: Request, id_: str, now: datetime, context: Context) -> AbstractContextManager[Outcome]:
    """The stub of the facts with this id: the same request each time, however often it is asked for."""
    return performing(_stub(whole, id_), context, origin=Origin("security", id_, now))


def _stub(whole: Request, id_: str | None = None) -> Request:
    stub = whole.stub(id_)
    assert stub is not None
    return stub
