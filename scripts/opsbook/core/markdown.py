"""Runbooks and reports, read with positions: headings and their anchors, links, tables, raw HTML, front matter.

The text is read as CommonMark with tables. Anchors are those that Python-Markdown's `toc` extension gives, because
MkDocs publishes the pages with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from opsbook.core import yaml

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

LIMIT: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its level 1 to 6, its text without markup, its anchor on the page, its line."""

    level: int
    text: str
    anchor: str
    line: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link or an image, in Markdown or in raw HTML, with the place where it begins.

    Attributes:
        target: the address as it was written, with entities and escapes resolved.
        text: what is shown, without markup; of an image its alternative text.
    """

    target: str
    text: str
    line: int
    column: int
    image: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row of a table, as Markdown text, and its line."""

    cells: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its header, its rows, the text of the nearest heading above it, the line of its header."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    heading: str
    line: int


class Markdown:
    """A Markdown file that was read. Lines are lines of the whole file, columns count characters; both from 1.

    What is on the page is read when somebody asks for it, because most of a check asks only for faults.

    Attributes:
        front: the front matter; None when there is none.
        body: the text below the front matter.
        faults: what is wrong with the text itself (YML001), or with the fence of the front matter (YML002).
            Faults inside the front matter are in `front.faults`.
    """

    def __init__(
        self, front: yaml.Document | None, body: str, faults: Sequence[yaml.Fault] = (), first_line: int = 1
    ) -> None:
        self.front = front
        self.body = body
        self.faults = tuple(faults)
        self._first_line = first_line

    @cached_property
    def _page(self) -> _Page:
        return _Page(self.body, self._first_line)

    @property
    def headings(self) -> Sequence[Heading]:
        """The headings, in order."""
        return self._page.headings

    @property
    def links(self) -> Sequence[Link]:
        """Links and images, in order."""
        return self._page.links

    @property
    def tables(self) -> Sequence[Table]:
        """The tables, in order."""
        return self._page.tables

    @property
    def anchors(self) -> Set[str]:
        """The anchors of headings, and every other id on the page."""
        return self._page.ids

    @property
    def html(self) -> Sequence[tuple[int, str]]:
        """The line of each raw HTML element, comment or scripting link, and what it is.

        For rules that refuse some of them: `<div>`, `<!--`, `javascript: link`, `onclick attribute`.
        """
        return self._page.html

    def has_heading(self, text: str) -> bool:
        """Whether a heading has this text, in upper or lower case."""
        # A line `## Text` is one, unless it is inside of code or raw HTML: then the page must be read.
        if not any(sign in self.body for sign in ("<", "```", "~~~")) and f"\n## {text}\n" in f"\n{self.body}\n":
            return True
        return any(heading.text.strip().lower() == text.lower() for heading in self.headings)


def parse(data: bytes, *, limit: int = LIMIT) -> Markdown:
    """Read a Markdown file. Never raises, whatever the bytes are.

    Args:
        limit: bytes that the file may have.
    """
    if len(data) > limit:
        message = f"The file is larger than {limit // 1000} kB. Split it, and keep data out of pages."
        return Markdown(None, "", faults=(yaml.Fault(yaml.UNREADABLE, 1, 1, message),))
    text, faults = yaml.readable(data)
    if text is None:
        return Markdown(None, "", faults)
    front, body, first_line = _split(text, faults)
    return Markdown(front, body, faults, first_line)


def _split(text: str, faults: list[yaml.Fault]) -> tuple[yaml.Document | None, str, int]:
    """The front matter, the body, and the line on which the body begins."""
    if not re.match(r"---[ \t]*(?:\n|\Z)", text):
        return None, text, 1
    start = text.find("\n") + 1
    end = re.compile(r"^---[ \t]*(?:\n|\Z)", re.MULTILINE).search(text, start) if start else None
    if end is None:
        message = "The front matter begins here and does not end. Put a line --- below its last key."
        faults.append(yaml.Fault(yaml.SYNTAX, 1, 1, message))
        return None, text, 1
    front = yaml.load(text[start : end.start()].encode(), first_line=2)
    return front, text[end.end() :], 1 + text.count("\n", 0, end.end())


_SCHEME: Final = re.compile(r"\s*(javascript|vbscript|data|file)\s*:", re.IGNORECASE)
_ATTRIBUTES: Final = re.compile(r"\{:?[ ]*([^}\n ][^}\n]*)\}")
_HEADING_ATTRIBUTES: Final = re.compile(r"[ ]+\{:?[ ]*([^}\n ][^\n]*)\}[ ]*$")
_HANDLER: Final = re.compile(r"(?<![\w-])(on[a-z]+)\s*=", re.IGNORECASE)
_ID: Final = re.compile(r"(?:^|\s)#([^\s}=]+)|(?:^|\s)id=[\"']?([^\s\"'}]+)")


class _Page:
    """What is on one page: one walk over its tokens."""

    def __init__(self, body: str, first_line: int) -> None:
        self._lines = body.split("\n")
        self._first_line = first_line
        self._titles: list[tuple[int, str, str, int]] = []
        self.links: list[Link] = []
        self.tables: list[Table] = []
        self.ids: set[str] = set()
        self.html: list[tuple[int, str]] = []
        tokens = _parser().parse(body)
        for index, token in enumerate(tokens):
            if token.type == "heading_open":
                self._heading(token, tokens[index + 1])
            elif token.type == "table_open":
                self._table(tokens, index)
            elif token.type == "inline":
                self._inline(token)
            elif token.type == "html_block":
                self._raw(token.content, self._line(token), 1)
            elif token.type == "fence":
                self._attributes(token.info, self._line(token))
        self.headings = tuple(self._anchored())

    def _line(self, token: Token) -> int:
        return self._first_line + (token.map[0] if token.map else 0)

    def _heading(self, token: Token, inline: Token) -> None:
        text = plain(inline.children or [])
        anchor = ""
        found = _HEADING_ATTRIBUTES.search(text)
        if found:
            text = text[: found.start()].rstrip("#").rstrip()
            anchor = _identifier(found[1])
        self._titles.append((int(token.tag[1]), " ".join(text.split()), anchor, self._line(token)))

    def _anchored(self) -> Iterator[Heading]:
        """Headings with their anchors, which depend on every id that somebody chose on the page."""
        self.ids.update(anchor for _, _, anchor, _ in self._titles if anchor)
        for level, text, anchor, line in self._titles:
            yield Heading(level, text, anchor or _unique(slug(text), self.ids), line)

    def _table(self, tokens: list[Token], start: int) -> None:
        rows: list[Row] = []
        for index in range(start, len(tokens)):
            token = tokens[index]
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                cells: list[str] = []
                line = self._line(token)
            elif token.type == "inline":
                cells.append(token.content)
            elif token.type == "tr_close":
                rows.append(Row(tuple(cells), line))
        heading = self._titles[-1][1] if self._titles else ""
        self.tables.append(Table(rows[0].cells, tuple(rows[1:]), heading, rows[0].line))

    def _inline(self, token: Token) -> None:
        children = token.children or []
        for index, child in enumerate(children):
            if child.type == "link_open":
                target = str(child.attrs.get("href", ""))
                self._link(token, child, target, plain(_inside(children, index)), image=False)
            elif child.type == "image":
                self._link(token, child, str(child.attrs.get("src", "")), plain(child.children or []), image=True)
            elif child.type == "html_inline":
                line, column = self._place(token, child)
                self._raw(child.content, line, column)
            elif child.type == "text":
                self._attributes(child.content, self._line(token))

    def _link(self, inline: Token, token: Token, target: str, text: str, *, image: bool) -> None:
        line, column = self._place(inline, token)
        self._add(Link(target, text, line, column, image))

    def _add(self, link: Link) -> None:
        self.links.append(link)
        if found := _SCHEME.match(link.target):
            self.html.append((link.line, f"{found[1].lower()}: link"))

    def _place(self, inline: Token, token: Token) -> tuple[int, int]:
        """Where an inline token begins. A block's content lost its indentation and its `>` and `-`: find it again."""
        offset = token.meta.get("offset", 0)
        before = inline.content.count("\n", 0, offset)
        start = inline.content.rfind("\n", 0, offset) + 1
        row = (inline.map[0] if inline.map else 0) + before
        source = self._lines[row] if row < len(self._lines) else ""
        content = inline.content[start:].split("\n", 1)[0]
        found = source.find(content)
        return self._first_line + row, max(found, 0) + offset - start + 1

    def _attributes(self, text: str, line: int) -> None:
        """Attribute lists of Python-Markdown: ids, and scripts."""
        for found in _ATTRIBUTES.finditer(text):
            if identifier := _identifier(found[1]):
                self.ids.add(identifier)
            for handler in _HANDLER.finditer(found[1]):
                self.html.append((line, f"{handler[1].lower()} attribute"))

    def _raw(self, html: str, line: int, column: int) -> None:
        reader = _Html()
        reader.feed(html)
        reader.close()
        for (row, _), what in reader.found:
            self.html.append((line + row - 1, what))
        self.ids.update(reader.ids)
        for (row, at), target, text, image in reader.links:
            self._add(Link(target, text, line + row - 1, at + (column if row == 1 else 1), image))


class _Html(HTMLParser):
    """Elements, ids and links of raw HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[tuple[int, int], str]] = []
        self.ids: list[str] = []
        self.links: list[tuple[tuple[int, int], str, str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((self.getpos(), f"<{tag}>"))
        for name, value in attrs:
            if name.startswith("on"):
                self.found.append((self.getpos(), f"{name} attribute"))
            if value and (name == "id" or (name == "name" and tag == "a")):
                self.ids.append(value)
            if value and name in ("href", "src"):
                self.links.append((self.getpos(), value, dict(attrs).get("alt") or "", name == "src"))

    def handle_comment(self, data: str) -> None:
        self.found.append((self.getpos(), "<!--"))

    def handle_decl(self, decl: str) -> None:
        self.found.append((self.getpos(), "<!"))

    def handle_pi(self, data: str) -> None:
        self.found.append((self.getpos(), "<?"))


def plain(tokens: list[Token]) -> str:
    """The text of inline tokens without markup; images and raw HTML have none."""
    parts = []
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
    return "".join(parts)


def _inside(children: list[Token], index: int) -> list[Token]:
    level = children[index].level
    for end in range(index + 1, len(children)):
        if children[end].type == "link_close" and children[end].level == level:
            return children[index + 1 : end]
    return children[index + 1 :]


def slug(text: str) -> str:
    """The anchor of a heading before it is made unique, as Python-Markdown's default `slugify` makes it."""
    value = unicodedata.normalize("NFKD", unescape(text)).encode("ascii", "ignore").decode("ascii")
    value = re.sub(r"[^\w\s-]", "", value).strip().lower()
    return re.sub(r"[-\s]+", "-", value)


def _unique(anchor: str, taken: set[str]) -> str:
    """`anchor`, or with the first free suffix `_1`, `_2` …; added to `taken`."""
    if anchor in taken or not anchor:
        found = re.fullmatch(r"(.*)_([0-9]+)", anchor)
        base, count = (found[1], int(found[2])) if found else (anchor, 0)
        count += 1
        while f"{base}_{count}" in taken:
            count += 1
        anchor = f"{base}_{count}"
    taken.add(anchor)
    return anchor


def _identifier(attributes: str) -> str:
    found = _ID.search(attributes)
    return (found[1] or found[2]) if found else ""


@cache
def _parser() -> MarkdownIt:
    """CommonMark with tables, keeping every address as written and where each inline element begins."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    # Python-Markdown makes links of `javascript:` too: they must be seen to be refused.
    parser.validateLink = lambda url: bool(url) or True  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    from markdown_it.rules_inline import autolink, html_inline, image, link

    for name, rule in (("link", link), ("image", image), ("autolink", autolink), ("html_inline", html_inline)):
        parser.inline.ruler.at(name, _recording(rule))
    return parser


def _recording(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    def recorded(state: StateInline, silent: bool) -> bool:
        offset, count = state.pos, len(state.tokens)
        matched = rule(state, silent)
        if matched and not silent:
            for token in state.tokens[count:]:
                if token.type in ("link_open", "image", "html_inline"):
                    token.meta["offset"] = offset
                    break
        return matched

    return recorded
