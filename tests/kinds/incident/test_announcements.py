"""What a change says, and to whom: computed from the book before and after, never listed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.tree import Overlay
from opsbook.kinds import registry
from opsbook.kinds.incident.vocabulary import STATUSES
from tests.cases.cases import SHORT
from tests.kinds.small import Desk, book
from tests.support.tries import tries

OPEN = "INC-20261121-7KQ4M"
CHANNELS = (
    "channels:\n",
    """security:
  who: Information Assurance
  channel: quiet
channels:
  - id: quiet
    name: '#quiet'
    purpose: To know
    audience: Security engineers only.
  - id: team
    name: '#team'
    purpose: To work
    audience: The team.
""",
)
TEAM = ("    incident: incident\n", "    incident: incident\n    team: team\n")


def desk() -> Desk:
    """A book with an incident, a team, a drill and a security channel."""
    return Desk(book(channels=CHANNELS, team=TEAM).tree)


def heard(said: list[Announcement]) -> list[tuple[str, str]]:
    """Audience and name of announcements."""
    return [(item.audience, item.name) for item in said]


def everything(item: Announcement) -> str:
    """Every word of an announcement."""
    return "\n".join([item.headline, *map(" ".join, item.facts), *item.steps, *map(" ".join, item.links), item.footer])


def test_a_declaration_is_told_to_the_incident_channel_and_the_team_with_the_first_steps() -> None:
    at = desk()
    id_ = at.declare("Mail is late", "P1", services=["checkout"], lead="oncall-a")
    said = at.said(id_)
    assert heard(said) == [("incident", "declared"), ("team", "declared")]
    assert said[0].headline == "P1 incident: Mail is late"
    assert dict(said[0].facts) == {
        "Incident": id_,
        "Severity": "P1 Critical",
        "Status": "investigating",
        "Services": "Checkout",
        "Lead": "On-call engineer A",
        "Comms": "not named yet",
        "Next update": "12:00 UTC, Sat 21 Nov 2026",
    }
    assert said[0].steps == ("Look at the dashboard", "Restart the pods", "Tell the team")
    assert "#incident" in said[0].footer
    assert "Everybody in the organisation." in said[0].footer
    assert "The team." in said[1].footer
    assert not said[0].drill


def test_what_is_said_leads_to_the_page_the_first_runbook_and_the_pull_request() -> None:
    site = (
        "timezone: Etc/UTC\n",
        "timezone: Etc/UTC\nsite: {url: https://ops.example, repository: https://hub.example/o/r}\n",
    )
    at = Desk(book(channels=CHANNELS, team=TEAM, site=site).tree)
    id_ = at.declare("Mail is late", "P1")
    links = dict(at.said(id_)[0].links)
    assert links["Incident page"] == f"https://ops.example/incidents/2026/{id_}-mail-is-late/"
    assert links["Pull request"] == f"https://hub.example/o/r/pulls?q=is%3Apr+head%3Aopsbook%2F{id_}"
    assert any(address.startswith("https://ops.example/runbooks/") for address in links.values())


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"status": "identified"}, ["status"]),
        ({"severity": "P2"}, ["severity"]),
        ({"lead": "oncall-b"}, ["role"]),
        ({"tell": "We are looking."}, ["update"]),
        ({"status": "resolved", "tell": "It works.", "comms": "oncall-a"}, ["role", "status", "update"]),
        ({"summary": "We know more."}, []),
        ({"impact": "Orders are late.", "user_facing": True}, []),
    ],
    ids=str,
)
def test_an_update_says_what_changed(values: dict[str, Any], names: list[str]) -> None:
    at = desk()
    at.later(minutes=1)
    at.do("update", OPEN, **values)
    said = at.said(OPEN)
    for audience in ("incident", "team"):
        assert sorted(item.name for item in said if item.audience == audience) == names


def test_notes_decisions_changes_and_steps_are_told_to_nobody() -> None:
    at = desk()
    for kind in ("note", "decision", "change"):
        at.do("note", OPEN, text="Restarted.", kind=kind)
        assert at.said(OPEN) == []
    at.do("step", OPEN, steps=[2])
    assert at.said(OPEN) == []


def test_a_drill_is_told_to_the_drill_channel_only_and_says_so() -> None:
    at = desk()
    id_ = at.declare("We rehearse", "P1", drill=True)
    assert heard(at.said(id_)) == [("drill", "declared")]
    assert all(item.drill for item in at.said(id_))
    at.do("update", id_, status="resolved", tell="Done.")
    assert {item.audience for item in at.said(id_)} == {"drill"}


def test_a_security_incident_is_told_to_the_security_channel_only_and_without_facts() -> None:
    at = desk()
    id_ = at.do("declare", None, security=True, title="Keys were stolen").record
    (item,) = at.said(id_)
    assert (item.audience, item.name) == ("quiet", "declared")
    assert "Security engineers only." in item.footer
    assert "Information Assurance" in everything(item)
    assert "stolen" not in everything(item)

    path = at.record(id_).path + "/incident.yaml"
    data = at.tree.read(path)
    assert data is not None
    at.before, at.tree = at.book, Overlay(at.tree, {path: data.replace(b"investigating", b"resolved")})
    (item,) = at.said(id_)
    assert (item.audience, item.name, item.headline) == ("quiet", "status", "A security incident is resolved")
    assert item.by_hand


def test_in_the_restricted_book_each_change_of_a_status_is_told_also_one_that_was_told_before() -> None:
    channels, where = CHANNELS[1].replace("security:\n", "security:\n  restricted: true\n"), CHANNELS[0]
    at = Desk(book(channels=(where, channels), team=TEAM).tree)
    id_ = at.do("declare", None, security=True, title="Keys were stolen", severity="P1").record
    said = []
    for status in ("resolved", "investigating", "resolved"):
        at.later(minutes=1)
        at.do("update", id_, status=status)
        (item,) = at.said(id_)
        assert item.headline == f"A security incident is {status}"
        assert "stolen" not in everything(item)
        assert not item.by_hand
        said.append(item.key("chat"))
    assert len(set(said)) == 3


def test_without_a_security_channel_a_security_incident_is_told_to_nobody() -> None:
    at = Desk()
    id_ = at.do("declare", None, security=True).record
    assert at.said(id_) == []


def test_an_incident_that_loses_its_classification_says_nothing_more_to_the_team() -> None:
    at = desk()
    path = f"{SHORT['open']}/incident.yaml"
    data = at.tree.read(path)
    assert data is not None
    at.before, at.tree = at.book, Overlay(at.tree, {path: data.replace(b"classification: operational\n", b"")})
    assert heard(at.said(OPEN)) == [("quiet", "declared")]
    assert all("Checkout" not in everything(item) for item in at.said(OPEN))


@pytest.mark.parametrize("word", [b"security", b"restricted"])
def test_an_incident_that_turns_out_to_be_a_security_incident_is_told_to_the_security_channel(word: bytes) -> None:
    at = desk()
    path = f"{SHORT['open']}/incident.yaml"
    data = at.tree.read(path) or b""
    edited = data.replace(b"classification: operational\n", b"classification: " + word + b"\n")
    at.before, at.tree = (
        at.book,
        Overlay(at.tree, {path: edited.replace(b"status: investigating", b"status: monitoring")}),
    )
    assert heard(at.said(OPEN)) == [("quiet", "declared")]
    assert all("Checkout" not in everything(item) for item in at.said(OPEN))
    # From one to the other, and back: whoever has heard of it hears nothing more, and nobody else hears what it was.
    at.before, at.tree = at.book, Overlay(at.tree, {path: edited})
    assert heard(at.said(OPEN)) == [("quiet", "status")]
    at.before, at.tree = at.book, Overlay(at.tree, {path: data})
    assert at.said(OPEN) == []


def test_what_somebody_edits_by_hand_is_told_too() -> None:
    at = desk()
    path = f"{SHORT['open']}/incident.yaml"
    data = at.tree.read(path)
    assert data is not None
    edited = data.replace(b"severity: P1", b"severity: P2").replace(b"status: investigating", b"status: monitoring")
    at.before, at.tree = at.book, Overlay(at.tree, {path: edited})
    assert [name for audience, name in heard(at.said(OPEN)) if audience == "team"] == ["status", "severity"]


def test_a_record_that_is_gone_or_cannot_be_read_says_nothing() -> None:
    at = desk()
    announce = registry()["incident"].announce
    assert list(announce(at.record(OPEN), None, at.book)) == []
    broken = Book(Overlay(at.tree, {f"{SHORT['open']}/incident.yaml": b"id: ["}), registry())
    assert list(announce(at.record(OPEN), broken.resolve("incident", OPEN), broken)) == []


def test_nothing_is_said_when_nothing_changed() -> None:
    for id_ in ("INC-20261121-7KQ4M", "INC-20261116-3M8XD", "INC-20261119-9ZQ2A"):
        at = desk()
        at.before = Book(at.tree, registry())
        assert at.said(id_) == []


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(STATUSES),
        "severity": st.sampled_from(["P1", "P2", "P3"]),
        "lead": st.sampled_from(["oncall-a", "oncall-b"]),
        "comms": st.sampled_from(["oncall-a", "oncall-b"]),
        "tell": st.sampled_from(["We are looking.", "It works."]),
        "summary": st.just("Something."),
    },
)


@tries(60)
@given(st.lists(CHANGES, max_size=5), st.booleans())
def test_every_speaker_computes_the_same_keys_and_no_key_twice(changes: list[dict[str, Any]], drill: bool) -> None:
    """The command that writes, and a workflow that sees all of it at once or one commit after another."""
    at = desk()
    begun = at.book
    id_ = at.declare(severity="P2", drill=drill)
    keys = [item.key("console") for item in at.said(id_)]
    for values in changes:
        at.later(minutes=1)
        try:
            at.do("update", id_, **values)
        except Refused:
            continue
        said = [item.key("console") for item in at.said(id_)]
        assert said == [item.key("console") for item in at.said(id_)]
        keys += said
    assert len(keys) == len(set(keys))

    announce = registry()["incident"].announce
    at_once = [item.key("console") for item in announce(begun.resolve("incident", id_), at.record(id_), at.book)]
    assert sorted(at_once) == sorted(keys)
