"""YAML text to plain values, by the events of libyaml and a stack of our own, so that depth costs no recursion.

The subset (design, section 5): UTF-8, LF, no byte order mark; one document; no anchors, aliases, tags, merge keys or
directives; string keys, each once. A plain scalar is special only when it is one of

* `null`, `~` or nothing; `true`, `false`, in lower case;
* an integer `[-+]?(0|[1-9][0-9]*)` of at most 640 digits (Python refuses to convert more);
* a finite float of YAML 1.2 without leading zeros: `1.5`, `.5`, `1.`, `1e3`.

Everything else is a string: `no`, `10:05`, `0123`, `0x1F`, `1_000`, `.inf`, `.nan`, `1e999`, `True`, `2026-11-21`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from yaml import MarkedYAMLError, YAMLError
from yaml.cyaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from opsbook.core.text import hidden_characters
from opsbook.core.yaml import syntax
from opsbook.core.yaml.nodes import Lines, Places

UNREADABLE: Final = "YML001"
SYNTAX: Final = "YML002"
KEY: Final = "YML003"
FORBIDDEN: Final = "YML004"
DEEP: Final = "YML005"

LIMIT: Final = 65536
LEVELS: Final = 16

_FLOOD: Final = 20
"""Faults of one sort that one file may report; the rest is counted in one more."""

_ASCII_TEXT: Final = bytes((9, 10, *range(32, 127)))
_SPECIALS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_NUMBER_START: Final = frozenset("0123456789+-.")
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,639})")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Fault:
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
        faults: by line. A value with faults is what could be read of it: the first of duplicate keys, the value under
            an anchor or tag, None for an alias and for what lies too deep.
    """

    __slots__ = ("_data", "_first_line", "_places", "faults", "value")

    def __init__(self, value: Any, faults: Sequence[Fault], data: bytes, first_line: int) -> None:
        self.value = value
        self.faults = tuple(faults)
        self._data = data
        self._first_line = first_line
        self._places: Places | None = None

    def place(self, loc: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
        """The line and column of the value at `loc`, or of its key; of the nearest ancestor that exists if it does not.

        The first call reads the text a second time, so that a file without findings never pays for positions.
        """
        if self._places is None:
            self._places = Places(self._data.decode(), self._first_line)
        return self._places.find(tuple(loc), key)


def load(data: bytes, *, limit: int = LIMIT, levels: int = LEVELS, first_line: int = 1) -> Document:
    """Read YAML text. Never raises and never recurses, whatever the bytes are.

    Args:
        limit: bytes that the text may have.
        levels: mappings and lists that may lie inside one another.
        first_line: the line of the file on which `data` begins, for front matter.
    """
    if len(data) > limit:
        message = f"The file is larger than {limit // 1024} KB. Keep facts here, and long text or data in its own file."
        return Document(None, [Fault(UNREADABLE, first_line, 1, message)], b"", first_line)
    if data.isascii() and not data.translate(None, _ASCII_TEXT):
        return _Reader(data, data, levels, first_line).read([])
    text, faults = readable(data, first_line)
    if text is None:
        return Document(None, faults, b"", first_line)
    return _Reader(data, text.encode() if faults else data, levels, first_line).read(faults)


def readable(data: bytes, first_line: int = 1, code: str = UNREADABLE) -> tuple[str | None, list[Fault]]:
    """Decode text that people must be able to see: UTF-8, LF, no byte order mark, no hidden characters.

    Returns:
        The text, and the faults. Where there are faults the text has U+FFFD in the place of what cannot stay, one
        character for one character, and LF line ends; it is None when these bytes are not text at all.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data:
        message = "This is not UTF-8 text (it looks like UTF-16 or a binary file). Save it as UTF-8."
        return None, [Fault(code, first_line, 1, message)]
    faults: list[Fault] = []
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        message = "The file begins with a byte order mark. Save it as UTF-8 without BOM."
        faults.append(Fault(code, first_line, 1, message))
    text = _decoded(data, first_line, code, faults)
    if "\r" in text:
        line = first_line + text.count("\n", 0, text.index("\r"))
        message = "Lines end with a carriage return (Windows or old Mac line ends). Save the file with LF line ends."
        faults.append(Fault(code, line, 1, message))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    hidden = hidden_characters(text)
    if hidden:
        lines = Lines(text, first_line)
        for index, name in hidden[:_FLOOD]:
            message = f"Hidden character {name}. It cannot be seen and can mislead: remove it."
            faults.append(Fault(code, *lines.place(index), message))
        if len(hidden) > _FLOOD:
            message = f"{len(hidden) - _FLOOD} more hidden characters follow."
            faults.append(Fault(code, *lines.place(hidden[_FLOOD][0]), message))
        characters = list(text)
        for index, _ in hidden:
            characters[index] = "\ufffd"
        text = "".join(characters)
    return text, faults


def _decoded(data: bytes, first_line: int, code: str, faults: list[Fault]) -> str:
    """Decode UTF-8, with one fault for the first byte that is not."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = first_line + before.count(b"\n")
        column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
        message = f"Byte 0x{data[error.start]:02X} is not UTF-8. Save the file as UTF-8."
        faults.append(Fault(code, line, column, message))
        return data.decode(errors="replace")


class _Skip:
    """Stands where a value is read and thrown away."""


_NO_KEY: Final = _Skip()
_DROP: Final = _Skip()


class _Reader:
    """One pass over the events of one text.

    The text may hold a feature that must be refused only if it holds its sign; for most files the signs are
    absent and the pass need not look at anchors, tags and escapes.
    """

    def __init__(self, data: bytes, text: bytes, levels: int, first_line: int) -> None:
        self._data = data
        self._text = text
        self._levels = levels
        self._first_line = first_line
        self._faults: list[Fault] = []
        self._signs = any(sign in text for sign in (b"&", b"*", b"!", b"\\", b"<<"))
        self._decoded: str | None = None

    def read(self, faults: list[Fault]) -> Document:
        self._faults = faults
        try:
            value = self._values()
        except YAMLError as error:
            text = self._string()
            mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
            index, message = syntax.explain(error, text)
            if mark is None and not isinstance(error, MarkedYAMLError):
                index = 0
            code = FORBIDDEN if message in syntax.FORBIDDEN else SYNTAX
            self._faults.append(Fault(code, *Lines(text, self._first_line).place(index), message))
            value = None
        self._faults.sort(key=lambda fault: (fault.line, fault.column))
        return Document(value, self._faults, self._text, self._first_line)

    def _values(self) -> Any:
        """The value of the one document. The loop is the hot path of a check of thousands of files."""
        parser = CParser(self._text)
        event_of = parser.get_event
        signs = self._signs
        levels = self._levels
        root: list[Any] = []
        stack: list[tuple[Any, Any]] = []
        current: Any = root
        key: Any = _NO_KEY
        deep = 0
        started = False
        while (event := event_of()) is not None:
            kind = type(event)
            if kind is ScalarEvent:
                if deep:
                    continue
                value = event.value
                if signs:
                    self._scalar_signs(event)
                if type(current) is dict:
                    if key is _NO_KEY:
                        if not event.style and (
                            value in _SPECIALS
                            or value == "<<"
                            or (value[0] in _NUMBER_START and _plain(value) is not value)
                        ):
                            key = self._odd_key(event)
                        else:
                            key = value
                        if key in current:
                            self._fault(KEY, event, syntax.duplicate(value))
                            key = _DROP
                        continue
                    if not event.style:
                        if value in _SPECIALS:
                            value = _SPECIALS[value]
                        elif value[0] in _NUMBER_START:
                            value = _plain(value)
                    if key is not _DROP:
                        current[key] = value
                    key = _NO_KEY
                else:
                    if not event.style:
                        if value in _SPECIALS:
                            value = _SPECIALS[value]
                        elif value[0] in _NUMBER_START:
                            value = _plain(value)
                    current.append(value)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if signs:
                    self._node_signs(event)
                if deep:
                    deep += 1
                    continue
                if key is _NO_KEY and type(current) is dict:
                    self._fault(KEY, event, syntax.COMPLEX_KEY)
                    stack.append((current, _DROP))
                    current = {} if kind is MappingStartEvent else []
                    key = _NO_KEY
                    continue
                if len(stack) >= levels:
                    self._fault(DEEP, event, f"More than {levels} levels of indentation or brackets. Write it flatter.")
                    deep = 1
                    continue
                value = {} if kind is MappingStartEvent else []
                if type(current) is dict:
                    if key is not _DROP:
                        current[key] = value
                else:
                    current.append(value)
                stack.append((current, _NO_KEY))
                current, key = value, _NO_KEY
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                if deep:
                    deep -= 1
                    if deep:
                        continue
                    if type(current) is dict:
                        if key is not _DROP:
                            current[key] = None
                        key = _NO_KEY
                    else:
                        current.append(None)
                    continue
                current, key = stack.pop()
            elif kind is AliasEvent:
                self._fault(FORBIDDEN, event, syntax.ALIAS)
                if deep:
                    continue
                if type(current) is dict:
                    if key is _NO_KEY:
                        key = _DROP
                        continue
                    if key is not _DROP:
                        current[key] = None
                    key = _NO_KEY
                else:
                    current.append(None)
            elif kind is DocumentStartEvent:
                if event.version is not None or event.tags:
                    self._fault(FORBIDDEN, event, syntax.DIRECTIVE)
                if started:
                    self._fault(FORBIDDEN, event, syntax.DOCUMENTS)
                    break
                started = True
        return root[0] if root else None

    def _odd_key(self, event: ScalarEvent) -> Any:
        """The key to use for a plain key that is not a string in YAML, with a fault."""
        value: str = event.value
        if value == "<<":
            self._fault(FORBIDDEN, event, syntax.MERGE)
            return _DROP
        self._fault(KEY, event, syntax.not_a_string(value))
        return value

    def _scalar_signs(self, event: ScalarEvent) -> None:
        self._node_signs(event)
        if event.style == '"':
            for _, name in hidden_characters(event.value)[:1]:
                self._fault(UNREADABLE, event, syntax.hidden_escape(name))

    def _node_signs(self, event: Any) -> None:
        if event.anchor is not None:
            self._fault(FORBIDDEN, event, syntax.ANCHOR)
        # libyaml drops the bare tag `!`, so it must be looked for in the text.
        if event.tag is not None or self._at(event) == "!":
            self._fault(FORBIDDEN, event, syntax.TAG)

    def _at(self, event: Event) -> str:
        index = event.start_mark.index
        return self._string()[index : index + 1]

    def _string(self) -> str:
        if self._decoded is None:
            self._decoded = self._text.decode()
        return self._decoded

    def _fault(self, code: str, event: Event, message: str) -> None:
        if len(self._faults) >= 10 * _FLOOD:
            return
        place = Lines(self._string(), self._first_line).place(event.start_mark.index)
        self._faults.append(Fault(code, *place, message))


def _plain(value: str) -> Any:
    """The number that a plain scalar is, or the same string object."""
    if _INTEGER.fullmatch(value):
        return int(value)
    if _FLOAT.fullmatch(value):
        number = float(value)
        if math.isfinite(number):
            return number
    return value
