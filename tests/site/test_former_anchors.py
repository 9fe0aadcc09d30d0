"""An address that led to a heading of this book before the site followed GitHub still leads there."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.book import Book
from opsbook.kinds import registry
from opsbook.site.page import address
from opsbook.site.pages import Site

ROOT = Path(__file__).parents[2]
FORMER = json.loads(Path(__file__).with_name("former_anchors.json").read_text("utf-8"))
"""Heading and anchor, by page, of the site that MkDocs and Python-Markdown made of this book on 27 November 2026."""


def test_every_former_anchor_of_a_heading_that_is_still_there_works() -> None:
    book = Book(DirectoryTree(ROOT), registry())
    site = Site(book, registry(), datetime(2026, 11, 27, tzinfo=UTC), list)
    pages = {address(page.path): page for page in site.pages()}
    held = 0
    for place, anchors in FORMER.items():
        page = pages.get(place)
        if page is None:
            continue
        ids = set(re.findall(r' id="([^"]*)"', page.html))
        there = {heading.text for heading in page.headings}
        assert {anchor for text, anchor in anchors.items() if text in there} <= ids, place
        held += len(there & set(anchors))
    assert held > 200
