"""`python -m benchmarks.find QUESTIONS FOLDER…`: how often `opsbook find` has the right page for questions of people.

QUESTIONS is a YAML file: `answered`, each `{asked, pages: ["<folder>/<path>", …]}`, any of which is right, and
`unanswered`, each `{asked, why}`, which no page answers. Each FOLDER is a checkout of a repository of runbooks or
documentation; none is part of this one. Its pages (`.md`, `.html.md`, `.md.erb` …) become pages of `docs/` of one book.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import yaml

from opsbook.core.book import Book
from opsbook.core.tree import MemoryTree
from opsbook.find.answer import answers
from opsbook.find.index import Source, with_index
from opsbook.find.sources import sources
from opsbook.kinds import registry

FIRST, THREE, WRONG = 0.7, 0.9, 0.05
"""The goals: right in the first place, right among the first three; and answers where there is none, at most."""

_PAGE = re.compile(r"(?:\.html?)*\.md(?:\.erb)?$")


class Asked(NamedTuple):
    """A question, the pages that are right, the pages that were found, and how long that took in seconds."""

    words: str
    right: Sequence[str]
    found: Sequence[str]
    seconds: float

    @property
    def place(self) -> int | None:
        """The place of the first right page, from 1."""
        return next((place for place, page in enumerate(self.found, 1) if page in self.right), None)


def main(arguments: list[str]) -> int:
    """Print the table; 1 when a goal is missed."""
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    questions = yaml.safe_load(Path(arguments[0]).read_text("utf-8"))
    pages = {name: page for folder in arguments[1:] for name, page in pages_of(Path(folder)).items()}
    with TemporaryDirectory() as folder:
        answered, unanswered, seconds, again = ask(questions, pages, Path(folder))
    print(f"{len(pages):,} pages, read in {seconds:.1f} s; the next time, {again * 1000:.0f} ms until the question")
    return report(answered, unanswered)


def pages_of(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Each page of a checkout as a page of `docs/`: where it lies there, its name in the questions, and its bytes."""
    found: dict[str, tuple[str, bytes]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".git" not in path.relative_to(folder).parts and _PAGE.search(path.name):
            name = f"{folder.resolve().name}/{path.relative_to(folder).as_posix()}"
            parts = [re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9._-]", "-", part).lstrip("-") for part in name.split("/")]
            page = "docs/" + _PAGE.sub("", "/".join(part or "x" for part in parts))
            while f"{page}.md" in found:
                page += "-"
            found[f"{page}.md"] = (name, path.read_bytes())
    return found


def ask(
    questions: Mapping[str, Sequence[Mapping[str, object]]], pages: Mapping[str, tuple[str, bytes]], folder: Path
) -> tuple[list[Asked], list[Asked], float, float]:
    """What is found for each question; the seconds that reading took, and those until a question when it was read."""
    tree, kinds = MemoryTree({page: data for page, (_, data) in pages.items()}), registry()

    def everything() -> Iterator[Source]:
        return sources(Book(tree, kinds), kinds)

    def opened() -> float:
        begin = time.perf_counter()
        return with_index(folder, everything, tree, lambda _: time.perf_counter() - begin)

    def all_of(key: str) -> list[Asked]:
        return with_index(
            folder, everything, tree, lambda index: [one(index, item) for item in questions.get(key) or []]
        )

    def one(index: sqlite3.Connection, question: Mapping[str, object]) -> Asked:
        words, right = str(question["asked"]), question.get("pages") or []
        assert isinstance(right, list)
        begin = time.perf_counter()
        found = answers(index, words)
        return Asked(words, right, [pages[answer.source][0] for answer in found], time.perf_counter() - begin)

    built, again = opened(), opened()
    return all_of("answered"), all_of("unanswered"), built, again


def report(answered: Sequence[Asked], unanswered: Sequence[Asked]) -> int:
    """Print what came out and what was missed; 1 when a goal is."""
    first = sum(item.place == 1 for item in answered)
    three = sum((item.place or 9) <= 3 for item in answered)
    wrong = [item for item in unanswered if item.found]
    times = sorted(item.seconds * 1000 for item in (*answered, *unanswered))
    rows = [
        ("right page first", first, len(answered), f"at least {FIRST:.0%}", first >= FIRST * len(answered)),
        ("among the first three", three, len(answered), f"at least {THREE:.0%}", three >= THREE * len(answered)),
        (
            "found where nothing fits",
            len(wrong),
            len(unanswered),
            f"at most {WRONG:.0%}",
            len(wrong) <= WRONG * len(unanswered),
        ),
    ]
    for what, count, of, goal, met in rows:
        missed = "" if met else "  MISSED"
        print(f"{what.ljust(28)}{count:4} of {of:4}  {count / max(of, 1):4.0%}  {goal.ljust(13)}{missed}")
    if times:
        print(f"a question: median {times[len(times) // 2]:.0f} ms, slowest {times[-1]:.0f} ms")
    for item in answered:
        if (item.place or 9) > 3:
            print(f"missed: {' '.join(item.words.split())[:100]}\n    wanted {item.right[0] if item.right else '?'}")
            print("\n".join(f"    found  {page}" for page in item.found[:3]) or "    nothing found")
    for item in wrong:
        print(f"wrong: {' '.join(item.words.split())[:100]}\n    found  {item.found[0]}")
    return 0 if all(row[4] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
