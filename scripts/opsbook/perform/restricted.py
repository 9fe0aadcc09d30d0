"""Declares a security incident twice: its facts in the restricted book, and a stub with the same id in this one.

The facts come first, and their intent is held until the stub is there too: whoever is cut off in between and runs the
same command again adopts it, and so gets the same id. Neither waits for the other: when the restricted book cannot be
reached its facts are saved on this machine, and the stub is written and told all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from opsbook.core.context import Context
from opsbook.core.plan import Origin, Request
from opsbook.perform.door import performing
from opsbook.perform.outcome import Outcome


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
        named = replace(stub, values={**stub.values, "id": kept.id})
        with performing(named, context, origin=Origin("security", kept.id, context.now())) as outcome:
            yield outcome, kept
            unfinished = not outcome.finished
