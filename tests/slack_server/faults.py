"""What may go wrong on the way to Slack, as plain data: call × kind × before or after the effect × how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

Kind = Literal["timeout", "reset", "http 500", "http 503", "unreadable", "empty", "cut off", "rate limited", "refused"]
Moment = Literal["before", "after"]

KINDS: tuple[Kind, ...] = get_args(Kind)
BEFORE_ONLY: frozenset[str] = frozenset({"rate limited", "refused"})
"""A limit and a refusal are answers: Slack gives them instead of the effect."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        call: the method, such as `chat.postMessage`; `*` is any.
        kind: timeout: no answer until the client gives up; reset: the connection is reset; http 500 and http 503: a
            page of a proxy; unreadable: 200 with a page; empty: 200 without a body; cut off: half of the answer;
            rate limited: 429; refused: `ok: false`.
        moment: before the method had its effect, or after.
        times: how often, from the call `skip` on; `None` is for good.
        error: the error of a refusal.
        retry_after: what the header says; a number of seconds or a date. Empty leaves it out.
        skip: how many calls of the method pass unharmed first.
    """

    call: str
    kind: Kind
    moment: Moment = "before"
    times: int | None = 1
    error: str = "internal_error"
    retry_after: str = "1"
    skip: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.moment not in get_args(Moment):
            raise ValueError(f"{self.kind}, {self.moment}: there is no such fault")
        if self.moment == "after" and self.kind in BEFORE_ONLY:
            raise ValueError(f"{self.kind} is an answer and never comes after the effect")

    def __str__(self) -> str:
        often = "for good" if self.times is None else "once" if self.times == 1 else f"{self.times} times"
        return f"{self.call}, {self.kind}, {self.moment} the effect, {often}"


def every(calls: Sequence[str]) -> Iterator[Fault]:
    """Each call × kind × moment × once or for good."""
    for call, kind, moment, times in product(calls, KINDS, get_args(Moment), (1, None)):
        if moment == "before" or kind not in BEFORE_ONLY:
            yield Fault(call, kind, moment, times)


class Plan:
    """The faults of one server, counted down as they happen."""

    def __init__(self) -> None:
        self._pending: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        """From now on this goes wrong."""
        self._pending.append((fault, [0]))

    def clear(self) -> None:
        """Everything works again."""
        self._pending.clear()

    def strike(self, call: str) -> Fault | None:
        """The fault that this call meets, if any; counts it."""
        for fault, count in self._pending:
            if fault.call not in ("*", call):
                continue
            count[0] += 1
            turn = count[0] - fault.skip
            if turn >= 1 and (fault.times is None or turn <= fault.times):
                return fault
        return None
