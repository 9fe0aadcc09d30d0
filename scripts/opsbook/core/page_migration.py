"""Pages written for the Markdown of a site generator, as GitHub reads them: links, and blocks that begin with `!!!`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import Final

from opsbook.core.markdown import Markdown, parse
from opsbook.core.pages import Pages

_BLOCK: Final = re.compile(r"(!!!|\?\?\?\+?)[ ]+([a-z]+)(?:[ ]+[a-z]+)*(?:[ ]+\"(.*)\")?[ ]*")
_INDENT: Final = "    "
ALERTS: Final = {
    **dict.fromkeys(("tip", "hint", "success", "check", "done"), "TIP"),
    **dict.fromkeys(("important", "question", "help", "faq"), "IMPORTANT"),
    **dict.fromkeys(("warning", "caution", "attention"), "WARNING"),
    **dict.fromkeys(("danger", "error", "bug", "failure", "fail", "missing"), "CAUTION"),
}


def as_github_reads(path: str, data: str, text: Markdown, pages: Pages) -> str:
    """The file with every block and link as GitHub reads it; what is right already stays as it is.

    Args:
        data: the whole file, front matter included; text: what it says.
    """
    lines = data.split("\n")
    begin = text.first_line - 1
    lines[begin:] = alerts(lines[begin:], _code(text))
    moved = "\n".join(lines)
    text = parse(moved.encode())
    lines = moved.split("\n")
    for link in text.links:
        better = pages.lead(path, link.target, text).write
        if better:
            _replace(lines, link.line - 1, link.column - 1, link.target, better)
    return "\n".join(lines)


def _replace(lines: list[str], row: int, column: int, target: str, better: str) -> None:
    """Put a better address in the place of a link's: behind its words, else where its reference is defined."""
    written = re.escape(target)
    for number in range(row, min(row + 20, len(lines))):
        at = column if number == row else 0
        found = re.compile(rf"(\]\([ ]*<?){written}(?=[>)\s])").search(lines[number], at)
        if found:
            lines[number] = lines[number][: found.end(1)] + better + lines[number][found.end() :]
            return
    for number, line in enumerate(lines):
        found = re.match(rf"( {{0,3}}\[[^\]]+\]:[ ]*<?){written}(?=[>\s]|$)", line)
        if found:
            lines[number] = found[1] + better + line[found.end() :]
            return


def _code(text: Markdown) -> set[int]:
    return {row for token in text.parsed.tokens if token.type == "fence" for row in range(*(token.map or (0, 0)))}


def alerts(lines: list[str], code: Set[int]) -> Iterator[str]:
    """The lines of a body, with each such block as an alert."""
    row = 0
    while row < len(lines):
        found = _BLOCK.fullmatch(lines[row]) if row not in code else None
        if found is None:
            yield lines[row]
            row += 1
            continue
        yield f"> [!{ALERTS.get(found[2], 'NOTE')}]"
        if found[3]:
            yield f"> **{found[3]}**"
            yield ">"
        row += 1
        while row < len(lines) and not lines[row].strip():
            row += 1
        while row < len(lines) and (lines[row].startswith(_INDENT) or not lines[row].strip()):
            if not lines[row].strip() and not (row + 1 < len(lines) and lines[row + 1].startswith(_INDENT)):
                break
            yield f"> {lines[row].removeprefix(_INDENT)}".rstrip()
            row += 1
