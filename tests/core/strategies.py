"""Open-ended input for the tests of the core: visible text, JSON-like values, and YAML as people write it."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from opsbook.core.text import visible

_NASTY = (
    "no", "Yes", "on", "null", "~", "true", "False", "10:05", "0123", "0x1F", "0o17", "0b1", "1_000",
    "1e3", ".5", ".inf", "-.INF", ".NaN", "1.", "+1", "-0", "2026-11-21", "2026-11-21T10:05:00Z",
    "2001-12-14 21:59:43.10 -5", "<<", "=", "", " ", " a", "a ", "\n", "a\nb", "a\nb\n", "a\nb\n\n",
    "\na\nb", " a\nb", "a\n b\n", "a\n\tb\n", "\ta\nb", "a\n \nb", "a: b", "a:", ":a", "a #b", "a#b", "#a",
    "- a", "-a", "? a", "[a]", "{a}", "a, b", "'a'", '"a"', "a\\b", "|", ">", "%a", "@a", "`a`", "*a",
    "&a", "!a", "---", "--- a", "...", "... a", "a\n---\nb", "a\n...\nb\n", "a\n# b\n", "# a\nb", "y", "n",
    "Null", "NULL", "é", "日本語", "👨‍👩‍👧", "\xa0", "a\xa0b", "a\u3000", "\U0001fae8", "12e03", "1e999",
    "685_230.15", "190:20:30", "0.", "0_", "a" * 1500, "9" * 700, "x\t# y", "a\t", "<!channel>", "{{ x }}",
    "::error::x", "it's", "1,2",
)  # fmt: skip
"""Strings that some YAML reader takes for something else, or that some style cannot hold."""

texts = st.one_of(st.sampled_from(_NASTY), st.text(max_size=30).map(visible))
"""Text without hidden characters."""

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**600), max_value=10**600),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=15,
)
mappings = st.dictionaries(texts, values, max_size=6)


class Writer:
    """Writes a value as YAML in the many ways in which people do, with a comment wherever one is allowed.

    Every comment is unique (`# c17`), so that a test can see whether it is still there.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # the same seed writes the same text
        self._comments = 0
        self._keeps = False  # the text ends with a block that would take a blank line for its own
        self._block_open = False  # the text ends with a block that would take an indented comment for its own

    def write(self, value: dict[str, Any]) -> str:
        """The text of a document."""
        if not value:
            return self._between(0) + "{}\n" + self._between(0)
        return self._between(0) + self._block(value, 0) + self._between(0)

    def _often(self, share: float) -> bool:
        return self._chance.random() < share

    def _comment(self) -> str:
        self._comments += 1
        return f"# c{self._comments}"

    def _beside(self) -> str:
        return self._chance.choice((" ", "  ", "   ")) + self._comment() if self._often(0.3) else ""

    def _between(self, indent: int) -> str:
        lines = []
        while self._often(0.25):
            if self._often(0.4):
                if not self._keeps:
                    lines.append("")
            else:
                lines.append(" " * indent + self._comment())
                self._keeps = False
        return "".join(f"{line}\n" for line in lines)

    def _block(self, value: Any, indent: int, *, inline: bool = False) -> str:
        """Lines at a column; the first one without its indentation for `inline`."""
        pad = " " * indent
        parts = []
        items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
        for number, (key, item) in enumerate(items):
            lead = "" if inline and number == 0 else self._between(indent) + pad
            lead += "-" if key is None else self._scalar(key, key=True) + ":"
            self._keeps = self._block_open = False
            parts.append(lead + self._item(item, indent, dash=key is None))
        return "".join(parts)

    def _item(self, item: Any, indent: int, *, dash: bool) -> str:
        """What follows a colon or a dash, to the end of its lines."""
        step = self._chance.choice((1, 2, 2, 2, 4))
        if isinstance(item, dict | list) and item:
            if self._often(0.25):
                return " " + self._flow(item, indent + 2) + self._beside() + "\n"
            if dash and self._often(0.7):
                return " " + self._block(item, indent + 2, inline=True)
            if isinstance(item, list) and not dash and self._often(0.3):
                step = 0
            return self._beside() + "\n" + self._block(item, indent + step) + self._trailing(indent + max(step, 1))
        if item is None and self._often(0.4):
            return self._beside() + "\n"
        if isinstance(item, str) and self._literal(item):
            ends = len(item) - len(item.rstrip("\n"))
            header = "|" + ("-", "", "+")[min(ends, 2)]
            self._keeps, self._block_open = ends > 1, True
            lines = item.rstrip("\n").split("\n") + [""] * max(0, ends - 1)
            body = "".join(" " * (indent + step) * bool(line) + line + "\n" for line in lines)
            return f" {header}{self._beside()}\n{body}"
        if self._often(0.1):
            return f"{self._beside()}\n{' ' * (indent + step)}{self._scalar(item)}{self._beside()}\n"
        return f" {self._scalar(item)}{self._beside()}\n"

    def _trailing(self, indent: int) -> str:
        return " " * indent + self._comment() + "\n" if self._often(0.15) and not self._block_open else ""

    def _flow(self, value: Any, indent: int) -> str:
        """A collection in brackets, perhaps on several lines with comments."""
        wide = self._often(0.3)
        parts = []
        items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
        for key, item in items:
            lead = "" if key is None else self._scalar(key, key=True, flow=True) + ": "
            inner = self._flow(item, indent) if isinstance(item, dict | list) else self._scalar(item, flow=True)
            parts.append(lead + inner)
        left, right = "{}" if isinstance(value, dict) else "[]"
        if not wide or not parts:
            return left + ", ".join(parts) + ("," if parts and self._often(0.1) else "") + right
        pad = " " * indent
        lines = [left + self._beside()]
        for number, part in enumerate(parts):
            comma = "," if number + 1 < len(parts) or self._often(0.5) else ""
            lines.append(f"{pad}{part}{comma}{self._beside()}")
            if self._often(0.2):
                lines.append(pad + self._comment())
        return "\n".join([*lines, pad + right])

    def _literal(self, text: str) -> bool:
        body = text.rstrip("\n")
        return (
            "\n" in text
            and body.strip(" \n\t") != ""
            and body.lstrip("\n")[0] not in " \t"
            and all(line.strip(" \t") for line in body.split("\n") if line)
            and self._often(0.7)
        )

    def _scalar(self, value: Any, *, key: bool = False, flow: bool = False) -> str:
        if isinstance(value, list | dict):
            return "[]" if isinstance(value, list) else "{}"
        if value is None:
            return self._chance.choice(("null", "~"))
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return repr(value)
        if value.isalpha() and value.isascii() and value not in ("null", "true", "false"):
            written: str = self._chance.choice((value, value, f"'{value}'", f'"{value}"'))
            return written
        if not key and not flow and "\n" not in value and "\t" not in value and self._often(0.5):
            return "'" + value.replace("'", "''") + "'"
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
