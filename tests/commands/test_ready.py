"""At the start of a shift: could this person run an incident now, in ten lines."""

from __future__ import annotations

from tests.support.desk import Desk
from tests.support.small_book import OPSBOOK_YML


def test_whoever_has_all_that_it_takes_is_told_so_in_ten_lines(desk: Desk) -> None:
    done = desk.opsbook("ready")
    assert done.code == 0, str(done)
    *lines, last = done.out.splitlines()
    assert last == "You could run an incident now."
    assert len(lines) <= 10
    text = "\n".join(lines)
    for words in (
        "you: On-call engineer A (oncall-a)",
        "on call: On call: On-call engineer",
        "open: Nothing is open, and nothing is promised.",
        "breach: First alert The security desk.",
        "to have read: runbooks/incident-response/respond.md",
    ):
        assert words in text


def test_what_is_open_is_said_with_what_was_promised_and_who_is_asked(desk: Desk) -> None:
    asked = OPSBOOK_YML + "authority:\n  incident.resolve: {any: [oncall]}\n"
    desk.commit({"opsbook.yml": asked})
    first = desk.declare("Checkout is down", "P1")
    second = desk.declare("Search is slow", "P3")
    assert desk.opsbook("resolve", "-i", second[-5:], "--by", "github:octo-fiction").code == 0
    (line,) = [line for line in desk.opsbook("ready").out.splitlines() if "open:" in line]
    assert f"{first[-5:]} P1 Checkout is down, next update by " in line
    assert f"{second[-5:]} P3 Search is slow, resolved waits for On-call engineer A or On-call engineer B" in line


def test_what_is_missing_is_said_with_what_to_do_and_ends_with_1(desk: Desk) -> None:
    """A calendar that is not there says nothing about who is on call, and never that nobody is."""
    rota = "rotas:\n  - {id: night, title: By night, ical: file}\nincidents:\n"
    rest = OPSBOOK_YML[: OPSBOOK_YML.index("rotas:")], OPSBOOK_YML[OPSBOOK_YML.index("incidents:") + 11 :]
    desk.commit({"opsbook.yml": rota.join(rest)})
    done = desk.opsbook("ready", "--format", "json")
    assert done.code == 1
    (line,) = [line for line in done.json["lines"] if line["what"] == "on call"]
    assert (line["state"], line["says"]) == ("unknown", "By night: not known.")
    assert line["remedy"].startswith("opsbook rotas fetch night")
    assert done.json["ready"] is False


def test_a_stranger_is_told_what_they_may_do(desk: Desk) -> None:
    (line,) = [
        line for line in desk.opsbook("ready", "--by", "github:octo-fiction").out.splitlines() if " you:" in line
    ]
    assert "is not listed: you may declare and note, and hold no role" in line
