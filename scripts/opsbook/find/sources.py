"""What can be found in a book: the records of each kind that can be, and the pages of `docs/`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from opsbook.core.book import Book
from opsbook.core.entry import Entry
from opsbook.core.kind import Kind, Kinds
from opsbook.core.record import Ref
from opsbook.find.index import Source

_LATER = re.compile(r"docs/reference/|.*/(?:adrs?|(?:architecture[_-])?decisions?(?:[_-]records?)?)/")
_LESS = 0.6
"""Pages about why and about every field hold many words, and are rarely what somebody looks for: their weight."""


def sources(book: Book, kinds: Kinds) -> Iterator[Source]:
    """Everything that can be found; nothing of it is read."""
    from opsbook.core.pages import Pages

    for kind in kinds.values():
        if kind.found_in:
            for ref in filter(lambda ref: ref.path.isprintable(), book.refs(kind.name).values()):
                files = [f"{ref.path}/{name}" if name else ref.path for name in kind.found_in]
                yield Source(ref.path, kind.name, files, partial(_record, book, kind, ref))
    for path in Pages(book).written():
        yield Source(path, "", (path,), partial(_page, book, path))


def _record(book: Book, kind: Kind, ref: Ref) -> Entry | None:
    try:
        return kind.found(book.record(ref))
    finally:
        book.forget(ref)


def _page(book: Book, path: str) -> Entry:
    from opsbook.core.entry import passages
    from opsbook.core.markdown import parse
    from opsbook.core.text import one_line

    text = parse(book.tree.read(path) or b"")
    front = text.front.value if text.front is not None and isinstance(text.front.value, dict) else {}
    first = next((heading.text for heading in text.headings if heading.level == 1), "")
    title = one_line(str(front.get("title") or first or path.rpartition("/")[2].removesuffix(".md")))
    names = path.removeprefix("docs/").removesuffix(".md")
    weight = _LESS if _LATER.match(path) else 1.0
    return Entry(path, title, passages(text, title), (), names.replace("/", " "), "", "", weight)
