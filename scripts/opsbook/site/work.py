"""The folder in which a site is made, and in which what was made stays for the next time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
