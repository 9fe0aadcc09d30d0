"""PagerDuty and a webhook keep the promises of every sink, and say of each failure what it means."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from opsbook.adapters.paging import words
from opsbook.adapters.paging.post import Line
from opsbook.core.text import hidden_characters
from tests.contracts.sink import ANNOUNCEMENT, SinkContract
from tests.pager_server import HOOK, KEY, PagerServer, pager_server
from tests.support.announcements import DECLARED, announcements
from tests.support.pager import Sinks, pager_sink, woken
from tests.support.sweeps import leaks
from tests.support.tries import tries

PAGE = replace(DECLARED, name="page", audience="page:shop")
BOTH = ("pagerduty", "webhook")
FOR = {"pagerduty": "enqueue", "webhook": "hook"}


class Pager:
    """A pager, and what woke people."""

    def __init__(self, name: str, server: PagerServer, folder: Path) -> None:
        self._name, self._server = name, server
        self.sink: Sinks = pager_sink(name, server, folder)

    def said(self) -> list[str]:
        return woken(self._name, self._server)

    def break_down(self) -> None:
        self._server.stop()

    def is_inert(self, text: str) -> bool:
        assert self._server.refused == []
        return not _acts(json.loads(text))


def _acts(value: Any) -> bool:
    """Whether a character in it acts on a screen, or a link leads anywhere but to the web."""
    if isinstance(value, dict):
        return any(map(_acts, value)) or any(map(_acts, value.values()))
    if isinstance(value, list):
        return any(map(_acts, value))
    return isinstance(value, str) and (bool(hidden_characters(value)) or "\r" in value)


class TestPagerDuty(SinkContract):
    back = "repeats"

    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[Pager]:
        with pager_server() as server:
            yield Pager("pagerduty", server, tmp_path)


class TestWebhook(SinkContract):
    back = "neither"

    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[Pager]:
        with pager_server() as server:
            yield Pager("webhook", server, tmp_path)


@pytest.fixture
def pager() -> Iterator[PagerServer]:
    with pager_server() as server:
        yield server


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("refused", "not done"), ("rate limited", "not done"), ("http 500", "unknown"), ("reset", "unknown")],
)
def test_a_failure_means_what_it_can_mean(
    name: str, kind: str, outcome: str, pager: PagerServer, tmp_path: Path, overheard: Callable[[], str]
) -> None:
    pager.fail(FOR[name], kind, times=None)
    sent = pager_sink(name, pager, tmp_path).send(PAGE, PAGE.key(name))
    assert sent.outcome == outcome
    assert sent.error.endswith(".")
    assert leaks(sent.error + overheard(), KEY, HOOK, "Checkout") == []


def test_whoever_answers_with_a_page_instead_of_pagerduty_has_woken_nobody(pager: PagerServer, tmp_path: Path) -> None:
    pager.fail("enqueue", "unreadable", times=None)
    assert pager_sink("pagerduty", pager, tmp_path).send(PAGE, PAGE.key("pagerduty")).outcome == "unknown"


def test_an_event_of_which_nobody_knows_is_sent_again_at_once_and_wakes_people_once(
    pager: PagerServer, tmp_path: Path
) -> None:
    pager.fail("enqueue", "reset", moment="after")
    assert pager_sink("pagerduty", pager, tmp_path).send(PAGE, PAGE.key("pagerduty")).outcome == "done"
    ((alert),) = pager.alerts
    assert (alert.key, alert.merged) == (PAGE.key("pagerduty"), 1)


@pytest.mark.parametrize(("name", "state"), [("answered", "acknowledged"), ("over", "resolved")])
def test_an_answer_and_the_end_concern_the_call_itself(
    name: str, state: str, pager: PagerServer, tmp_path: Path
) -> None:
    sink, about = pager_sink("pagerduty", pager, tmp_path), replace(PAGE, name=name)
    sink.send(PAGE, PAGE.key("pagerduty"))
    assert sink.send(about, about.key("pagerduty")).outcome == "done"
    assert [alert.state for alert in pager.alerts] == [state]
    hook = pager_sink("webhook", pager, tmp_path)
    hook.send(about, about.key("webhook"))
    assert [body["event"] for _, body in pager.posts] == [{"answered": "acknowledge", "over": "resolve"}[name]]


def test_a_webhook_says_what_woke_whom_and_why(pager: PagerServer, tmp_path: Path) -> None:
    pager_sink("webhook", pager, tmp_path).send(PAGE, PAGE.key("webhook"))
    ((key, body),) = pager.posts
    assert key == body["key"] == PAGE.key("webhook")
    assert (body["event"], body["target"], body["incident"]) == ("trigger", "shop", PAGE.record)
    assert body["details"]["Severity"] == "P1 Critical"
    assert body["links"] == [{"text": "Incident page", "href": "https://ops.example/incidents/2026/x/"}]


def test_what_did_not_arrive_at_a_webhook_is_sent_again_and_what_may_have_arrived_is_not(
    pager: PagerServer, tmp_path: Path
) -> None:
    sink, key = pager_sink("webhook", pager, tmp_path), PAGE.key("webhook")
    pager.fail("hook", "refused")
    assert sink.send(PAGE, key).outcome == "not done"
    assert pager_sink("webhook", pager, tmp_path).find(PAGE, key).outcome == "not done"
    pager.fail("hook", "reset")
    assert sink.send(PAGE, key).outcome == "unknown"
    assert pager_sink("webhook", pager, tmp_path).find(PAGE, key).outcome == "unknown"


@pytest.mark.parametrize("name", BOTH)
def test_a_pager_that_does_not_answer_is_given_up_soon(name: str, pager: PagerServer, tmp_path: Path) -> None:
    pager.fail(FOR[name], "timeout", times=None)
    sink = pager_sink(name, pager, tmp_path, timeout=0.2)
    ends = [sink.send(replace(PAGE, fact=f"{n}"), f"{PAGE.record}/{n}").outcome for n in range(4)]
    assert set(ends[:1]) == {"unknown"}
    assert set(ends[2:]) == {"not done"}
    assert pager.calls == 2


@pytest.mark.parametrize("url", ["", "ftp://pager.example", "https://", "http://[", "https://pager.example:0/x"])
def test_what_is_no_address_is_never_asked(url: str, tmp_path: Path) -> None:
    from opsbook.adapters.machine.state import FileOutbox
    from opsbook.adapters.paging.webhook import WebhookSink

    sent = WebhookSink(Line("the webhook", url, "PAGING_WEBHOOK_URL"), FileOutbox(tmp_path)).send(ANNOUNCEMENT, "x/y")
    assert sent.outcome == "not done"
    assert "PAGING_WEBHOOK_URL" in sent.error


@given(announcements())
@tries(60)
def test_whatever_people_type_fits_an_event(announcement: Any) -> None:
    assert 0 < len(words.summary(announcement)) <= 1024
    assert not _acts([words.details(announcement), words.summary(announcement), words.links(announcement)])
    assert all(url.startswith(("http://", "https://")) for _, url in words.links(announcement))
