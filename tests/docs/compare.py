"""What a page says a command prints, beside what it printed.

A page shows one run, and no other has the same ids, times and commits. So some words of a page stand for any of their
kind. All others are compared as they are.

| on a page | stands for |
|---|---|
| `…` alone on a line | any lines, or none |
| `…` in a line | any words |
| `INC-20261121-7KQ4M`, `7KQ4M` | one id, the same on the whole page; what the book itself holds stands for itself |
| `10:02` | a time of day, with `tomorrow` or `yesterday` where midnight is near |
| `GMT` | the zone of the book, in winter or summer |
| `2026-11-21`, `Sat 21 Nov 2026` | a day |
| `24 records` | how many records there are |
| `0123456789ab` (7 or 12 digits) | a commit |

Spaces between columns may be more or fewer, because columns are as wide as what stands in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_TAIL = "[0-9A-HJKMNP-TV-Z]{5}"
ID = re.compile(rf"\bINC-\d{{8}}-{_TAIL}\b")
_WORD = re.compile(rf"{ID.pattern}|\b(?=[0-9]*[A-Z])(?=[A-Z]*[0-9]){_TAIL}\b")
"""An id, or the end of one."""

_KINDS = {
    "left_out": ("…", ".*"),
    "date": (r"\b\d{4}-\d\d-\d\d\b", r"\d{4}-\d\d-\d\d"),
    "day": (r"\b[A-Z][a-z]{2} \d\d? [A-Z][a-z]{2} \d{4}\b", r"[A-Z][a-z]{2} \d\d? [A-Z][a-z]{2} \d{4}"),
    "time": (r"\b\d\d:\d\d\b", r"\d\d:\d\d(?: tomorrow| yesterday)?"),
    "zone": (r"\bGMT\b", "(?:GMT|BST)"),
    "commit": (r"\b(?=[0-9a-f]*\d)(?:[0-9a-f]{12}|[0-9a-f]{7})\b", "(?:[0-9a-f]{12}|[0-9a-f]{7})"),
    "count": (r"\b\d+ records\b", r"\d+ records?"),
    "columns": (r"(?<=\S) {2,}(?=\S)", " {2,}"),
}
"""Each kind of word: how a page writes it, and what it stands for."""


class Names:
    """The ids of a page, and those that they stand for.

    Args:
        real: the ids that the book holds, which stand for themselves.
    """

    def __init__(self, real: Iterable[str]) -> None:
        self.known: dict[str, str] = {}
        for id_ in real:
            self.learn(id_, id_)

    def learn(self, shown: str, real: str) -> None:
        """From now on the id of the page stands for this one, and its end for the end of this one."""
        assert self.known.get(shown, real) == real, f"{shown} is {self.known[shown]} already, and not {real}"
        self.known[shown] = real
        if len(shown) > 5:
            self.learn(shown[-5:], real[-5:])

    def real(self, command: str) -> str:
        """A command with the ids that are meant; an id of which nothing is known yet stays as it is."""
        return _WORD.sub(lambda found: self.known.get(found[0], found[0]), command)

    def explain(self, told: str, printed: str) -> bool:
        """Whether this is what the page tells; learns the ids that it had not met before."""
        found = re.fullmatch(self._pattern(told), _tidy(printed))
        for group, real in (found.groupdict() if found else {}).items():
            self.learn(group.removeprefix("id_").replace("_", "-"), real)
        return found is not None

    def _pattern(self, told: str) -> str:
        """A page's lines as an expression."""
        seen: set[str] = set()
        lines = _tidy(told).splitlines()
        return "".join(r"(?:.*\n)*?" if line.strip() == "…" else self._line(line, seen) + r"\n" for line in lines)

    def _line(self, line: str, seen: set[str]) -> str:
        kinds = "|".join(f"(?P<{name}>{shown})" for name, (shown, _) in _KINDS.items())
        parts, at = [], 0
        for found in re.finditer(f"(?P<id>{_WORD.pattern})|{kinds}", line):
            parts.append(re.escape(line[at : found.start()]))
            at = found.end()
            parts.append(self._id(found[0], seen) if found["id"] else _KINDS[_kind(found)][1])
        return "".join([*parts, re.escape(line[at:])])

    def _id(self, shown: str, seen: set[str]) -> str:
        if shown in self.known:
            return re.escape(self.known[shown])
        name = f"id_{shown.replace('-', '_')}"
        if shown in seen:
            return f"(?P={name})"
        seen.add(shown)
        return f"(?P<{name}>{ID.pattern if len(shown) > 5 else _TAIL})"


def _kind(found: re.Match[str]) -> str:
    """Which kind of word was found."""
    return next(name for name in _KINDS if found[name] is not None)


def _tidy(text: str) -> str:
    """As a terminal shows it: without tabs, spaces at the end of lines, and empty lines around the whole."""
    return "\n".join(line.rstrip() for line in text.expandtabs().split("\n")).strip("\n") + "\n"
