"""Locks between the processes of one machine: held by a living process, gone with it."""

from __future__ import annotations

import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def take(path: Path, *, seconds: float = 0.0) -> int | None:
    """Lock a file, made if need be, and return its descriptor: closing it releases the lock.

    The file may be deleted by whoever holds the lock, so after locking we look whether ours is still the one at
    that path. Children that a process starts with `exec` do not inherit the lock.

    Args:
        seconds: how long to wait for a living holder.

    Returns:
        the descriptor, or `None` when somebody else holds it.

    Raises:
        OSError: locks do not work here.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    deadline = time.monotonic() + seconds
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _same(lock, path):
                return lock
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(lock)
                return None
            time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - spreads waiters, guards nothing
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)


@contextmanager
def turn(path: Path, *, seconds: float) -> Iterator[bool]:
    """Wait for our turn, at most so long; then go on without it. For fairness only, never for correctness."""
    try:
        lock = take(path, seconds=seconds)
    except OSError:
        lock = None
    try:
        yield lock is not None
    finally:
        if lock is not None:
            os.close(lock)


def pause(tried: int) -> None:
    """Wait a random moment before the next attempt, longer the more there were: at most 10 ms, then 20 ms, … 0.5 s."""
    time.sleep(random.uniform(0, min(0.01 * 2.0**tried, 0.5)))  # noqa: S311 - spreads writers, guards nothing


def stand_back(lost: int, took: float) -> None:
    """Wait a random moment after a lost race, measured by how long the lost attempt took.

    Who writes at the same moment as many others wins only if nobody else wins during the whole attempt, however long
    the network makes that. So the crowd has to spread over many times that long, and who has lost often goes first:
    the span doubles with each loss up to sixteen attempts, and from there shrinks slowly again.

    Args:
        lost: how many races were lost one after the other, at least 1; took: seconds from looking to losing.
    """
    span = 2.0**lost if lost <= 4 else max(16 * 0.9 ** (lost - 4), 1.5)
    time.sleep(random.uniform(0, min(span * took, 30.0)))  # noqa: S311 - spreads writers, guards nothing


def _same(lock: int, path: Path) -> bool:
    try:
        there = path.lstat()
    except OSError:
        return False
    ours = os.fstat(lock)
    return (ours.st_ino, ours.st_dev) == (there.st_ino, there.st_dev)
