"""A new team gets from an empty folder, or a repository with a README, to a book that passes its check."""

from __future__ import annotations

import html
import re
import shlex
from pathlib import Path

import pytest

from tests.support.desk import Desk, configure
from tests.support.terminal import END, INTERRUPT, Terminal


def test_at_a_terminal_it_asks_two_questions_and_leaves_what_is_there(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.git("init", "--quiet", "--initial-branch=main")
    (tmp_path / "README.md").write_text("Ours\n")
    terminal = Terminal(desk, "new", "book")
    terminal.answer("What is the book called?", "Platform")
    terminal.answer("In which zone", "Europe/Londn")
    assert "Did you mean Europe/London" in terminal.answer("In which zone", "Europe/London")
    terminal.answer("Commit it and declare a drill", "n")
    assert terminal.end() == 0
    assert (tmp_path / "README.md").read_text() == "Ours\n"
    assert "timezone: Europe/London" in (tmp_path / "opsbook.yml").read_text().replace('"', "")
    for command in (("check",), ("schema", "--check"), ("forms", "--check")):
        done = desk.opsbook(*command)
        assert done.code == 0, str(done)
    configure(desk).git("add", "--all")
    desk.git("commit", "--quiet", "--message=Start")
    assert desk.opsbook("declare", "--drill", "--title", "x", "--severity", "P1", "--yes", "--by", "local:me").code == 0


@pytest.mark.parametrize("key", [INTERRUPT, END])
def test_whoever_stops_at_the_last_question_has_nothing_to_clear_away(tmp_path: Path, key: str) -> None:
    terminal = Terminal(Desk(tmp_path), "new", "book", "ops", "--title", "Ops", "--timezone", "Etc/UTC")
    terminal.read_to("declare a drill")
    terminal.type(key)
    assert terminal.end(insist=key) in (1, 130)
    assert list(tmp_path.iterdir()) == []


def test_a_drill_that_cannot_be_declared_leaves_a_committed_book(tmp_path: Path) -> None:
    done = Desk(tmp_path, {"OPSBOOK_BY": "nobody-here"}).opsbook("new", "book", "book", "--drill")
    assert done.code == 2
    assert "The book is committed, and no drill was declared." in done.out
    assert "declare --drill" in done.out
    assert Desk(tmp_path / "book").git("status", "--porcelain") == ""


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


def test_whoever_says_yes_has_a_committed_book_and_a_drill_in_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.git("init", "--quiet", "--initial-branch=teams/trunk")
    (tmp_path / "notes.txt").write_text("not yours\n")
    words = ["new", "book", "--title", "Ops", "--timezone", "Etc/UTC"]
    terminal = Terminal(desk, *words, environ={"OPSBOOK_BY": "local:me"})
    terminal.answer("Commit it and declare a drill", "y")
    assert terminal.end() == 0
    assert "Started a book" in terminal.screen
    assert " declared, on this machine only." in terminal.screen
    assert desk.git("status", "--porcelain") == "?? notes.txt\n", "what is not the book's is not committed"
    assert desk.git("branch", "--show-current") == "teams/trunk\n"
    listed = desk.opsbook("list")
    assert "DRILL Rehearsal" in listed.out, str(listed)
    ticked = desk.opsbook("tick", "1", "--by", "local:me")
    assert ticked.code == 0, str(ticked)


def test_a_new_book_says_what_the_workflows_still_need(tmp_path: Path) -> None:
    assert Desk(tmp_path, {"OPSBOOK_BY": "local:me"}).opsbook("new", "book", "book", "--drill").code == 0
    examined = Desk(tmp_path / "book").opsbook("doctor")
    assert examined.code == 1
    assert "action.yml names no commit of this program" in examined.out


ORGANISATIONS = {
    "four severities and a rota": (
        """--title 'Webshop operations' --severity SEV1=Outage --severity SEV2=Degraded --severity SEV3=Minor
        --severity SEV4=Question --on-call 'First responder=octo-1' --on-call 'Second responder=octo-2' --users customers
        --service Basket --service pay=Payments --channel '#ops-incidents' --role 'Head of engineering' --role Owner""",
        ["Outage", "Customers are told at least every hour", "Head of engineering", "First responder"],
    ),
    "one person": ("--title 'My services' --on-call Me", ["Critical", "Users are told", "Me"]),
    "a council": (
        """--title 'Digital services' --timezone Europe/London --team Digital --users residents --severity P1=Severe
        --severity P2=Serious --severity P3=Small --service 'Council tax' --role 'Service manager'
        --role 'cdo=Chief digital officer'""",
        ["Severe", "Residents are told", "Chief digital officer"],
    ),
    "other words": (
        """--title Betrieb --timezone Europe/Berlin --team Plattform --severity KRITISCH=Ausfall --severity HOCH=Störung
        --role Dienstleitung --role 'technik=Technische Leitung' --users Bürger --service Müllabfuhr
        --channel stoerungen""",
        ["Ausfall", "Bürger are told", "Technische Leitung"],
    ),
}

OF_ANOTHER_HOUSE = re.compile(
    r"platops|paas|\bcrime|\bcpp\b|tenant|programme|delivery manager|product manager|architect|press office|jira"
    r"|support.ticket|information assurance",
    re.IGNORECASE,
)
"""Words of the organisation whose book lies beside the program."""


@pytest.mark.parametrize(("answers", "words"), ORGANISATIONS.values(), ids=ORGANISATIONS)
def test_a_book_speaks_the_words_of_whoever_starts_it(tmp_path: Path, answers: str, words: list[str]) -> None:
    me = {"OPSBOOK_BY": "local:me"}
    started = Desk(tmp_path, me).opsbook("new", "book", "book", *shlex.split(answers), "--drill")
    assert started.code == 0, str(started)
    desk = Desk(tmp_path / "book")
    for command in (("check",), ("schema", "--check"), ("forms", "--check"), ("site", "build")):
        done = desk.opsbook(*command)
        assert done.code == 0, str(done)
        assert set(re.findall(r"\[([A-Z]{3}\d{3})\]", str(done))) <= {"SVC006"}  # what only the team can say
    site = desk.path / "build" / "site"
    glance = (site / "incident-process" / "at-a-glance" / "index.html").read_text()
    assert [word for word in words if word not in html.unescape(glance)] == []
    services = html.unescape((site / "services" / "index.html").read_text())
    typed = shlex.split(answers)
    named = [typed[place + 1].rpartition("=")[2] for place, word in enumerate(typed) if word == "--service"]
    assert [title for title in named or ["Operations book"] if title not in services] == []
    written = [path for path in desk.path.rglob("*") if path.suffix in (".md", ".yml", ".yaml", ".json", ".html")]
    found = {
        (path.relative_to(desk.path).as_posix(), match[0])
        for path in written
        if not {"reference", "search", ".git"} & set(path.parts)  # the program's own pages quote examples
        for match in OF_ANOTHER_HOUSE.finditer(path.read_text("utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (["--severity", "p1"], "--severity"),
        (["--severity", "P1", "--severity", "P1=Again"], "P1 is given twice"),
        (["--channel", "#Not A Channel"], "--channel"),
        (["--users", "{{ evil }}"], "--users"),
        (["--on-call", "=login"], "--on-call"),
        (["--on-call", "Name=not/a/login"], "--on-call"),
        (["--service", "!!!"], "--service"),
        (["--team", "../../evil="], "--team"),
    ],
)
def test_an_answer_that_cannot_be_used_writes_nothing(tmp_path: Path, given: list[str], refused: str) -> None:
    done = Desk(tmp_path).opsbook("new", "book", "book", *given)
    assert (done.code, list(tmp_path.iterdir())) == (2, []), str(done)
    assert refused in done.err


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("service", {"Does your team run it?": ""}),
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
