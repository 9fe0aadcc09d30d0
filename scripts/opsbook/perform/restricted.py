"""Declares a security incident twice: its facts in the restricted book, and a stub with the same id in this one.

The facts come first, and their intent is held until the stub is there too: whoever is cut off in between and runs the
same command again adopts it, and so gets the same id. Neither waits for the other: when the restricted book cannot be
reached its facts are saved on this machine, and the stub is written and told all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from opsbook.core.context import Context
from opsbook.core.plan import Intent, Origin, Request
from opsbook.perform.door import performing
from opsbook.perform.outcome import Outcome, Reconciled
from opsbook.perform.recovery import resume

_OF_STUB = ("security", "drill")
"""The values that say nothing of what happened."""


@contextmanager
def performing_secret(
    stub: Request, facts: Mapping[str, Any], context: Context, restricted: Context
) -> Iterator[tuple[Outcome, Outcome]]:
    """Declare in both books; what comes of it is acknowledged when the block, which prints it, has ended.

    Args:
        stub: the request without a fact.
        facts: the values that only the restricted book may hold.

    Yields:
        what came of the stub, and of the facts.

    Raises:
        Refused: a fact cannot be used; nothing was written in either book.
    """
    whole = replace(stub, values={**stub.values, **facts})
    unfinished = False
    with performing(whole, restricted, keep=lambda: unfinished) as kept:
        if not kept.id:  # it is not known under which id the facts will be on record: the stub gets its own
            with performing(stub, context) as outcome:
                yield outcome, kept
            return
        with _performing_stub(stub, kept.id, context.now(), context) as outcome:
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
        values = {name: intent.request.values[name] for name in _OF_STUB if name in intent.request.values}
        stub = replace(intent.request, values=values)
        with _performing_stub(stub, kept.id, intent.now, context) as outcome:
            stubs.append(outcome)
        return outcome.finished

    done = resume(restricted, also=finish)
    done.resumed += stubs
    return done


def _performing_stub(stub: Request, id_: str, now: datetime, context: Context) -> AbstractContextManager[Outcome]:
    """The stub of the facts with this id: the same request each time, however often it is asked for."""
    named = replace(stub, values={**stub.values, "id": id_})
    return performing(named, context, origin=Origin("security", id_, now))
