"""Comments in a Markdown text that allow a finding: found, and taken out before anything else reads the text.

They are taken out and not skipped, so that they cannot end a table or a paragraph, and so that no page ever shows
one: what the rules read is what the site renders. Such a comment has a line of its own or ends one, outside code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from opsbook.core.comment import SIGN, Comment

if TYPE_CHECKING:
    from markdown_it.token import Token

_COMMENT: Final = re.compile(rf"<!--[ \t]*({SIGN}(?![\w-])(?:(?!-->|<!--).)*)-->[ \t]*$")
BEGIN: Final = re.compile(rf"<!--[ \t]*{SIGN}(?![\w-])")
"""How such a comment begins, wherever it stands."""
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
    code = _code(parse(body))
    lines: list[str] = []
    kept: list[int] = []
    comments: list[Comment] = []
    waiting: list[Comment] = []  # alone so far: they are about the next line that stays
    for row, (number, line) in enumerate(zip(numbers, body.split("\n"), strict=True)):
        found = _COMMENT.search(line) if SIGN in line and row not in code else None
        if found is None or _escaped(line, found.start()):
            comments += [_about(comment, number) for comment in waiting]
            waiting = []
            lines.append(line)
            kept.append(number)
            continue
        comment = Comment(number, found.start() + 1, found[1].rstrip(), number)
        if not line[: found.start()].strip(_QUOTED):
            waiting.append(comment)
            continue
        comments += [*(_about(above, number) for above in waiting), comment]
        waiting = []
        lines.append(line[: found.start()].rstrip(" \t"))
        kept.append(number)
    comments += [_about(comment, comment.line + 1) for comment in waiting]
    return "\n".join(lines), kept or [numbers[-1]], tuple(comments)


def _about(comment: Comment, line: int) -> Comment:
    return Comment(comment.line, comment.column, comment.text, line)


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
