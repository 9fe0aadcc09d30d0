"""Reads rule cases: files over a base book, and the findings that are marked in them. See README.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from opsbook.core.book import Book
from opsbook.core.check import all_codes, check_book, check_records
from opsbook.core.finding import Finding
from opsbook.core.tree import MemoryTree, Mode, below
from opsbook.core.types import parse_time
from opsbook.kinds import registry

FOLDER = Path(__file__).parent
NOW = "2026-11-21T11:00:00Z"
SHORT = {
    "open": "incidents/2026/INC-20261121-7KQ4M-checkout-down",
    "closed": "incidents/2026/INC-20261116-3M8XD-payments-fail",
    "stub": "incidents/2026/INC-20261119-9ZQ2A",
}
CODES = all_codes(registry())

_MARK = re.compile(r"[ \t]*#!(?P<code>[A-Z]{3}[0-9]{3})(?::(?P<column>[0-9]+))?(?: (?P<severity>warning|error))?$")
_EXPECTED = re.compile(r"(?P<path>.+?)(?::(?P<line>[0-9]+))? (?P<code>[A-Z]{3}[0-9]{3})(?: (?P<severity>\w+))?")

Place = tuple[str, int, str, str]
"""Path, line, code and severity of a finding."""


@dataclass
class Case:
    """One book, and what a check finds in it."""

    code: str
    name: str
    passes: bool
    now: str = NOW
    files: dict[str, bytes] = field(default_factory=dict)
    modes: dict[str, Mode] = field(default_factory=dict)
    expected: Counter[Place] = field(default_factory=Counter)
    columns: set[tuple[str, int, int, str]] = field(default_factory=set)
    says: list[str] = field(default_factory=list)
    shown: bool = False

    @property
    def id(self) -> str:
        """How a failing test names it."""
        return f"{self.code} {'passes' if self.passes else 'fails'}: {self.name}"

    def book(self) -> Book:
        """The book to check."""
        return Book(MemoryTree(self.files, self.modes), registry())

    def findings(self) -> list[Finding]:
        """What a check of the whole book finds."""
        book, now = self.book(), parse_time(self.now)
        return sorted({*check_book(book, now, registry()), *check_records(book.everything(), book, now, registry())})


@cache
def base() -> Mapping[str, bytes]:
    """The files of the base book."""
    root = FOLDER / "base"
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case of every file, in the order of the files."""
    return tuple(case for path in sorted(FOLDER.glob("*.yml")) for case in cases_of(path))


def cases_of(path: Path) -> Iterator[Case]:
    """The cases of one file."""
    content = yaml.load(path.read_text("utf-8"), _Loader)  # the loader makes nothing but text
    assert set(content) <= {"pass", "fail"}, f"{path.name} has cases under pass and fail only"
    for group in ("pass", "fail"):
        for name, value in (content.get(group) or {}).items():
            yield _case(path.stem, name, group == "pass", value or {})


def _case(code: str, name: str, passes: bool, value: Mapping[str, Any]) -> Case:
    known = {"now", "files", "edit", "without", "expect", "says", "shown"}
    assert set(value) <= known, f"{code}, {name}: {set(value) - known} is no part of a case"
    case = Case(code, name, passes, value.get("now", NOW), dict(base()), shown="shown" in value)
    for item in value.get("without", ()):
        gone = [path for path in case.files if below(path, _path(item))]
        assert gone, f"{code}, {name}: there is no {item} in the base book"
        for path in gone:
            del case.files[path]
    for item, changes in value.get("edit", {}).items():
        _write(case, _path(item), _edited(base()[_path(item)].decode(), changes, f"{code}, {name}: {item}"))
    for item, content in value.get("files", {}).items():
        _file(case, _path(item), content)
    for item in value.get("expect", ()):
        found = _EXPECTED.fullmatch(item)
        assert found, f"{code}, {name}: {item!r} is not of the form path:line CODE"
        _expect(case, _path(found["path"]), int(found["line"] or 1), found["code"], found["severity"])
    says = value.get("says", [])
    case.says = [says] if isinstance(says, str) else says
    return case


def _path(path: str) -> str:
    first, slash, rest = path.partition("/")
    return SHORT.get(first, first) + slash + rest


def _file(case: Case, path: str, content: str | Mapping[str, str]) -> None:
    if isinstance(content, str):
        _write(case, path, content)
    elif "hex" in content:
        case.files[path] = bytes.fromhex(content["hex"])
    elif "mode" in content:
        assert content["mode"] in ("symlink", "other")
        case.files[path] = b""
        case.modes[path] = content["mode"]  # type: ignore[assignment]
    else:
        _write(case, path, content.get("text") or base()[_path(content["like"])].decode())
        size = int(content.get("bytes", len(case.files[path])))
        case.files[path] = (case.files[path] + b"# filled up to a size\n" * (size // 22))[: size - 1] + b"\n"


def _edited(text: str, changes: Mapping[str, str], where: str) -> str:
    lines = text.split("\n")
    for old, new in changes.items():
        matches = [index for index, line in enumerate(lines) if line.strip() == old.strip()]
        assert len(matches) == 1, f"{where} has {len(matches)} lines {old!r}"
        line = lines[matches[0]]
        indent = line[: len(line) - len(line.lstrip())]
        lines[matches[0] : matches[0] + 1] = [indent + part for part in new.rstrip("\n").split("\n") if new]
    return "\n".join(lines)


def _write(case: Case, path: str, text: str) -> None:
    """Keep a text without its marks, and remember what they say."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        while mark := _MARK.search(line):
            line = line[: mark.start()]
            _expect(case, path, index + 1, mark["code"], mark["severity"])
            if mark["column"]:
                case.columns.add((path, index + 1, int(mark["column"]), mark["code"]))
        lines[index] = line
    case.files[path] = "\n".join(lines).encode()


def _expect(case: Case, path: str, line: int, code: str, severity: str | None) -> None:
    case.expected[path, line, code, severity or CODES[code].severity] += 1


class _Loader(yaml.CBaseLoader):
    """Everything is text, and a case that is there twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        assert not twice, f"line {node.start_mark.line + 1}: {twice} is there twice"
        return super().construct_mapping(node, deep)
