"""An incident that is over is told by its text alone; that must never hide one that is open."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.core.book import Book
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from opsbook.kinds.incident.similar import open_incidents
from opsbook.kinds.incident.view import FACTS, IncidentView, says_over
from tests.kinds.small import Desk

FOLDER = "incidents/2026/INC-20261121-7KQ4M-sign-in"
HEAD = "id: INC-20261121-7KQ4M\ntitle: Sign in\nclassification: operational\n"
TAIL = "times:\n  declared_at: 2026-11-21T10:00:00Z\n  identified_at: 2026-11-21T10:05:00Z\n"


def book(facts: str) -> Book:
    """A book with one incident."""
    return Book(MemoryTree({f"{FOLDER}/{FACTS}": facts}), registry())


def listed(facts: str) -> list[str]:
    """The ids of open incidents."""
    return [view.record.id for view in open_incidents(book(facts))]


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_an_incident_that_is_over_is_not_listed(status: str) -> None:
    facts = f"{HEAD}status: {status}\n{TAIL}"
    assert says_over(facts.encode())
    assert listed(facts) == []


@pytest.mark.parametrize(
    "status", ["investigating", "identified", '"monitoring"', '"\\x69dentified"', "|-\n  identified"]
)
def test_an_open_incident_is_listed_however_its_status_is_written(status: str) -> None:
    assert listed(f"{HEAD}status: {status}\n{TAIL}") == ["INC-20261121-7KQ4M"]


@pytest.mark.parametrize(
    "summary", ['summary: "a\nstatus: closed\n  b"\n', "summary: |\n  status: closed\n", "# it was\n# status: closed\n"]
)
def test_words_elsewhere_do_not_close_an_incident(summary: str) -> None:
    assert listed(f"{HEAD}{summary}status: monitoring\n{TAIL}") == ["INC-20261121-7KQ4M"]


def test_an_incident_that_cannot_be_read_is_taken_to_be_open() -> None:
    assert listed(f"{HEAD}status: [\n{TAIL}") == ["INC-20261121-7KQ4M"]
    assert listed(f"{HEAD}title: [\n{TAIL}") == ["INC-20261121-7KQ4M"]


def test_one_that_cannot_be_read_and_plainly_is_over_is_not() -> None:
    assert listed(f"{HEAD}summary: [\nstatus: closed\n{TAIL}") == []


@pytest.mark.parametrize("status", ["status: done\n", "status: Closed\n", "status:\n", "status: [closed]\n", ""])
def test_a_status_that_is_no_word_opens_nothing_that_is_over(status: str) -> None:
    over = f"{TAIL}  resolved_at: 2026-11-21T11:00:00Z\n"
    entry = "at: 2026-11-21T11:00:00Z\nby: local:somebody\nkind: status\nstatus: {}\n"

    def is_open(facts: str, said: str = "") -> bool:
        files = {f"{FOLDER}/{FACTS}": HEAD + facts}
        if said:
            files[f"{FOLDER}/timeline/20261121T110000Z-aaaaa.yaml"] = entry.format(said)
        made = Book(MemoryTree(files), registry())
        views = [IncidentView(made.record(ref)) for ref in made.refs("incident").values()]
        assert len(open_incidents(made)) == sum(view.is_open for view in views)
        return views[0].is_open

    assert is_open(status + TAIL)
    assert is_open(status + TAIL, "monitoring")
    assert is_open(status + over, "monitoring")  # it was opened again
    assert not is_open(status + over)
    assert not is_open(status + over, "closed")
    assert not is_open("title: [\n" + over, "closed")


LINES = (
    "status: closed", "status: resolved", "status: monitoring", "status: identified", "status: 'closed'", "  status: closed",
    "summary: |", "  words", 'summary: "', '"', "title: Sign in", "status: &a closed", "? status", ": closed", "\t", "[",
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=5))
def test_the_list_is_what_reading_every_incident_gives(lines: list[str]) -> None:
    made = book(HEAD + "".join(f"{line}\n" for line in lines) + TAIL)
    views = [IncidentView(made.record(ref)) for ref in made.refs("incident").values()]
    assert [view.record.id for view in views if view.is_open] == [view.record.id for view in open_incidents(made)]


def test_times_that_nobody_wrote_down_are_taken_from_what_happened() -> None:
    desk = Desk()
    id_ = desk.declare()
    desk.later(minutes=4)
    desk.do("update", id_, lead="oncall-a")
    assert desk.view(id_).taken == {"acknowledged_at": (desk.now, "the first lead")}
    desk.do("update", id_, acknowledged_at="2026-11-21T11:01:00Z")
    assert desk.view(id_).taken == {}
