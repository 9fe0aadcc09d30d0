"""The questions, one function each: what is measured, beside what, and what was promised."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import repository
from benchmarks import site as site_of
from benchmarks.generate import NOW, Size, write
from benchmarks.growth import LIMIT, Point, Series
from benchmarks.install import install
from benchmarks.measure import Command, Measured, Run, opsbook, repeated, run, side_by_side
from benchmarks.table import Goal, Row, Section, seconds
from opsbook.core.types import write_time
from opsbook.report.schemas import schemas

AT = ("--now", write_time(NOW))
CHANGED = 5
OPEN_BRANCHES = 50
SCHEMAS = (
    ("incident", "incidents/*/*/incident.yaml"),
    ("checklist", "incidents/*/*/checklist.yaml"),
    ("timeline-entry", "incidents/*/*/timeline/*.yaml"),
    ("service", "services/*.yaml"),
)
"""Each schema, and the files of the book that it describes."""
ARGUMENTS = 1_000_000
"""Characters of paths for one process: systems limit the length of a command line."""


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        records: of the large book.
        runs: of a command that takes seconds; quick ones are run more often.
        say: tells a person what is being done.
    """

    records: int
    runs: int
    say: Callable[[str], None]


class Books:
    """Generated books, each written once."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._sizes: dict[int, Size] = {}

    def folder(self, records: int) -> Path:
        """The folder of a book with that many records."""
        folder = self._folder / f"book-{records}"
        if records not in self._sizes:
            self._say(f"writing a book of {records:,} records")
            self._sizes[records] = write(folder, records)
            repository.commit_all(folder)
        return folder

    def size(self, records: int) -> Size:
        """What it holds."""
        self.folder(records)
        return self._sizes[records]


def start(scale: Scale, books: Books) -> Section:
    """How long somebody waits for the help, for the list and for a note."""
    scale.say("opsbook --help, list and note, beside a bare Python")
    folder = books.folder(SMALLEST)
    id_ = repository.open_branches(folder, 1)[0]
    started = {
        "opsbook --help": (opsbook("--help", folder=folder), 1.5),
        "opsbook list": (opsbook("list", folder=folder), 20),
        "opsbook note": (opsbook("note", "The pool is exhausted.", "-i", id_, "--by", "oncall-b", folder=folder), 30),
    }
    bare, *costs = side_by_side(
        [Command((sys.executable, "-c", "pass"), folder), *(command for command, _ in started.values())], scale.runs * 7
    )
    repository.git(folder, "update-ref", "-d", f"refs/heads/opsbook/{id_}")
    rows, goals = [Row("python -c pass", bare)], []
    for (what, (_, most)), cost in zip(started.items(), costs, strict=True):
        factor = cost.seconds / bare.seconds
        rows.append(Row(what, cost, f"{factor:.1f} × the bare Python"))
        goals.append(Goal(f"{what} within {most:g} × a bare Python", f"{factor:.1f} ×", factor <= most))
    return Section("Starting", rows=tuple(rows), goals=tuple(goals))


def cold_check(scale: Scale, books: Books) -> Section:
    """How long a check of everything takes, beside the tool that people know."""
    folder, size = books.folder(scale.records), books.size(scale.records)
    _write_schemas(folder)
    scale.say(f"opsbook check of {scale.records:,} records")
    everything, alone = side_by_side(
        [
            opsbook("check", *AT, book=folder, folder=folder),
            opsbook("check", *AT, book=folder, folder=folder, processors=1),
        ],
        scale.runs,
        warm=0,
    )
    other, count = _check_jsonschema(folder, scale.say)
    factor, single = other.seconds / everything.seconds, other.seconds / alone.seconds
    work = other.work / everything.work
    return Section(
        f"A cold check of {size.records:,} records",
        notes=(
            f"{size.incidents:,} incidents, {size.runbooks:,} runbooks and {size.services:,} services.",
            f"They are {size.files:,} files of together {size.bytes / 1e6:.1f} MB.",
            f"check-jsonschema reads its {count:,} YAML files, with the same schemas.",
            "opsbook reads the reports and runbooks too, resolves references and applies every rule.",
        ),
        rows=(
            Row("opsbook check", everything, "on all processors, as people run it"),
            Row("opsbook check, one processor", alone, f"check-jsonschema takes {single:.1f} × as long"),
            Row("check-jsonschema", other, f"{factor:.1f} × as long, {work:.1f} × the work"),
        ),
        goals=(Goal("a cold check 15 × faster than check-jsonschema", f"{factor:.1f} ×", factor >= 15),),
    )


def changed_check(scale: Scale, books: Books) -> Section:
    """How long the check of a pull request takes."""
    scale.say(f"opsbook check --since of {CHANGED} changed files")
    folder = books.folder(scale.records)
    _change(folder, CHANGED)
    cost = repeated(opsbook("check", "--since", "HEAD", *AT, book=folder, folder=folder), scale.runs * 3)
    repository.git(folder, "checkout", "--quiet", "--", ".")
    return Section(
        f"A check of {CHANGED} changed files among {scale.records:,} records",
        rows=(Row(f"opsbook check --since HEAD, {CHANGED} changed", cost),),
        goals=(Goal("a check of 5 changed files within 0.5 s", seconds(cost.seconds), cost.seconds <= 0.5),),
    )


def writing(scale: Scale, books: Books) -> Section:
    """How long somebody on call waits for a declaration and for a note."""
    scale.say("opsbook declare and opsbook incident note")
    declared, noted = _declare_and_note(books.folder(scale.records), scale.runs * 2)
    return Section(
        f"Writing, in a book of {scale.records:,} records",
        rows=(Row("opsbook declare", declared), Row("opsbook incident note", noted)),
    )


def growth(scale: Scale, books: Books) -> Section:
    """Whether anything grows faster than the book."""
    steps = [scale.records // divisor for divisor in (8, 4, 2, 1)]
    checks, lists, notes, pages = [], [], [], []
    for records in (SMALLEST, *steps):
        folder = books.folder(records)
        scale.say(f"growth: {records:,} records")
        checks.append(Point(records, repeated(opsbook("check", *AT, book=folder, folder=folder), scale.runs, warm=0)))
        ids = repository.open_branches(folder, OPEN_BRANCHES)
        lists.append(Point(records, repeated(opsbook("incident", "list", book=folder, folder=folder), scale.runs)))
        for id_ in ids:
            repository.git(folder, "update-ref", "-d", f"refs/heads/opsbook/{id_}")
        notes.append(Point(records, _declare_and_note(folder, scale.runs)[1]))
        pages.append(Point(records, repeated(opsbook("site", "build", "--dry-run", folder=folder), 1, warm=0)))
        shutil.rmtree(folder / "build", ignore_errors=True)
    series = tuple(
        Series(name, points[0].cost, tuple(points[1:]))
        for name, points in (
            ("opsbook check", checks),
            (f"opsbook incident list, {OPEN_BRANCHES} open branches", lists),
            ("opsbook incident note", notes),
            ("opsbook site build, writing its pages, one run", pages),
        )
    )
    worst = max((s for s in series if s.exponent is not None), key=lambda s: s.exponent or 0, default=None)
    found = f"at most the power {worst.exponent:.2f} ({worst.name})" if worst else "nothing grows"
    return Section(
        "Growth",
        notes=(f"The exponent is that of the work above the start, a book of {SMALLEST} records.",),
        series=series,
        goals=(Goal(f"no cost grows faster than the records (power {LIMIT})", found, all(s.linear for s in series)),),
    )


def site(scale: Scale, books: Books) -> Section:
    """What a build of the site costs."""
    scale.say(f"opsbook site build of {scale.records:,} records")
    return site_of.measure(books.folder(scale.records), scale.records, scale.runs)


QUESTIONS: dict[str, Callable[[Scale, Books], Section]] = {
    "start": start,
    "install": install,
    "check": cold_check,
    "since": changed_check,
    "write": writing,
    "site": site,
    "growth": growth,
}
SMALLEST = 24


def _write_schemas(folder: Path) -> None:
    from opsbook.adapters.machine.directory import DirectoryTree
    from opsbook.core.book import Book
    from opsbook.kinds import registry

    (folder / "schemas").mkdir(exist_ok=True)
    for name, text in schemas(Book(DirectoryTree(folder), registry())).items():
        (folder / f"schemas/{name}.schema.json").write_text(text, "utf-8")


def _check_jsonschema(folder: Path, say: Callable[[str], None]) -> tuple[Measured, int]:
    """One run over every YAML file, in as few processes as the length of a command line allows; how many files."""
    script = str(Path(sys.executable).with_name("check-jsonschema"))
    total, work, peak, done = 0.0, 0.0, 0, 0
    for schema, pattern in SCHEMAS:
        files = sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern))
        for some in _pieces(files):
            result = run(Command((script, "--schemafile", f"schemas/{schema}.schema.json", *some), folder))
            total, work, done = total + result.seconds, work + result.work, done + len(some)
            peak = max(peak, result.peak)
            say(f"check-jsonschema: {done:,} files in {total:.0f} s")
    return Measured((Run(total, work, peak),)), done


def _pieces(files: Sequence[str]) -> Iterator[list[str]]:
    piece: list[str] = []
    length = 0
    for file in files:
        if length + len(file) > ARGUMENTS:
            yield piece
            piece, length = [], 0
        piece.append(file)
        length += len(file) + 1
    if piece:
        yield piece


def _change(folder: Path, count: int) -> None:
    """Change the facts of some incidents in the working tree, spread over the book."""
    every = sorted(folder.glob("incidents/*/*/incident.yaml"))
    for index in range(count):
        file = every[index * (len(every) - 1) // max(1, count - 1)]
        file.write_text(file.read_text("utf-8").replace("summary: |", "summary: |\n    Corrected.", 1), "utf-8")


def _declare_and_note(folder: Path, runs: int) -> tuple[Measured, Measured]:
    """Declarations, each followed by a note on it; afterwards their branches are gone again."""
    declared, noted = [], []
    for number in range(runs + 1):
        words = ("--title", f"Nobody can sign in, number {number}", "--severity", "P1", "--service", "service-0001")
        first = run(opsbook("declare", *words, "--yes", "--by", "oncall-a", "--format", "json", folder=folder))
        id_ = json.loads(first.output)["id"]
        second = run(opsbook("incident", "note", id_, "The pool is exhausted.", "--by", "oncall-b", folder=folder))
        repository.git(folder, "update-ref", "-d", f"refs/heads/opsbook/{id_}")
        if number:
            declared.append(first)
            noted.append(second)
    return Measured(tuple(declared)), Measured(tuple(noted))
