"""Rules about pages that people write: what they say of a record's page holds for those of `docs/` too.

The check accepts what the site can show as it was meant, and names the rest; the site shows everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from opsbook.core import navigation
from opsbook.core.book import Book
from opsbook.core.code import Problem
from opsbook.core.markdown import Markdown
from opsbook.core.pages import FOLDER, SCHEMES, Pages, read, scheme
from opsbook.core.rawhtml import HARMLESS
from opsbook.core.rule import BookRule


def dead_links(path: str, text: Markdown, book: Book) -> Iterator[Problem]:
    """Links and pictures that lead nowhere."""
    pages = Pages(book)
    for link in text.links:
        lead = pages.lead(path, link.target, text)
        if lead.fault:
            yield Problem(lead.fault, path=path, line=link.line, column=link.column)


def former_links(path: str, text: Markdown, book: Book) -> Iterator[Problem]:
    """Links that only the site finds, because they are written as it wanted them once."""
    pages = Pages(book)
    for link in text.links:
        lead = pages.lead(path, link.target, text)
        if lead.write:
            message = f"GitHub does not find {link.target}; write {lead.write}"
            yield Problem(message, path=path, line=link.line, column=link.column)


def markup(path: str, text: Markdown, noun: str) -> Iterator[Problem]:
    """Raw HTML that could do more than say something, and addresses of other programs."""
    for line, what in text.html:
        name = what.strip("</>")
        if what != "<!--" and name not in HARMLESS and not what.endswith(" link"):
            yield Problem(f"{what} in a {noun}", path=path, line=line)
    for link in text.links:
        begins = scheme(link.target)
        if begins and begins not in SCHEMES:
            yield Problem(f"an address that begins with {begins}:", path=path, line=link.line, column=link.column)


_BLOCK: Final = re.compile(r" {0,3}(!!!|\?\?\?\+?|===[!+]?)[ ]+(?:\"|[a-z])")


def foreign_blocks(path: str, text: Markdown) -> Iterator[Problem]:
    """Blocks of another Markdown, which GitHub shows as they are typed."""
    code = {
        row
        for token in text.parsed.tokens
        if token.type in ("fence", "code_block")
        for row in range(*(token.map or (0, 0)))
    }
    for row, line in enumerate(text.body.split("\n")):
        found = _BLOCK.match(line)
        if found and row not in code:
            message = f"{found[1]} is no Markdown of GitHub; write an alert, like > [!NOTE]"
            yield Problem(message, path=path, line=text.line(row))


def _written(book: Book) -> Iterator[tuple[str, Markdown]]:
    for path in Pages(book).written():
        data = book.tree.read(path)
        if data is not None:
            yield path, read(data)


class PageRule(BookRule):
    """A rule about the pages of `docs/`."""

    suppressible = False

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Every page."""
        for path, text in _written(book):
            yield from self.page(path, text, book)

    def page(self, path: str, text: Markdown, book: Book) -> Iterable[Problem]:
        """What is wrong with one page."""
        raise NotImplementedError


class PAG001(PageRule):
    """A link in a page that leads nowhere.

    Correct the path or the anchor. Paths are relative to the file, as on GitHub; an anchor is the heading in lower
    case, with hyphens for spaces.
    """

    def page(self, path: str, text: Markdown, book: Book) -> Iterable[Problem]:
        """Every link and picture within the book: what it names exists, and has the anchor."""
        return dead_links(path, text, book)


class PAG002(PageRule):
    """Markup that a page does not use.

    Write it in Markdown, or put it between backquotes where it is to be read as it stands. The site shows such a tag
    as text, and GitHub not at all.
    """

    def page(self, path: str, text: Markdown, book: Book) -> Iterable[Problem]:
        """Raw HTML but for tags that only say something (`<br>`, `<details>`, `<kbd>` …), and other schemes."""
        return markup(path, text, "page")


class PAG003(PageRule):
    """A link that only the site finds.

    Write it as the message says: relative to the file that you edit, so that GitHub follows it too. The site goes on
    following both. `opsbook migrate` rewrites all of them.
    """

    severity = "warning"

    def page(self, path: str, text: Markdown, book: Book) -> Iterable[Problem]:
        """Links from page to page of the site, and anchors as the site made them before it followed GitHub."""
        return former_links(path, text, book)


class PAG004(PageRule):
    """A block of another Markdown.

    Write a note as an alert: `> [!NOTE]`, and the text below it behind `>`. `opsbook migrate` rewrites `!!!` blocks.
    """

    severity = "warning"

    def page(self, path: str, text: Markdown, book: Book) -> Iterable[Problem]:
        """Lines that begin such a block, outside code."""
        return foreign_blocks(path, text)


class PAG005(BookRule):
    """A file in docs/ that the site cannot show.

    Give it a name of letters, digits, dots, hyphens and underscores that no other page has, save text as UTF-8, and
    put what is neither a page nor a picture elsewhere.
    """

    suppressible = False

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Every path below docs/."""
        pages = Pages(book)
        places: dict[str, str] = {}
        for path, mode in book.tree.paths(FOLDER):
            if path.rpartition("/")[2].startswith("."):
                continue
            fault = pages.unfit(path, mode)
            if not fault and path.endswith(".md"):
                place = (pages.of(path) or "").casefold()
                taken = places.setdefault(place, path)
                if taken != path or pages.is_made(place):
                    fault = f"its place on the site is taken by {taken if taken != path else 'a page that is made'}"
                else:
                    data = book.tree.read(path)
                    faults = read(data).faults if data is not None else ()
                    fault = faults[0].message if faults else ""
            if fault:
                yield Problem(fault, path=path)


class PAG006(BookRule):
    """A mkdocs.yml of which no site can be built.

    Correct it as the message says. Pages under `nav` are named by where they lie on the site. The name, the colours
    and the navigation may be set, and nothing that runs code or asks another host.
    """

    suppressible = False

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """What it says, and every page that `nav` names."""
        data = book.tree.read(navigation.PATH)
        if data is None:
            return
        document, faults = navigation.load(data)
        for fault in faults:
            yield Problem(fault.message, path=navigation.PATH, line=fault.line, column=fault.column)
        pages = Pages(book)
        for loc, name in navigation.pages(document.value):
            if not pages.has(name):
                line, column = document.place(loc)
                message = f"nav names {name}, and there is no such page"
                yield Problem(message, path=navigation.PATH, line=line, column=column)


PAGE_RULES: tuple[type[BookRule], ...] = (PAG001, PAG002, PAG003, PAG004, PAG005, PAG006)
