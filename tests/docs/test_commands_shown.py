"""Every command that a page shows is run, in the page's order, in a fresh folder, and prints what the page says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn, TypeVar

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


def replaced(text: str, says: Mapping[str, str]) -> str:
    """What a page shows, with what it is here."""
    for words, meant in says.items():
        text = text.replace(words, meant)
    return text


def fail(page: str, shown: reading.Shown, what: str) -> NoReturn:
    """Say where on the page it is, and not where in this file."""
    pytest.fail(f"{page}:{shown.line}: {'; '.join(shown.commands)}\n{what}", pytrace=False)


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
                typed = replaced(command, about.says)
                done = reader.run(reader.names.real(typed), of(command, about.answers, ()))
                screens += done.screen
                if done.code != of(command, about.ends, 0):
                    fail(page, shown, f"{command}\nended with {done.code}:\n{done.screen}")
            if shown.printed is not None and not reader.names.explain(replaced(shown.printed, about.says), screens):
                fail(page, shown, f"--- the page says\n{shown.printed}--- it prints\n{screens}")


def test_the_table_knows_every_page_with_commands_and_no_other() -> None:
    assert set(table.PAGES) == set(SHOWN)


@pytest.mark.parametrize("page", SHOWN)
def test_what_the_table_tells_of_a_page_is_on_the_page(page: str) -> None:
    about, commands = table.PAGES[page], [bare(command) for shown in SHOWN[page] for command in shown.commands]
    text = "\n".join([*commands, *(shown.printed or "" for shown in SHOWN[page])])
    for beginning in (*about.answers, *about.by_hand, *about.ends):
        assert any(command.startswith(beginning) for command in commands), beginning
    assert [words for words in about.says if words not in text] == []


def test_what_is_not_run_is_shown_by_some_page() -> None:
    commands = {bare(command) for steps in SHOWN.values() for shown in steps for command in shown.commands}
    assert set(table.NOT_RUN) - commands == set()
