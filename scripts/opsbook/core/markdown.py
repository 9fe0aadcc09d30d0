"""Pages that people write, read with positions: headings, anchors, links, tables, raw HTML, front matter."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from opsbook.core import gfm, yaml
from opsbook.core.comment import SIGN, Comment
from opsbook.core.markdown_comments import BEGIN, taken_out
from opsbook.core.rawhtml import marks

if TYPE_CHECKING:
    from markdown_it.token import Token

LIMIT: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its level 1 to 6, its text without markup, its anchor on the page, its line.

    Attributes:
        former: the anchor that it had on the site before that followed GitHub, or that the page chose itself
            (`{#here}`); it goes on working.
    """

    level: int
    text: str
    anchor: str
    line: int
    former: str = ""


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
    """The cells of one row of a table, as Markdown text, its line, and the column in which each begins."""

    cells: tuple[str, ...]
    line: int
    columns: tuple[int, ...] = ()


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
    ) -> None:
        self.front = front
        self.faults = tuple(faults)
        self._numbers: Sequence[int] = range(first_line, first_line + body.count("\n") + 1)
        self._comments: tuple[Comment, ...] = ()
        if SIGN in body:
            body, self._numbers, self._comments = taken_out(body, self._numbers, lambda text: gfm.parsed(text).tokens)
        self.body = body

    @cached_property
    def _page(self) -> _Page:
        return _Page(self.body, self._numbers)

    @property
    def first_line(self) -> int:
        """The line of the file on which `body` begins."""
        return self._numbers[0]

    def line(self, row: int) -> int:
        """The line of the file that holds a row of `body`, counted from 0."""
        return self._numbers[row]

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
    def former_anchors(self) -> Mapping[str, str]:
        """The anchor of today for each that went."""
        return {heading.former: heading.anchor for heading in self.headings if heading.former not in self.anchors}

    @property
    def parsed(self) -> gfm.Parsed:
        """The tokens of the page, for who prints it."""
        return self._page.parsed

    @property
    def html(self) -> tuple[tuple[int, str], ...]:
        """The line of each raw HTML element, comment or scripting link, and what it is.

        For rules that refuse some of them: `<div>`, `</div>` without a beginning, `<!--`, `javascript: link`,
        `onclick attribute`.
        """
        return self._page.html


def parse(data: bytes, *, limit: int = LIMIT) -> Markdown:
    """Read a Markdown file. Never raises, whatever the bytes are.

    Args:
        limit: bytes that the file may have.
    """
    if len(data) > limit:
        message = f"The file is larger than {limit // 1000} kB. Split it, and keep data out of pages."
        return Markdown(None, "", (yaml.Fault(yaml.UNREADABLE, 1, 1, message),))
    text, faults = yaml.readable(data)
    if text is None:
        return Markdown(None, "", faults)
    front, body, first_line = _split(text, faults)
    return Markdown(front, body, faults, first_line)


def html(body: str) -> str:
    """What a text says, as HTML: equal for texts that say the same. Not for showing it to anybody."""
    return str(gfm.parser().render(body))


def verbatim_lines(body: str) -> set[int]:
    """The lines, from 0, whose white space belongs to the text: code and raw HTML."""
    blocks = [token.map for token in gfm.parsed(body).tokens if token.type in ("fence", "code_block", "html_block")]
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
_CHOSEN: Final = re.compile(r" \{:?[ ]*(?:[^}\n]*[ ])?(?:#|id=[\"']?)([^\s\"'}]+)[^}\n]*\}$")
"""An anchor that a heading chooses itself, as Python-Markdown's `attr_list` read it."""


class _Page:
    """What is on one page: one walk over its tokens.

    Args:
        numbers: the line in the file of each line of `body`.
    """

    def __init__(self, body: str, numbers: Sequence[int]) -> None:
        self._lines = body.split("\n")
        self._numbers = numbers
        self._row = self._cell = 0  # in a table: the row, and the offset in its line behind the cells read so far
        self._raw_ids: set[str] = set()
        self._open: Counter[str] = Counter()
        self._links: list[Link] = []
        self._tables: list[Table] = []
        self._headings: list[Heading] = []
        self._anchors, self._former = gfm.Anchors(), gfm.FormerAnchors()
        self._html: list[tuple[int, str]] = []
        self.parsed = gfm.parsed(body)
        tokens = self.parsed.tokens
        for index, token in enumerate(tokens):
            if token.type == "heading_open":
                self._heading(token, tokens[index + 1])
            elif token.type == "table_open":
                self._table(tokens, index)
            elif token.type == "inline":
                self._inline(token, cell=tokens[index - 1].type in ("th_open", "td_open"))
            elif token.type == "html_block":
                row = token.map[0] if token.map else 0
                self._raw(token.content, 0, _Places(token.content, self._lines, row, numbers, 0))
        self.headings = tuple(self._headings)
        self.anchors = frozenset((*self._raw_ids, *(heading.anchor for heading in self.headings)))
        self.links = tuple(sorted(self._links, key=lambda link: (link.line, link.column)))
        self.tables = tuple(self._tables)
        self.html = tuple(sorted(self._html, key=lambda found: found[0]))

    def _line(self, token: Token) -> int:
        return self._numbers[token.map[0] if token.map else 0]

    def _heading(self, token: Token, inline: Token) -> None:
        text = " ".join(gfm.plain(inline.children or []).split())
        anchor = self._anchors.unique(text)
        found = _CHOSEN.search(text)
        former = found[1] if found else self._former.unique(text)
        if found:
            text = text[: found.start()].rstrip()
        self._headings.append(Heading(int(token.tag[1]), text, anchor, self._line(token), former))

    def _table(self, tokens: list[Token], start: int) -> None:
        rows: list[Row] = []
        cells: list[str] = []
        line, source = 0, ""
        for index in range(start, len(tokens)):
            token = tokens[index]
            if token.type == "table_close":
                break
            if token.type == "inline":
                cells.append(token.content)
            elif token.type == "tr_close":
                rows.append(Row(tuple(cells), line, _columns(source, len(cells))))
                cells = []
            elif token.type == "tr_open":
                line, source = self._line(token), self._lines[token.map[0] if token.map else 0]
        heading = self._headings[-1].text if self._headings else ""
        self._tables.append(Table(rows[0].cells, tuple(rows[1:]), heading, rows[0].line))

    def _inline(self, token: Token, *, cell: bool) -> None:
        """The links and the HTML of a paragraph, heading or cell."""
        content, children = token.content, token.children or []
        row = token.map[0] if token.map else 0
        if cell and row != self._row:
            self._row, self._cell = row, 0
        places = _Places(content, self._lines, row, self._numbers, self._cell if cell else 0)
        if cell:
            self._cell = places.end
        at = 0
        for index, child in enumerate(children):
            if child.type == "html_inline":
                found = content.find(child.content, at)
                at = found + len(child.content)
                self._raw(child.content, found, places)
            elif "offset" in child.meta:
                start, at = child.meta["offset"], max(at, child.meta["end"] if child.type != "link_open" else at)
                if child.type == "link_open":
                    target, text = str(child.attrs.get("href", "")), gfm.plain(_inside(children, index))
                    self._add(Link(target, text, *places.place(start)))
                elif child.type == "image":
                    target, text = str(child.attrs.get("src", "")), gfm.plain(child.children or [])
                    self._add(Link(target, text, *places.place(start), image=True))

    def _raw(self, text: str, offset: int, places: _Places) -> None:
        """HTML that begins at an offset of a block."""
        for mark in marks(text):
            line, column = places.place(offset + mark.offset)
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

    def _add(self, link: Link) -> None:
        self._links.append(link)
        if found := _SCHEME.match(_IGNORED.sub("", link.target)):
            self._html.append((link.line, f"{found[1].lower()}: link"))


_BAR: Final = re.compile(r"(?<!\\)\|[ \t]*")


def _columns(source: str, count: int) -> tuple[int, ...]:
    """Where so many cells of a row begin in its line, from 1; those that are missing, where the line ends."""
    bars = list(_BAR.finditer(source))
    bare = not bars or source[: bars[0].start()].strip(" \t>")
    first = [len(source) - len(source.lstrip(" \t>")) + 1] if bare else []
    return tuple([*first, *(bar.end() + 1 for bar in bars), *[len(source) + 1] * count][:count])


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


def _inside(children: list[Token], index: int) -> list[Token]:
    """The tokens between the link that opens at an index and its end."""
    level = children[index].level
    for end in range(index + 1, len(children)):
        if children[end].type == "link_close" and children[end].level == level:
            return children[index + 1 : end]
    return children[index + 1 :]
