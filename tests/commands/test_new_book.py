"""A new team gets from an empty folder, or a repository with a README, to a book that passes its check."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desk import Desk, configure
from tests.support.terminal import Terminal


def test_at_a_terminal_it_asks_two_questions_and_leaves_what_is_there(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.git("init", "--quiet", "--initial-branch=main")
    (tmp_path / "README.md").write_text("Ours\n")
    terminal = Terminal(desk, "new", "book")
    terminal.answer("What is the book called?", "Platform")
    terminal.answer("In which zone", "Europe/Londn")
    assert "Did you mean Europe/London" in terminal.answer("In which zone", "Europe/London")
    assert terminal.end() == 0
    assert (tmp_path / "README.md").read_text() == "Ours\n"
    assert "timezone: Europe/London" in (tmp_path / "opsbook.yml").read_text().replace('"', "")
    for command in (("check",), ("schema", "--check"), ("forms", "--check")):
        done = desk.opsbook(*command)
        assert done.code == 0, str(done)
    configure(desk).git("add", "--all")
    desk.git("commit", "--quiet", "--message=Start")
    assert desk.opsbook("declare", "--drill", "--title", "x", "--severity", "P1", "--yes", "--by", "local:me").code == 0


@pytest.mark.parametrize("zone", ["EST5", "Mars/Phobos", "", "GMT+1", "../../etc/passwd"])
def test_a_zone_that_does_not_exist_is_refused_before_anything_is_written(tmp_path: Path, zone: str) -> None:
    done = Desk(tmp_path).opsbook("new", "book", "book", "--timezone", zone)
    assert (done.code, list(tmp_path.iterdir())) == ((0, [tmp_path / "book"]) if not zone else (2, [])), str(done)


def test_a_book_is_not_written_over_another_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.opsbook("new", "book", "book").code == 0
    again = desk.opsbook("new", "book", "book")
    assert again.code == 1
    assert "holds a book already" in again.err


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("service", {"Does your team run it?": "", "Which team runs it?": ""}),
        ("service", {"Does your team run it?": "n"}),
        ("runbook", {"In which area?": "oprations", "Did you mean operations?": "operations", "Which role": "oncall"}),
    ],
    ids=["a service of ours", "a service of somebody else", "a runbook"],
)
def test_a_draft_asks_what_it_needs_and_is_no_more_than_a_draft(
    tmp_path: Path, kind: str, answers: dict[str, str]
) -> None:
    desk = Desk(tmp_path / "book")
    assert Desk(tmp_path).opsbook("new", "book", "book").code == 0
    missing = desk.opsbook("new", kind)
    assert (missing.code, "The title is missing" in missing.err) == (2, True)
    terminal = Terminal(desk, "new", kind)
    terminal.answer("What is its title?", "Payments")
    for question, answer in answers.items():
        terminal.answer(question, answer)
    assert terminal.end() == 0
    for command in (("schema", "--check"), ("forms", "--check"), ("check",)):
        done = desk.opsbook(*command)
        assert done.code == 0, str(done)
    assert "left to fill in" in done.out, "what the draft asks for is found"
    drafted = [path.read_text() for path in desk.path.glob(f"{kind}s/**/payments.*")]
    assert not any(line.startswith("reviewed") for text in drafted for line in text.splitlines())
