"""Starting a book: what a kind puts into its first files, with good defaults, and how it is rehearsed."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsbook.core.book import Book
from opsbook.core.command import Option
from opsbook.core.errors import UsageError
from opsbook.core.request import Request
from opsbook.core.text import one_line, shorten

Value = str | Sequence[Mapping[str, str]]
"""Something that a template prints: words, or entries of a list."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a kind asks of whoever starts a book.

    Attributes:
        options: of `opsbook new book`; all can be left out.
        values: what the template of a book prints; raises `UsageError` for an answer that cannot be used.
        drafts: records to begin with, each as the folder of its template and the values of it; raises `UsageError`.
        rehearse: the request that tries the new book, from the book and whoever acts.
    """

    options: Sequence[Option]
    values: Callable[[Namespace], Mapping[str, Value]] | None = None
    drafts: Callable[[Namespace], Iterable[tuple[str, Mapping[str, str]]]] | None = None
    rehearse: Callable[[Book, str], Request] | None = None


def several(what: str, metavar: str = "NAME") -> Mapping[str, Any]:
    """The settings of an option that is given once for each `what`."""
    return {"action": "append", "metavar": metavar, "default": None, "dest": what}


def entries(
    given: Sequence[str] | None, default: Sequence[str], option: str, pattern: str = ""
) -> list[dict[str, str]]:
    """Entries of `opsbook.yml` from `Title` or `id=Title`, each id once.

    Args:
        default: what stands for nothing given.
        option: that they were given with, for whoever is refused.
        pattern: what an id must look like; a slug otherwise, which is made of the title where none is given.

    Raises:
        UsageError: an id that cannot be one, or that came before.
    """
    from slugify import slugify

    found: dict[str, dict[str, str]] = {}
    for text in map(one_line, default if given is None else given):
        name, equals, title = (part.strip() for part in text.partition("="))
        id_ = name if equals or pattern else slugify(name, max_length=40, word_boundary=True)
        if not re.fullmatch(pattern or r"[a-z0-9]+(?:-[a-z0-9]+)*", id_) or len(id_) > 60:
            raise UsageError(f"{option}: “{shorten(text, 60)}” gives no id.", "Write it as id=Title.")
        if id_ in found:
            raise UsageError(f"{option}: {id_} is given twice.", "Each needs an id of its own.")
        found[id_] = {"id": id_, "title": title or name}
    return list(found.values())
