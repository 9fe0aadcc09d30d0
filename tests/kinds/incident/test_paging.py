"""Who is woken by what, what they read, and who has answered."""

from __future__ import annotations

import pytest

from opsbook.core.announcement import Announcement, medium_of
from opsbook.core.errors import Refused
from opsbook.core.times import Times
from opsbook.kinds.incident.paging import calls, in_words
from opsbook.kinds.incident.reminders import remind
from tests.kinds.incident.test_announcements import everything
from tests.kinds.small import Desk, book

PAGING = (
    "  channels:\n    incident: incident\n",
    "  paging:\n    default: on-call\n    severities: [P1]\n  channels:\n    incident: incident\n",
)
SECURITY = (PAGING[0], PAGING[1].replace("    severities", "    security: breaches\n    severities"))
CHECKOUT = book().tree.read("services/checkout.yaml") or b""


def desk(**files: bytes) -> Desk:
    """A book in which a P1 wakes people."""
    changes = {f"services/{name}.yaml": data for name, data in files.items()}
    return Desk(book(changes, paging=PAGING).tree)


def woken(said: list[Announcement]) -> list[tuple[str, str]]:
    """Name and audience of what goes to a pager."""
    return [(item.name, item.audience) for item in said if medium_of(item.audience) == "page"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [("page", "page:on-call")]),
        ({"services": ["checkout"]}, [("page", "page:shop-rota")]),
        ({"severity": "P2"}, []),
        ({"severity": "P2", "page": True}, [("page", "page:on-call")]),
        ({"page": False}, []),
        ({"drill": True}, []),
        ({"drill": True, "page": True}, [("page", "page:on-call")]),
    ],
)
def test_the_policy_says_who_is_woken_by_a_declaration(
    values: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    at = desk(checkout=CHECKOUT + b"page: shop-rota\n")
    assert woken(at.said(at.declare(**values))) == expected  # type: ignore[arg-type]


def test_a_service_without_a_page_wakes_its_owner_and_each_target_once() -> None:
    at = desk(checkout=CHECKOUT, search=CHECKOUT.replace(b"checkout", b"search"))
    owner = next(line.split()[1] for line in CHECKOUT.decode().splitlines() if line.startswith("owner"))
    assert woken(at.said(at.declare(services=["checkout", "search"]))) == [("page", f"page:{owner}")]


def test_without_a_policy_nobody_is_woken_by_itself_and_a_call_still_goes_out() -> None:
    at = Desk()
    id_ = at.declare()
    assert woken(at.said(id_)) == []
    at.do("call", id_, who="oncall-a")
    assert woken(at.said(id_)) == [("page", "page:oncall-a")]


def test_one_that_becomes_worse_wakes_people_once() -> None:
    at = desk()
    id_ = at.declare(severity="P2")
    at.do("update", id_, severity="P1")
    assert woken(at.said(id_)) == [("page", "page:on-call")]
    at.do("update", id_, text="again", status="identified")
    assert woken(at.said(id_)) == []


def test_whoever_is_called_reads_what_is_wrong_why_and_that_it_comes_before_a_meeting() -> None:
    at = desk()
    id_ = at.declare("Mail is late")
    at.do("call", id_, who="checkout", text="We need the index rebuilt")
    page = next(item for item in at.said(id_) if item.name == "page")
    for words in ("checkout is called in: We need the index rebuilt", "P1: Mail is late", "routine meetings (1 to 1s"):
        assert words in everything(page)
    assert [item.name for item in at.said(id_) if item.audience == "incident"] == ["call"]


def test_an_answer_and_the_end_reach_the_pager_and_are_on_record() -> None:
    at = desk()
    id_ = at.declare()
    assert in_words(calls(at.view(id_))[0], Times(at.now, "Etc/UTC")).endswith("no answer yet")
    at.do("acknowledge", id_, by="oncall-a")
    assert woken(at.said(id_)) == [("answered", "page:on-call")]
    assert in_words(calls(at.view(id_))[0], Times(at.now, "Etc/UTC")).endswith("by oncall-a")
    at.do("update", id_, status="resolved")
    assert woken(at.said(id_)) == [("over", "page:on-call")]
    at.do("update", id_, status="closed")
    assert woken(at.said(id_)) == [("over", "page:on-call")], "the same call ends once: its key is the same"


def test_which_call_was_answered_is_never_guessed() -> None:
    at = desk()
    id_ = at.declare()
    at.do("call", id_, who="checkout")
    at.do("call", id_, who="oncall-a")
    with pytest.raises(Refused, match="3 calls are open: "):
        at.plan("acknowledge", id_, who="local:somebody")
    at.do("acknowledge", id_, by="oncall-a")  # who was called themselves
    at.do("acknowledge", id_, who="local:somebody", call="checkout")
    answered = {called.call.who: called.answer is not None for called in calls(at.view(id_))}
    assert answered == {"on-call": False, "checkout": True, "oncall-a": True}
    with pytest.raises(Refused, match="No call to checkout"):
        at.plan("acknowledge", id_, call="checkout")


@pytest.mark.parametrize("who", ["chekout", "", "../x", "page:x", "a" * 70])
def test_somebody_whom_nobody_knows_is_not_called(who: str) -> None:
    at = desk()
    id_ = at.declare()
    with pytest.raises(Refused, match="is no service, rota, team, role or person"):
        at.plan("call", id_, who=who)


def test_a_suspected_breach_wakes_people_without_a_fact_and_calls_nobody_by_name() -> None:
    at = Desk(book(paging=SECURITY).tree)
    id_ = at.declare("Somebody copied the customer table", security=True, severity="")
    (page,) = [item for item in at.said(id_) if item.name == "page"]
    assert (page.audience, page.headline) == ("page:breaches", "A security incident was declared")
    assert (page.facts, page.steps, page.links, page.standing) == ((), (), (), None)
    with pytest.raises(Refused, match="security incident"):
        at.plan("call", id_, who="checkout")


def test_a_role_that_stays_open_wakes_people_once_more() -> None:
    at = desk()
    id_ = at.declare(lead="oncall-a")

    def due(minutes: int) -> list[tuple[str, str]]:
        at.later(minutes=minutes)
        said = remind(at.record(id_), at.book, at.now)
        return [(item.audience, item.fact) for item in said if item.name == "page"]

    assert due(44) == []  # comms is due after 30 minutes, and 15 more pass
    first = due(1)
    assert [audience for audience, _ in first] == ["page:on-call"]
    assert due(60) == first, "the same fact, so that it comes once"
    at.do("update", id_, comms="oncall-a")
    assert due(60) == []
