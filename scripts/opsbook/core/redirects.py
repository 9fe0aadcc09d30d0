"""Where pages were before: old addresses, and the page that each leads to now. `operations/redirects/<name>.yaml`.

A file is the memory of one import, too: what each page was made of, and what of its source has no place in a book.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Final

from opsbook.core import yaml
from opsbook.core.book import CONFIG_LIMIT, Book
from opsbook.core.code import Problem
from opsbook.core.pages import Pages
from opsbook.core.record import File
from opsbook.core.rule import BookRule
from opsbook.core.shape import Part
from opsbook.core.types import Model, OwnerRef, many, matching

OPERATIONS: Final = "operations"
FOLDER: Final = f"{OPERATIONS}/redirects"
MOST: Final = 20_000
"""Entries of one file."""

Where = Annotated[str, matching(r"^[^/\s].*$", "must be the path of a file in the book", max_length=400)]
Address = Annotated[str, matching(r"^/\S*$", "must begin with / and hold no white space", max_length=400)]


class Moved(Model):
    """A page, and where it was before."""

    to: Where
    """The file that shows it now."""
    was: tuple[Address, ...] = many()
    """The addresses that it had, from the root of its site, without .html and the last slash."""
    source: str | None = None
    """The file that it was made of, where it was imported."""
    wrote: str | None = None
    """The hash of what the import wrote: whoever edits the page has it differ."""
    kept: Mapping[str, Any] = {}
    """Front matter of the source that has no place in this book."""
    left: tuple[str, ...] = many(max_length=MOST)
    """What could not be translated, and stands in the page as it was: line of the source, and what it is."""


class Redirects(Model):
    """Pages that were somewhere else before."""

    owner: OwnerRef | None = None
    """Who keeps pages whose owner the book does not know."""
    pages: tuple[Moved, ...] = many(max_length=MOST)
    """Each page, and where it was."""


@lru_cache(maxsize=8)
def operations(book: Book, folder: str, part: Part) -> tuple[File, ...]:
    """The files of one sort in `operations/`, read once for all rules."""
    found = []
    for path, mode in book.tree.paths(folder):
        if mode == "file" and path.endswith(".yaml"):
            file = File(path, part, book.tree.read, lambda: book.config.vocabulary)
            file.document = yaml.load(file.data or b"", limit=CONFIG_LIMIT)
            found.append(file)
    return tuple(found)


def redirects(book: Book) -> Iterator[tuple[File, Redirects]]:
    """Every file that can be read, with what it says."""
    for file in operations(book, FOLDER, PART):
        found = file.get(Redirects)
        if found is not None:
            yield file, found


PART: Final = Part("", "list of redirects", model=Redirects)


def stem(address: str) -> str:
    """An address without what makes no difference to where it leads: `/a/b.html`, `/a/b/` and `/a/b` are one."""
    path = posixpath.normpath("/" + address.partition("#")[0].partition("?")[0])
    return re.sub(r"(?:/index)?(?:\.html)?$", "", path).strip("/")


def moved(book: Book) -> dict[str, str]:
    """The page that each old address leads to, by the address as `stem` has it; those of pages that are gone not."""
    pages, found = Pages(book), dict[str, str]()
    for _, item in redirects(book):
        for entry in item.pages:
            page = pages.of(entry.to) if entry.was and book.tree.read(entry.to) is not None else None
            for address in entry.was if page is not None else ():
                found.setdefault(stem(address), page or "")
    return found


def resolves(address: str, pages: Pages) -> bool:
    """Whether the site has a page of its own at an address."""
    at = stem(address)
    return not at or any(pages.has(page) for page in (f"{at}.md", f"{at}/index.md"))


class RDR001(BookRule):
    """An address that was published and leads nowhere.

    Name the file that took the place of the page under `to`, and keep the entry: alerts, bookmarks and tickets hold
    the old address for years.
    """

    suppressible = False

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """`to` of every redirect that has an address: the file is there, and the site shows it."""
        pages = Pages(book)
        for file, item in redirects(book):
            for index, entry in enumerate(item.pages):
                gone = book.tree.read(entry.to) is None or pages.of(entry.to) is None
                if entry.was and gone and not all(resolves(address, pages) for address in entry.was):
                    message = f"{entry.was[0]} leads to {entry.to}, and there is no such page"
                    yield Problem(message, file, ("pages", index, "to"))


class RDR002(BookRule):
    """An address that two pages claim.

    Leave it to one of them: whoever follows it sees only the first.
    """

    suppressible = False

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """`was` of all redirects together."""
        first: dict[str, str] = {}
        for file, item in redirects(book):
            for index, entry in enumerate(item.pages):
                for place, address in enumerate(entry.was):
                    other = first.setdefault(stem(address), entry.to)
                    if other != entry.to:
                        message = f"{address} leads to {other} already"
                        yield Problem(message, file, ("pages", index, "was", place))


def vanished(before: Book, after: Book) -> Iterator[Problem]:
    """Old addresses that a change takes out of the lists, although no page is there."""
    now, pages = moved(after), Pages(after)
    listed = {stem(address) for _, item in redirects(after) for entry in item.pages for address in entry.was}
    for file, item in redirects(before):
        for address in (address for entry in item.pages for address in entry.was):
            if stem(address) not in now and stem(address) not in listed and not resolves(address, pages):
                yield Problem(f"{address} was a redirect, and leads nowhere now", path=file.path)


REDIRECT_RULES: Final[tuple[type[BookRule], ...]] = (RDR001, RDR002)
