"""What is said of finding is counted from questions with known answers, and names what was missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.find import main, pages_of

QUESTIONS = """\
answered:
  - {asked: the zebra sleeps, pages: [zoo/animals/zebra page.html.md.erb]}
  - {asked: lions, pages: [zoo/README.md]}
unanswered:
  - {asked: kafka lag, why: nobody runs it}
"""


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """A checkout of a few pages, named as they are in the wild, and the questions beside it."""
    folder = tmp_path / "zoo"
    (folder / "animals").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / ".git" / "kept.md").write_text("# No page\n")
    (folder / "animals" / "zebra page.html.md.erb").write_text("---\ntitle: Zebra\n---\n\nThe zebra sleeps.\n")
    (folder / "animals" / "zebra-page.md").write_text("# Horse\n")
    (folder / "README.md").write_text("# Tigers\n")
    (tmp_path / "questions.yml").write_text(QUESTIONS)
    return folder


def test_each_page_of_a_checkout_becomes_a_page_of_its_own(zoo: Path) -> None:
    pages = pages_of(zoo)
    assert sorted(name for name, _ in pages.values()) == [
        "zoo/README.md",
        "zoo/animals/zebra page.html.md.erb",
        "zoo/animals/zebra-page.md",
    ]


def test_the_table_counts_and_names_what_was_missed(zoo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(zoo.parent / "questions.yml"), str(zoo)]) == 1
    out = capsys.readouterr().out
    assert "3 pages" in out
    assert "right page first               1 of    2   50%  at least 70%   MISSED" in out
    assert "found where nothing fits       0 of    1    0%  at most 5%" in out
    assert "missed: lions\n    wanted zoo/README.md\n    nothing found" in out


def test_without_questions_and_a_checkout_it_says_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "QUESTIONS is a YAML file" in capsys.readouterr().err
