"""Before somebody declares an incident, the open ones that look the same are shown: few, and no secrets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from opsbook.kinds.incident.similar import open_incidents, similar
from tests.cases.cases import SHORT
from tests.kinds.small import Desk, book


def found(desk: Desk, title: str, *services: str) -> list[str]:
    """The titles of what looks the same."""
    return [facts.title for facts in similar(desk.book, title, services)]


def test_an_open_incident_with_a_title_like_it_is_found() -> None:
    desk = Desk()
    assert found(desk, "Checkout is down again") == ["Checkout is down"]
    assert found(desk, "CHECKOUT IS DOWN!") == ["Checkout is down"]
    assert found(desk, "down checkout") == ["Checkout is down"]


def test_a_service_and_a_word_in_common_are_enough() -> None:
    desk = Desk()
    assert found(desk, "Checkout times out", "checkout") == ["Checkout is down"]
    assert found(desk, "Certificate of the mail relay expires") == []


def test_closed_incidents_and_security_incidents_are_never_shown() -> None:
    desk = Desk()
    assert found(desk, "Payments fail", "payments") == []
    assert found(desk, "Security incident") == []


def test_at_most_five_are_shown_the_most_alike_first() -> None:
    desk = Desk()
    for number in range(7):
        desk.declare(f"Search is slow in region {number}")
    titles = found(desk, "Search is slow in region 3")
    assert len(titles) == 5
    assert titles[0] == "Search is slow in region 3"


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=3))
def test_any_title_may_be_asked_for(title: str, services: list[str]) -> None:
    assert len(similar(book(), title, services)) <= 5


def test_open_incidents_are_listed_latest_first_even_if_they_cannot_be_read() -> None:
    of = book({f"{SHORT['open']}/incident.yaml": "title: Checkout: down\n"})
    assert [view.record.id for view in open_incidents(of)] == ["INC-20261121-7KQ4M", "INC-20261119-9ZQ2A"]
    assert similar(of, "Checkout is down", ["checkout"]) == []
