"""What the pages of records say, and in which order, without a browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from opsbook.kinds import registry
from opsbook.site.pages import Site
from tests.kinds.small import START, Desk, book

EAST = ("timezone: Etc/UTC", "timezone: Pacific/Auckland")
OPEN = "incidents/2026/INC-20261121-7KQ4M-checkout-down.md"
CLOSED = "incidents/2026/INC-20261116-3M8XD-payments-fail.md"


def words(desk: Desk, path: str) -> str:
    """A page as it is read: without tags, white space folded."""
    found = next(page.html for page in Site(desk.book, registry(), desk.now, list).pages() if page.path == path)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found)).split())


def source(desk: Desk, path: str) -> str:
    """A page with its HTML."""
    return unescape(
        next(page.html for page in Site(desk.book, registry(), desk.now, list).pages() if page.path == path)
    )


def before(first: str, *others: str, within: str) -> bool:
    """Whether all are there, in this order."""
    places = [within.find(word) for word in (first, *others)]
    return -1 not in places and places == sorted(places)


def test_the_year_of_an_incident_is_that_of_peoples_calendars() -> None:
    desk = Desk(book(zone=EAST).tree, now=datetime(2026, 12, 31, 20, tzinfo=UTC))
    desk.declare("New Year in Auckland")
    assert "New Year in Auckland" in words(desk, "incidents/2027/index.md")
    assert "1 Jan 2027" in words(desk, "incidents/2027/index.md")
    assert "New Year in Auckland" not in words(desk, "incidents/2026/index.md")


def test_the_folder_of_a_year_has_a_page_when_all_of_it_began_in_another_year_where_people_are() -> None:
    gone = {path: None for path, _ in book().tree.paths("incidents")}
    desk = Desk(book(gone, zone=EAST).tree, now=datetime(2025, 12, 31, 20, tzinfo=UTC))
    desk.declare("New Year in Auckland")
    assert "No incident was declared in 2025, by the clock of Pacific/Auckland." in words(
        desk, "incidents/2025/index.md"
    )
    assert "2026 (1)" in words(desk, "incidents/index.md")


def test_a_year_is_listed_by_month_and_only_the_last_is_unfolded() -> None:
    desk = Desk()
    desk.now += timedelta(days=40)
    desk.declare("After the turn of the month")
    desk.now -= timedelta(days=20)
    desk.declare("In December too")
    text = source(desk, "incidents/2026/index.md")
    assert before("December 2026", "After the turn", "In December too", "November 2026", "Checkout", within=text)
    assert text.count("<details") == 2
    assert text.count('<details class="ob-fold" open>') == 1


def test_what_is_open_is_listed_by_severity_and_then_by_time() -> None:
    desk = Desk()
    desk.declare("A small thing", severity="P3")
    desk.later(minutes=1)
    desk.declare("A second small thing", severity="P3")
    text = words(desk, "incidents/index.md")
    assert before("Open now", "Checkout is down", "A second small thing", "A small thing", within=text)


def test_an_open_incident_says_what_is_next_and_by_when_before_what_was() -> None:
    desk = Desk(book(zone=EAST, site=("roles:\n", "site: {repository: https://hub.example/o/r}\nroles:\n")).tree)
    text = words(desk, OPEN)
    assert before("Nobody can pay.", "Next update", "Lead", "Channel #incident", "What to do next", within=text)
    assert before("What to do next", "Timeline", "Times", "Declared", within=text)
    assert "(NZDT)" in text
    link = "https://hub.example/o/r/pulls?q=is%3Apr+head%3Aopsbook%2FINC-20261121-7KQ4M"
    assert f'<a href="{link}">Read and comment</a>' in source(desk, OPEN)


def test_an_incident_says_who_was_called_and_whether_they_answered() -> None:
    at = Desk()
    id_ = at.declare()
    path = at.record(id_).path
    at.do("call", id_, who="oncall-a", text="You know the index")
    assert re.search(r"Called in On-call engineer A .*: no answer yet", words(at, f"{path}.md"))
    at.do("acknowledge", id_, by="oncall-a")
    assert "On-call engineer A answered" in words(at, f"{path}.md")
    at.do("call", id_, who="checkout")
    at.do("escalate", id_, role="tech-lead")
    text = words(at, f"{path}.md")
    assert "Call to Checkout" in text
    assert "Tech lead: tried" in text


def test_the_channel_of_an_incident_is_one_tap_away_where_its_address_is_known() -> None:
    assert ">#incident</a>" not in source(Desk(), OPEN)
    known = ('name: "#incident"\n', 'name: "#incident"\n    url: https://chat.example/incident\n')
    assert '<a href="https://chat.example/incident">#incident</a>' in source(Desk(book(channel=known).tree), OPEN)


def test_the_timeline_is_told_from_its_end_while_an_incident_is_open_and_from_its_beginning_later() -> None:
    desk = Desk()
    desk.do("note", "INC-20261121-7KQ4M", text="The last word.")
    assert before("The last word.", "declared", within=words(desk, OPEN).partition("Timeline")[2])
    closed = words(desk, CLOSED).partition("Timeline")[2]
    assert before("declared", "status", within=closed)


def test_a_checklist_is_folded_to_the_step_that_comes_next_numbered_as_it_is_ticked() -> None:
    desk = Desk()
    desk.do("step", "INC-20261121-7KQ4M", steps=[2], runbook="response/respond")
    text = words(desk, OPEN)
    assert "Respond to an incident" in text
    page = source(desk, OPEN)
    assert page.count("<details") == 1
    assert " open>" not in page
    summary = page.partition("<summary>")[2].partition("</summary>")[0]
    assert re.search(r"Next: \d+\. ", summary)


def test_a_service_names_its_incidents_and_runbooks_and_its_health_can_be_asked() -> None:
    health = "health: [{title: It answers, url: https://checkout.example/health}]\n"
    service = book().tree.read("services/checkout.yaml")
    assert service is not None
    desk = Desk(book({"services/checkout.yaml": service.decode() + health}).tree)
    for number in range(7):
        desk.now = START - timedelta(days=100 - number)
        id_ = desk.declare(f"Old one {number}", services=["checkout"])
        desk.do("update", id_, status="resolved")
    desk.now = START
    desk.declare("Of another service", services=["payments"])
    text, page = words(desk, "services/checkout.md"), source(desk, "services/checkout.md")
    assert before("Incidents", "Checkout is down", "Recently over", "Old one 6", "Old one 2", within=text)
    assert "Old one 1" not in text, "only the latest are named"
    assert "Of another service" not in text
    assert before("All incidents", "Runbooks", "Respond to an incident", within=text)
    assert '<a href="https://checkout.example/health">' in page


def test_a_name_of_no_service_harms_no_page() -> None:
    desk = Desk()
    desk.declare("Odd", services=["checkout"])
    tree = desk.tree
    path = next(path for path, _ in tree.paths("incidents") if path.endswith("odd/incident.yaml"))
    text = (tree.read(path) or b"").decode().replace("checkout", "chekout")
    changed = Desk(book({path: text}).tree)
    assert "Checkout" in words(changed, "services/checkout.md")


def test_a_runbook_shows_its_service_and_owner_and_days_as_people_write_them() -> None:
    text = words(Desk(), "runbooks/response/respond.md")
    assert before("Service Checkout", "Owner Platform team", "Reviewed 1 Nov 2026 , again by 2 May 2027", within=text)


def test_a_review_is_overdue_when_the_day_is_over_where_people_are() -> None:
    day = {"runbooks/response/respond.md": "---\ntitle: R\nowner: platform\nreviewed: 2026-05-23\n---\n# R\n\nText.\n"}
    late, early = datetime(2026, 11, 21, 11, 30, tzinfo=UTC), datetime(2026, 11, 21, 9, tzinfo=UTC)
    said = "its review is overdue since 21 Nov 2026"
    assert said in words(Desk(book(day, zone=EAST).tree, now=late), "runbooks/response/respond.md")
    assert said not in words(Desk(book(day, zone=EAST).tree, now=early), "runbooks/response/respond.md")
    assert said not in words(Desk(book(day).tree, now=late), "runbooks/response/respond.md")


@pytest.mark.parametrize("path", ["incidents/index.md", "runbooks/index.md", "services/index.md"])
def test_an_index_of_an_empty_book_says_so_and_has_no_empty_part(path: str) -> None:
    tree = book().tree
    empty = {name: None for folder in ("incidents", "services", "runbooks") for name, _ in tree.paths(folder)}
    page = source(Desk(book(empty).tree), path)
    assert not re.search(r"<(ul|tbody)[^>]*>\s*</", page)
    assert not re.search(r"^## [^\n]*\n+(?=##|\Z)", page, re.M)
