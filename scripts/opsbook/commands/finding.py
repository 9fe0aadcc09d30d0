"""Finds what answers a question, and says where to ask when nothing does."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

from opsbook.commands.showing import present
from opsbook.commands.workspace import Workspace
from opsbook.core.book import Book
from opsbook.core.command import Block, Text, View
from opsbook.core.entry import Entry
from opsbook.core.errors import UsageError
from opsbook.core.ids import RECORD_ID
from opsbook.core.reviews import reviews_of, standing, words_of
from opsbook.core.text import shorten
from opsbook.core.times import Times
from opsbook.find.answer import Answer, answers
from opsbook.find.index import with_index
from opsbook.find.sources import sources
from opsbook.report.screen import Screen
from opsbook.site.work import settled, working

_MANY = 500
"""From how many pages on somebody is told that they are read, which takes seconds."""
_LINE = 160


def find(args: argparse.Namespace, workspace: Workspace, kind: str = "") -> int:
    """The best answers, the best first. Whether there are any does not change the exit code: both were looked for.

    Args:
        kind: the name of a kind, where only its records are looked for.

    Raises:
        UsageError: there are no words.
    """
    typed, book = " ".join(args.words), workspace.open_book
    if not typed.strip():
        raise UsageError("Nothing to look for.", "opsbook find 'certificate has expired'")
    found = _called(typed, book) if RECORD_ID.fullmatch(typed.strip().upper()) and not kind else []
    with working(workspace.keeps / "find") as folder:
        everything, since = partial(sources, book, workspace.kinds), settled(folder)
        found = found or with_index(
            folder, everything, book.tree, lambda index: answers(index, typed, kind), _reading, since
        )
    found = [item._replace(entry=_reviewed_entry(item, book)) for item in found]
    today = Times(workspace.now(), book.config.core.timezone).local(workspace.now()).date()
    data: dict[str, Any] = {workspace.kinds[kind].plural if kind else "found": [_row(book, item) for item in found]}
    ask = _ask(book) if not found else []
    if not kind:
        data["ask"] = [{"channel": channel, "for": what} for channel, what in ask]
    blocks = [*(block for item in found for block in _blocks(item, today)), *_asking(book, ask, found)]
    none = f"No {kind} fits." if kind else "Nothing fits."
    return present(View(data, blocks, none, found=bool(found)), args, workspace)


def _called(id_: str, book: Book) -> list[Answer]:
    """The record with an id, also one of which nothing else may be found, or that is only on its branch."""
    refs = [ref for kind in book.kinds if (ref := book.find(kind, id_.strip().upper())) is not None]
    return [
        Answer(ref.path, ref.kind, Entry(ref.path, book.title(ref.kind, ref.id) or ref.id), "", "", "", ref.path, 1)
        for ref in refs
    ]


def _reviewed_entry(answer: Answer, book: Book) -> Entry:
    """What is known of an answer, with the reviews on record: they say more than its own date."""
    ref = book.at(answer.source) if answer.kind else None
    reviews = reviews_of(answer.kind, ref.id, book) if ref is not None else []
    file = book.record(ref).files.get("") if ref is not None and reviews else None
    if file is None or file.markdown is None:
        return answer.entry
    review, last = standing(reviews, words_of(file.markdown.body)), reviews[-1]
    at = (review or last).at
    day = f"{at:%Y-%m-%d}" if at is not None else ""
    note = answer.entry.note if review is not None else f"changed after its last review, on {day}"
    return answer.entry._replace(reviewed=day if review is not None else "", note=note)


def _reading(many: int) -> None:
    if many >= _MANY:
        Screen(sys.stderr).line(f"Reading {many:,} records and pages. The next time only what changed is read.")


def _row(book: Book, answer: Answer) -> dict[str, Any]:
    ref = book.at(answer.source) if answer.kind else None
    return {
        "kind": answer.kind or "page",
        "id": ref.id if ref is not None else "",
        "path": answer.path,
        "line": answer.line,
        "title": answer.entry.title,
        "heading": answer.heading,
        "text": answer.text,
        "why": answer.sign or answer.text or answer.heading,
        "reviewed": answer.entry.reviewed or None,
        "note": answer.entry.note,
    }


def _blocks(answer: Answer, today: date) -> Iterator[Block]:
    entry = answer.entry
    yield Text(entry.title, "bold")
    state = [_reviewed(date.fromisoformat(entry.reviewed), today)] if entry.reviewed else []
    yield Text(f"  {', '.join((f'{answer.path}:{answer.line}', *state, *filter(None, (entry.note,))))}")
    if answer.sign:
        yield Text(f"  “{answer.sign}”", "dim")
    if said := ": ".join(filter(None, (answer.heading, answer.text))):
        yield Text(f"  {shorten(said, _LINE)}", "dim")


def _reviewed(day: date, today: date) -> str:
    days = (today - day).days
    if days < 0:
        return f"reviewed on {day}"
    return f"reviewed {days} day{'' if days == 1 else 's'} ago" if days else "reviewed today"


def _ask(book: Book) -> list[tuple[str, str]]:
    """Where to ask, and what: the queues for help."""
    core = book.config.core
    queues = [(core.channel(queue.channel), queue) for queue in core.help.queues if queue.retired is None]
    return [(channel.name if channel is not None else queue.title, queue.use_when) for channel, queue in queues]


def _asking(book: Book, ask: Sequence[tuple[str, str]], found: Sequence[Answer]) -> Iterator[Block]:
    for channel, what in ask:
        yield Text(f"  Ask in {channel}: {what}")
    if not ask and not found:
        yield Text(f"  {book.config.core.help.how}")
