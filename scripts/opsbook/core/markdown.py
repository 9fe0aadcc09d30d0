"""Runbooks and reports, read with positions: headings, anchors, links, tables, raw HTML, front matter.

The text is read as CommonMark with tables. Anchors are those that Python-Markdown's `toc` extension gives,
because MkDocs publishes the pages with it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from opsbook.core import yaml
from opsbook.core.comment import SIGN, Comment
from opsbook.core.markdown_comments import BEGIN, taken_out
from opsbook.core.rawhtml import marks

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
        body: the text below the front matter, without comments that allow a finding.
        faults: what is wrong with the text itself (YML001), or with the fence of the front matter (YML002).
            Faults inside the front matter are in `front.faults`.
    """

    def __init__(
        self,
        front: yaml.Document | None,
        body: str,
        faults: Sequence[yaml.Fault] = (),
        first_line: int = 1,
        *,
        attributes: bool = False,
    ) -> None:
        self.front = front
        self.faults = tuple(faults)
        self._attributes = attributes
        self._numbers: Sequence[int] = range(first_line, first_line + body.count("\n") + 1)
        self._comments: tuple[Comment, ...] = ()
        if SIGN in body:
            body, self._numbers, self._comments = taken_out(body, self._numbers, _parser().parse)
        self.body = body

    @cached_property
    def _page(self) -> _Page:
        return _Page(self.body, self._numbers, with_attributes=self._attributes)

    @property
    def first_line(self) -> int:
        """The line of the file on which `body` begins."""
        return self._numbers[0]

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """The comments below the front matter that allow a finding, by line; those that are torn stay in `body`."""
        if SIGN not in self.body:
            return self._comments
        lines = dict(zip(self._numbers, self.body.split("\n"), strict=True))
        torn = {
            line: Comment(line, found.start() + 1, "", line, torn=True)
            for line, what in self.html
            if what == "<!--" and (found := BEGIN.search(lines[line]))
        }
        return tuple(sorted((*self._comments, *torn.values()), key=lambda comment: (comment.line, comment.column)))

    @cached_property
    def outline(self) -> tuple[tuple[int, str, int], ...]:
        """Level, text and line of each heading: for rules about thousands of reports, which need nothing else.

        Where each heading is plain words on a line of its own, the page is not read for it.
        """
        plain = _plain_outline(self.body, self._numbers)
        return tuple((h.level, h.text, h.line) for h in self.headings) if plain is None else tuple(plain)

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings, in order."""
        return self._page.headings

    @property
    def links(self) -> tuple[Link, ...]:
        """Links and images, in order."""
        return self._page.links

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables, in order."""
        return self._page.tables

    @property
    def anchors(self) -> frozenset[str]:
        """The anchors of headings, and every other id on the page."""
        return self._page.anchors

    @property
    def html(self) -> tuple[tuple[int, str], ...]:
        """The line of each raw HTML element, comment or scripting link, and what it is.

        For rules that refuse some of them: `<div>`, `</div>` without a beginning, `<!--`, `javascript: link`,
        `onclick attribute`. Where the site's converter may not read code as code, HTML in it counts.
        """
        return self._page.html


def parse(data: bytes, *, limit: int = LIMIT, attributes: bool = False) -> Markdown:
    """Read a Markdown file. Never raises, whatever the bytes are.

    Args:
        limit: bytes that the file may have.
        attributes: the site is built with Python-Markdown's `attr_list`, so `## Title {#anchor}` sets an
            anchor.
    """
    if len(data) > limit:
        message = f"The file is larger than {limit // 1000} kB. Split it, and keep data out of pages."
        return Markdown(None, "", (yaml.Fault(yaml.UNREADABLE, 1, 1, message),))
    text, faults = yaml.readable(data)
    if text is None:
        return Markdown(None, "", faults)
    front, body, first_line = _split(text, faults)
    return Markdown(front, body, faults, first_line, attributes=attributes)


def html(body: str) -> str:
    """What a text says, as HTML: equal for texts that say the same. Not for showing it to anybody."""
    return str(_parser().render(body))


def verbatim_lines(body: str) -> set[int]:
    """The lines, from 0, whose white space belongs to the text: code and raw HTML."""
    blocks = [token.map for token in _parser().parse(body) if token.type in ("fence", "code_block", "html_block")]
    return {line for start, end in filter(None, blocks) for line in range(start, end)}


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
    if not isinstance(front.value, dict) and not front.faults:
        # MkDocs would publish such lines as text.
        message = "The front matter holds no keys. Write keys and values there, or remove both lines ---."
        faults.append(yaml.Fault(yaml.SYNTAX, 1, 1, message))
    return front, text[end.end() :], 1 + text.count("\n", 0, end.end())


_PLAIN_HEADING: Final = re.compile(r"(#{1,6}) +([^ #`*_\[\]&{}\\\t][^#`*_\[\]&{}\\\t]*)")
_MARKERS: Final = " \t>*+-.)0123456789"
"""What stands before the text of a line in lists and quotations, and indents it."""


def _plain_outline(body: str, numbers: Sequence[int]) -> list[tuple[int, str, int]] | None:
    """The headings of a page, from its lines; None when only a parser can tell which they are and what they say."""
    if "<" in body or "```" in body or "~~~" in body:
        return None
    found = []
    for number, line in zip(numbers, body.split("\n"), strict=True):
        if line.startswith("#"):
            heading = _PLAIN_HEADING.fullmatch(line)
            if heading is None:
                return None
            found.append((len(heading[1]), " ".join(heading[2].split()), number))
        elif "#" in line and line.lstrip(_MARKERS).startswith("#"):
            return None
        elif line and not line.strip(_MARKERS + "=") and line.strip(" \t"):
            return None  # it may make a heading of the line above
    return found


_IGNORED: Final = re.compile(r"[\x00-\x20]")
"""What a browser leaves out of the scheme of an address."""
_SCHEME: Final = re.compile(r"(javascript|vbscript|data|file):", re.IGNORECASE)
_ATTRIBUTES: Final = re.compile(r"\{:?([^{}\n]+)\}")
_HEADING_ATTRIBUTES: Final = re.compile(r" \{:?[ ]*([^}\n ][^\n]*)\}$")
_HANDLER: Final = re.compile(r"(?<![\w-])(on[a-z]+)\s*=", re.IGNORECASE)
_ID: Final = re.compile(r"(?:^|\s)#([^\s}=]+)|(?:^|\s)id=[\"']?([^\s\"'}]+)")
_COUNTED: Final = re.compile(r"(.*)_([0-9]+)", re.DOTALL)
_POINTED: Final = re.compile(r"\]\(\s*<[^<>\n]*>[^()]*\)\Z")
"""The address of a link in angle brackets, and the end of the link."""
_FENCE: Final = re.compile(r"^[ \t>]*(?:```|~~~)", re.MULTILINE)
_SIMPLE_FENCE: Final = re.compile(r"\.?[\w#.+-]*(?:\s+[a-zA-Z]\w*=\"[^\"]*\")*")
"""What may stand behind the opening fence of code so that every Markdown reads it as code."""


class _Page:
    """What is on one page: one walk over its tokens.

    Args:
        numbers: the line in the file of each line of `body`.
    """

    def __init__(self, body: str, numbers: Sequence[int], *, with_attributes: bool) -> None:
        self._lines = body.split("\n")
        self._numbers = numbers
        self._with_attributes = with_attributes
        self._row = self._cell = 0  # in a table: the row, and the offset in its line behind the cells read so far
        self._titles: list[tuple[int, str, str, int]] = []
        self._chosen: set[str] = set()  # ids of attribute lists, which headings must not repeat
        self._raw_ids: set[str] = set()
        self._open: Counter[str] = Counter()
        self._links: list[Link] = []
        self._tables: list[Table] = []
        self._html: list[tuple[int, str]] = []
        tokens = _parser().parse(body)
        # Some code may not be code on the site: then all of the page is searched for HTML.
        self._doubtful = any(
            not self._is_code(token) if token.type == "fence" else _FENCE.search(token.content) for token in tokens
        )
        if self._doubtful:
            self._raw(body, _Places(body, self._lines, 0, numbers, 0), closed=False)
        for index, token in enumerate(tokens):
            if token.type == "heading_open":
                self._heading(token, tokens[index + 1])
            elif token.type == "table_open":
                self._table(tokens, index)
            elif token.type == "inline":
                self._inline(token, cell=tokens[index - 1].type in ("th_open", "td_open"))
            elif token.type in ("html_block", "code_block") and not self._doubtful:
                # Indented lines are code here, and text in an admonition or a list of Python-Markdown.
                row = token.map[0] if token.map else 0
                places = _Places(token.content, self._lines, row, numbers, 0)
                self._raw(token.content, places, closed=False)
        self.headings = tuple(self._anchored())
        self.anchors = frozenset((*self._chosen, *self._raw_ids, *(heading.anchor for heading in self.headings)))
        self.links = tuple(sorted(self._links, key=lambda link: (link.line, link.column)))
        self.tables = tuple(self._tables)
        self.html = tuple(sorted(self._html, key=lambda found: found[0]))

    def _line(self, token: Token) -> int:
        return self._numbers[token.map[0] if token.map else 0]

    def _heading(self, token: Token, inline: Token) -> None:
        text = _plain(inline.children or [])
        anchor = ""
        found = _HEADING_ATTRIBUTES.search(text.rstrip(" "))
        if found and self._with_attributes:
            text = text[: found.start()].rstrip().rstrip("#").rstrip()
            anchor = _identifier(found[1])
        self._titles.append((int(token.tag[1]), " ".join(text.split()), anchor, self._line(token)))

    def _anchored(self) -> Iterator[Heading]:
        """Headings with their anchors, which depend on every id that somebody chose on the page."""
        anchors = _Anchors({*self._chosen, *(anchor for _, _, anchor, _ in self._titles if anchor)})
        for level, text, anchor, line in self._titles:
            yield Heading(level, text, anchor or anchors.unique(slug(text)), line)

    def _table(self, tokens: list[Token], start: int) -> None:
        rows: list[Row] = []
        cells: list[str] = []
        line = 0
        for index in range(start, len(tokens)):
            token = tokens[index]
            if token.type == "table_close":
                break
            if token.type == "inline":
                cells.append(token.content)
            elif token.type == "tr_close":
                rows.append(Row(tuple(cells), line))
                cells = []
            elif token.type == "tr_open":
                line = self._line(token)
        heading = self._titles[-1][1] if self._titles else ""
        self._tables.append(Table(rows[0].cells, tuple(rows[1:]), heading, rows[0].line))

    def _inline(self, token: Token, *, cell: bool) -> None:
        """The links of a paragraph, heading or cell, and the HTML between its code spans."""
        content, children = token.content, token.children or []
        row = token.map[0] if token.map else 0
        if cell and row != self._row:
            self._row, self._cell = row, 0
        places = _Places(content, self._lines, row, self._numbers, self._cell if cell else 0)
        if cell:
            self._cell = places.end
        inert: list[tuple[int, int]] = []
        for index, child in enumerate(children):
            if "offset" not in child.meta:
                continue
            start, end = child.meta["offset"], child.meta["end"]
            if child.type == "link_open":
                target, text = str(child.attrs.get("href", "")), _plain(_inside(children, index))
                self._add(Link(target, text, *places.place(start)))
            elif child.type == "image":
                target, text = str(child.attrs.get("src", "")), _plain(child.children or [])
                self._add(Link(target, text, *places.place(start), image=True))
            if child.type == "code_inline" or child.info == "auto":
                if "\n" not in content[start:end]:
                    inert.append((start, end))
            elif found := _POINTED.match(content, content.rfind("](", start, end), end):
                inert.append(found.span())
        text = _blanked(content, inert)
        # Where a backquote is left over, or code has two lines, parsers differ about what is code.
        if not self._doubtful:
            self._raw(content if "`" in text else text, places, closed=True)

    def _is_code(self, token: Token) -> bool:
        """Whether Python-Markdown with superfences too reads a fence as code, not as text with live HTML."""
        row, end = token.map or (0, 1)
        first, last = self._lines[row], self._lines[end - 1]
        before = first[: first.find(token.markup)]
        closed = end - row > 1 and last.rstrip(" \t") == before + token.markup
        return closed and not before.strip(" >") and _SIMPLE_FENCE.fullmatch(token.info.strip()) is not None

    def _raw(self, text: str, places: _Places, *, closed: bool) -> None:
        """HTML and attribute lists of a text.

        Args:
            closed: only tags with their `>` count.
        """
        for mark in marks(text, doubtful=self._doubtful):
            if closed and not mark.closed:
                continue
            line, column = places.place(mark.offset)
            if mark.id:
                self._raw_ids.add(mark.id)
            elif mark.address:
                self._add(Link(mark.address, mark.alt, line, column, image=bool(mark.alt)))
            elif not mark.what.startswith("</"):
                self._open[mark.what[1:-1]] += 1
                self._html.append((line, mark.what))
            else:
                self._open[mark.what[2:-1]] -= 1
                if self._open[mark.what[2:-1]] < 0:
                    self._html.append((line, mark.what))
        for found in _ATTRIBUTES.finditer(text):
            if self._with_attributes and (identifier := _identifier(found[1])):
                self._chosen.add(identifier)
            self._handlers(found[1], places.place(found.start())[0])

    def _handlers(self, attributes: str, line: int) -> None:
        for handler in _HANDLER.finditer(attributes):
            self._html.append((line, f"{handler[1].lower()} attribute"))

    def _add(self, link: Link) -> None:
        self._links.append(link)
        if found := _SCHEME.match(_IGNORED.sub("", link.target)):
            self._html.append((link.line, f"{found[1].lower()}: link"))


class _Places:
    """Where the characters of a block lie in the file: its lines lost indentation, `>` and `-`."""

    def __init__(self, content: str, lines: list[str], row: int, numbers: Sequence[int], cell: int) -> None:
        self._row = row
        self._numbers = numbers
        self._starts: list[int] = []
        self._columns: list[int] = []
        self._escaped = ""
        self.end = 0  # of the last line, in its line of the file
        start = 0
        for number, text in enumerate(content.split("\n")):
            source = lines[row + number] if row + number < len(lines) else ""
            first = source.find(text, cell)
            if first < 0 and "|" in text:
                # In a cell of a table a vertical bar is escaped.
                first = source.find(text.replace("|", "\\|"), cell)
                self._escaped = content
            self._starts.append(start)
            self._columns.append(max(first, 0))
            self.end = self._columns[-1] + len(text) + (text.count("|") if self._escaped else 0)
            start += len(text) + 1

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset in the content."""
        number = bisect_right(self._starts, offset) - 1
        start = self._starts[number]
        bars = self._escaped.count("|", start, offset) if self._escaped else 0
        line = self._numbers[min(self._row + number, len(self._numbers) - 1)]
        return line, self._columns[number] + offset - start + bars + 1


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with spaces in the place of some spans."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if end > at:
            start = max(start, at)
            parts += (text[at:start], re.sub(r"[^\n]", " ", text[start:end]))
            at = end
    return "".join((*parts, text[at:]))


def _plain(tokens: list[Token]) -> str:
    """The text of inline tokens without markup; images and raw HTML have none."""
    return "".join(
        token.content if token.type in ("text", "code_inline") else "\n"
        for token in tokens
        if token.type in ("text", "code_inline", "softbreak", "hardbreak")
    )


def _inside(children: list[Token], index: int) -> list[Token]:
    """The tokens between the link that opens at an index and its end."""
    level = children[index].level
    for end in range(index + 1, len(children)):
        if children[end].type == "link_close" and children[end].level == level:
            return children[index + 1 : end]
    return children[index + 1 :]


def slug(text: str) -> str:
    """The anchor of a heading before it is made unique, as Python-Markdown's default `slugify` makes it."""
    value = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    value = re.sub(r"[^\w\s-]", "", value).strip().lower()
    return re.sub(r"[-\s]+", "-", value)


class _Anchors:
    """Unique anchors of one page, as Python-Markdown's `toc` counts them: `_1`, `_2` … behind the first."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._runs: dict[str, int] = {}  # base to the highest n for which base_1 to base_n are all taken

    def unique(self, anchor: str) -> str:
        """`anchor`, or with the first free suffix."""
        if anchor in self._taken or not anchor:
            found = _COUNTED.fullmatch(anchor)
            base, count = (found[1], int(found[2])) if found else (anchor, 0)
            run = self._runs.get(base, 0)
            within = count <= run
            count = (run if within else count) + 1
            while f"{base}_{count}" in self._taken:
                count += 1
            if within:
                self._runs[base] = count
            anchor = f"{base}_{count}"
        self._taken.add(anchor)
        return anchor


def _identifier(attributes: str) -> str:
    found = _ID.search(attributes)
    return (found[1] or found[2]) if found else ""


@cache
def _parser() -> MarkdownIt:
    """CommonMark with tables, noting addresses as written and where each inline element begins and ends."""
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import autolink, backtick, image, link

    parser = MarkdownIt("commonmark").enable("table")
    # Python-Markdown makes links of `javascript:` too: they must be seen to be refused.
    parser.validateLink = lambda url: bool(url) or True  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    for name, rule in (("link", link), ("image", image), ("autolink", autolink), ("backticks", backtick)):
        parser.inline.ruler.at(name, _recording(rule))
    return parser


def _recording(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """A rule that also notes the extent of what it found."""

    def recorded(state: StateInline, silent: bool) -> bool:
        offset, count = state.pos, len(state.tokens)
        matched = rule(state, silent)
        if matched and not silent:
            for token in state.tokens[count:]:
                if token.type in ("link_open", "image", "code_inline"):
                    token.meta.setdefault("offset", offset)
                    token.meta.setdefault("end", state.pos)
                    break
        return matched

    return recorded
