"""People are woken by a declaration, a call and a role that stays open; a pager that is down stops nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pager_server import HOOK, KEY, PagerServer, pager_server
from tests.support.desk import Desk
from tests.support.pager import variables

DECLARE = ("declare", "--title", "Checkout is down", "--severity", "P1", "--service", "checkout", "--yes")


@pytest.fixture
def pager() -> Iterator[PagerServer]:
    with pager_server() as server:
        yield server


def paged(desk: Desk, pager: PagerServer) -> Desk:
    """The same clone, whose book has a policy and whose pager is set up."""
    text = (desk.path / "opsbook.yml").read_text("utf-8")
    desk.commit(
        {"opsbook.yml": text.replace("  templates:", "  paging: {default: on-call, severities: [P1]}\n  templates:")}
    )
    return Desk(desk.path, variables(pager))


def test_a_call_from_the_declaration_to_the_end(desk: Desk, pager: PagerServer) -> None:
    desk = paged(desk, pager)
    done = desk.opsbook(*DECLARE)
    assert done.code == 0, str(done)
    assert "Paged shop " in done.out
    assert "; no answer yet." in done.out
    done = desk.opsbook("call", "oncall-b", "--why", "You know the index")
    assert "Paged oncall-b " in done.out
    assert [alert.event["payload"]["component"] for alert in pager.alerts] == ["shop", "oncall-b"]
    assert "oncall-b is called in: You know the index. P1: Checkout is down" in str(pager.alerts[1].event)
    assert desk.opsbook("ack", "oncall-b").code == 0
    shown = desk.opsbook("show").out
    assert "shop " in shown
    assert "; no answer yet" in shown
    assert " by oncall-b" in shown
    assert [alert.state for alert in pager.alerts] == ["triggered", "acknowledged"]
    assert desk.opsbook("resolve").code == 0
    assert [alert.state for alert in pager.alerts] == ["resolved", "resolved"]
    assert [body["event"] for _, body in pager.posts] == ["trigger", "trigger", "acknowledge", "resolve", "resolve"]
    assert pager.refused == []
    assert "Paging" in desk.opsbook("doctor").out


def test_a_pager_that_is_down_is_called_again_by_reconcile_and_its_key_is_told_to_nobody(
    desk: Desk, pager: PagerServer
) -> None:
    desk = paged(desk, pager)
    pager.fail("*", "refused", times=None)
    done = desk.opsbook(*DECLARE)
    assert done.code == 5, str(done)
    (said,) = [line for line in done.out.splitlines() if line.startswith("shop was not paged by pagerduty: ")]
    assert said.endswith(" Call them yourself."), "whoever declares a P1 must not wait for somebody who sleeps"
    assert not any(secret in str(done) for secret in (KEY, HOOK))
    pager.plan.clear()
    assert desk.opsbook("reconcile").code == 0
    assert len(pager.alerts) == len(pager.posts) == 1
    assert desk.opsbook("reconcile").out == "Nothing to do: everything is published and told.\n"


def test_nobody_is_woken_late_for_what_is_over(desk: Desk, pager: PagerServer) -> None:
    desk = paged(desk, pager)
    pager.fail("*", "refused", times=None)
    assert desk.opsbook(*DECLARE).code == 5
    assert desk.opsbook("resolve").code == 5
    pager.plan.clear()
    assert desk.opsbook("reconcile").code == 0
    assert pager.alerts == []
    assert [body["event"] for _, body in pager.posts] == ["resolve"]
    assert desk.intents() == []


def test_without_a_pager_whoever_calls_is_told_so(desk: Desk) -> None:
    desk.declare()
    done = desk.opsbook("call", "search")
    assert done.code == 0
    assert "shop not paged: paging is not set up. Call them yourself." in done.out


def test_nudge_calls_once_more_when_nobody_takes_a_role(desk: Desk, pager: PagerServer) -> None:
    desk = paged(desk, pager)
    text = (desk.path / "opsbook.yml").read_text("utf-8")
    desk.commit({"opsbook.yml": text.replace("severities: [P1]}", "severities: [P1], again_after: 1m}")})
    record = desk.declare()
    (path,) = [path for path in desk.written() if path.endswith("incident.yaml")]
    before = len(pager.alerts)
    branch = f"opsbook/{record}"
    desk.git("checkout", "--quiet", branch)
    facts = (desk.path / path).read_text("utf-8")
    moment = next(line.split(": ")[1] for line in facts.splitlines() if "declared_at" in line)
    desk.commit({path: facts.replace(f"declared_at: {moment}", "declared_at: 2020-01-01T10:00:00Z")})
    desk.git("checkout", "--quiet", "main")
    for _ in range(2):
        desk.opsbook("nudge")
    assert [alert.event["payload"]["summary"] for alert in pager.alerts[before:]] == [
        "Still nobody is lead. P1: Checkout is down",
        "Still nobody is comms. P1: Checkout is down",
    ]
