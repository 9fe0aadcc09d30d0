"""Debts: findings that pages brought with them, each with an owner. `operations/baseline/<name>.yaml`.

The check subtracts them. A baseline only shrinks: what no longer occurs is to be taken out (BAS001), and nothing is put
in but by an import (BAS002).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Final, NamedTuple

from opsbook.core import yaml
from opsbook.core.book import Book
from opsbook.core.code import Problem
from opsbook.core.finding import Finding
from opsbook.core.record import File
from opsbook.core.redirects import FOLDER as REDIRECTS
from opsbook.core.redirects import MOST, Where, operations, redirects
from opsbook.core.redirects import PART as REDIRECT
from opsbook.core.rule import BookRule
from opsbook.core.shape import Part
from opsbook.core.types import Line, Model, many, matching

FOLDER: Final = "operations/baseline"

Debt = Annotated[str, matching(r"^[A-Z]{3}[0-9]{3} [0-9a-f]{10}$", "must be a code and the mark of a line")]


class Owed(Model):
    """What is known of one page."""

    path: Where
    """The page."""
    owner: Line
    """The role or team that pays."""
    known: tuple[Debt, ...] = many(max_length=MOST)
    """Code and mark of the line of each finding; twice where a line has two."""


class Debts(Model):
    """Findings that were there when pages were imported."""

    pages: tuple[Owed, ...] = many(max_length=MOST)
    """What each page owes."""


PART: Final = Part("", "baseline", model=Debts)


def mark(finding: Finding, lines: Sequence[str]) -> str:
    """How a baseline names a finding: its code, and what its line says, wherever that moves."""
    line = lines[finding.line - 1] if finding.line <= len(lines) else ""
    return f"{finding.code} {hashlib.sha256(' '.join(line.split()).encode()).hexdigest()[:10]}"


class Entry(NamedTuple):
    """What is known of one page, and where that is written."""

    file: File
    place: int
    owed: Owed


@lru_cache(maxsize=2)
def baseline(book: Book) -> Mapping[str, Entry]:
    """What is known, by page."""
    return {
        owed.path: Entry(file, index, owed)
        for file in operations(book, FOLDER, PART)
        if (found := file.get(Debts)) is not None
        for index, owed in enumerate(found.pages)
    }


def sifted(found: Iterable[Finding], files: Iterable[File], book: Book) -> list[Finding]:
    """The findings of a record, those that its baseline knows with their owner; and what the baseline has too much."""
    known = baseline(book)
    result = list(found)
    for file in files if known else ():
        entry = known.get(file.path)
        if entry is None:
            continue
        open_, lines = Counter(entry.owed.known), file.text.split("\n")
        for place, finding in enumerate(result):
            name = mark(finding, lines) if finding.path == file.path and not finding.allowed else ""
            if open_[name] > 0:
                open_[name] -= 1
                result[place] = replace(finding, known=entry.owed.owner)
        for name in open_.elements():
            message = f"{file.path} has no {name.partition(' ')[0]} any more that this stands for"
            place_of = ("pages", entry.place, "known", entry.owed.known.index(name))
            result.append(BAS001.finding(Problem(message, entry.file, place_of)))
    return result


def shrunk(book: Book, findings: Iterable[Finding]) -> dict[str, bytes]:
    """The baselines without what no longer occurs.

    Args:
        findings: what a check of the whole book found, with what is known.
    """
    still: dict[str, Counter[str]] = {}
    for finding in findings:
        if finding.known:
            data = book.tree.read(finding.path) or b""
            still.setdefault(finding.path, Counter())[mark(finding, data.decode("utf-8", "replace").split("\n"))] += 1
    changed: dict[str, bytes] = {}
    for file in operations(book, FOLDER, PART):
        debts = file.get(Debts)
        pages = [
            {**owed.model_dump(), "known": sorted(still[owed.path].elements())}
            for owed in (debts.pages if debts is not None else ())
            if owed.path in still
        ]
        data = written(pages)
        if debts is not None and data != file.data:
            changed[file.path] = data
    return changed


def written(pages: Sequence[Mapping[str, object]]) -> bytes:
    """A baseline as a file."""
    return yaml.dump({"pages": [dict(page) for page in pages]}).encode()


def grown(before: Book, after: Book) -> Iterator[Problem]:
    """What a change puts into a baseline, but for pages that an import has written with it."""
    old, earlier, fresh = baseline(before), _imported(before), _imported(after)
    for path, entry in baseline(after).items():
        was = Counter(old[path].owed.known) if path in old else Counter[str]()
        more = Counter(entry.owed.known) - was
        wrote = fresh.get(path)
        if more and (wrote == earlier.get(path) or digest(after.tree.read(path) or b"") != wrote):
            codes = ", ".join(sorted({name.partition(" ")[0] for name in more}))
            yield Problem(f"{codes} of {path} was put into the baseline", entry.file, ("pages", entry.place))


def ill_formed(book: Book) -> Iterator[Finding]:
    """What is wrong with the form of baselines and redirects."""
    for folder, part in ((FOLDER, PART), (REDIRECTS, REDIRECT)):
        for file in operations(book, folder, part):
            yield from file.findings


def digest(data: bytes) -> str:
    """The hash by which an import knows again what it wrote."""
    return hashlib.sha256(data).hexdigest()[:16]


def _imported(book: Book) -> dict[str, str | None]:
    return {entry.to: entry.wrote for _, item in redirects(book) for entry in item.pages if entry.wrote}


class BAS001(BookRule):
    """Something in the baseline that no longer occurs.

    Somebody has repaired it. Run `opsbook check --shrink`, so that it cannot come back unseen.
    """

    severity = "warning"
    suppressible = False

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Pages that are gone; what no longer occurs in one that is there is found with the page."""
        for path, entry in baseline(book).items():
            if book.tree.read(path) is None:
                yield Problem(f"there is no {path}", entry.file, ("pages", entry.place, "path"))


class BAS002(BookRule):
    """A baseline that grew.

    Repair what was found, or allow it on its line with a reason (`opsbook explain SUP001`). Only an import puts
    something into a baseline.
    """

    suppressible = False

    def check(self, book: Book, now: datetime) -> Iterable[Problem]:
        """Pages that no import wrote; `check --since` compares with what was there before."""
        imported = _imported(book)
        for path, entry in baseline(book).items():
            if path not in imported:
                yield Problem(f"{path} was not imported", entry.file, ("pages", entry.place, "path"))


BASELINE_RULES: Final[tuple[type[BookRule], ...]] = (BAS001, BAS002)
