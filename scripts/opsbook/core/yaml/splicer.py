"""Splices: one item of a mapping or list set, inserted or deleted in a text, by positions of its nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsbook.core.yaml import writer
from opsbook.core.yaml.nodes import BLOCK_STYLES, Node, comments


class Splicer:
    """Splices of one text by its nodes. Every method returns the new text."""

    def __init__(self, text: str, root: Node) -> None:
        self._text = text
        self._comments = comments(text, root)

    # Block style and dispatch.

    def replace(self, parent: Node, index: int, new: Any) -> str:
        """Set the value of an item."""
        old = parent.values[index]
        text = self._text
        if parent.flow:
            return self._replace_flow(parent, index, new)
        lead = self._lead(parent, index)
        column = self._column(self._item_start(parent, index))
        lines = self._block_lines(new, column + 2)
        if lines is None and self._simple(old):
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
            body = joined([f" {lines[0]}{beside}", *lines[1:]])[:-1]
        elif parent.kind == "list" and not beside:
            body = " " + joined(lines)[:-1].lstrip(" ")
        else:
            body = joined([beside, *lines])[:-1]
        line_end = "\n" if text[:end].endswith("\n") else ""
        return self._above(text[:lead] + body + line_end + text[end:], lead, above)

    def insert(self, parent: Node, at: int, key: str | int, new: Any) -> str:
        """Put a new item before the item at the index `at`, or behind the last one."""
        text = self._text
        if parent.flow:
            return self._insert_flow(parent, at, key, new)
        column = self._column(self._item_start(parent, 0))
        value: Any = {key: new} if parent.kind == "map" else [new]
        lines = writer.block(value, column, following=True)
        if at:
            self._lead(parent, at - 1)
            end = self._entry_end(self._item_end(parent, at - 1), column)
            return with_line_end(text[:end]) + joined(lines) + text[end:]
        start = self._item_start(parent, 0)
        if text[self._line_start(start) : start].strip(" "):
            return text[:start] + joined(lines)[column:] + " " * column + text[start:]
        start = self._attached(self._line_start(start))
        return text[:start] + joined(lines) + text[start:]

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

    def rearrange(self, parent: Node, rows: Sequence[int]) -> str:
        """Put the items of a mapping in another order, each with the comments above, beside and below it."""
        text, ends = self._text, [self._item_end(parent, row) for row in range(len(parent.values))]
        if parent.flow:
            spans = [(self._item_start(parent, row), end) for row, end in enumerate(ends)]
            moved = [text[slice(*spans[row])] for row in rows]
            for (start, end), item in reversed(list(zip(spans, moved, strict=True))):
                text = text[:start] + item + text[end:]
            return text
        first = self._item_start(parent, 0)
        column, line = self._column(first), self._line_start(first)
        bounds = [self._entry_end(end, column) for end in ends]
        on_dash = text[line:first].strip(" ") != ""
        starts = [first if on_dash else self._attached(line), *bounds[:-1]]
        parts = [with_line_end(text[start:end]) for start, end in zip(starts, bounds, strict=True)]
        if on_dash:
            parts[0] = " " * column + parts[0]
        whole = "".join(parts[row] for row in rows)
        return text[: starts[0]] + (whole.lstrip(" \n") if on_dash else whole) + text[bounds[-1] :]

    def first(self, root: Node, value: Mapping[str, Any]) -> str:
        """Put the first key into a document that is `{}`."""
        return self._text[: root.start] + joined(writer.block(value, 0))[:-1] + self._text[root.end :]

    def emptied(self, root: Node, empty: Any) -> str:
        """Remove the only item of the document."""
        text = self._text
        if root.flow:
            return self._delete_flow(root, 0)
        start = self._line_start(root.start)
        return text[:start] + writer.scalar(empty) + "\n" + text[self._entry_end(root.end, 0) :]

    def _simple(self, old: Node) -> bool:
        """Whether a value is a scalar, or brackets without comments: another can simply take its place."""
        if old.kind != "scalar" and not old.flow:
            return False
        return old.style not in BLOCK_STYLES and not any(old.start <= at < old.end for at, _ in self._comments)

    def _block_lines(self, new: Any, indent: int) -> list[str] | None:
        """The lines of a value that does not fit on one, or None."""
        if writer.collection(new):
            return writer.block(new, indent, following=True) if new else None
        return writer.literal_block(new, indent, following=True) if isinstance(new, str) else None

    def _above(self, text: str, index: int, lines: list[str]) -> str:
        """The text with comments on lines of their own above the line of `index`, indented like it."""
        start = self._line_start(index)
        first = start
        while text[first] == " ":
            first += 1
        pad = text[start:first]
        return text[:start] + "".join(f"{pad}{line}\n" for line in lines) + text[start:]

    # Brackets.

    def _replace_flow(self, parent: Node, index: int, new: Any) -> str:
        text = self._text
        old = parent.values[index]
        written = writer.flow(new)
        if old.start == old.end and parent.kind == "map":
            name = parent.keys[index]
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
        if not parent.values:
            return text[: parent.start + 1] + written + text[parent.start + 1 :]
        if at:
            end = self._item_end(parent, at - 1)
            return f"{text[:end]}, {written}{text[end:]}"
        start = self._item_start(parent, 0)
        return f"{text[:start]}{written}, {text[start:]}"

    def _delete_flow(self, parent: Node, index: int) -> str:
        text = self._text
        start, end = self._item_start(parent, index), self._item_end(parent, index)
        if index + 1 < len(parent.values):
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
            return parent.keys[index].start
        if parent.flow:
            return parent.values[index].start
        return self._skip(parent.values[index - 1].end) if index else parent.start

    def _item_end(self, parent: Node, index: int) -> int:
        if parent.kind == "map":
            return max(parent.keys[index].end, parent.values[index].end)
        return max(parent.values[index].end, 0 if parent.flow else self._item_start(parent, index) + 1)

    def _lead(self, parent: Node, index: int) -> int:
        """The offset behind the colon or the dash of an item in block style."""
        if parent.kind == "list":
            return self._item_start(parent, index) + 1
        colon = parent.keys[index].end
        while self._text[colon : colon + 1] == " ":
            colon += 1
        if self._text[colon : colon + 1] != ":":
            raise ValueError("a key that is written with a question mark cannot be changed")
        return colon + 1

    def _entry_end(self, index: int, column: int) -> int:
        """The offset behind the line of `index` and the comments below it that lie right of `column`."""
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
        """The start of the comment lines directly above a line, but for the line that names the schema."""
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


def joined(lines: Sequence[str]) -> str:
    """Lines as text."""
    return "".join(f"{line}\n" for line in lines)


def with_line_end(text: str) -> str:
    """A text that ends with a line feed, if it has anything."""
    return text if not text or text.endswith("\n") else text + "\n"
