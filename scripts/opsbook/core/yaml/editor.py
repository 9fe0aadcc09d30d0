"""Changes spliced into a text that people wrote: their comments and every line that is not concerned stay as they are.

Each change becomes one or more *splices* at the positions of the text's nodes; after each the text is read again, so
that positions are never guessed. A mapping or list that replaces one of the same sort is compared with it and only the
differences are spliced. At the end the text must read as exactly the value that was asked for.

What happens to comments: at the end of a line whose value changes they stay; inside a value that is replaced by one of
another sort they move above it; those on the lines of a deleted key, or indented below it, go with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from opsbook.core.yaml import writer
from opsbook.core.yaml.nodes import BLOCK_STYLES, Node, comments, nodes
from opsbook.core.yaml.reader import load

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
        changes: each the place of a value and its new value, as for `dump`, or `DELETE`. A key that is missing is
            inserted, with the mappings above it if they are missing too. `-` as a step into a list appends.
        order: the canonical order of keys, those of nested mappings with dots (`impact.started_at`; list indices are
            left out). A new key goes behind the last key that comes before it in this order; a key that is not
            in the order goes to the end of its mapping.

    Raises:
        ValueError: the text has faults, a place does not exist (deleting, a list index, a step into a scalar), or the
            text is written in a way that cannot be spliced exactly (explicit `?` keys, for example).
    """
    before = _read(text)
    value = {} if before is None else before
    for loc, new in changes:
        path = tuple(loc)
        if not path:
            raise ValueError("a change needs a place")
        wanted = new if new is DELETE else writer.normal(new)
        steps = _steps(value, path, wanted)
        value = _applied(value, path, wanted)
        for step in steps:
            text = step.splice(text, order)
    if _canonical(_read(text)) != _canonical(value):
        raise ValueError("this text cannot be edited without changing something else in it")
    return text


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


# --- the value that is wanted -----------------------------------------------------------------------------------


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
        raise ValueError(f"there is nothing at {part!r} to change")
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


# --- from a change to splices -----------------------------------------------------------------------------------


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
            return _with_line_end(text) + _joined(writer.block({self.part: self.new}, 0))
        chain: list[tuple[Node, int]] = []
        node = root
        for part in self.parent:
            index = node.find(part)
            if index is None:
                raise ValueError(f"there is nothing at {part!r}")
            chain.append((node, index))
            node = node.value(index)
        splicer = _Splicer(text, root)
        if self.insert:
            at = self.part if isinstance(self.part, int) else _rank(node, self.part, _siblings(self.parent, order))
            return splicer.insert(node, at, self.part, self.new)
        index = node.find(self.part)
        if index is None:
            raise ValueError(f"there is nothing at {self.part!r}")
        if self.new is not DELETE:
            return splicer.replace(node, index, self.new)
        if len(node.items) > 1:
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
    last = next((i for i in range(shorter - first) if _canonical(old[-1 - i]) != _canonical(new[-1 - i])), shorter - first)
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
        return len(node.items)
    rank = siblings.index(key)
    names = [name.text for name, _ in node.items]
    before = [index for index, name in enumerate(names) if name in siblings[:rank]]
    if before:
        return before[-1] + 1
    return 0 if any(name in siblings for name in names) else len(names)


# --- splices ----------------------------------------------------------------------------------------------------


class _Splicer:
    """Splices of one text by its nodes. Every method returns the new text."""

    def __init__(self, text: str, root: Node) -> None:
        self._text = text
        self._comments = comments(text, root)

    # Block style and dispatch.

    def replace(self, parent: Node, index: int, new: Any) -> str:
        """Set the value of an item."""
        old = parent.value(index)
        text = self._text
        if parent.flow:
            return self._replace_flow(parent, index, new)
        lead = self._lead(parent, index)
        column = self._column(self._item_start(parent, index))
        lines = self._block_lines(new, column + 2)
        held = [span for span in self._comments if old.start <= span[0] < old.end]
        if lines is None and old.style not in BLOCK_STYLES and (old.kind == "scalar" or old.flow) and not held:
            if old.start == old.end:
                return f"{text[:lead]} {writer.scalar(new)}{text[lead:]}"
            return text[: old.start] + writer.scalar(new) + text[old.end :]
        end = self._entry_end(max(old.end, lead), column)
        here = self._line_end(lead)
        inside = [span for span in self._comments if lead <= span[0] < end]
        beside = "".join(self._with_space(span) for span in inside if span[1] <= here)
        above = [text[slice(*span)] for span in inside if span[1] > here]
        if lines is None:
            body = f" {writer.scalar(new)}{beside}"
        elif isinstance(new, str):
            body = _joined([f" {lines[0]}{beside}", *lines[1:]])[:-1]
        elif parent.kind == "list" and not beside:
            body = " " + _joined(lines)[:-1].lstrip(" ")
        else:
            body = _joined([beside, *lines])[:-1]
        result = text[:lead] + body + (text[end - 1 : end] if text[end - 1 : end] == "\n" else "") + text[end:]
        return self._above(result, lead, above)

    def insert(self, parent: Node, at: int, key: str | int, new: Any) -> str:
        """Put a new item before the item at the index `at`, or behind the last one."""
        text = self._text
        if parent.flow:
            return self._insert_flow(parent, at, key, new)
        column = self._column(self._item_start(parent, 0))
        value: Any = {key: new} if parent.kind == "map" else [new]
        lines = self._entry_lines(value, column)
        if at:
            self._lead(parent, at - 1)
            end = self._entry_end(self._item_end(parent, at - 1), column)
            return _with_line_end(text[:end]) + _joined(lines) + text[end:]
        start = self._item_start(parent, 0)
        if text[self._line_start(start) : start].strip(" "):
            return text[:start] + _joined(lines)[column:] + " " * column + text[start:]
        start = self._attached(self._line_start(start))
        return text[:start] + _joined(lines) + text[start:]

    def delete(self, parent: Node, index: int) -> str:
        """Remove an item of several."""
        text = self._text
        if parent.flow:
            return self._delete_flow(parent, index)
        self._lead(parent, index)
        start = self._item_start(parent, index)
        line = self._line_start(start)
        end = self._entry_end(self._item_end(parent, index), self._column(start))
        if not text[line:start].strip(" "):
            return text[:line] + text[end:]
        # The first item shares its line with the dash of the list around it.
        following = self._item_start(parent, index + 1)
        if any(end <= span[0] < following for span in self._comments):
            return text[:start].rstrip(" ") + "\n" + text[end:]
        return text[:start] + text[following:]

    def emptied(self, root: Node, empty: Any) -> str:
        """Remove the only item of the document."""
        text = self._text
        if root.flow:
            return self._delete_flow(root, 0)
        start = self._line_start(root.start)
        return text[:start] + writer.scalar(empty) + "\n" + text[self._entry_end(root.end, 0) :]

    def _block_lines(self, new: Any, indent: int) -> list[str] | None:
        """The lines of a value that does not fit on one, or None."""
        if writer.collection(new):
            return writer.block(new, indent, following=True) if new else None
        return writer.literal_block(new, indent, following=True) if isinstance(new, str) else None

    def _entry_lines(self, value: Any, column: int) -> list[str]:
        return writer.block(value, column, following=True)

    def _above(self, text: str, index: int, lines: list[str]) -> str:
        """The text with comments on lines of their own above the line of `index`, level with its first character."""
        start = self._line_start(index)
        pad = " " * (len(self._text[start:]) - len(self._text[start:].lstrip(" ")))
        return text[:start] + "".join(f"{pad}{line}\n" for line in lines) + text[start:]

    # Brackets.

    def _replace_flow(self, parent: Node, index: int, new: Any) -> str:
        text = self._text
        old = parent.value(index)
        written = writer.flow(new)
        if old.start == old.end and parent.kind == "map":
            name = parent.items[index][0]
            colon = self._skip(name.end)
            if text[colon : colon + 1] == ":":
                return f"{text[: colon + 1]} {written}{text[colon + 1 :]}"
            return f"{text[: name.end]}: {written}{text[name.end :]}"
        held = [text[slice(*span)] for span in self._comments if old.start <= span[0] < old.end]
        pad = "\n" + " " * self._column(old.start)
        return text[: old.start] + written + "".join(f" {line}{pad}" for line in held) + text[old.end :]

    def _insert_flow(self, parent: Node, at: int, key: str | int, new: Any) -> str:
        text = self._text
        if text[parent.start] not in "[{":
            raise ValueError("a pair without braces in a list cannot be changed")
        written = f"{writer.key(str(key), flow=True)}: {writer.flow(new)}" if parent.kind == "map" else writer.flow(new)
        if not parent.items:
            return text[: parent.start + 1] + written + text[parent.start + 1 :]
        if at:
            end = self._item_end(parent, at - 1)
            return f"{text[:end]}, {written}{text[end:]}"
        start = self._item_start(parent, 0)
        return f"{text[:start]}{written}, {text[start:]}"

    def _delete_flow(self, parent: Node, index: int) -> str:
        text = self._text
        start, end = self._item_start(parent, index), self._item_end(parent, index)
        if index + 1 < len(parent.items):
            following = self._item_start(parent, index + 1)
            return text[:start] + self._only_comments(end, following) + text[following:]
        if index:
            before = self._item_end(parent, index - 1)
            return text[:before] + self._only_comments(before, start) + text[end:]
        comma = self._skip(end)
        if text[comma : comma + 1] == ",":
            return text[:start] + text[end:comma] + text[comma + 1 :]
        return text[:start] + text[end:]

    def _only_comments(self, start: int, end: int) -> str:
        """What stays of the text between two items when their comma goes."""
        if not any(start <= span[0] < end for span in self._comments):
            return ""
        comma = self._skip(start)
        return self._text[start:comma] + self._text[comma + 1 : end]

    # Positions.

    def _item_start(self, parent: Node, index: int) -> int:
        if parent.kind == "map":
            return parent.items[index][0].start  # type: ignore[no-any-return]
        if parent.flow:
            return parent.items[index].start  # type: ignore[no-any-return]
        return self._skip(parent.items[index - 1].end) if index else parent.start

    def _item_end(self, parent: Node, index: int) -> int:
        item = parent.items[index]
        if parent.kind == "list":
            return max(item.end, 0 if parent.flow else self._item_start(parent, index) + 1)
        return max(item[0].end, item[1].end)

    def _lead(self, parent: Node, index: int) -> int:
        """The offset behind the colon or the dash of an item in block style."""
        if parent.kind == "list":
            return self._item_start(parent, index) + 1
        colon = parent.items[index][0].end
        while self._text[colon : colon + 1] == " ":
            colon += 1
        if self._text[colon : colon + 1] != ":":
            raise ValueError("a key that is written with a question mark cannot be changed")
        return colon + 1

    def _entry_end(self, index: int, column: int) -> int:
        """The offset behind the line of `index` and the comments below it that are indented more than `column`."""
        end = self._line_end(index)
        end += end < len(self._text)
        ahead = end
        starts = {start for start, _ in self._comments}
        while ahead < len(self._text):
            stop = self._line_end(ahead)
            line = self._text[ahead:stop]
            first = ahead + len(line) - len(line.lstrip(" \t"))
            if first in starts and first - ahead > column:
                end = stop + (stop < len(self._text))
            elif line.strip(" \t"):
                break
            ahead = stop + 1
        return end

    def _attached(self, line: int) -> int:
        """The start of the comment lines that stand directly above a line, but for the line that names the schema."""
        starts = {start for start, _ in self._comments}
        while line:
            before = self._line_start(line - 1)
            content = self._text[before : line - 1]
            first = before + len(content) - len(content.lstrip(" "))
            if first not in starts or "yaml-language-server" in content:
                break
            line = before
        return line

    def _skip(self, index: int) -> int:
        """The first offset from `index` that is neither white space nor comment."""
        ends = dict(self._comments)
        while index < len(self._text):
            if index in ends:
                index = ends[index]
            elif self._text[index] in " \t\n":
                index += 1
            else:
                break
        return index

    def _with_space(self, span: tuple[int, int]) -> str:
        """A comment with the white space before it."""
        start = span[0]
        while self._text[start - 1] in " \t":
            start -= 1
        return self._text[start : span[1]]

    def _line_start(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        end = self._text.find("\n", index)
        return len(self._text) if end < 0 else end

    def _column(self, index: int) -> int:
        return index - self._line_start(index)


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _with_line_end(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
