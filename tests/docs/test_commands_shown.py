"""Every command that a page shows is run, in the page's order, in a fresh folder, and prints what the page says."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import pytest

from tests.docs import reading, table
from tests.docs.reader import reading as sit_down_with

Value = TypeVar("Value")

SHOWN = {page: [step for step in reading.steps(page) if isinstance(step, reading.Shown)] for page in reading.PAGES}
SHOWN = {page: steps for page, steps in SHOWN.items() if steps}


def bare(command: str) -> str:
    """A command without the comment behind it."""
    return re.sub(r"\s+# .*", "", command)


def of(command: str, told: Mapping[str, Value], default: Value) -> Value:
    """What the table tells of a command: by the words with which it begins."""
    return next((value for beginning, value in told.items() if bare(command).startswith(beginning)), default)


@pytest.mark.parametrize("page", SHOWN)
def test_a_reader_who_types_what_a_page_shows_sees_what_it_says(page: str, tmp_path: Path) -> None:
    about = table.PAGES[page]
    with sit_down_with(page, tmp_path) as reader:
        about.begins(reader)
        for shown in SHOWN[page]:
            screens = ""
            for command in shown.commands:
                if bare(command) in table.NOT_RUN:
                    continue
                of(command, about.by_hand, lambda _: None)(reader)
                typed = command
                for words, meant in about.says.items():
                    typed = typed.replace(words, meant)
                done = reader.run(reader.names.real(typed), of(command, about.answers, ()))
                assert done.code == of(command, about.ends, 0), f"{page}:{shown.line}: {command}\n{done.screen}"
                screens += done.screen
            if shown.printed is not None:
                told = f"{page}:{shown.line}: {' '.join(shown.commands)}\n--- the page says\n{shown.printed}"
                assert reader.names.explain(shown.printed, screens), f"{told}--- it printed\n{screens}"


def test_the_table_knows_every_page_with_commands_and_no_other() -> None:
    assert set(table.PAGES) == set(SHOWN)


@pytest.mark.parametrize("page", SHOWN)
def test_what_the_table_tells_of_a_page_is_on_the_page(page: str) -> None:
    about, commands = table.PAGES[page], [bare(command) for shown in SHOWN[page] for command in shown.commands]
    for beginning in (*about.answers, *about.by_hand, *about.ends):
        assert any(command.startswith(beginning) for command in commands), beginning
    assert [words for words in about.says if not any(words in command for command in commands)] == []


def test_what_is_not_run_is_shown_by_some_page() -> None:
    commands = {bare(command) for steps in SHOWN.values() for shown in steps for command in shown.commands}
    assert set(table.NOT_RUN) - commands == set()


COMMANDS = json.loads((reading.ROOT / "scripts/opsbook/report/completion/words.json").read_text())["commands"]
SENTENCES = [
    *reading.PAGES,
    *sorted(str(path.relative_to(reading.ROOT)) for path in reading.ROOT.glob("runbooks/*/*.md")),
]


@pytest.mark.parametrize("page", SENTENCES)
def test_a_command_in_a_sentence_is_one_and_has_the_options_that_are_named(page: str) -> None:
    wrong = []
    for line, code in reading.spans(page):
        words = shlex.split(code) if code.startswith("opsbook ") else []
        words = words[1:] if words[1:2] != ["-C"] else words[3:]
        if not words or words[0].startswith("-"):
            continue
        name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in COMMANDS), None)
        groups = {known.split()[0] for known in COMMANDS if " " in known}
        named = [word.partition("=")[0] for word in words if word.startswith("--")]
        if (name is None and words[0] not in groups) or (name and set(named) - set(COMMANDS[name]["options"])):
            wrong.append(f"{page}:{line}: {code}")
    assert wrong == []
