"""Lines for a terminal: colour only where it is wanted, and nothing that people typed can act on the terminal."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from typing import TextIO

from opsbook.core.text import terminal, visible

_COLORS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}


class Screen:
    """Prints to a stream; every text passes `core.text.terminal` on its way.

    Args:
        color: whether escape sequences for colours may be written.
        lines: whether a table is written as lines that name what each value is, for whoever hears it or cuts it apart.
    """

    def __init__(self, stream: TextIO, *, color: bool = False, lines: bool = False) -> None:
        self._stream = stream
        self._color = color
        self._lines = lines

    def line(self, text: str = "", color: str = "") -> None:
        """One line (or several, if the text has them)."""
        self._stream.write(self.paint(terminal(text), color) + "\n")

    def raw(self, text: str) -> None:
        """One line for a machine, as it is: the caller has escaped it."""
        self._stream.write(text + "\n")

    def json(self, value: object) -> None:
        """One JSON object on one line, in ASCII: nothing in it acts on a terminal or on a runner that reads the log."""
        self.raw(json.dumps(value, ensure_ascii=True).replace("##", "#\\u0023"))

    def command(self, text: str) -> None:
        """One workflow command for a GitHub runner; the caller has escaped its parts, and it stays one line."""
        self._stream.write(" ".join(visible(text).split("\n")) + "\n")

    def good(self, text: str) -> None:
        """Something that went well."""
        self.line(text, "green")

    def bad(self, text: str) -> None:
        """Something that did not."""
        self.line(text, "red")

    def heading(self, text: str) -> None:
        """What the lines below are about."""
        self.line(text, "bold")

    def paint(self, text: str, color: str) -> str:
        """`text` in a colour, if colours are wanted."""
        return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if color and self._color else text

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Label and value in two columns."""
        rows = list(pairs)
        width = max((len(label) for label, _ in rows), default=0)
        for label, value in rows:
            first, *rest = terminal(value).split("\n") or [""]
            self._stream.write(f"  {self.paint(label.ljust(width), 'dim')}  {first}\n")
            for more in rest:
                self._stream.write(f"  {' ' * width}  {more}\n")

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns as wide as their content; the last one takes the rest of the line."""
        cells = [[terminal(cell).replace("\n", " ") for cell in row] for row in rows]
        if self._lines:
            for row in cells:
                said = [f"{name}: {cell}" for name, cell in zip(header, row, strict=True) if cell]
                self._stream.write("; ".join(said) + "\n")
            return
        widths = [max(len(item) for item in column) for column in zip(header, *cells, strict=True)]
        for number, row in enumerate([list(header), *cells]):
            text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            self._stream.write(self.paint(text, "bold" if number == 0 else "") + "\n")

    def block(self, text: str, indent: str = "    ") -> None:
        """A text of several lines, indented."""
        self._stream.write(textwrap.indent(terminal(text), indent) + "\n")
