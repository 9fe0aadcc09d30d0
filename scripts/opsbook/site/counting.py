"""How far long work is, told while it lasts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")

EVERY: Final = 2.0
"""Seconds between two lines; what is done sooner says nothing."""

FEW: Final = 50
"""Before one in so many is done nobody knows how long the others take."""


def counted(
    items: Iterable[T],
    total: int,
    what: str,
    tell: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[T]:
    """The items, while somebody is told how many are done and how long the others will take.

    Args:
        total: how many there are; what: a word for several of them, like `pages`.
        clock: seconds since any moment.
    """
    begin = told = clock()
    for done, item in enumerate(items):
        now = clock()
        if now - told >= EVERY and done:
            told = now
            left = round((now - begin) / done * max(total - done, 0))
            known = f", {_spoken(left)} left" if done * FEW >= total else ""
            tell(f"{done:,} of {max(total, done):,} {what}{known}")
        yield item


def _spoken(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return f"{rest} second{'' if rest == 1 else 's'}"
    return f"{minutes} minute{'' if minutes == 1 else 's'} {rest} s"
