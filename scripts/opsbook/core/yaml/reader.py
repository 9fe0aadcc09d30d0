"""YAML text to plain values, by the events of libyaml and a stack of our own, so that depth needs no
recursion.

The subset (design, section 5): UTF-8, LF, no byte order mark; one document; no anchors, aliases, tags,
merge keys or directives; string keys, each once. A plain scalar is special only when it is one of

* `null`, `~` or nothing; `true`, `false`, in lower case;
* an integer `[-+]?(0|[1-9][0-9]*)` of at most 640 digits (Python refuses to convert more);
* a finite float of YAML 1.2 without leading zeros: `1.5`, `.5`, `1.`, `1e3`.

Everything else is a string: `no`, `True`, `10:05`, `0123`, `0x1F`, `1_000`, `.inf`, `.nan`, `1e999`,
    `2026-11-21`.

Beyond YAML, text that it would drop without a word is refused: a comment glued to its `#` behind a value
(`channel: #incidents`, `title: Fix #12`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from opsbook.core.comment import Comment
from opsbook.core.text import hidden_characters
from opsbook.core.yaml import syntax
from opsbook.core.yaml.nodes import ABYSS, Lines, Places, comments, gaps, nodes

UNREADABLE: Final = "YML001"
SYNTAX: Final = "YML002"
KEY: Final = "YML003"
FORBIDDEN: Final = "YML004"
DEEP: Final = "YML005"

LIMIT: Final = 65536
LEVELS: Final = 16

_FLOOD: Final = 100
"""Faults that one file may report: people repair the first ones, and a hostile file must not fill a log."""

_HIDDEN_FLOOD: Final = 20

_ASCII_TEXT: Final = bytes((9, 10, *range(32, 127)))
_SPECIALS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_ODD_KEYS: Final = frozenset((*_SPECIALS, "<<"))
_NUMBER_START: Final = frozenset("0123456789+-.")
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,639})")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_MAY_LOSE: Final = (
    re.compile(rb"#(?:(?<=[ \t]#)#*[^# \t\n]|(?<=[^\w\s/.#]#))"),
    re.compile(rb"\?(?<=[\s\[{,]\?)\S"),
)
"""Cheap signs that a text may hold one of `_LOST`; each begins with a literal, so the search is fast."""
_LOST: Final = re.compile(r"(?P<comment>(?<!\S)#[^\n]*)|(?P<glued>#[^\n]*)|(?P<question>\?(?=\S|\Z))")
"""Between scalars: a comment, a comment without a space before it, a question mark without one behind it."""
_WORD: Final = re.compile(r"#+[^#\s]")


class Fault(NamedTuple):
    """One thing that is wrong with a text.

    Attributes:
        code: YML001 not readable text, YML002 syntax, YML003 keys, YML004 forbidden feature, YML005 too deep.
        line: 1-based; column: 1-based, in characters.
        message: what is wrong and what to write instead.
    """

    code: str
    line: int
    column: int
    message: str


class Document:
    """A YAML text that was read: plain values, and what is wrong with it.

    Attributes:
        value: dict, list, str, int, float, bool or None; None too when the text cannot be read.
        faults: by line. A value with faults is what could be read of it: the first of duplicate keys, the
            value under an anchor or tag, None for an alias and for what lies too deep.
    """

    __slots__ = ("_data", "_first_line", "_places", "faults", "value")

    def __init__(self, value: Any, faults: Sequence[Fault], data: bytes, first_line: int) -> None:
        self.value = value
        self.faults = tuple(faults)
        self._data = data
        self._first_line = first_line
        self._places: Places | None = None

    def place(self, loc: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
        """The line and column of the value at `loc`, or of its key; of the nearest ancestor if it does not
        exist.

        The first call reads the text a second time, so that a file without findings never pays for positions.
        """
        if self._places is None:
            self._places = Places(self._data.decode(), self._first_line)
        return self._places.find(tuple(loc), key)

    def comments(self) -> list[Comment]:
        """Every comment, in order; what looks like one inside a value is none. Reads the text another time."""
        text = self._data.decode()
        root = nodes(text)
        found: list[Comment] = []
        line, start = self._first_line, 0
        for at, end in comments(text, root):
            line += text.count("\n", start, at)
            start = at
            left = text.rfind("\n", 0, at) + 1
            alone = not text[left:at].strip(" \t")
            found.append(Comment(line, at - left + 1, text[at:end], line + alone))
        below: dict[int, int] = {}  # for each comment with a line of its own, from the last one up: what it is about
        for comment in reversed(found):
            if comment.alone:
                below[comment.line] = below.get(comment.about, comment.about)
        lines = Lines(text, self._first_line)
        ends = {lines.place(leaf.start)[0]: lines.place(leaf.end - 1)[0] for leaf in (root.leaves() if root else ())}
        about = [below.get(comment.line, comment.about) for comment in found]
        return [replace(comment, about=at, ends=ends.get(at, at)) for comment, at in zip(found, about, strict=True)]


def load(data: bytes, *, limit: int = LIMIT, levels: int = LEVELS, first_line: int = 1) -> Document:
    """Read YAML text. Never raises and never recurses, whatever the bytes are.

    Args:
        limit: bytes that the text may have.
        levels: mappings and lists that may lie inside one another.
        first_line: the line of the file on which `data` begins, for front matter.
    """
    if len(data) > limit:
        return Document(None, [Fault(UNREADABLE, first_line, 1, syntax.too_large(limit))], b"", first_line)
    if data.isascii() and not data.translate(None, _ASCII_TEXT):
        return _Reader(data, levels, first_line, []).read()
    text, faults = readable(data, first_line)
    if text is None:
        return Document(None, faults, b"", first_line)
    return _Reader(text.encode() if faults else data, levels, first_line, faults).read()


def readable(data: bytes, first_line: int = 1) -> tuple[str | None, list[Fault]]:
    """Decode text that people must be able to see: UTF-8, LF, no byte order mark, no hidden characters.

    Returns:
        The text, and the faults. Where there are faults the text has U+FFFD in the place of what cannot
        stay, and LF line ends, so that it can be read all the same; it is None when these bytes are not
        text at all.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data:
        message = "This is not UTF-8 text (it looks like UTF-16 or a binary file). Save it as UTF-8."
        return None, [Fault(UNREADABLE, first_line, 1, message)]
    faults: list[Fault] = []
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        message = "The file begins with a byte order mark. Save it as UTF-8 without BOM."
        faults.append(Fault(UNREADABLE, first_line, 1, message))
    text = _decoded(data, first_line, faults)
    if "\r" in text:
        line = first_line + text.count("\n", 0, text.index("\r"))
        message = "A line ends with a carriage return (as on Windows). Save the file with LF line ends."
        faults.append(Fault(UNREADABLE, line, 1, message))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    hidden = hidden_characters(text)
    if hidden:
        lines = Lines(text, first_line)
        for index, name in hidden[:_HIDDEN_FLOOD]:
            message = f"Hidden character {name}. It cannot be seen and can mislead: remove it."
            faults.append(Fault(UNREADABLE, *lines.place(index), message))
        if len(hidden) > _HIDDEN_FLOOD:
            message = f"{len(hidden) - _HIDDEN_FLOOD} more hidden characters follow."
            faults.append(Fault(UNREADABLE, *lines.place(hidden[_HIDDEN_FLOOD][0]), message))
        characters = list(text)
        for index, _ in hidden:
            characters[index] = "\ufffd"
        text = "".join(characters)
    return text, faults


def _decoded(data: bytes, first_line: int, faults: list[Fault]) -> str:
    """Decode UTF-8, with one fault for the first byte that is not."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = first_line + before.count(b"\n")
        column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
        message = f"Byte 0x{data[error.start]:02X} is not UTF-8. Save the file as UTF-8."
        faults.append(Fault(UNREADABLE, line, column, message))
        return data.decode(errors="replace")


class _Mark:
    """Stands in the place of a key."""


_KEY_NEXT: Final = _Mark()
"""In a mapping, the next scalar is a key."""
_ITEM: Final = _Mark()
"""In a list, every value is an item."""
_DROP: Final = _Mark()
"""The next value is read and thrown away."""


class _Reader:
    """One pass over the events of one text.

    A text can hold a feature that must be refused only if it holds its sign; most files hold none, and then
    the pass need not look at anchors, tags and escapes.
    """

    def __init__(self, data: bytes, levels: int, first_line: int, faults: list[Fault]) -> None:
        self._data = data
        self._levels = levels
        self._first_line = first_line
        self._faults = faults
        self._signs = any(sign in data for sign in (b"&", b"!", b"\\"))
        self._text: str | None = None

    def read(self) -> Document:
        """The document, its faults in the order of lines."""
        value: Any = None
        try:
            value = self._value()
        except YAMLError as error:
            index, message = syntax.explain(error, self._string())
            self._fault(FORBIDDEN if message in syntax.FORBIDDEN else SYNTAX, index, message)
        else:
            if any(sign.search(self._data) for sign in _MAY_LOSE):
                self._lost_text()
        self._faults.sort(key=lambda fault: (fault.line, fault.column))
        return Document(value, self._faults, self._data, self._first_line)

    def _value(self) -> Any:
        """The value of the one document. This loop is the hot path of a check of thousands of files."""
        event_of: Any = CParser(self._data).get_event
        signs = self._signs
        root: list[Any] = []
        stack: list[tuple[Any, Any]] = []
        current: Any = root
        key: Any = _ITEM
        deep = 0
        documents = 0
        while (event := event_of()) is not None:
            kind = type(event)
            if kind is ScalarEvent:
                if signs:
                    self._check_scalar(event)
                if deep:
                    continue
                value = event.value
                if key is _KEY_NEXT:
                    if not event.style and (value in _ODD_KEYS or value[0] in _NUMBER_START):
                        key = self._odd_key(event)
                    else:
                        key = value
                    if key in current:
                        self._fault(KEY, event.start_mark.index, syntax.duplicate(key))
                        key = _DROP
                    continue
                if not event.style:
                    if value in _SPECIALS:
                        value = _SPECIALS[value]
                    elif value[0] in _NUMBER_START:
                        value = _number(value)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if signs:
                    self._check_node(event)
                if deep:
                    deep += 1
                    if deep > ABYSS:
                        return None
                    continue
                if len(stack) >= self._levels:
                    self._fault(DEEP, event.start_mark.index, syntax.too_deep(self._levels))
                    deep = 1
                    continue
                value = {} if kind is MappingStartEvent else []
                if key is _ITEM:
                    current.append(value)
                elif key is _KEY_NEXT:
                    self._fault(KEY, event.start_mark.index, syntax.COMPLEX_KEY)
                    key = _DROP
                else:
                    if key is not _DROP:
                        current[key] = value
                    key = _KEY_NEXT
                stack.append((current, key))
                current = value
                key = _KEY_NEXT if kind is MappingStartEvent else _ITEM
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                if not deep:
                    current, key = stack.pop()
                    continue
                deep -= 1
                if deep:
                    continue
                value = None
            elif kind is AliasEvent:
                self._fault(FORBIDDEN, event.start_mark.index, syntax.ALIAS)
                if deep:
                    continue
                value = None
            else:
                if kind is DocumentStartEvent:
                    documents += 1
                    if event.version is not None or event.tags:
                        self._fault(FORBIDDEN, event.start_mark.index, syntax.DIRECTIVE)
                    if documents > 1:
                        self._fault(FORBIDDEN, event.start_mark.index, syntax.DOCUMENTS)
                        break
                continue
            if key is _ITEM:
                current.append(value)
            elif key is _KEY_NEXT:
                key = _DROP
            else:
                if key is not _DROP:
                    current[key] = value
                key = _KEY_NEXT
        return root[0] if root else None

    def _odd_key(self, event: Any) -> Any:
        """The key to go on with for a plain key that may not be text."""
        value: str = event.value
        if value == "<<":
            self._fault(FORBIDDEN, event.start_mark.index, syntax.MERGE)
            return _DROP
        if value in _SPECIALS or _number(value) is not value:
            self._fault(KEY, event.start_mark.index, syntax.not_a_string(value))
        return value

    def _check_scalar(self, event: Any) -> None:
        self._check_node(event)
        if event.style == '"':
            for _, name in hidden_characters(event.value)[:1]:
                self._fault(UNREADABLE, event.start_mark.index, syntax.hidden_escape(name))

    def _check_node(self, event: Any) -> None:
        index = event.start_mark.index
        if event.anchor is not None:
            self._fault(FORBIDDEN, index, syntax.ANCHOR)
        # libyaml does not report the tag `!` alone, which makes text of a number: look for it.
        if event.tag is not None or self._string()[index : index + 1] == "!":
            self._fault(FORBIDDEN, index, syntax.TAG)

    def _lost_text(self) -> None:
        """Refuse text that libyaml drops without a word: `room: #incidents`, `Fix #12`, `[?x]`, `"x"#y`."""
        text = self._string()
        for start, end in gaps(text, nodes(text)):
            for found in _LOST.finditer(text, start, end):
                index = found.start()
                if found["question"]:
                    self._fault(SYNTAX, index, syntax.QUESTION)
                elif found["glued"]:
                    self._fault(SYNTAX, index, syntax.GLUED)
                elif _WORD.match(found[0]) and text[text.rfind("\n", 0, index) + 1 : index].strip():
                    self._fault(SYNTAX, index, syntax.COMMENT)

    def _string(self) -> str:
        if self._text is None:
            self._text = self._data.decode()
        return self._text

    def _fault(self, code: str, index: int, message: str) -> None:
        if len(self._faults) < _FLOOD:
            self._faults.append(Fault(code, *Lines(self._string(), self._first_line).place(index), message))


def _number(value: str) -> Any:
    """The number that a plain scalar is, or the same string object."""
    if _INTEGER.fullmatch(value):
        return int(value)
    if _FLOAT.fullmatch(value):
        number = float(value)
        if math.isfinite(number):
            return number
    return value
