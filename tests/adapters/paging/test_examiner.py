"""Pagers are examined without waking anybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from opsbook.adapters.paging.examiner import PagingExaminer
from opsbook.adapters.paging.post import Line
from tests.contracts.examiner import ExaminerContract, read_aloud
from tests.pager_server import HOOK, KEY, PagerServer, pager_server

_FAULTS = {
    "refuses the token": "refused",
    "answers nonsense": "unreadable",
    "breaks off": "reset",
    "fails inside": "http 500",
}


class World:
    """A pager as it should be."""

    secrets = (KEY, HOOK)

    def __init__(self, pager: PagerServer) -> None:
        self.pager = pager

    def examiner(self, key: str = KEY) -> PagingExaminer:
        events = Line("PagerDuty", self.pager.events_url, "PAGERDUTY_EVENTS_URL")
        return PagingExaminer(events, key, Line("the webhook", self.pager.hook_url, "PAGING_WEBHOOK_URL"))

    def nothing_set_up(self) -> PagingExaminer:
        return PagingExaminer(None, "", None)

    def break_down(self, how: str) -> None:
        if how == "cannot be reached":
            self.pager.stop()
        else:
            self.pager.fail("*", _FAULTS[how], times=None)

    def everything(self) -> object:
        return (list(self.pager.alerts), list(self.pager.posts))


@pytest.fixture
def world() -> Iterator[World]:
    with pager_server() as pager:
        yield World(pager)


class TestPaging(ExaminerContract):
    @pytest.fixture
    def world(self) -> Iterator[World]:
        with pager_server() as pager:
            yield World(pager)


def test_a_key_that_pagerduty_does_not_know_is_missing(world: World) -> None:
    found = {item.what: item for item in world.examiner("another").examine()}
    assert found["PagerDuty"].state == "missing"
    read_aloud(found["PagerDuty"], (KEY, HOOK))


def test_where_nothing_is_set_up_there_is_one_note(world: World) -> None:
    (item,) = world.nothing_set_up().examine()
    assert item.says == "Not set up: nobody is woken."
