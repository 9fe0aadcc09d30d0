"""Which pull requests this machine saw open a moment ago: a note need not ask the host each time."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

COUNTS = timedelta(minutes=5)
"""How long a pull request counts as open after it was seen so (design: "Publish")."""


class Opened:
    """One small file for each record, which is lost without harm.

    Args:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def seen(self, record: str, now: datetime, is_merged: Callable[[str], bool]) -> str:
        """The address of the open pull request of a record; empty when somebody has to look.

        Args:
            now: aware; is_merged: whether main holds a commit by now, which the pull request had when it was seen.
        """
        with suppress(OSError, ValueError, TypeError, KeyError):
            known = json.loads((self._folder / f"{record}.json").read_bytes())
            since = now - datetime.fromisoformat(known["at"])
            if timedelta() <= since < COUNTS and not is_merged(str(known["commit"])):
                return str(known["url"])
        return ""

    def keep(self, record: str, now: datetime, url: str, commit: str) -> None:
        """Remember that it is open now, and holds a commit."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            words = json.dumps({"url": url, "commit": commit, "at": now.isoformat()})
            (self._folder / f"{record}.json").write_text(words, encoding="utf-8")
