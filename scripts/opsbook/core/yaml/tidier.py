"""What can be repaired in a text without changing what it says: space at the end of lines, the order of keys.

Values, comments and all other bytes stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from opsbook.core.yaml.nodes import Node, gaps, nodes
from opsbook.core.yaml.reader import load
from opsbook.core.yaml.splicer import Splicer

Place = tuple[str | int, ...]
Order = Callable[[Place], Sequence[str]]
"""The place of a mapping to its keys in order; a key that is not among them goes behind those that are."""


def trimmed(text: str) -> str:
    """`text`, which `load` reads without a fault, without space at the end of lines where it is no part of a value."""
    for start, end in reversed(list(gaps(text, nodes(text)))):
        text = text[:start] + _TRAILING.sub("\n", text[start : end + 1]) + text[end + 1 :]
    return text


_TRAILING = re.compile(r"[ \t]+\n")


def ordered(text: str, order: Order) -> str:
    """`text`, which `load` reads without a fault, with the keys of every mapping in order.

    A mapping is left alone where its lines cannot be moved without changing what they say.
    """
    value, left = _value(text), set[Place]()
    while (found := next((item for item in _disordered(text, order) if item[1] not in left), None)) is not None:
        root, place, node, rows = found
        new = Splicer(text, root).rearrange(node, rows)
        if new != text and _value(new) == value:
            text = new
        left.add(place)
    return text


def disordered(text: str, order: Order) -> list[Place]:
    """The places of the mappings whose keys are not in order."""
    return [place for _, place, _, _ in _disordered(text, order)]


def _disordered(text: str, order: Order) -> Iterator[tuple[Node, Place, Node, list[int]]]:
    """The root, place and node of each, and the order in which its items should be."""
    root = nodes(text)
    waiting: list[tuple[Place, Node]] = [((), root)] if root is not None else []
    while root is not None and waiting:
        place, node = waiting.pop(0)
        names: list[str | int] = [key.text for key in node.keys] or list(range(len(node.values)))
        waiting += [((*place, name), value) for name, value in zip(names, node.values, strict=False)]
        if node.kind == "map":
            ranks = {name: rank for rank, name in enumerate(order(place))}
            rows = sorted(range(len(names)), key=lambda row: ranks.get(str(names[row]), len(ranks)))
            if rows != list(range(len(names))):
                yield root, place, node, rows


def _value(text: str) -> Any:
    data = text.encode()
    document = load(data, limit=len(data))
    return None if document.faults else document.value
