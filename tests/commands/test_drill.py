"""A drill is played from the alert to the end on a clock of its own, reaches nobody outside, and is scored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from opsbook.core.types import parse_time
from tests.slack_server import SlackServer, pings
from tests.slack_server.workspace import TOKEN
from tests.support.clock import machine
from tests.support.desk import Desk, Done
from tests.support.terminal import END, INTERRUPT, Terminal

SCRIPT = """\
title: Checkout fails
severity: P1
services: [checkout]
length: 2h
injects:
  - minute: 0
    who: alert
    text: No order for five minutes.
    expect: Somebody leads within 15 minutes.
  - minute: 20
    who: engineer
    text: The key has expired.
  - minute: 110
    who: vendor
    text: It is not us.
    expect: Nobody waited for that.
"""
PLAYED = [
    "# a comment is not typed",
    "take lead",
    "oncall-b: take comms",
    "oncall-b: incident update --template investigating",
    "wait 20",
    'opsbook note "The key has expired."',
    "set status identified",
    "did 'Renewed the key.'",
    "tick 1-3",
    "",
    "resolve --why 'Orders come in.'",
    "end",
]


@pytest.fixture
def stage(desk: Desk) -> Desk:
    """A clone with a drill."""
    desk.commit({"operations/drills/checkout-fails.yaml": SCRIPT}, "Write a drill")
    return desk


def play(desk: Desk, lines: Sequence[str], *more: str) -> Done:
    """Play lines from a file."""
    (desk.path.parent / "lines.txt").write_text("\n".join(lines) + "\n")
    return desk.opsbook("drill", "checkout-fails", "--script", str(desk.path.parent / "lines.txt"), *more)


def moments(desk: Desk, branch: str) -> list[datetime]:
    """The moment of each entry of a timeline, in the order of their names."""
    written = sorted(desk.written(branch).items())
    return [parse_time(re.findall(r'at: "(.*)"', text)[0]) for path, text in written if "/timeline/" in path]


def test_it_is_played_from_the_alert_to_the_end_and_scored(stage: Desk) -> None:
    begun = machine()
    done = play(stage, PLAYED)
    assert done.code == 0, str(done)
    assert done.err == ""
    branch = stage.branch()
    assert re.search(r"^DRILL \w{5}: Checkout fails, \d\d:\d\d to \d\d:\d\d\. Nothing is broken\.$", done.out, re.M)
    told = ["alert: No order for five minutes.", "> take lead", "engineer: The key has expired.", "> opsbook note"]
    assert sorted(told, key=done.out.index) == told
    assert "9 of 9 promises kept, 3 not called for" in done.out
    assert "alert: Somebody leads within 15 minutes." in done.out
    assert "vendor" not in done.out  # that did not happen any more
    assert "It is still open" not in done.out
    notes = [text for path, text in stage.written(branch).items() if "Score of the drill: 9 of 9" in text]
    assert len(notes) == 1
    assert "Lead named in time" in notes[0]
    (facts,) = [text for path, text in stage.written(branch).items() if path.endswith("/incident.yaml")]
    assert "\ndrill: true\n" in facts

    at = moments(stage, branch)
    assert at == sorted(at)
    assert begun - timedelta(hours=2, seconds=2) <= at[0]
    assert at[-1] - at[0] == timedelta(minutes=1 + 3 + 20 + 4 + 5 + 1)
    committed = [datetime.fromisoformat(text) for text in stage.git("log", "--format=%cI", f"main..{branch}").split()]
    assert len(set(committed)) == len(committed), "two things were typed at the same moment"
    assert max(committed) <= machine()


def test_it_is_told_in_the_channel_of_drills_alone_and_calls_nobody(stage: Desk, slack: SlackServer) -> None:
    config = (stage.path / "opsbook.yml").read_text()
    stage.commit({"opsbook.yml": config.replace("name: On-call engineer B\n", "name: B\n    slack: U012ABCDEF\n")})
    told = Desk(stage.path, {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": slack.url})
    done = play(told, [*PLAYED[:-1], "call checkout", "handover oncall-b lead", "end"])
    assert done.code == 0, str(done)
    assert "Told in the drill channel only." in done.out
    assert "call is not for a drill" in done.out
    assert slack.messages() == slack.messages("drill") != []
    assert [ping for message in slack.messages() for ping in pings(message)] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("declare --title Fire --severity P1", "declare is not for a drill"),
        ("secure - ", "secure is not for a drill"),
        ("check", "check is not for a drill"),
        ("drill checkout-fails", "drill is not for a drill"),
        ("merge", "merge is not for a drill"),
        ("dance", "There is no command 'dance'. Type what you would type in an incident"),
        ("note It's late", "A quotation mark has no other."),
        ("help", "An empty line lets 5 minutes pass"),
        ("take --help", "usage: opsbook take"),
        ("take lunch", "invalid choice: 'lunch'"),
        ("nobody-here: take lead", "nobody-here"),
    ],
)
def test_what_cannot_be_typed_is_answered_and_nothing_is_lost(stage: Desk, line: str, said: str) -> None:
    done = play(stage, [line, "oncall-b: take lead", "end"])
    assert said in done.out + done.err
    assert "You lead" in done.out
    assert len(stage.branches()) == 1


def test_the_clock_of_a_drill_is_no_clock_of_another_incident(stage: Desk) -> None:
    real = stage.declare("Login fails")
    before = stage.git("rev-parse", f"opsbook/{real}")
    done = play(
        stage, [f"note -i {real} 'An hour ago'", f"incident update {real} --tell 'All is well'", "note Here", "end"]
    )
    assert done.err.count(f"{real} is no drill, and the clock of a drill is not its clock.") == 2
    assert "Noted in " in done.out
    assert stage.git("rev-parse", f"opsbook/{real}") == before
    assert stage.intents() == []


def test_what_people_look_at_is_as_it_is_at_that_moment(stage: Desk) -> None:
    done = play(stage, ["oncall-b: list", "show", "checklist show", "end"])
    assert re.search(r"P1 +investigating +\S+ +DRILL Checkout fails", done.out)
    assert "Respond to an incident: 0 of 3 done" in done.out


def test_it_ends_with_its_time_and_says_what_is_left_open(stage: Desk) -> None:
    done = play(stage, ["wait 500", "note 'too late'"])
    assert done.code == 0, str(done)
    assert "vendor: It is not us." in done.out
    assert "too late" not in done.out
    (broken,) = re.findall(r"(?m)^Resolved +broken +It is investigating\.$", done.out)
    assert broken
    assert "It is still open: INC-" in done.out
    assert max(moments(stage, stage.branch())) <= machine()


def test_a_person_at_a_terminal_is_prompted_until_they_end_it(stage: Desk) -> None:
    for ending in ("end\n", END, INTERRUPT):
        terminal = Terminal(stage, "drill", "checkout-fails", "--by", "oncall-b")
        terminal.answer("> ", "take lead")
        assert "You lead" in terminal.answer("> ", "wait 20")
        assert "engineer: The key has expired." in terminal.read_to("> ")
        terminal.type(ending)
        assert terminal.end(insist=INTERRUPT if ending == INTERRUPT else "") == 0
        assert "The drill is over." in terminal.screen


def test_what_can_be_played_is_listed(stage: Desk) -> None:
    done = stage.opsbook("drill")
    assert re.search(r"checkout-fails +P1 +2 hours +Checkout fails", done.out)
    (row,) = stage.opsbook("drill", "--format", "json").json["drills"]
    assert row == {"name": "checkout-fails", "severity": "P1", "length": "2 hours", "title": "Checkout fails"}


def test_a_book_without_a_drill_says_where_they_are(desk: Desk) -> None:
    assert desk.opsbook("drill").out == "There is no drill yet: write one into operations/drills/.\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("checkout-fails",), 2, "Nobody sits at a terminal here.\nGive a file with what people type: --script FILE"),
        (("checkout-fails", "--script", "gone.txt"), 2, "gone.txt cannot be read: No such file or directory."),
        (("checkout-fails", "--format", "json"), 2, "A rehearsal is read by people"),
        (("fire", "--script", "-"), 1, "There is no drill “fire”."),
    ],
)
def test_what_cannot_be_played_writes_nothing(stage: Desk, words: tuple[str, ...], code: int, said: str) -> None:
    done = stage.opsbook("drill", *words)
    assert (done.code, said in done.err) == (code, True), str(done)
    assert stage.branches() == []


def test_lines_come_from_standard_input_too(stage: Desk) -> None:
    done = stage.opsbook("drill", "checkout-fails", "--script", "-", stdin=b"note\ntake lead\nend\n")
    assert "You lead" in done.out  # a note without words does not take the lines behind it for its words


def test_a_drill_that_cannot_be_declared_says_why(stage: Desk) -> None:
    stage.commit({"operations/drills/checkout-fails.yaml": SCRIPT.replace("[checkout]", "[gone]")})
    done = play(stage, ["take lead"])
    assert done.code == 1
    assert "“gone” is not a service of the catalogue." in done.err
    assert stage.branches() == []


def test_any_incident_has_a_score_for_people_and_programs(declared: Desk) -> None:
    done = declared.opsbook("drill", "score")
    assert done.code == 0, str(done)
    assert re.match(r"\d+ of \d+ promises kept, \d+ not called for\npromise +why\n", done.out)
    assert re.search(r"(?m)^Resolved +broken +It is investigating\.$", done.out)
    assert "\nNext time:\n" in done.out
    found = declared.opsbook("drill", "score", "--format", "json").json
    assert {"id", "kept", "called_for", "promises", "on_record", "unseen"} == set(found)
    assert {"name", "promise", "verdict", "why", "rule", "next_time"} == set(found["promises"][0])


def test_a_drill_that_is_played_again_is_another_one(stage: Desk) -> None:
    for _ in range(2):
        done = play(stage, ["end"])
        assert (done.code, done.err) == (0, "")
    stage.declare("Checkout fails")
    assert "look the same" in play(stage, ["end"]).err  # a real one is worth a word
    assert len(stage.branches()) == 4
