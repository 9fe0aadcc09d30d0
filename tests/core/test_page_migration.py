"""Pages that were written for another Markdown are moved on to GitHub's, and lead where they led."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from opsbook.core.book import Book
from opsbook.core.check import check_book, check_record
from opsbook.core.ids import Ids
from opsbook.core.migration import migration
from opsbook.core.pages import Pages, read
from opsbook.core.tree import MemoryTree, Overlay
from opsbook.kinds import registry
from tests.cases.cases import base

NOW = datetime(2026, 11, 21, 11, tzinfo=UTC)
RUNBOOK = "runbooks/response/respond.md"
FRONT = "---\ntitle: Respond\nowner: platform\nreviewed: 2026-11-01\n---\n\n# Respond\n\n"
FILES = {"docs/help/index.md": "# Help\n\n## Two -- words\n", "docs/map.png": b"x"}


def moved(text: str) -> tuple[Book, Book, str]:
    """The book before, the book after, and what became of the text of its runbook."""
    before = Book(MemoryTree({**base(), **FILES, RUNBOOK: FRONT + text}), registry())
    files = migration(before, registry(), Ids(b"0" * 32))
    after = Book(Overlay(before.tree, files), registry())
    return before, after, (after.tree.read(RUNBOOK) or b"").decode().removeprefix(FRONT)


PAIRS = {
    "[a](../../help/index.md) and [b](../../help/index.md)": (
        "[a](../../docs/help/index.md) and [b](../../docs/help/index.md)"
    ),
    "[a](../../help/index.md#two-words)": "[a](../../docs/help/index.md#two----words)",
    "[a](../../services/checkout.md 'Title')": "[a](../../services/checkout.yaml 'Title')",
    "[a](<../../services/checkout.md>)": "[a](<../../services/checkout.yaml>)",
    "![a](../../map.png)": "![a](../../docs/map.png)",
    "See [a].\n\n[a]: ../../help/index.md": "See [a].\n\n[a]: ../../docs/help/index.md",
    "`[a](../../help/index.md)` [a](../../help/index.md)": "`[a](../../help/index.md)` [a](../../docs/help/index.md)",
    '!!! warning "Stop"\n    Do this first.\n\n    And this.\n\nAfter.': (
        "> [!WARNING]\n> **Stop**\n>\n> Do this first.\n>\n> And this.\n\nAfter."
    ),
    "!!! note\n\n    Read [a](../../help/index.md).": "> [!NOTE]\n> Read [a](../../docs/help/index.md).",
    "??? tip\n    - a\n    - b": "> [!TIP]\n> - a\n> - b",
    "```\n!!! note\n    [a](../../help/index.md)\n```": "```\n!!! note\n    [a](../../help/index.md)\n```",
    "[a](respond.md#respond) [b](https://e.example/help/index.md)": (
        "[a](respond.md#respond) [b](https://e.example/help/index.md)"
    ),
}


@pytest.mark.parametrize("text", PAIRS)
def test_a_page_is_written_as_github_reads_it(text: str) -> None:
    before, after, now = moved(text + "\n")
    assert now == PAIRS[text] + "\n"
    ref = after.refs("runbook")["response/respond"]
    codes = {found.code for found in (*check_record(ref, after, NOW, registry()), *check_book(after, NOW, registry()))}
    assert not codes & {"RUN004", "RUN009", "RUN010", "PAG001", "PAG003"}
    assert set(leads(before)) <= set(leads(after))  # what stood in a block was code until now
    assert migration(after, registry(), Ids(b"0" * 32)) == {}


def leads(book: Book) -> list[tuple[str, str, str]]:
    """Where each link of the runbook leads."""
    text = read(book.tree.read(RUNBOOK) or b"")
    found = [Pages(book).lead(RUNBOOK, link.target, text) for link in text.links]
    return [(lead.page, lead.file, lead.web) for lead in found]


def test_pages_of_docs_are_moved_too() -> None:
    files = {"docs/guide.md": "# Guide\n\n[a](runbooks/response/respond.md)\n"}
    book = Book(MemoryTree({**base(), **files}), registry())
    found = migration(book, registry(), Ids(b"0" * 32))
    assert found["docs/guide.md"] == b"# Guide\n\n[a](../runbooks/response/respond.md)\n"
