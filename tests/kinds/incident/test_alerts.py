"""What other systems say, translated; and what an incident makes of it, however often and in which order it comes."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.kinds.incident.alerts.following import IncidentAlerts
from opsbook.kinds.incident.model import AlertChange
from opsbook.kinds.incident.requests import Declare
from tests.kinds.small import START, Desk, book
from tests.support.alerts import BEGAN, alert, alertmanager, grafana, opsgenie, pagerduty, stream
from tests.support.hostile import texts
from tests.support.tries import tries

NOW = max(START, BEGAN + timedelta(hours=5))
INTAKE = IncidentAlerts()
POLICY = (
    "  channels:\n    incident: incident\n",
    """  alerts: {severities: {Critical: P1}}
  paging: {default: on-call, severities: [P1]}
  channels:
    incident: incident
""",
)


def desk(**files: bytes) -> Desk:
    return Desk(book({f"services/{name}.yaml": data for name, data in files.items()}, policy=POLICY).tree, NOW)


def read(*payloads: Any, source: str | None = None) -> list[Any]:
    """The events of payloads, all of which can be read."""
    events, bad = INTAKE.read(stream(payloads), source, NOW)
    assert bad == []
    return list(events)


def take(at: Desk, *payloads: Any) -> list[str]:
    """What a run makes of payloads: `declare` or `note`, in order."""
    events, did = read(*payloads), []
    following = INTAKE.begin(at.book, events, at.now)
    for event in events:
        request = following.wanted(event)
        if request is None:
            continue
        verb = "declare" if isinstance(request, Declare) else "alert"
        plan = at.take(at.plan(verb, request.record, request.by, **request.values))
        following.done(event, request, plan.record)
        did.append("declare" if verb == "declare" else f"note {request.alert.state}")
    return did


def incidents(at: Desk) -> list[str]:
    """The incidents that alerts made."""
    return [id_ for id_ in at.book.refs("incident") if [*at.view(id_).timeline.of(AlertChange)]]


SAME = {
    "alertmanager": (alertmanager(alert(service="checkout")), alertmanager(alert(service="checkout", ended=30))),
    "grafana": (grafana(alert(service="checkout")), grafana(alert(service="checkout", ended=30))),
    "pagerduty": (pagerduty(), pagerduty("incident.resolved", at=30)),
    "opsgenie": (opsgenie(), opsgenie("Close", at=30)),
}


@pytest.mark.parametrize("source", SAME)
def test_each_vendor_says_the_same(source: str) -> None:
    fires, ends = read(*SAME[source])
    assert (fires.source, fires.key, fires.state, ends.state) == (source, "k1", "firing", "resolved")
    assert (fires.title, fires.severity.lower()) == ("Checkout fails (k1)", "critical")
    assert fires.began == fires.since == ends.began == BEGAN
    assert ends.since == BEGAN + timedelta(minutes=30)
    at = desk()
    assert take(at, *SAME[source]) == ["declare", "note resolved"]
    (id_,) = incidents(at)
    facts = at.view(id_).facts
    assert facts is not None
    assert (facts.severity, facts.services, facts.title) == ("P1", ("checkout",), "Checkout fails (k1)")
    assert at.findings(id_) == []


@pytest.mark.parametrize("kind", ["incident.acknowledged", "incident.annotated", "service.updated"])
def test_what_says_nothing_of_the_alert_is_no_event(kind: str) -> None:
    assert read(pagerduty(kind)) == read(opsgenie("Acknowledge")) == []


def test_a_repeat_adds_nothing_and_a_change_is_added_once() -> None:
    at, fires, ends = desk(), alertmanager(alert()), alertmanager(alert(ended=30))
    assert take(at, fires, fires) == ["declare"]
    assert take(at, fires) == []
    assert take(at, ends, ends) == ["note resolved"]
    assert take(at, ends, fires) == []
    assert take(at, alertmanager(alert(began=60))) == ["note firing"]
    assert len(incidents(at)) == 1
    (id_,) = incidents(at)
    said = [entry.text for _, entry in at.view(id_).timeline.of(AlertChange)]
    assert any("Is it? opsbook resolve" in text for text in said)


def test_what_is_older_than_what_is_known_adds_nothing() -> None:
    at = desk()
    take(at, alertmanager(alert(began=60)))
    for late in (alert(), alert(ended=30), alert(began=60)):
        assert take(at, alertmanager(late)) == []


def test_an_incident_that_people_resolved_is_over_until_the_alert_begins_anew() -> None:
    at = desk()
    take(at, alertmanager(alert()))
    (id_,) = incidents(at)
    at.do("update", id_, status="resolved")
    assert take(at, alertmanager(alert())) == []
    assert take(at, alertmanager(alert(ended=30))) == []
    assert take(at, alertmanager(alert(began=60))) == ["declare"]
    assert len(incidents(at)) == 2


def test_the_end_of_nothing_is_nothing() -> None:
    assert take(desk(), alertmanager(alert(ended=30))) == []


def test_what_the_policy_does_not_translate_is_a_proposal_and_says_so() -> None:
    at = desk()
    take(at, alertmanager(alert(severity="page", service="Checkout")))
    (id_,) = incidents(at)
    facts = at.view(id_).facts
    assert facts is not None
    assert (facts.severity, facts.services) == ("P3", ()), "neither is guessed"
    assert "P3 is a proposal: the alert says “page”" in (facts.summary or "")


def test_a_service_is_found_by_a_label_that_it_names() -> None:
    data = (book().tree.read("services/checkout.yaml") or b"") + b"alerts: [namespace=shop]\n"
    at = desk(checkout=data)
    take(at, alertmanager(alert(namespace="shop")))
    facts = at.view(incidents(at)[0]).facts
    assert facts is not None
    assert facts.services == ("checkout",)


def test_a_storm_makes_an_incident_for_each_key_and_calls_everybody_once() -> None:
    at = desk()
    storm = [alertmanager(alert(f"k{n % 20}", began=n % 20, ended=None if n % 7 else 100)) for n in range(1000)]
    random.Random(20).shuffle(storm)
    for part in (storm[:500], storm[500:], storm):
        take(at, *part)
    assert len(incidents(at)) == 20
    from opsbook.kinds.incident.paging import calls

    assert [called.call.target for id_ in incidents(at) for called in calls(at.view(id_))] == ["on-call"]


@given(st.permutations([0, 1, 2, 3, 4, 5]), st.lists(st.integers(0, 5), max_size=6))
@tries(60)
def test_in_whatever_order_a_stream_comes_the_end_is_the_same(order: list[int], more: list[int]) -> None:
    events = [alert(), alert(ended=30), alert(began=60), alert("k2"), alert("k2", ended=5), alert("k2", began=9)]
    at = desk()
    take(at, *[alertmanager(events[n]) for n in [*order, *more]])
    assert len(incidents(at)) == 2
    for id_ in incidents(at):
        states = [
            e.alert.state for _, e in sorted(at.view(id_).timeline.of(AlertChange), key=lambda i: i[1].alert.since)
        ]
        assert sorted(states) == ["firing", "firing", "resolved"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "the payload"),
        ("[1, 2]", "payload 1"),
        ("null", "the payload"),
        ('"x"', "the payload"),
        ("[" * 100_000, "the payload"),
        ("{}", "the payload"),
        ('{"alerts": [], "groupKey": 1}\n{\n', "line 2"),
        (stream([alertmanager({**alert(), "startsAt": "yesterday"})]), "the payload, alerts.0.startsAt"),
        (stream([alertmanager({**alert(), "startsAt": "2999-01-01T00:00:00Z"})]), "the payload, alerts.0"),
        (stream([alertmanager({**alert(), "status": "burning"})]), "the payload, alerts.0.status"),
        (stream([alertmanager(7)]), "the payload, alerts.0"),  # type: ignore[arg-type]
        (stream([{"event": {"event_type": "incident.triggered", "data": {}}}]), "the payload, event.occurred_at"),
        (stream([{"action": "Create", "alert": {}}]), "the payload, alert.alertId"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, place: str) -> None:
    events, (bad, *_) = INTAKE.read(text, None, NOW)
    assert events == []
    assert bad.place == place
    assert bad.why


def test_one_that_cannot_be_read_stops_no_other() -> None:
    events, bad = INTAKE.read(stream([alertmanager(alert("k1"), {"status": "x"}, alert("k2")), {}]), None, NOW)
    assert [event.key for event in events] == ["k1", "k2"]
    assert len(bad) == 2


def test_what_was_sent_to_github_is_unwrapped() -> None:
    for inner in ({"payload": alertmanager()}, alertmanager()):
        assert len(read({"action": "alert", "client_payload": inner})) == 1


def test_whose_they_are_can_be_said_and_is_not_overruled() -> None:
    events, bad = INTAKE.read(json.dumps(alertmanager()), "pagerduty", NOW)
    assert (events, len(bad)) == ([], 1)


@given(texts(), texts(), texts())
@tries(80)
def test_a_strangers_words_are_kept_inert(title: str, label: str, key: str) -> None:
    event = {**alert(service=label, severity=label), "fingerprint": key}
    event["annotations"] = {"summary": title, "description": title, "runbook_url": label}
    at = desk()
    try:
        take(at, alertmanager(event))
    except Refused:  # a credential, for one
        return
    for id_ in incidents(at):
        assert at.findings(id_) == []


def test_the_action_itself_adds_nothing_that_is_known() -> None:
    at = desk()
    take(at, alertmanager(alert()))
    (id_,) = incidents(at)
    entry = next(entry for _, entry in at.view(id_).timeline.of(AlertChange))
    with pytest.raises(Refused, match="knows this of the alert already"):
        at.plan("alert", id_, alert=entry.alert.model_dump(mode="json"), text="again")


def test_a_book_without_a_policy_takes_alerts_too() -> None:
    at = Desk(now=NOW)
    assert take(at, alertmanager(alert())) == ["declare"]
    assert isinstance(at.book, Book)
