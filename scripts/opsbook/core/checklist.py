"""Checklists: the tables and task lists in a runbook, and the rules that both they and their frozen copy keep."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opsbook.core.errors import UsageError

if TYPE_CHECKING:
    from markdown_it.token import Token

    from opsbook.core.markdown import Markdown

HEADER = ("step", "action", "owner")
"""The columns of a checklist (the operations runbook: step, action, owner)."""
WHEN: Final = "when"
"""A fourth column that a checklist may have: when a step is needed."""
USERS: Final = "users notice"
"""The condition that is no severity."""

_SECTION: Final = re.compile(r"\bchecklist\b", re.IGNORECASE)
BOX: Final = re.compile(r"\[[ xX]?\](?:\s|$)")
"""A box as people write it, which GitHub may take for one or not."""
_OWNER: Final = re.compile(r"\s+(?:—|–|--)\s+(\S+)$")
_ONLY: Final = re.compile(r"\s*\(only (?:if )?([^()]*)\)$")


class Line(NamedTuple):
    """One step of a checklist as it is written: nothing is assumed about it.

    Attributes:
        when: its conditions, of which one must hold; without any it is always needed.
        line: of the file; columns: of step, action, owner and condition, from 1.
        fault: what is wrong with its form, if it is a task.
        task: it is an item of a task list, whose number is its place.
    """

    step: str
    action: str
    owner: str
    when: tuple[str, ...]
    line: int
    columns: tuple[int, ...]
    fault: str = ""
    task: bool = False


def lines_of(text: Markdown) -> list[Line]:
    """Every step of a page, in reading order.

    They are the rows of each table with the columns Step, Action and Owner, and When if it has that; and the items of
    each task list below a heading with the word checklist. A task that names no owner is for the owner of the page.
    """
    found = [
        Line(
            *_three(row.cells), conditions(row.cells[3] if len(row.cells) > len(HEADER) else ""), row.line, row.columns
        )
        for table in text.tables
        if is_header(table.header)
        for row in table.rows
    ]
    owner, source = str(_front(text).get("owner") or ""), text.body.split("\n")
    for start, end in task_lists(text.parsed.tokens):
        found += (_task(item, owner, source, text) for item in items(text.parsed.tokens[start:end]))
    found.sort(key=lambda line: line.line)
    return [line._replace(step=str(number)) if line.task else line for number, line in enumerate(found, 1)]


def condition(text: Markdown) -> tuple[str, ...]:
    """When the steps of a page are needed that say nothing themselves."""
    found = _front(text).get("when")
    return tuple(word for word in found if isinstance(word, str)) if isinstance(found, list) else ()


def _front(text: Markdown) -> dict[str, Any]:
    return text.front.value if text.front is not None and isinstance(text.front.value, dict) else {}


def is_header(cells: Sequence[str]) -> bool:
    """Whether a table with these headings is a checklist."""
    names = tuple(cell.strip().lower() for cell in cells)
    return names in (HEADER, (*HEADER, WHEN))


def conditions(cell: str) -> tuple[str, ...]:
    """The conditions that somebody wrote, one behind the other, in the spelling that they are kept in."""
    words = (" ".join(word.split()) for word in cell.split(","))
    return tuple(dict.fromkeys(USERS if word.lower() == USERS else word for word in words if word))


def task_lists(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Where the lists with boxes begin and end that are checklists."""
    within, start, boxes = 0, 0, False
    for index, token in enumerate(tokens):
        if token.level == 0 and token.type == "heading_open":
            level = int(token.tag[1])
            if not within or level <= within:
                within = level if _SECTION.search(tokens[index + 1].content) else 0
        elif token.level == 0 and token.type.endswith("_list_open"):
            start, boxes = index, False
        elif within and token.level == 1 and token.type == "list_item_open":
            boxes = boxes or "checked" in token.meta or bool(BOX.match(_first(tokens, index)))
        elif boxes and token.level == 0 and token.type.endswith("_list_close"):
            yield start, index + 1


def items(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each item of a list."""
    start = 0
    for index, token in enumerate(tokens):
        if token.level == tokens[0].level + 1 and token.type == "list_item_open":
            start = index
        elif token.level == tokens[0].level + 1 and token.type == "list_item_close":
            yield list(tokens[start : index + 1])


class Said(NamedTuple):
    """What a task says: `action — owner (only P1, users notice)`."""

    action: str
    owner: str
    when: tuple[str, ...]


def said(text: str) -> Said:
    """A task read: one word behind the last dash is its owner, and what stands in brackets at its end its condition."""
    text, when = text.rstrip(), ""
    if only := _ONLY.search(text):
        text, when = text[: only.start()], only[1]
    owner = _OWNER.search(text)
    return Said(text[: owner.start()] if owner else text, owner[1] if owner else "", conditions(when))


def _first(tokens: Sequence[Token], item: int) -> str:
    """The text with which the item that begins at an index begins."""
    return tokens[item + 2].content if tokens[item + 1].type == "paragraph_open" else ""


def _task(item: list[Token], owner: str, source: Sequence[str], text: Markdown) -> Line:
    row = item[0].map[0] if item[0].map else 0
    words, fault = _first(item, 0), ""
    if item[0].meta.get("checked"):
        fault = "is ticked already: whoever follows the runbook ticks it"
    elif "checked" not in item[0].meta:
        fault = "has no box: write it as “- [ ] action — owner”"
        words = BOX.sub("", words)
    elif len(item) > len(("item", "paragraph", "text", "/paragraph", "/item")):
        fault = "holds more than its line, which is not copied: make it steps of their own, or write it above"
    told = said(words)
    at = max(source[row].find(words.partition("\n")[0]), 0)
    last = source[row + words.count("\n")] if row + words.count("\n") < len(source) else ""
    columns = (at + 1, at + 1, (last.rfind(told.owner) if told.owner else at) + 1, last.rfind("(only") + 1 or 1)
    action = " ".join(told.action.split())
    return Line("", action, told.owner or owner, told.when, text.line(row), columns, fault, task=True)


def _three(cells: Sequence[str]) -> tuple[str, str, str]:
    step, action, owner = (cell.strip() for cell in (*cells, "", "", "")[:3])
    return step, action, owner


def faults(
    steps: Sequence[tuple[str, str, str, tuple[str, ...]]],
    owners: Collection[str],
    severities: Collection[str],
) -> Iterator[tuple[int, str, str]]:
    """What is wrong with a checklist of (step, action, owner, conditions).

    Args:
        owners: the known roles and teams; severities: the known ones. Where none is known, each is accepted.

    Yields:
        index of the row, the column (`step`, `action`, `owner`, `when`), and a sentence.
    """
    for index, (step, action, owner, when) in enumerate(steps):
        if step != str(index + 1):
            yield index, "step", f"this is step {step or 'without a number'}, and should be step {index + 1}"
        if not action.strip():
            yield index, "action", f"step {index + 1} has no action"
        if not owner.strip():
            yield index, "owner", f"step {index + 1} has no owner"
        elif owners and owner not in owners:
            yield index, "owner", f"step {index + 1} is owned by “{owner}”, which is no role or team of opsbook.yml"
        for word in when if severities else ():
            if word != USERS and word not in severities:
                known = ", ".join((*severities, USERS))
                yield index, "when", f"step {index + 1} is needed only for “{word}”, which is none of {known}"


def only(when: Sequence[str]) -> str:
    """Conditions as people read them: `only P1 or P2`, `only if users notice`."""
    severities = " or ".join(word for word in when if word != USERS)
    return "only " + " or ".join(filter(None, (severities, f"if {USERS}" if USERS in when else "")))


def numbers(words: Sequence[str]) -> Iterator[int]:
    """`1 2 5-8` as numbers.

    Raises:
        UsageError: a word is neither a number nor a range.
    """
    for word in words:
        first, dash, last = word.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or len(word) > 12:
            raise UsageError(f"“{word}” is no step.", "Name numbers and ranges, like 1 2 5-8.")
        start, end = int(first), int(last) if dash else int(first)
        if not 0 <= end - start < 1000:
            raise UsageError(f"“{word}” is no range of steps.", "Write the smaller number first, like 5-8.")
        yield from range(start, end + 1)


def spans(found: Sequence[int]) -> str:
    """The inverse of `numbers`: `1 2 5-8`."""
    runs: list[list[int]] = []
    for number in found:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    return " ".join("-".join(map(str, run)) for run in runs)
