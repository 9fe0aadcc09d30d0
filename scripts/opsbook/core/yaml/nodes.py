"""Where everything in a YAML text lies: for the places of findings, and for edits. Not for reading values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

ABYSS: Final = 200
"""Levels at which reading ends: libyaml slows down with the square of the depth, to seconds for 60 KB."""
BLOCK_STYLES: Final = frozenset("|>")
FLOW: Final = "["

_COMMENT: Final = re.compile(r"(?<!\S)#[^\n]*")


class Lines:
    """Offsets of a text to places: 1-based line and column in characters."""

    def __init__(self, text: str, first_line: int = 1) -> None:
        self._text = text
        self._first_line = first_line

    def place(self, index: int) -> tuple[int, int]:
        """The line and column of the character at `index`."""
        index = min(index, len(self._text))
        start = self._text.rfind("\n", 0, index) + 1
        return self._first_line + self._text.count("\n", 0, index), index - start + 1


class Node:
    """A value of a text with its extent.

    Attributes:
        kind: what it is.
        start, end: offsets in characters. `end` is after the last character that belongs to the value. For
            a block collection that is the end of its last descendant, because libyaml's own mark lies
            behind the comments that follow; for a block scalar it is the end of its last line with content.
        style: of a scalar `|`, `>`, `"`, `'` or nothing for a plain one; `[` of a collection in brackets.
        text: of a scalar, its decoded text.
        keys: of a map, the keys of `values`; otherwise empty.
        values: of a map or a list, what is in it.
    """

    __slots__ = ("end", "keys", "kind", "start", "style", "text", "values")

    def __init__(
        self, kind: Literal["scalar", "map", "list"], start: int, end: int, style: str, text: str = ""
    ) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.style = style
        self.text = text
        self.keys: list[Node] = []
        self.values: list[Node] = []

    @property
    def flow(self) -> bool:
        """Whether it is a collection in brackets."""
        return self.style == FLOW

    def find(self, part: str | int) -> int | None:
        """The index of the first value with this key, or of the list item itself; None if there is none."""
        if self.kind == "map":
            for index, name in enumerate(self.keys):
                if name.kind == "scalar" and name.text == part:
                    return index
        elif isinstance(part, int) and 0 <= part < len(self.values):
            return part
        return None

    def leaves(self) -> Iterator[Node]:
        """Every scalar in it, in the order of the text."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if node.kind == "scalar":
                yield node
            elif node.kind == "map":
                for name, value in zip(reversed(node.keys), reversed(node.values), strict=False):
                    waiting += (value, name)
            else:
                waiting.extend(reversed(node.values))


def nodes(text: str) -> Node | None:
    """The nodes of the first document of a text, as far as it can be read; None when there are none."""
    parser: Any = CParser(text)
    root: Node | None = None
    stack: list[Node] = []
    try:
        while (event := parser.get_event()) is not None and not isinstance(event, DocumentEndEvent):
            start, end = event.start_mark.index, event.end_mark.index
            if isinstance(event, CollectionEndEvent):
                _close(stack.pop(), end)
                continue
            if isinstance(event, ScalarEvent):
                node = Node("scalar", start, end, event.style or "", event.value)
                if node.style in BLOCK_STYLES:
                    node.end = _content_end(text, node)
            elif isinstance(event, AliasEvent):
                node = Node("scalar", start, end, "*")
            elif isinstance(event, MappingStartEvent | SequenceStartEvent):
                kind: Literal["map", "list"] = "map" if isinstance(event, MappingStartEvent) else "list"
                node = Node(kind, start, end, FLOW if event.flow_style else "")
            else:
                continue
            if not stack:
                root = node
            elif stack[-1].kind == "map" and len(stack[-1].keys) == len(stack[-1].values):
                stack[-1].keys.append(node)
            else:
                stack[-1].values.append(node)
            if node.kind != "scalar":
                stack.append(node)
                if len(stack) > ABYSS:
                    break
    except YAMLError:
        pass  # What was read so far has its places.
    return root


def _close(node: Node, end: int) -> None:
    if node.flow:
        node.end = end
    elif node.values:
        node.end = max(node.values[-1].end, node.keys[-1].end if node.keys else 0)


def _content_end(text: str, node: Node) -> int:
    """The end of a block scalar: behind its last line with content, or behind the blank lines it keeps."""
    span = text[node.start : node.end]
    header, _, content = span.partition("\n")
    if "+" in header.partition("#")[0]:
        return node.start + len(span.removesuffix("\n"))
    if not content.strip(" \t\n"):
        return node.start + len(header)
    return node.start + len(span.rstrip(" \t\n"))


def gaps(text: str, root: Node | None) -> Iterator[tuple[int, int]]:
    """Start and end of everything between the scalars: indicators, white space and comments."""
    gap = 0
    for leaf in root.leaves() if root else ():
        if leaf.start < leaf.end:
            # The header of a block scalar is no content, and may have a comment of its own.
            header = text.find("\n", leaf.start, leaf.end) if leaf.style in BLOCK_STYLES else leaf.start
            yield gap, leaf.end if header < 0 else header
            gap = leaf.end
    yield gap, len(text)


def comments(text: str, root: Node | None) -> list[tuple[int, int]]:
    """Start and end of every comment of a text, in order: a `#` after white space to the end of the line."""
    return [found.span() for start, end in gaps(text, root) for found in _COMMENT.finditer(text, start, end)]


class Places:
    """The place of every value of a text."""

    def __init__(self, text: str, first_line: int) -> None:
        self._lines = Lines(text, first_line)
        self._root = nodes(text)

    def find(self, loc: Sequence[str | int], key: bool) -> tuple[int, int]:
        """See `Document.place`."""
        node = self._root
        if node is None:
            return self._lines.place(0)
        start = node.start
        for part in loc:
            index = node.find(part)
            if index is None or index >= len(node.values):
                break
            start = (node.keys if key and node.kind == "map" else node.values)[index].start
            node = node.values[index]
        return self._lines.place(start)
