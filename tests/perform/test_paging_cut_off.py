"""Whatever goes wrong between us and a pager: nobody is woken twice, and nobody takes for called who was not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.pager_server import HOOK, KEY, pager_server
from tests.slack_server.faults import Fault, every
from tests.support.announcements import DECLARED
from tests.support.ledger import Ledger
from tests.support.pager import pager_sink, woken
from tests.support.sweeps import PAGERS, Sweep, leaks

PAGES = tuple(replace(DECLARED, name="page", audience=f"page:{name}") for name in ("shop", "search"))
CHANGES = {"calling": PAGES, "answering": tuple(replace(page, name="answered") for page in PAGES)}
CALLS = {"pagerduty": "enqueue", "webhook": "hook"}

KNOWN = frozenset({"refused", "rate limited"})
"""Answers that say that nothing happened."""


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("fault", list(every(["call", "*"])), ids=str)
def test_after_any_fault_everybody_is_woken_once_or_nobody_knows_and_it_is_said(
    fault: Fault, name: str, change: str, tmp_path: Path, sweep: Sweep, overheard: Callable[[], str]
) -> None:
    with pager_server() as pager:
        ledger = Ledger()

        def speak(what: str, minutes: int) -> dict[str, str]:
            sink = pager_sink(name, pager, tmp_path, timeout=0.3)
            told = ledger.speak(what, CHANGES[what], sink, minutes=minutes)
            assert all(item.ok or item.error for item in told)
            assert leaks("".join(item.error for item in told), KEY, HOOK, "Checkout") == []
            return {item.audience: item.ref if item.ok else item.error for item in told if item.ok or not item.again}

        if change == "answering":
            speak("calling", 0)
        pager.plan.add(replace(fault, call=fault.call.replace("call", CALLS[name])))
        speak(change, 1)
        pager.plan.clear()
        ended = speak(change, 11)
        assert pager.refused == []
        assert set(ended) == {page.audience for page in PAGES}, "unclassified"
        settled = all(receipt.reference for receipt in ledger.kept.values())
        if name == "pagerduty" or fault.kind in KNOWN:
            assert settled
        if name == "pagerduty":
            assert sorted(alert.key for alert in pager.alerts) == sorted(page.key(name) for page in PAGES)
            wanted = "triggered" if change == "calling" else "acknowledged"
            assert [alert.state for alert in pager.alerts] == [wanted, wanted]
        keys = [key for key, _ in pager.posts]
        assert len(keys) == len(set(keys)), "said twice"
        if name == "webhook":
            arrived = {key for key in ledger.kept if ledger.kept[key].reference}
            # Whoever answers 200 and nothing else is taken at their word: a webhook has no other way to say yes.
            assert arrived <= set(keys) or (fault.kind, fault.moment) == ("empty", "before"), "lost"
        assert len(woken(name, pager)) <= 2
    assert leaks(overheard(), KEY, HOOK, "Checkout") == []
    sweep(PAGERS, 1)


@pytest.mark.parametrize("name", CALLS)
def test_a_workflow_whose_disk_does_not_last_wakes_people_too(name: str, tmp_path: Path) -> None:
    with pager_server() as pager:
        ledger = Ledger()
        for minutes in (0, 1):
            ledger.speak("calling", PAGES, pager_sink(name, pager, tmp_path), minutes=minutes, doubts=True)
        assert len(woken(name, pager)) == 2
