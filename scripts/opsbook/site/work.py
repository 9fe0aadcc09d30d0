"""The folder in which a site is made, and in which what was made stays for the next time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

RECENT: Final = 2_000_000_000
"""Nanoseconds within which a file could change twice and look the same: the coarsest clock of a file system."""


def settled(folder: Path) -> int:
    """Before when a file changed that cannot change again unseen: in nanoseconds, by the clock of the file system.

    Args:
        folder: of ours, on the same file system.
    """
    mark = folder / "now"
    mark.write_bytes(b"")
    return mark.stat().st_ctime_ns - RECENT


@contextmanager
def working(folder: Path) -> Iterator[Path]:
    """This folder, or where it cannot be written one that goes again."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        with tempfile.TemporaryDirectory(prefix="opsbook-") as made:
            yield Path(made)
    else:
        yield folder
