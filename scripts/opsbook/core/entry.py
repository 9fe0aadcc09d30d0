"""What can be found of a record or a page: its names, and its text in parts that can be shown as the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from opsbook.core.markdown import Markdown


class Passage(NamedTuple):
    """A part of a page that may be the answer: what stands below one heading.

    Attributes:
        heading: the headings above it without the title, from the outermost; empty for what stands before them.
        text: its lines as they are in the file, from the line after `line`.
        line: of its heading, from 1.
        path: its file, where that is another than the entry's.
    """

    heading: str
    text: str
    line: int
    path: str = ""


class Entry(NamedTuple):
    """What a search knows of one record or page, made of its files alone.

    Attributes:
        path: the file that a person opens.
        signs: what people see or try to do when they look for it, word by word: symptoms, goals, alerts.
        names: other words that name it, such as its id.
        reviewed: the day when somebody last found it true, `2026-11-21`; empty where nobody says.
        note: what a reader must know before relying on it.
        weight: 1, or less of what is rarely looked for.
    """

    path: str
    title: str
    passages: tuple[Passage, ...] = ()
    signs: tuple[str, ...] = ()
    names: str = ""
    reviewed: str = ""
    note: str = ""
    weight: float = 1.0


def passages(text: Markdown, title: str, path: str = "") -> tuple[Passage, ...]:
    """A page in parts, one for each heading; comments that allow a finding are left out. For `path` see `Passage`."""
    rows = {text.line(row): line for row, line in enumerate(text.body.split("\n"))}
    last = max(rows, default=0)
    starts = [(text.first_line - 1, 0, ""), *((heading.line, heading.level, heading.text) for heading in text.headings)]
    above: list[tuple[int, str]] = []
    found = []
    for (line, level, name), (end, _, _) in zip(starts, [*starts[1:], (last + 1, 0, "")], strict=True):
        above = [item for item in above if item[0] < level]
        if level and name != title:
            above.append((level, name))
        inside = "\n".join(rows.get(number, "") for number in range(line + 1, end))
        if inside.strip() or name not in ("", title):
            found.append(Passage(" › ".join(text for _, text in above), inside, max(line, 1), path))
    return tuple(found)
