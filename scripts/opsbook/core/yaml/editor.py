"""Changes spliced into a text that people wrote: their comments and all other lines stay as they are.

Each change becomes one or more *splices* at the positions of the text's nodes; after each the text is read
again, so that positions are never guessed. A mapping or list that replaces one of the same sort is compared
with it, and only the differences are spliced. At the end the text must read as exactly the value that was
asked for.

What happens to comments: at the end of a line whose value changes they stay; inside a value that is
replaced by one of another sort they move above it; those on the lines of a deleted key, or indented below
it, go with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from opsbook.core.yaml import writer
from opsbook.core.yaml.nodes import Node, nodes
from opsbook.core.yaml.reader import load
from opsbook.core.yaml.splicer import Splicer, joined, with_line_end

Loc = tuple[str | int, ...]


class _Delete:
    def __repr__(self) -> str:
        return "DELETE"


DELETE: Final = _Delete()
"""In the place of a new value: remove the key or list item with its lines."""

APPEND: Final = "-"
"""At the end of a place: a new item behind the last one of a list."""


def edit(text: str, changes: Sequence[tuple[Sequence[str | int], Any]], order: Sequence[str] = ()) -> str:
    """`text` with changes applied one after the other.

    Args:
        text: what `load` reads without a fault.
        changes: each the place of a value and its new value, as for `dump`, or `DELETE`. A key that is
            missing is inserted, with the mappings above it if they are missing too. `-` as a step into a
            list appends.
        order: the canonical order of keys, those of nested mappings with dots (`impact.started_at`; list
            indices are left out). A new key goes behind the last key that comes before it in this order; a
            key that is not in the order goes to the end of its mapping.

    Raises:
        ValueError: the text has faults, a place does not exist (deleting, a list index, a step into a
            scalar), or the text is written in a way that cannot be spliced exactly (explicit `?` keys, for
            example).
    """
    before = _read(text)
    value = {} if before is None else before
    for loc, new in changes:
        path = tuple(loc)
        if not path:
            raise ValueError("a change needs a place")
        wanted = new if new is DELETE else writer.normal(new)
        after = _applied(value, path, wanted)
        text = _spliced(text, value, after, path, wanted, order)
        value = after
    return text


def _spliced(text: str, before: Any, after: Any, loc: Loc, new: Any, order: Sequence[str]) -> str:
    """The text with one change, and the proof that it reads as the value after it."""
    # A block of text would take a line of spaces behind it for its own: then the text goes in quotes.
    for attempt in (new, writer.inline(new)):
        result = text
        for step in _steps(before, loc, attempt):
            result = step.splice(result, order)
        try:
            if _canonical(_read(result)) == _canonical(after):
                return result
        except ValueError:
            continue
    raise ValueError("this text cannot be edited without changing something else in it")


def _read(text: str) -> Any:
    data = text.encode()
    document = load(data, limit=len(data))
    if document.faults:
        fault = document.faults[0]
        raise ValueError(f"line {fault.line}, column {fault.column}: {fault.message}")
    return document.value


def _canonical(value: Any) -> str:
    """Equal for equal values of equal types; the order of keys does not count."""
    return json.dumps(value, sort_keys=True)


def _applied(value: Any, loc: Loc, new: Any) -> Any:
    """The value with one change, without touching the old one."""
    part, rest = loc[0], loc[1:]
    if value is None:
        value = [] if part == APPEND else {}
    if isinstance(value, list):
        items = list(value)
        if part == APPEND:
            return [*items, _made(rest, new)]
        if not isinstance(part, int) or not 0 <= part < len(items):
            raise ValueError(f"there is no list item {part!r}")
        if rest:
            items[part] = _applied(items[part], rest, new)
        elif new is DELETE:
            del items[part]
        else:
            items[part] = new
        return items
    if not isinstance(value, dict) or not isinstance(part, str):
        raise ValueError(f"there is nothing at {part!r} to change")  # noqa: TRY004 - the contract of edit
    pairs = dict(value)
    if new is DELETE and part not in pairs:
        raise ValueError(f"there is no key {part!r}")
    if part not in pairs:
        pairs[part] = _made(rest, new)
    elif rest:
        pairs[part] = _applied(pairs[part], rest, new)
    elif new is DELETE:
        del pairs[part]
    else:
        pairs[part] = new
    return pairs


def _made(rest: Loc, new: Any) -> Any:
    """A new value with the missing mappings and lists around it."""
    if new is DELETE:
        raise ValueError("there is nothing to delete")
    for part in reversed(rest):
        if part == APPEND:
            new = [new]
        elif isinstance(part, str):
            new = {part: new}
        else:
            raise ValueError(f"there is no list item {part!r}")
    return new


class _Step:
    """One splice: set, insert or delete one item of the mapping or list at `parent`.

    Attributes:
        parent: the place of the container.
        part: a key, or an index; for an inserted list item the index that it shall have.
    """

    def __init__(self, parent: Loc, part: str | int, new: Any, *, insert: bool = False) -> None:
        self.parent = parent
        self.part = part
        self.new = new
        self.insert = insert

    def splice(self, text: str, order: Sequence[str]) -> str:
        """The text with this step done."""
        root = nodes(text)
        if root is None or (root.kind == "scalar" and root.start == root.end):
            return with_line_end(text) + joined(writer.block({str(self.part): self.new}, 0))
        chain: list[tuple[Node, int]] = []
        node = root
        for part in self.parent:
            index = node.find(part)
            if index is None:
                raise ValueError(f"there is nothing at {part!r}")
            chain.append((node, index))
            node = node.values[index]
        splicer = Splicer(text, root)
        if self.insert:
            if isinstance(self.part, int):
                return splicer.insert(node, self.part, self.part, self.new)
            if not node.values and node is root:
                return splicer.first(root, {self.part: self.new})
            at = _rank(node, self.part, _siblings(self.parent, order))
            return splicer.insert(node, at, self.part, self.new)
        index = node.find(self.part)
        if index is None:
            raise ValueError(f"there is nothing at {self.part!r}")
        if self.new is not DELETE:
            return splicer.replace(node, index, self.new)
        if len(node.values) > 1:
            return splicer.delete(node, index)
        empty: Any = {} if node.kind == "map" else []
        if chain:
            return splicer.replace(*chain[-1], empty)
        return splicer.emptied(node, empty)


def _steps(value: Any, loc: Loc, new: Any, above: Loc = ()) -> list[_Step]:
    """The splices of one change to a value that lies at `above`."""
    part, rest = loc[0], loc[1:]
    if value is None and above:
        return _set(above[:-1], above[-1], None, _made(loc, new))
    if isinstance(value, list):
        if part == APPEND:
            made = _made(rest, new)
            return [_Step(above, len(value), made, insert=True)] if value else _set(above[:-1], above[-1], [], [made])
        known = isinstance(part, int) and 0 <= part < len(value)
    else:
        known = isinstance(value, dict) and part in value
        if isinstance(value, dict) and not known and isinstance(part, str):
            made = _made(rest, new)
            if value or not above:
                return [_Step(above, part, made, insert=True)]
            return _set(above[:-1], above[-1], {}, {part: made})
    if not known:
        raise ValueError(f"there is nothing at {part!r}")
    if rest:
        return _steps(value[part], rest, new, (*above, part))
    return [_Step(above, part, DELETE)] if new is DELETE else _set(above, part, value[part], new)


def _set(parent: Loc, part: str | int, old: Any, new: Any) -> list[_Step]:
    """The splices that make one value another; only the differences of two mappings or of two lists."""
    if _canonical(old) == _canonical(new):
        return []
    here = (*parent, part)
    if isinstance(old, dict) and isinstance(new, dict) and old and new:
        steps = []
        for key, item in new.items():
            steps += _set(here, key, old[key], item) if key in old else [_Step(here, key, item, insert=True)]
        return steps + [_Step(here, key, DELETE) for key in old if key not in new]
    if isinstance(old, list) and isinstance(new, list) and old and new:
        return _set_list(here, old, new)
    return [_Step(parent, part, new)]


def _set_list(here: Loc, old: list[Any], new: list[Any]) -> list[_Step]:
    """Keep what the two lists share at their beginnings and ends; pair, insert or delete what is between."""
    shorter = min(len(old), len(new))
    first = next((i for i in range(shorter) if _canonical(old[i]) != _canonical(new[i])), shorter)
    last = next(
        (i for i in range(shorter - first) if _canonical(old[-1 - i]) != _canonical(new[-1 - i])),
        shorter - first,
    )
    paired = shorter - last
    steps: list[_Step] = []
    for index in range(first, paired):
        steps += _set(here, index, old[index], new[index])
    steps += [_Step(here, index, new[index], insert=True) for index in range(paired, len(new) - last)]
    return steps + [_Step(here, index, DELETE) for index in reversed(range(paired, len(old) - last))]


def _siblings(parent: Loc, order: Sequence[str]) -> list[str]:
    """The keys of one mapping in canonical order."""
    prefix = "".join(f"{part}." for part in parent if isinstance(part, str))
    return [name[len(prefix) :] for name in order if name.startswith(prefix) and "." not in name[len(prefix) :]]


def _rank(node: Node, key: str, siblings: Sequence[str]) -> int:
    """The index at which a new key goes."""
    if key not in siblings:
        return len(node.values)
    rank = siblings.index(key)
    names = [name.text for name in node.keys]
    before = [index for index, name in enumerate(names) if name in siblings[:rank]]
    if before:
        return before[-1] + 1
    return 0 if any(name in siblings for name in names) else len(names)
