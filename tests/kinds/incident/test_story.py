"""Which incidents have a story, what it hears, and where it is found."""

from __future__ import annotations

import pytest

from opsbook.kinds.incident.config import IncidentsConfig, Tracker
from opsbook.kinds.incident.shown import shown
from tests.kinds.small import Desk, book

STORY = "story:github:this"
SITE = ("timezone: Etc/UTC\n", "timezone: Etc/UTC\nsite: {repository: 'https://hub.example/o/r'}\n")


def desk(tracker: str = "{github: this}") -> Desk:
    """A book with a tracker."""
    return Desk(book(tracker=("  review:\n", f"  tracker: {tracker}\n  review:\n"), site=SITE).tree)


def fed(at: Desk, id_: str) -> list[tuple[str, str]]:
    """What the last change says to the story: name and headline."""
    return [(item.name, item.headline) for item in at.said(id_) if item.audience.startswith("story:")]


def test_a_story_hears_what_was_done_decided_and_changed_and_no_plain_note_or_step() -> None:
    at = desk()
    id_ = at.declare("Mail is late", "P1", lead="oncall-a")
    assert fed(at, id_) == [("declared", "P1 incident: Mail is late")]
    for values in (
        {"text": "The queue grows."},
        {"kind": "decision", "text": "Roll back."},
        {"kind": "change", "text": "Rolled back."},
    ):
        at.later(minutes=1)
        at.do("note", id_, **values)
        kind = values.get("kind")
        words = {
            "decision": "On-call engineer A decided: Roll back.",
            "change": "On-call engineer A changed production: Rolled back.",
        }
        assert fed(at, id_) == ([(kind, words[kind])] if kind is not None else [])
    at.later(minutes=1)
    at.do("update", id_, status="resolved", severity="P2", tell="It works.", comms="oncall-b")
    assert sorted(name for name, _ in fed(at, id_)) == ["role", "severity", "status", "update"]


def test_what_somebody_else_than_the_lead_changed_is_in_the_story_once() -> None:
    at = desk()
    id_ = at.declare(lead="oncall-a")
    at.later(minutes=1)
    at.do("note", id_, by="oncall-b", kind="change", text="Restarted.")
    assert fed(at, id_) == [("change", "On-call engineer B changed production: Restarted.")]
    assert [item.name for item in at.said(id_) if item.audience == "incident"] == ["change"]


def test_a_corrected_decision_says_that_it_is_corrected() -> None:
    at = desk()
    id_ = at.declare()
    at.do("note", id_, kind="decision", text="Roll bakc.")
    at.later(minutes=1)
    at.do("note", id_, text="Roll back.", correct="last")
    assert fed(at, id_) == [("decision", "On-call engineer A decided, corrected: Roll back.")]


def test_neither_a_drill_nor_a_suspected_breach_has_a_story() -> None:
    at = desk()
    assert fed(at, at.declare(drill=True)) == []
    at.later(minutes=1)
    id_ = at.do("declare", None, title="x", security=True).record
    assert fed(at, id_) == []
    assert all("hub.example" not in str(value) for value in list(shown(at.record(id_), at.book, at.now).blocks))


def test_an_incident_that_turns_out_to_be_a_breach_is_fed_no_more() -> None:
    at = desk()
    id_ = at.declare()
    at.do("secure", id_)
    assert fed(at, id_) == []


def test_a_story_is_for_the_severities_that_are_named_and_stays_when_it_gets_better() -> None:
    at = desk("{github: example/stories, severities: [P1]}")
    id_ = at.declare(severity="P2")
    assert fed(at, id_) == []
    at.later(minutes=1)
    at.do("update", id_, severity="P1")
    assert {item.audience for item in at.said(id_)} == {"incident", "story:github:example/stories"}
    at.later(minutes=1)
    at.do("update", id_, severity="P2")
    assert [name for name, _ in fed(at, id_)] == ["severity"]


@pytest.mark.parametrize(("github", "place"), [("this", "o/r"), ("example/stories", "example/stories")])
def test_people_find_the_story_by_the_id_and_the_story_does_not_lead_to_itself(github: str, place: str) -> None:
    at = desk(f"{{github: {github}}}")
    id_ = at.declare()
    address = f"https://hub.example/{place}/issues?q=is%3Aissue+in%3Atitle+{id_}"
    links = {item.audience.partition(":")[0]: dict(item.links) for item in at.said(id_)}
    assert links["incident"]["Story"] == address
    assert "Story" not in links["story"]
    assert links["story"]["Pull request"]
    assert address in str(list(shown(at.record(id_), at.book, at.now).blocks))


def test_a_tracker_is_one_repository() -> None:
    assert Tracker(github="o/r").audience == "story:github:o/r"
    assert IncidentsConfig(tracker=Tracker(github="this")).audiences() == {STORY: "incidents"}
    with pytest.raises(ValueError, match="github"):
        Tracker(github="https://github.com/o/r")
