"""Repairs the form of a file without changing what it says: what `opsbook fmt` does to the bytes of one file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import BaseModel

from opsbook.core import markdown, yaml
from opsbook.core.places import models_at
from opsbook.core.shape import Part

MARK = b"\xef\xbb\xbf"
LAST = "operation"
"""Which operation wrote a file comes last in it, wherever its model has it."""

_FRONT = re.compile(r"(---)[ \t]*(\n)((?:[^\n]*\n)*?)(---)[ \t]*(\n|\Z)")
_BREAK = re.compile(r"[^#|\s][^\n]*[^ ] {2,}\Z")
"""A line that may end in a hard break."""

_Text = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Tidied:
    """A file as it should be.

    Attributes:
        changes: what was repaired, in words.
        left: what is wrong with its form, and only a person can repair.
    """

    data: bytes
    changes: tuple[str, ...] = ()
    left: tuple[yaml.Fault, ...] = ()


def tidy(data: bytes, part: Part, limit: int = yaml.LIMIT) -> Tidied:
    """Repair what can be repaired of a file: its bytes, and where it can be read the text too.

    Args:
        limit: bytes that a YAML file may have.
    """
    try:
        text = data.removeprefix(MARK).decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        return Tidied(data, left=tuple(yaml.readable(data)[1]))
    changes = ["byte order mark"] if data.startswith(MARK) else []
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        changes.append("line ends")
    prose = part.format == "markdown"
    read = partial(_page, limit=markdown.LIMIT) if prose else partial(_values, limit=limit)
    meaning, left = read(text)
    before = None
    while not left and text != before:  # one repair can make another possible
        before = text
        for name, step in _page_steps(part) if prose else _steps(part):
            if (new := step(text)) != text and read(new) == (meaning, left):
                text = new
                changes.append(name)
    left = left or tuple(_rest(text, part))
    return Tidied(text.encode(), tuple(dict.fromkeys(changes)), left)


def _rest(text: str, part: Part) -> Iterator[yaml.Fault]:
    """What no repair could change without changing what the text says."""
    if text and not text.endswith("\n"):
        message = "The last line does not end, and an end would become part of its text."
        yield yaml.Fault("", text.count("\n") + 1, 1, message)
    if part.model is not None:
        front = _FRONT.match(text)
        keys, first_line = (front[3] if front else "", 2) if part.format == "markdown" else (text, 1)
        document = yaml.load(keys.encode(), limit=len(text.encode()), first_line=first_line)
        for place in yaml.disordered(keys, _order(document.value, part.model)):
            message = "The keys cannot be put in order without changing what they say: move them by hand."
            yield yaml.Fault("", *document.place(place), message)


def _steps(part: Part) -> Iterator[tuple[str, _Text]]:
    yield "trailing space", yaml.trimmed
    yield "final newline", _ended
    yield "final newline", lambda text: text.removesuffix("\n") + "\n"
    if part.model is not None:
        yield "order of keys", partial(_ordered, model=part.model)


def _page_steps(part: Part) -> Iterator[tuple[str, _Text]]:
    for name, step in _steps(part):
        if name != "final newline":
            yield name, partial(_in_front, step=step)
    yield "trailing space", lambda text: _FRONT.sub(r"\1\2\3\4\5", text, count=1) if _FRONT.match(text) else text
    yield "trailing space", _trimmed
    yield "final newline", _ended
    yield "final newline", lambda text: text.removesuffix("\n") + "\n"


def _ended(text: str) -> str:
    return text.rstrip(" \t\n") + "\n"


# What a text says.


def _values(text: str, limit: int) -> tuple[Any, tuple[yaml.Fault, ...]]:
    document = yaml.load(text.encode(), limit=limit)
    return document.value, document.faults


def _page(text: str, limit: int) -> tuple[Any, tuple[yaml.Fault, ...]]:
    page = markdown.parse(text.encode(), limit=limit)
    front = page.front
    body = text[found.end() :] if (found := _FRONT.match(text)) else text
    faults = (*page.faults, *(front.faults if front is not None else ()))
    return (front.value if front is not None else None, markdown.html(body)), faults


# The order of keys.


def _order(value: Any, model: type[BaseModel]) -> Callable[[tuple[str | int, ...]], Sequence[str]]:
    def order(place: tuple[str | int, ...]) -> Sequence[str]:
        models = models_at(model, value, place)
        names = [*models[0].model_fields] if len(models) == 1 else []
        return sorted(names, key=lambda name: name == LAST)

    return order


def _ordered(text: str, model: type[BaseModel]) -> str:
    value = yaml.load(text.encode(), limit=len(text.encode())).value
    return yaml.ordered(text, _order(value, model))


# Markdown.


def _in_front(text: str, step: _Text) -> str:
    found = _FRONT.match(text)
    return text[: found.start(3)] + step(found[3]) + text[found.end(3) :] if found else text


def _trimmed(text: str) -> str:
    """Without white space at the end of lines of prose; what is code, HTML or a hard break stays."""
    found = _FRONT.match(text)
    front, body = (text[: found.end()], text[found.end() :]) if found else ("", text)
    lines = body.split("\n")
    kept = markdown.verbatim_lines(body)
    following = [*(line.strip() for line in lines[1:]), ""]
    loose = [
        index
        for index, line in enumerate(lines)
        if line[-1:] in (" ", "\t") and index not in kept and not (_BREAK.match(line.strip("\t")) and following[index])
    ]
    return front + "\n".join(_without(lines, loose, markdown.html(body)))


def _without(lines: list[str], loose: Sequence[int], meaning: str) -> list[str]:
    """The lines without the space at the end of those that are loose, but for those where it means something."""
    if not loose:
        return lines
    new = list(lines)
    for index in loose:
        new[index] = lines[index].rstrip(" \t")
    if markdown.html("\n".join(new)) == meaning:
        return new
    half = len(loose) // 2
    return _without(_without(lines, loose[:half], meaning), loose[half:], meaning) if half else lines
