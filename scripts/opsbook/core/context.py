"""Everything of the world that a command is given: clock, randomness, forge, sinks. Built by `opsbook.wiring` alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opsbook.core.kind import Kinds
    from opsbook.core.ports import Forge, Host, Intents, Outbox, Sink
    from opsbook.core.tree import Tree


@dataclass(frozen=True)
class Context:
    """The ports of one run.

    Attributes:
        now: the clock, aware UTC, whole seconds.
        seed: fresh random bytes, at least 16.
        actor: who acts, as far as it is known.
        offline: the best book at hand when the forge does not answer.
        host: the service that hosts the forge, where there is one.
        wait: let so many seconds pass, and say why; `None` where nobody may be kept waiting.
        restricted: write into a restricted book only; any other counts as one that does not answer.
        rehearses: the clock is that of a rehearsal, so nothing else may be written.
    """

    kinds: Kinds
    forge: Forge
    sinks: Sequence[Sink]
    intents: Intents
    outbox: Outbox
    now: Callable[[], datetime]
    seed: Callable[[], bytes]
    actor: str
    offline: Callable[[], Tree]
    host: Host | None = None
    wait: Callable[[float], None] | None = None
    restricted: bool = False
    rehearses: bool = False
