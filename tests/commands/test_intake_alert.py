"""Alerts from a file and from standard input: one incident for each key, whatever comes, and no more calls than allowed."""

from __future__ import annotations

import json
import random

from tests.pager_server import pager_server
from tests.support.alerts import alert, alertmanager, pagerduty, stream
from tests.support.desk import Desk
from tests.support.pager import variables


def with_a_policy(desk: Desk, **environment: str) -> Desk:
    """The same clone, in which a critical alert is a P1, and a P1 wakes people."""
    text = (desk.path / "opsbook.yml").read_text("utf-8")
    policy = "  paging: {default: on-call, severities: [P1]}\n  alerts: {severities: {critical: P1}}\n  templates:"
    desk.commit({"opsbook.yml": text.replace("  templates:", policy)})
    return Desk(desk.path, environment)


def handed_over(desk: Desk, text: str, *words: str) -> object:
    """What the command prints as JSON about a stream on standard input."""
    done = desk.opsbook("intake", "alert", "--format", "json", *words, stdin=text.encode())
    assert done.code == 0, str(done)
    return done.json


def test_a_storm_of_a_thousand_events_makes_an_incident_for_each_of_twenty_keys(desk: Desk) -> None:
    storm = [
        alertmanager(alert(f"k{n % 20}", began=n % 20, ended=None if n % 7 else 100, service="checkout"))
        for n in range(1000)
    ]
    random.Random(20).shuffle(storm)
    with pager_server() as pager:
        desk = with_a_policy(desk, **variables(pager))
        (desk.path / ".git" / "storm.json").write_text(stream(storm))
        done = desk.opsbook("intake", "alert", ".git/storm.json")
        assert done.code == 0, str(done)
        assert done.out.splitlines()[-1].startswith("1000 events: 40 new")
        assert len(desk.branches()) == 20
        assert [alert.event["payload"]["component"] for alert in pager.alerts] == ["shop"]
        before = desk.git("for-each-ref")
        again = desk.opsbook("intake", "alert", ".git/storm.json")
        assert again.out == "1000 events: 0 new, 1000 known or of no incident.\n"
        assert desk.git("for-each-ref") == before
        assert len(pager.alerts) == 1


def test_an_alert_that_is_over_asks_and_resolves_nothing(desk: Desk) -> None:
    handed_over(desk, json.dumps(pagerduty()))
    handed_over(desk, json.dumps(pagerduty("incident.resolved", at=30)), "--source", "pagerduty", "-")
    shown = desk.opsbook("show").out
    assert "The alert says it is over" in shown
    assert "Is it? opsbook resolve" in shown
    assert "investigating" in shown


def test_what_cannot_be_read_is_kept_and_the_rest_is_taken(desk: Desk) -> None:
    text = stream([alertmanager(alert("k1"), {"status": "firing"}), {"secret": "of nobody"}])
    done = desk.opsbook("intake", "alert", stdin=text.encode())
    assert done.code == 1
    assert "Not read, line 1, alerts.1.labels: Field required." in done.out
    assert "Not read, line 2: it has not the shape of an alert" in done.out
    assert len(desk.branches()) == 1
    kept = [path.read_text() for path in (desk.path / ".git/opsbook/outbox/alerts").iterdir()]
    assert {"status": "firing"} in map(json.loads, kept)
    assert {"secret": "of nobody"} in map(json.loads, kept)


def test_a_dry_run_does_nothing(desk: Desk) -> None:
    done = desk.opsbook("intake", "alert", "--dry-run", stdin=json.dumps(alertmanager()).encode())
    assert "Would declare: Checkout fails (k1)" in done.out
    assert desk.branches() == []


def test_words_that_are_no_source_and_no_file_are_refused(desk: Desk) -> None:
    assert desk.opsbook("intake", "alert", "--source", "nagios", stdin=b"{}").code == 2
    assert desk.opsbook("intake", "alert", "nothing.json").code == 2
