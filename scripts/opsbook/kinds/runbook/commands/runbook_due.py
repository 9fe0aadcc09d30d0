"""list the runbooks that somebody should look at, those that matter most first"""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Option, Read, View
from opsbook.core.record import Record


def _show(book: Book, args: Namespace, now: datetime, record: Record | None) -> View:
    from opsbook.kinds.runbook.due import listed

    del record
    return listed(book, now, owner=args.owner, every=args.all)


COMMAND = Read(
    _show,
    options=(
        Option("--owner", "only those of this role or team", {"metavar": "ID"}, "owners"),
        Option("--all", "every one, and not only the ten that matter most", {"action": "store_true"}),
    ),
    opened=False,
)
