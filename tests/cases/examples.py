"""A wrong and a right example for each code, taken from the cases that test it: what `opsbook explain` shows.

The cases are no part of the package; `python -m tests.cases.examples` writes what it holds of them. Of a code the first
case that fails is taken, or the one that says `shown: yes`, and what the base book has in its place; for a file that the
base book does not have, the same from a case that passes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from difflib import SequenceMatcher
from pathlib import Path

import opsbook.core
from opsbook.core.book import Book
from opsbook.core.text import visible
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from tests.cases.cases import CODES, NOW, Case, all_cases, base

PATH = Path(opsbook.core.__file__).parent / "examples.json"
AROUND = 2
"""Lines that are shown before and after one that matters."""
LONGEST = 14
"""Lines of one file that are shown."""
WHOLE = 5
"""Lines of one that is shown because it is there."""


def written() -> str:
    """The examples as the package holds them."""
    found = {code: dict(zip(("wrong", "right"), _example(code), strict=True)) for code in CODES}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _example(code: str) -> tuple[dict[str, str], dict[str, str]]:
    """The text of each file, as it is wrong and as it is right."""
    case, old = _cases(code, passes=False)[0], base()
    marks: dict[str, set[int]] = {}
    for path, line, found, _ in sorted(case.expected):
        if found == code and (path in case.files or path in old):
            marks.setdefault(path, set()).add(line - 1)
    changed = [path for path in {**case.files, **old} if case.files.get(path) != old.get(path) or path in case.modes]
    wrong, right = {}, {}
    for path in marks if set(marks) & set(changed) else [*marks, *changed][:3]:
        bad, good = _lines(case.files.get(path)), _lines(old.get(path))
        here, there = _matter(bad, good, marks.get(path, set()))
        marked = [line + f"  ← {code}" * (index in marks.get(path, ())) for index, line in enumerate(bad)]
        wrong[_at(path, case)] = _ABSENT[case.modes.get(path, "")] if not bad else _excerpt(marked, here)
        if path in old:
            right[_at(path, case) if case.now == NOW else f"{path} at {NOW}"] = _excerpt(good, there)
    return wrong, right or _like(next(iter(marks), changed[0]), code)


_ABSENT = {"": "(there is no such file)", "symlink": "(a symbolic link)", "other": "(a pipe or a device)", "file": ""}


def _at(path: str, case: Case) -> str:
    return path if case.now == NOW else f"{path} at {case.now}"


def _cases(code: str, *, passes: bool) -> list[Case]:
    """Those that say that they are to be shown before the others."""
    return sorted(
        (case for case in all_cases() if case.code == code and case.passes == passes), key=lambda case: not case.shown
    )


def _like(path: str, code: str) -> dict[str, str]:
    """A file of the same sort: one that a passing case has, else one of the base book."""
    sort, old = _sort(path), base()
    for case in _cases(code, passes=True):
        for other, data in case.files.items():
            if sort is not None and data != old.get(other) and _sort(other) == sort:
                return {other: _excerpt(_lines(data), range(WHOLE))}
    return {
        other: _excerpt(_lines(old[other]), range(WHOLE)) for other in [o for o in old if _sort(o) == sort and sort][:1]
    }


def _sort(path: str) -> tuple[str, str] | None:
    """The kind and the part of a file of a record."""
    book = Book(MemoryTree({path: b""}), registry())
    ref = book.at(path)
    files = book.record(ref).files.values() if ref is not None else ()
    return next(((ref.kind, file.part.pattern) for file in files if ref is not None), None)


def _matter(bad: list[str], good: list[str], marks: Iterable[int]) -> tuple[set[int], set[int]]:
    """The lines that differ or have a mark, on both sides."""
    here, there = set(marks), set[int]()
    for tag, i, last, j, end in SequenceMatcher(None, bad, good, autojunk=False).get_opcodes():
        if tag == "equal":
            there |= {mark - i + j for mark in marks if i <= mark < last}
        elif bad and good:
            here |= set(range(i, last)) or {i}
            there |= set(range(j, end)) or {j}
    return (here or set(range(len(bad)))), (there or set(range(WHOLE)))


def _excerpt(lines: list[str], matter: Iterable[int]) -> str:
    near = {index + step for index in matter for step in range(-AROUND, AROUND + 1)}
    shown = [index for index in range(len(lines)) if index in near][:LONGEST]
    out: list[str] = []
    for before, index in zip([-1, *shown], shown, strict=False):
        out += ["…"] * (index != before + 1) + [lines[index]]
    return "\n".join(out + ["…"] * (bool(shown) and shown[-1] + 1 < len(lines)))


def _lines(data: bytes | None) -> list[str]:
    return visible(data.decode("utf-8", "backslashreplace").rstrip("\n")).split("\n") if data else []


if __name__ == "__main__":
    PATH.write_text(written(), "utf-8")
