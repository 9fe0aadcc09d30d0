"""Declaring at a terminal: it asks only what is missing, shows what it will do, and can be left at any moment."""

from __future__ import annotations

import re

import pytest

from tests.support.desk import Desk, snapshot
from tests.support.terminal import END, INTERRUPT, Terminal

TITLE = "What is wrong, in one line?"
SEVERITY = "How bad is it? (you can downgrade later) [P1]"
SERVICES = "Which services? (several with spaces, or nothing)"
LEAD = "Who leads? [oncall-a]"
CONFIRM = "Declare it? (Y/n)"
ANSWERS = {TITLE: "Checkout is down", SEVERITY: "", SERVICES: "checkout, search", LEAD: "oncall-b", CONFIRM: ""}


def facts(desk: Desk) -> str:
    """The facts of the only incident on a branch."""
    return next(text for path, text in desk.written().items() if path.endswith("/incident.yaml"))


def untouched(desk: Desk) -> bool:
    """Whether nobody has written anything anywhere."""
    return not (desk.branches() or desk.receipts() or desk.outbox() or desk.intents())


def test_it_asks_what_is_missing_suggests_the_rest_and_shows_what_it_will_declare(desk: Desk) -> None:
    terminal = Terminal(desk, "declare")
    terminal.answer(TITLE, "Checkout is down")
    offered = terminal.answer(SEVERITY, "p2")
    assert "P1  Critical: Users cannot use the service." in offered
    assert "checkout, search" in terminal.answer(SERVICES, "checkout")
    terminal.answer(LEAD, "")
    preview = terminal.answer(CONFIRM, "")
    for line in (r"Title +Checkout is down", r"Severity +P2 Major", r"Services +checkout", r"Lead +oncall-a"):
        assert re.search(line, preview), preview
    assert terminal.end() == 0
    assert " declared, on this machine only." in terminal.screen
    for line in ("title: Checkout is down", "severity: P2", "- checkout", "lead: oncall-a"):
        assert line in facts(desk)


def test_it_asks_nothing_that_was_said(desk: Desk) -> None:
    terminal = Terminal(desk, "declare", "--title", "Checkout is down", "--severity", "P3")
    terminal.answer(SERVICES, "")
    terminal.answer(LEAD, "")
    terminal.answer(CONFIRM, "y")
    assert terminal.end() == 0
    assert TITLE not in terminal.screen
    assert "How bad" not in terminal.screen
    assert "severity: P3" in facts(desk)


@pytest.mark.parametrize(
    "more", [("--service", "checkout"), ("--yes",), ("--format", "json")], ids=["everything said", "--yes", "json"]
)
def test_with_all_flags_it_asks_nothing_although_a_similar_incident_is_open(desk: Desk, more: tuple[str, ...]) -> None:
    desk.declare("Checkout is down", "P2", "--service", "checkout")
    terminal = Terminal(desk, "declare", "--title", "Checkout is down", "--severity", "P1", *more)
    assert terminal.end() == 0
    assert "Open incidents that look the same" in terminal.screen
    assert "?" not in terminal.screen
    assert len(desk.branches()) == 2


def test_it_shows_open_incidents_that_look_the_same_before_it_asks_for_details(desk: Desk) -> None:
    id_ = desk.declare("Checkout returns errors", "P2")
    terminal = Terminal(desk, "declare")
    terminal.answer(TITLE, "Checkout returns many errors")
    shown = terminal.answer("Declare a new one all the same? (y/N)", "")
    assert id_ in shown
    assert "How bad is it?" not in shown
    assert terminal.end() == 1
    assert "Nothing was declared." in terminal.screen
    assert f"opsbook note -i {id_[-5:]}" in terminal.screen
    assert desk.branches() == [f"opsbook/{id_}"]


def test_a_wrong_answer_costs_only_itself(desk: Desk) -> None:
    terminal = Terminal(desk, "declare")
    terminal.answer(TITLE, "x" * 121)
    terminal.answer("120 are allowed", "")
    terminal.answer(TITLE, "Checkout is down")
    terminal.answer(SEVERITY, "P9")
    terminal.answer("Please choose one of P1, P2, P3", "P2")
    terminal.answer(SERVICES, "checkuot")
    assert "Did you mean checkout" in terminal.answer("checkuot is not in the catalogue.", "chec")
    assert "Did you mean checkout" in terminal.answer("chec is not in the catalogue.", "checkout")
    assert "oncall-a, " in terminal.answer(LEAD, "oncal-a")
    assert "oncall-a" in terminal.answer("nobody has this id", "oncall-b")
    terminal.answer(CONFIRM, "")
    assert terminal.end() == 0
    for line in ("title: Checkout is down", "severity: P2", "- checkout", "lead: oncall-b"):
        assert line in facts(desk)


def test_whoever_says_no_to_the_preview_has_declared_nothing(desk: Desk) -> None:
    terminal = Terminal(desk, "declare")
    for question, text in ANSWERS.items():
        terminal.answer(question, "n" if question == CONFIRM else text)
    assert terminal.end() == 1
    assert untouched(desk)


@pytest.mark.parametrize("key", [INTERRUPT, END], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("last", ANSWERS)
def test_leaving_at_any_question_writes_nothing(desk: Desk, last: str, key: str) -> None:
    before = snapshot(desk.path)
    terminal = Terminal(desk, "declare")
    for question, text in ANSWERS.items():
        if question == last:
            terminal.read_to(question)
            terminal.type(key)
            break
        terminal.answer(question, text)
    assert terminal.end(insist=key) == (130 if key == INTERRUPT else 1)
    assert "Traceback" not in terminal.screen
    assert "Nothing was written" in terminal.screen
    assert snapshot(desk.path) == before


def test_what_is_shown_before_it_is_declared_is_what_is_declared(desk: Desk) -> None:
    terminal = Terminal(desk, "declare")
    for question, text in ANSWERS.items():
        terminal.answer(question, text)
    assert terminal.end() == 0
    (shown,) = set(re.findall(r"INC-\d{8}-[0-9A-Z]{5}(?=-checkout)", terminal.screen))
    assert desk.branch() == f"opsbook/{shown}"


def test_a_dry_run_asks_shows_and_writes_nothing(desk: Desk) -> None:
    before = snapshot(desk.path)
    terminal = Terminal(desk, "declare", "--dry-run")
    for question, text in list(ANSWERS.items())[:-1]:
        terminal.answer(question, text)
    assert terminal.end() == 0
    assert "Nothing is written." in terminal.screen
    assert snapshot(desk.path) == before


SECRET = "Stolen laptop of the finance director"


def test_a_suspected_breach_says_whom_to_alert_before_anything_else_and_keeps_no_detail(desk: Desk) -> None:
    details = (
        "--title",
        SECRET,
        "--summary",
        SECRET,
        "--severity",
        "P1",
        "--service",
        "checkout",
        "--lead",
        "oncall-b",
    )
    terminal = Terminal(desk, "declare", "--security", *details)
    shown = terminal.answer("Done? Write the stub now? (Y/n)", "")
    assert shown.splitlines()[0] == "First: alert The security desk."
    assert "Call the number on the restricted page." in shown
    assert "The details (title, severity, services, summary, lead) are not kept here." in shown
    assert terminal.end() == 0

    files = desk.written()
    (path,) = files
    assert re.fullmatch(r"incidents/\d{4}/INC-\d{8}-[0-9A-Z]{5}/incident\.yaml", path)
    keys = {line.partition(":")[0] for line in files[path].splitlines() if re.match(r"\w", line)}
    assert keys == {"id", "title", "classification", "status", "times", "operation"}
    assert {name.partition("/")[2].partition("-console")[0] for name in desk.outbox() if "declared" in name} == {
        "declared-security"
    }
    written = [desk.git("log", "--all", "--not", "main", "--format=fuller", "--patch"), desk.branch()]
    for text in [*written, str(desk.receipts()), *map(str, snapshot(desk.state).values())]:
        for word in ("Stolen", "laptop", "finance", "oncall", "P1", "checkout"):
            assert word.lower() not in text.lower()
    assert "laptop" not in desk.git("cat-file", "--batch-all-objects", "--batch", "--unordered")


@pytest.mark.parametrize("key", ["n\n", INTERRUPT, END], ids=["no", "Ctrl-C", "Ctrl-D"])
def test_a_suspected_breach_can_be_left_before_the_stub_is_written(desk: Desk, key: str) -> None:
    terminal = Terminal(desk, "declare", "--security")
    terminal.read_to("Write the stub now? (Y/n)")
    terminal.type(key)
    assert terminal.end(insist=key) in (1, 130)
    assert untouched(desk)


def test_a_suspected_breach_says_whom_to_alert_although_nothing_can_be_written(desk: Desk) -> None:
    done = desk.opsbook("declare", "--security", "--by", "nobody-known")
    assert done.code == 2
    assert done.out.startswith("First: alert The security desk.\n")
    assert untouched(desk)


def test_nobody_can_add_details_to_the_stub(desk: Desk) -> None:
    id_ = desk.opsbook("declare", "--security", "--format", "json").json["id"]
    for command in (("note", id_, SECRET), ("update", id_, "--summary", SECRET), ("update", id_, "--severity", "P1")):
        done = desk.opsbook("incident", *command)
        assert done.code == 1
        assert "The security desk" in done.err
    assert len(desk.commits(f"opsbook/{id_}")) == 1
    assert "Stolen" not in str(desk.outbox()) + desk.git("log", "--all", "--patch")


def test_a_drill_is_told_to_the_drill_channel_only_and_says_so_first(desk: Desk) -> None:
    done = desk.opsbook("declare", "--title", "Loss of a region", "--severity", "P1", "--drill", "--yes")
    assert done.code == 0
    assert re.match(r"Drill [0-9A-Z]{5} declared, ", done.out)
    told = {name: text for name, text in desk.outbox().items() if "/request-" not in name}
    assert [name.partition("/")[2].partition("-console")[0] for name in told] == ["declared-drill"]
    assert all(text.startswith("For drill: DRILL. ") for text in told.values())
    assert "drill: true" in facts(desk)
    desk.opsbook("incident", "update", "--status", "resolved", "--tell", "Well done")
    assert len(desk.receipts()) == 3
    assert all("-drill-console-" in key for key in desk.receipts())


def test_without_a_terminal_what_is_missing_is_named_and_nothing_is_asked(desk: Desk) -> None:
    done = desk.opsbook("declare")
    assert (done.code, done.out) == (2, "")
    assert "--title" in done.err
    done = desk.opsbook("declare", "--title", "x")
    assert (done.code, done.out) == (1, "")
    assert "P1 (Critical), P2 (Major), P3 (Minor)" in done.err


def test_colours_are_for_terminals_that_want_them(desk: Desk) -> None:
    terminal = Terminal(desk, "declare", environ={"NO_COLOR": ""})
    terminal.read_to(TITLE)
    terminal.type(END)
    terminal.end()
    assert "\x1b[" in terminal.screen
    for environ in ({"NO_COLOR": "1"}, {"NO_COLOR": "", "TERM": "dumb"}):
        terminal = Terminal(desk, "declare", environ=environ)
        terminal.read_to(TITLE)
        terminal.type(END)
        terminal.end()
        assert "\x1b[" not in terminal.screen.replace("\x1b[?2004h", "").replace("\x1b[?2004l", "")
