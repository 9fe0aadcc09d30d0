"""One page of the site, as data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from opsbook.core.markdown import Heading
from opsbook.site.output import key

ROOT = "\ufdd0"
"""Stands in the HTML of a page for the way to the root of the site: an address is `ROOT` and where a page is served.

No text has this character: Unicode keeps it out of what people exchange, and words are made visible before they are
printed (`opsbook.core.text.visible`).
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A page to publish.

    Attributes:
        path: POSIX path below the root of the site, ending in `.md`: `incidents/2026/index.md`.
            `index.md` is the page of its folder; any other name is served as a folder of its own.
        title: of the page, as text; description: one line for search engines.
        html: what is on it; people's words in it are text already.
        source: what a person edits to change it, as a path in the book; error messages name it.
        headings: those that its table of contents lists.
        links: the pages to which its template links, by path: none of them may be missing. What somebody wrote is
            linked only where it leads.
        pictures: files of the book that it shows.
        bare: it stands alone, without navigation and contents beside it.
        month: when it was over, what it shows, like `2024-03`; empty of what goes on.
        noun: what it is, for somebody who searches; found_by: words by which it is to be found before others.
        known: its `word`, where that was reckoned before.
    """

    path: str
    title: str
    html: str
    source: str
    headings: tuple[Heading, ...] = ()
    description: str = ""
    links: frozenset[str] = frozenset()
    pictures: frozenset[str] = frozenset()
    bare: bool = False
    month: str = ""
    noun: str = "Page"
    found_by: tuple[str, ...] = ()
    known: str = ""

    @property
    def word(self) -> str:
        """Changes whenever the page looks or is found in another way."""
        return self.known or _word(self, self.html)

    @property
    def found_as(self) -> str:
        """Changes whenever the page is found in another way: without what stands aside."""
        return _word(self, without_asides(self.html)) if "<!--aside-->" in self.html else self.word


def without_asides(html: str) -> str:
    """What is to be found on a page: neither what changes by the minute nor what it copies from another one.

    A template puts that between `<!--aside-->` and `<!--/aside-->`.
    """
    return re.sub(r"<!--aside-->.*?<!--/aside-->", "", html, flags=re.DOTALL)


def _word(page: Page, html: str) -> str:
    shows = (page.path, page.title, html, page.source, page.headings, page.description)
    return key(repr((*shows, page.bare, page.noun, page.found_by)).encode("utf-8", "surrogatepass"))


def address(path: str) -> str:
    """Where a page is served, seen from the root of the site: `a/b.md` is at `a/b/`."""
    stem = path.removesuffix(".md")
    if stem == "index" or stem.endswith("/index"):
        return stem.removesuffix("index")
    return f"{stem}/"


def heading(found: Heading, inner: Markup) -> Markup:
    """A heading with its anchor, the link to it, and the anchor that it had before."""
    former = Markup('<span id="{}"></span>').format(found.former) if found.former not in ("", found.anchor) else ""
    return Markup(
        '<h{level} id="{anchor}">{former}{inner}'
        '<a class="headerlink" href="#{anchor}" title="Link to this heading">¶</a></h{level}>'
    ).format(level=found.level, anchor=found.anchor, former=former, inner=inner)


def contents(headings: Iterable[Heading]) -> Markup:
    """The items of the table of contents: each heading below the title, in the list of the one above it."""
    parts: list[Markup] = []
    levels: list[int] = []
    above = ""
    for found in headings:
        if found.level == 1:
            continue
        while len(levels) > 1 and levels[-1] > found.level:
            parts.append(Markup("</li></ul></nav>"))
            levels.pop()
        if levels and levels[-1] < found.level:
            parts.append(Markup('<nav class="md-nav" aria-label="{}"><ul class="md-nav__list">').format(above))
            levels.append(found.level)
        elif levels:
            parts.append(Markup("</li>"))
            levels[-1] = found.level
        else:
            levels.append(found.level)
        above = found.text
        parts.append(
            Markup(
                '<li class="md-nav__item"><a href="#{}" class="md-nav__link"><span class="md-ellipsis">{}</span></a>'
            ).format(found.anchor, found.text)
        )
    closed = [Markup("</li></ul></nav>")] * (len(levels) - 1) + [Markup("</li>")] * bool(levels)
    return Markup("").join([*parts, *closed])


def attribute(text: str) -> Markup:
    """A text for an attribute: on one line."""
    return escape(" ".join(text.split()))
