"""Where everything in a YAML text lies: for the places of findings, and for edits. Never on the hot path of reading."""

from __future__ import annotations

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

BLOCK_STYLES: Final = frozenset("|>")


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
        start, end: offsets in characters. `end` is after the last character that belongs to the value: of a block
            collection that is the end of its last descendant, because libyaml's own mark lies behind the comments that
            follow; of a block scalar the end of its last line with content.
        text: of a scalar, its decoded text.
        style: of a scalar `|`, `>`, `"`, `'` or nothing for a plain one; of a collection in brackets `[`.
        items: of a list its nodes, of a map pairs of key and value.
    """

    __slots__ = ("end", "items", "kind", "start", "style", "text")

    def __init__(self, kind: Literal["scalar", "map", "list"], start: int, end: int, style: str, text: str) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.style = style
        self.text = text
        self.items: list[Any] = []

    @property
    def flow(self) -> bool:
        """Whether it is a collection in brackets."""
        return self.style == "["

    def find(self, part: str | int) -> int | None:
        """The index of the first item with this key, or of the list item itself."""
        if self.kind == "map":
            for index, (name, _) in enumerate(self.items):
                if name.kind == "scalar" and name.text == part:
                    return index
        elif self.kind == "list" and isinstance(part, int) and 0 <= part < len(self.items):
            return part
        return None

    def value(self, index: int) -> Node:
        """The value of one item."""
        item = self.items[index]
        return item[1] if self.kind == "map" else item  # type: ignore[no-any-return]

    def leaves(self) -> Iterator[Node]:
        """Every scalar in it, in the order of the text."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if node.kind == "scalar":
                yield node
            elif node.kind == "map":
                waiting.extend(part for pair in reversed(node.items) for part in reversed(pair))
            else:
                waiting.extend(reversed(node.items))


def nodes(text: str) -> Node | None:
    """The nodes of the first document of a text, as far as it can be read; None when there are none."""
    parser = CParser(text)
    root: Node | None = None
    stack: list[tuple[Node, Node | None]] = []
    parent: Node | None = None
    key: Node | None = None
    try:
        while (event := parser.get_event()) is not None and not isinstance(event, DocumentEndEvent):
            start, end = event.start_mark.index, event.end_mark.index
            if isinstance(event, CollectionEndEvent):
                assert parent is not None
                if parent.flow:
                    parent.end = end
                elif parent.items:
                    parent.end = max(parent.value(-1).end, parent.items[-1][0].end if parent.kind == "map" else 0)
                parent, key = stack.pop()  # type: ignore[assignment]
                continue
            if isinstance(event, ScalarEvent):
                node = Node("scalar", start, end, event.style or "", event.value)
                if node.style in BLOCK_STYLES:
                    node.end = _content_end(text, node)
            elif isinstance(event, AliasEvent):
                node = Node("scalar", start, end, "*", "")
            elif isinstance(event, MappingStartEvent | SequenceStartEvent):
                kind: Literal["map", "list"] = "map" if isinstance(event, MappingStartEvent) else "list"
                node = Node(kind, start, end, "[" if event.flow_style else "", "")
            else:
                continue
            if parent is None:
                root = node
            elif parent.kind == "list":
                parent.items.append(node)
            elif key is None:
                key = node
            else:
                parent.items.append((key, node))
                key = None
            if node.kind != "scalar":
                stack.append((parent, key))  # type: ignore[arg-type]
                parent, key = node, None
    except YAMLError:
        pass
    return root


def _content_end(text: str, node: Node) -> int:
    """Where a block scalar ends: after its last line with content; after its blank lines too if it keeps them."""
    span = text[node.start : node.end]
    header, _, content = span.partition("\n")
    if "+" in header.partition("#")[0]:
        return node.start + len(span.removesuffix("\n"))
    # A trailing comment in the header is not content, yet it belongs to the value when nothing follows.
    return node.start + (len(header) + 1 + len(content.rstrip(" \t\n")) if content.strip(" \t\n") else len(header))


def comments(text: str, root: Node | None) -> list[tuple[int, int]]:
    """Start and end of every comment of a text, in order. A comment is a `#` after white space, outside of scalars."""
    found: list[tuple[int, int]] = []
    gap = 0
    for leaf in root.leaves() if root else ():
        if leaf.start < leaf.end:
            # The header of a block scalar may have a comment of its own.
            header = text.find("\n", leaf.start, leaf.end) if leaf.style in BLOCK_STYLES else leaf.start
            _comments_between(text, gap, leaf.end if header < 0 else header, found)
            gap = leaf.end
    _comments_between(text, gap, len(text), found)
    return found


def _comments_between(text: str, start: int, end: int, found: list[tuple[int, int]]) -> None:
    while (start := text.find("#", start, end)) >= 0:
        if start and text[start - 1] not in " \t\n":
            start += 1
            continue
        stop = text.find("\n", start)
        stop = len(text) if stop < 0 else stop
        found.append((start, stop))
        start = stop


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
            if index is None:
                break
            item = node.items[index]
            value = node.value(index)
            start = item[0].start if key and node.kind == "map" else value.start
            node = value
        return self._lines.place(start)
