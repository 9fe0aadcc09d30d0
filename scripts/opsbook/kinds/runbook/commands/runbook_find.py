"""find the runbook for what you try to do, or for an error you see"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Block, Option, Read, Text, View
from opsbook.core.errors import UsageError
from opsbook.core.record import Record
from opsbook.kinds.runbook.find import find
from opsbook.kinds.runbook.page import RunbookRow


def _show(book: Book, args: Namespace, now: datetime, record: Record | None) -> View:
    """The best matches, the best first."""
    words = " ".join(args.words)
    if not words.strip():
        raise UsageError("Nothing to look for.", "opsbook runbook find 'certificate has expired'")
    found = find(book, words)[:5]
    rows = [{"id": row.id, "path": row.path, "title": row.title, "why": why} for row, why in found]
    return View({"runbooks": rows}, _blocks(found, book))


def _blocks(found: list[tuple[RunbookRow, str]], book: Book) -> Iterator[Block]:
    for row, why in found:
        yield Text(row.title, "bold")
        yield Text(f"  {row.path}")
        yield Text(f"  {why}", "dim")
    if not found:
        core = book.config.core
        yield Text("No runbook says anything about that.")
        for queue in core.help.queues:
            channel = core.channel(queue.channel)
            yield Text(f"  Ask in {channel.name if channel is not None else queue.title}: {queue.use_when}")


COMMAND = Read(_show, opened=False, options=(Option("words", "what you try to do, or the error text", {"nargs": "+"}),))
