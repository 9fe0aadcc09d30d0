"""Comments in a Markdown text that allow a finding: found, and taken out before anything else reads the text.

They are taken out and not skipped, so that they cannot end a table or a paragraph, and so that no page ever shows
one: what the rules read is what the site renders. Such a comment has a line of its own or ends one, outside code.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from opsbook.core.comment import SIGN, Comment

if TYPE_CHECKING:
    from markdown_it.token import Token

_COMMENT: Final = re.compile(rf"<!--[ \t]*({SIGN}(?![\w-])(?:(?!-->|<!--).)*)-->[ \t]*$")
BEGIN: Final = re.compile(rf"<!--[ \t]*{SIGN}(?![\w-])")
"""How such a comment begins, wherever it stands."""
_ROUNDS: Final = 8
"""What is still there after so many rounds was put together to hide: it stays, and is reported as torn."""
_QUOTED: Final = " \t>"
"""What may stand before a comment that has a line of its own: a quotation has its sign on every line."""


def taken_out(
    body: str, numbers: Sequence[int], parse: Callable[[str], Iterable[Token]]
) -> tuple[str, Sequence[int], tuple[Comment, ...]]:
    """The text without such comments.

    Args:
        numbers: the line in the file of each line of `body`.
        parse: reads Markdown; tokens of code spans say where they begin and end (`offset`, `end`).

    Returns:
        The text, the line in the file of each of its lines, and the comments.
    """
    beside: list[Comment] = []
    alone: list[Comment] = []
    # A comment can end a list, so that the indented lines below it look like code until it is gone: hence the rounds.
    for _ in range(_ROUNDS):
        count = len(beside) + len(alone)
        body, numbers = _round(body, numbers, _code(parse(body)), beside, alone)
        if SIGN not in body or len(beside) + len(alone) == count:
            break
    comments = [*beside, *(replace(comment, about=_below(comment.line, numbers)) for comment in alone)]
    return body, numbers, tuple(sorted(comments, key=lambda comment: comment.line))


def _round(
    body: str, numbers: Sequence[int], code: Set[int], beside: list[Comment], alone: list[Comment]
) -> tuple[str, Sequence[int]]:
    """Take out the comments outside code, and add them to those that end a line or to those that stand alone."""
    lines: list[str] = []
    kept: list[int] = []
    for row, (number, line) in enumerate(zip(numbers, body.split("\n"), strict=True)):
        found = _COMMENT.search(line) if SIGN in line and row not in code else None
        if found is not None and not _escaped(line, found.start()):
            comment = Comment(number, found.start() + 1, found[1].rstrip(), number)
            line = line[: found.start()].rstrip(" \t")
            if not line.strip(_QUOTED):
                alone.append(comment)
                continue
            beside.append(comment)
        lines.append(line)
        kept.append(number)
    return "\n".join(lines), kept or [numbers[-1]]


def _below(line: int, numbers: Sequence[int]) -> int:
    """The first line that stayed below a line of the file; the next one at the end."""
    place = bisect_right(numbers, line)
    return numbers[place] if place < len(numbers) else line + 1


def _escaped(line: str, at: int) -> bool:
    """Whether a backslash makes text of the character at an offset."""
    before = line[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _code(tokens: Iterable[Token]) -> set[int]:
    """The rows of blocks of code, and those at whose end a code span goes on."""
    rows: set[int] = set()
    for token in tokens:
        first, end = token.map or (0, 0)
        if token.type in ("fence", "code_block"):
            rows.update(range(first, end))
        elif token.type == "inline":
            for child in token.children or ():
                if child.type == "code_inline":
                    start, stop = (first + token.content.count("\n", 0, child.meta[at]) for at in ("offset", "end"))
                    rows.update(range(start, stop))
    return rows
