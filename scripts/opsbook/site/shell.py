"""What a site generator puts around a page: header, navigation, search, foot. Learned from a page that it built.

The generator builds one page for each entry of the navigation, with marks in the place of its words. What stands
around the marks is cut at them, and at each address, once; a page is made by joining the pieces with its own.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import urljoin

from markupsafe import escape

from opsbook.core.errors import OpsbookError
from opsbook.site.page import ROOT, Page, address, attribute, contents

CONTENT: Final = "opsbook-content"
"""The mark in the place of what is on a page. The theme prints it: no generator reads a word of a page."""

HEADING: Final = "opsbook-heading"
"""The only heading that a generator sees, so that it makes a table of contents."""

_HEADER: Final = re.compile(r'(<nav class="md-header__inner.*?)(</nav>)', re.DOTALL)

_BEGIN: Final = "ob-content"
"""Where the words of a page begin, for those who skip what is above them."""

_SITE: Final = "http://site/"

_SLOTS: Final = re.compile(
    r"(?P<title><title>.*?</title>)"
    r'|(?P<canonical><link[^>]*\brel="?canonical"?[^>]*>)'
    r'|(?P<neighbour>\s*<link[^>]*\brel="?(?:prev|next)"?[^>]*>)'
    r'|(?P<description><meta[^>]*\bname="?description"?[^>]*>)'
    rf"|(?P<content>{CONTENT})"
    r'|(?P<skip><a href="#[^"]*"(?=[^>]*class="md-skip"))'
    r'|(?P<toggle>\s*<label class="md-nav__link md-nav__link--active" for="__toc">.*?</label>)'
    r'|(?P<toc><nav class="md-nav md-nav--secondary"[^>]*>.*?</nav>)'
    r'|(?P<topic>(?<=data-md-component="header-topic">)\s*<span class="md-ellipsis">.*?</span>)'
    r'|(?P<config>"(?:base|search)"\s*:\s*"|new URL\(")(?P<where>[^"]*)'
    r'|(?P<attribute>\s(?:href|src|action)=)(?P<quote>["\']?)(?P<to>[^"\'\s>]*)',
    re.DOTALL,
)
_ITEMS: Final = re.compile(r'(?<=<ul class="md-nav__list")([^>]*>).*(?=</ul>)', re.DOTALL)

Piece = Callable[[Page, str], str]
"""A piece of a page that depends on it: from the page and its way to the root."""


class Shell:
    """One layout of a site.

    Args:
        html: a page that the generator built; path: which.
        site_name, site_url: as `mkdocs.yml` says.

    Raises:
        OpsbookError: the page has no place for what it is to hold.
    """

    def __init__(self, html: str, path: str, site_name: str, site_url: str) -> None:
        self._name, self._url = site_name, site_url
        self._here = urljoin(_SITE, address(path))
        html = _HEADER.sub(lambda found: found[1] + _part("search_button.html") + found[2], html, count=1)
        up = "../" * address(path).count("/")
        dialog = _part("search_dialog.html").replace('src="', f'src="{up}')
        html = html.replace("</body>", dialog + "</body>", 1)
        self._pieces: list[str | Piece] = []
        at, filled = 0, False
        for found in _SLOTS.finditer(html):
            kind = str(found.lastgroup)
            self._pieces.append(html[at : found.start()])
            at = found.end()
            filled |= kind == "content"
            self._pieces.append(self._piece(kind, found))
        self._pieces.append(html[at:])
        if not filled:
            raise OpsbookError(f"the site generator built {path} without a place for its content")

    def fill(self, page: Page) -> str:
        """The page as the site serves it."""
        root = "../" * address(page.path).count("/")
        return "".join(piece if isinstance(piece, str) else piece(page, root) for piece in self._pieces)

    def _piece(self, kind: str, found: re.Match[str]) -> str | Piece:
        text = found.group()
        if kind == "title":
            return lambda page, _: f"<title>{escape(self._title(page))}</title>"
        if kind == "description":
            return lambda page, _: (
                f'<meta name="description" content="{attribute(page.description)}">' if page.description else ""
            )
        if kind == "canonical":
            return lambda page, _: f'<link rel="canonical" href="{escape(urljoin(self._url, address(page.path)))}">'
        if kind == "neighbour":
            return ""
        if kind == "content":
            return lambda page, root: f'<span id="{_BEGIN}"></span>{page.html.replace(ROOT, root or "./")}'
        if kind == "skip":
            return f'<a href="#{_BEGIN}"'
        if kind == "toggle":
            return lambda page, _: text if contents(page.headings) else ""
        if kind == "toc":
            begin, end = _ITEMS.sub(r"\1\0", text).split("\0")
            empty = text[: text.index(">") + 1] + "</nav>"
            return lambda page, _: f"{begin}{items}{end}" if (items := contents(page.headings)) else empty
        if kind == "topic":
            return lambda page, _: f'<span class="md-ellipsis">{escape(page.title)}</span>'
        if kind == "where":
            return self._address(found["config"], found["where"], "")
        return self._address(found["attribute"] + '"', found["to"], '"', found["quote"])

    def _address(self, before: str, target: str, after: str, quote: str = '"') -> str | Piece:
        """An address seen from this page, as one that is seen from the root."""
        if re.match(r"#|//|/|[A-Za-z][A-Za-z0-9+.-]*:", target) and not target.startswith(_SITE):
            return f"{before}{target}" + ("" if quote else after)
        there = urljoin(self._here, target)[len(_SITE) :]
        if not after:
            there = there.rstrip("/")
            return lambda _, root: before + (posixpath.join(root, there).rstrip("/") or ".")
        end = "" if quote else after
        return lambda _, root: f"{before}{(root + there) or './'}{end}"

    def _title(self, page: Page) -> str:
        return self._name if page.path == "index.md" else f"{page.title} - {self._name}"


@cache
def _part(name: str) -> str:
    """A piece of our own that every page has."""
    return (files("opsbook.site") / "templates" / name).read_text("utf-8")


def stub(title: str, *, bare: bool) -> str:
    """The page that a generator builds for an entry of the navigation.

    Args:
        title: what the navigation says where `mkdocs.yml` names no words.
    """
    words = "".join(f"&#{ord(letter)};" if not letter.isalnum() and letter != " " else letter for letter in title)
    hide = "hide: [navigation, toc]\n" if bare else ""
    return f'---\ntitle: "{words}"\ndescription: "-"\n{hide}---\n# {words}\n\n## {HEADING}\n'
