"""A command that a sentence names exists, with its options: what is renamed is renamed on every page."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import NoReturn

import pytest

from opsbook.commands import commands
from opsbook.commands.helping import add_arguments
from tests.docs import reading

PAGES = sorted(
    str(path.relative_to(reading.ROOT))
    for pattern in ("*.md", "docs/**/*.md", "runbooks/**/*.md")
    for path in reading.ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"  # tells of earlier versions too
)
"""Every page of this repository, for whomever it is."""

FOREIGN = {"--tail": "kubectl logs", "--force-with-lease": "git push"}
"""An option of another program, and of which."""


def named(page: str, program: str) -> Iterator[tuple[int, list[str]]]:
    """The words behind a program's name, wherever code in a sentence or in a block of commands begins with it."""
    for line, code in (*reading.spans(page), *shown(page)):
        if re.match(rf"(\.venv/bin/)?{program}( |$)", code):
            yield line, shlex.split(code, comments=True)[1:]


def shown(page: str) -> Iterator[tuple[int, str]]:
    """The lines of every block of commands, each with the line on which its block begins."""
    for block in reading.blocks(page):
        if block.language in reading.SHELL:
            yield from ((block.line, line.strip()) for line in block.text.replace("\\\n", "").splitlines())


class Parser(argparse.ArgumentParser):
    """As the program has it, but that it only says what is wrong."""

    def error(self, message: str) -> NoReturn:
        """See the base class."""
        raise ValueError(message)


@cache
def parser(name: str) -> Parser:
    """The parser of a command."""
    made = Parser(prog=f"opsbook {name}", allow_abbrev=False)
    add_arguments(import_module(commands()[name].module), made, helping=True)
    return made


def refused(words: list[str]) -> str:
    """Why the program would not take these words; nothing where it would, or where a sentence leaves some out."""
    if words[:1] == ["-C"]:
        words = words[2:]
    if not words or words in (["--help"], ["--version"]):
        return ""
    name = next((name for name in (" ".join(words[:2]), words[0]) if name in commands()), "")
    if not name:
        group = [found for found in commands() if found.startswith(f"{words[0]} ")]
        return "" if group and len(words) == 1 else f"there is no command {' '.join(words[:2])}"
    given = [word for word in words[len(name.split()) :] if word != "--help"]
    # `…` stands for what is left out, but behind an option for its value.
    rest = [word for before, word in pairwise(["", *given]) if word != "…" or before.startswith("-")]
    try:
        parser(name).parse_intermixed_args(rest)
    except ValueError as error:
        # A sentence may name a command without all that it takes.
        return "" if "are required" in str(error) else str(error)
    return ""


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_names_is_taken_by_the_program(page: str) -> None:
    wrong = [
        f"{page}:{line}: opsbook {shlex.join(words)}: {why}"
        for line, words in named(page, "opsbook")
        if (why := refused(words))
    ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_every_target_that_a_page_names_is_in_the_makefile(page: str) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):.*## ", (reading.ROOT / "Makefile").read_text(encoding="utf-8")))
    told = [(line, words[0]) for line, words in named(page, "make") if words]
    assert [f"{page}:{line}: make {target}" for line, target in told if target not in targets] == []


def test_every_option_that_a_page_names_alone_is_one_of_the_program() -> None:
    known = {option for name in commands() for option in parser(name)._option_string_actions} | {"--version"}
    told = {
        code.split()[0].partition("=")[0]: f"{page}:{line}: {code}"
        for page in PAGES
        for line, code in reading.spans(page)
        if re.match(r"--[a-z]", code)
    }
    assert {option: where for option, where in told.items() if option not in known | FOREIGN.keys()} == {}
    assert FOREIGN.keys() - told.keys() == set()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("note --at 10:05 it grows", ""),
        ("incident note", ""),
        ("new", ""),
        ("note --wen 10:05", "--wen"),
        ("notes", "no command notes"),
        ("incident notes x", "no command incident notes"),
        ("set colour red", "colour"),
    ],
)
def test_a_word_that_the_program_does_not_know_is_seen(words: str, why: str) -> None:
    assert why in (found := refused(words.split()))
    assert bool(found) == bool(why)
