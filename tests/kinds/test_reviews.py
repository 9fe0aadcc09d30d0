"""A review says who found a runbook true, how, and which words it had: other words need another one."""

from __future__ import annotations

from typing import Any

import pytest

from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.plan import Plan
from opsbook.core.tree import Overlay
from opsbook.kinds import registry
from opsbook.kinds.review.record import record
from opsbook.kinds.review.requests import ReviewRunbook
from opsbook.site.pages import Site
from tests.kinds.small import Desk

PATH = "runbooks/response/respond.md"


def reviewed(desk: Desk, **values: Any) -> Desk:
    """The book after a review."""
    desk.take(planned(desk, "respond", **values))
    return desk


def planned(desk: Desk, runbook: str, **values: Any) -> Plan:
    """What a review wants."""
    request = ReviewRunbook(by="oncall-a", runbook=runbook, **values)
    return record(desk.book, request, desk.now, Ids(b"0" * 16), "0" * 20)


def edited(desk: Desk, old: str, new: str) -> Desk:
    """The book after an edit of the runbook."""
    text = (desk.tree.read(PATH) or b"").decode()
    assert old in text
    desk.tree = Overlay(desk.tree, {PATH: text.replace(old, new).encode()})
    return desk


def page(desk: Desk) -> str:
    """What its page says."""
    return next(found.html for found in Site(desk.book, registry(), desk.now, list).pages() if found.path == PATH)


def test_a_page_says_who_reviewed_it_and_how() -> None:
    shown = page(reviewed(Desk(), rehearsed=True, note="Step 2 takes a minute."))
    assert "by On-call engineer A, who followed it" in shown
    assert "Step 2 takes a minute." in shown
    assert "Check each step before you rely on it" not in shown
    shown = page(reviewed(Desk(), used="7KQ4M"))
    assert (
        'who used it in <a href="\ufdd0incidents/2026/INC-20261121-7KQ4M-checkout-down/">Checkout is down</a>' in shown
    )


def test_other_words_need_another_review_and_what_stands_above_them_does_not() -> None:
    desk = edited(reviewed(Desk(), read=True), "owner: platform", "owner: oncall")
    assert "was changed after its last review" not in page(desk)
    desk = edited(desk, "Restart the pods", "Restart every pod")
    assert "was changed after its last review" in page(desk)
    assert "was changed after its last review" not in page(reviewed(desk, read=True))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "How did you review it"),
        ({"read": True, "rehearsed": True}, "How did you review it"),
        ({"used": "nowhere"}, "is no incident"),
    ],
)
def test_a_review_says_one_thing(values: dict[str, object], said: str) -> None:
    with pytest.raises(Refused, match=said):
        reviewed(Desk(), **values)


def test_a_runbook_is_named_by_the_end_of_its_name() -> None:
    for name in ("respond", "response/respond", PATH):
        assert planned(Desk(), name, read=True).path.startswith("reviews/runbook/response/respond/REV-")
    with pytest.raises(Refused, match="is no runbook"):
        planned(Desk(), "x", read=True)
