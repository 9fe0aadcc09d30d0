"""Whatever people do, in whatever order, the facts and the timeline of an incident agree, and nothing else changes."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids, operation_key
from opsbook.core.tree import Overlay
from opsbook.kinds import registry
from opsbook.kinds.incident.steps import stands
from opsbook.kinds.incident.vocabulary import SECURITY_TITLE, STATUSES
from tests.cases.cases import SHORT
from tests.kinds.small import Desk, book
from tests.support.hostile import TEXTS
from tests.support.requests import ask
from tests.support.tries import tries

OPEN, STUB = "INC-20261121-7KQ4M", "INC-20261119-9ZQ2A"

WORDS = st.one_of(
    st.sampled_from([*TEXTS, "Restarted.", "password=" + "hunter22", "somebody@desk.internal", " x ", "\n", "x" * 500]),
    st.text(max_size=40),
)
PEOPLE = st.sampled_from(
    ["oncall-a", "oncall-b", "product-a", "tech-a", "github:octo-fiction", "local:someone", "nobody", ""]
)
SEVERITIES = st.sampled_from(["P1", "P2", "P3", "p1", "P9", ""])


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the arguments of an action."""
    return st.fixed_dictionaries({}, optional=fields)


DECLARATIONS = st.fixed_dictionaries(
    {"title": WORDS, "severity": SEVERITIES},
    optional={
        "services": st.lists(st.sampled_from(["checkout", "payments", "gone"]), max_size=2),
        "summary": WORDS,
        "lead": PEOPLE,
        "comms": PEOPLE,
        "started_at": st.sampled_from(["2026-11-21T09:00:00Z", "2026-11-21T11:02:00Z", "2031-01-01T00:00:00Z", "soon"]),
        "user_facing": st.booleans(),
        "components": st.lists(st.sampled_from(["web", "gone"]), max_size=2),
        "drill": st.booleans(),
    },
)
UPDATES = some(
    status=st.sampled_from([*STATUSES, "done"]),
    severity=SEVERITIES,
    lead=PEOPLE,
    comms=PEOPLE,
    text=WORDS,
    tell=WORDS,
    template=st.sampled_from(["still-looking", "gone"]),
    user_facing=st.booleans(),
    impact=WORDS,
    components=st.just(["web"]),
    services=st.lists(st.sampled_from(["checkout", "payments", "gone"]), max_size=2),
    summary=WORDS,
    bridge=WORDS,
    detected_at=st.sampled_from(["2026-11-21T09:00:00Z", "2031-01-01T00:00:00Z", "soon"]),
    ended_as=st.sampled_from(["false alarm", "duplicate", "merged"]),
    same_as=st.sampled_from(["INC-20261116-3M8XD", "3M8XD", "gone", OPEN]),
)
TEAM = [
    ("agree", some(to=st.sampled_from(["resolve", "downgrade", "close"]), text=WORDS)),
    ("attend", some(presence=st.sampled_from(["joined", "left"]), person=PEOPLE, role=WORDS)),
    ("handover", some(person=PEOPLE, role=st.sampled_from(["lead", "comms"]), text=WORDS)),
    (
        "escalate",
        some(outcome=st.sampled_from(["tried", "no answer", "reached"]), role=st.just("tech-lead"), text=WORDS),
    ),
]
"""What people say of each other."""
NOTES = some(
    text=WORDS,
    kind=st.sampled_from(["note", "decision", "change", "joke"]),
    at=st.sampled_from(
        ["2026-11-21T10:59:00Z", "2026-11-21T11:20:00Z", "2031-01-01T00:00:00Z", "1999-01-01T00:00:00Z"]
    ),
)
STEPS = some(
    steps=st.lists(st.integers(0, 5), max_size=3),
    runbook=st.sampled_from(["response/respond", "response/gone"]),
    outcome=st.sampled_from(["done", "skipped"]),
    text=WORDS,
)
ACTIONS = st.one_of(
    st.tuples(st.just("update"), UPDATES),
    st.tuples(st.just("note"), NOTES),
    st.tuples(st.just("step"), STEPS),
    *(st.tuples(st.just(verb), values) for verb, values in TEAM),
)
PASSING = st.sampled_from([0, 0, 1, 60, 600, 7200, 86_400])
"""Seconds between two actions."""

SKEWS = st.sampled_from([0, 0, 1, 60, 150])
"""Seconds by which the clock of the machine is behind."""

BREACHES = {"INC004", "INC008", "INC010", "INC011", "INC014", "INC021"}
DELIBERATE = {"INC005", "INC012"}
"""Users are affected and nobody said where; closed before the report is written. The door refuses the plans that bring
them, and tells the person what is missing."""


@tries(60)
@given(DECLARATIONS, st.lists(st.tuples(ACTIONS, PEOPLE.filter(bool), PASSING, SKEWS), max_size=7))
def test_facts_and_timeline_agree_after_every_action(
    declaration: dict[str, Any], actions: list[tuple[tuple[str, dict[str, Any]], str, int, int]]
) -> None:
    desk = Desk()
    try:
        id_ = desk.do("declare", None, **declaration).record
    except Refused:
        return
    assert {finding.code for finding in desk.findings(id_)} <= BREACHES | DELIBERATE

    true = desk.now
    for (verb, values), by, passed, skew in actions:
        true += timedelta(seconds=passed)
        desk.now = true - timedelta(seconds=skew)
        try:
            plan = desk.plan(verb, id_, "oncall-a" if by == "nobody" else by, **values)
        except Refused:
            continue
        refused = {finding.code for finding in desk.broken_by(plan)}
        assert refused <= DELIBERATE, (verb, values)
        if refused:
            continue
        written = {path for path in plan.files if desk.tree.read(path) is not None}
        desk.take(plan)

        assert {finding.code for finding in desk.findings(id_)} <= BREACHES | DELIBERATE, (verb, values)
        folder = desk.record(id_).path
        for path, data in plan.files.items():
            assert path.startswith(f"{folder}/timeline/") != (path == f"{folder}/incident.yaml")
            assert data is not None
        assert written <= {f"{folder}/incident.yaml"}, "an entry is never written twice"


@tries(60)
@given(DECLARATIONS, UPDATES)
def test_an_action_is_a_function_of_its_arguments(declaration: dict[str, Any], update: dict[str, Any]) -> None:
    """The same request, time and seed give the same bytes: that is how a cut-off command is taken up again."""
    first, second = Desk(), Desk()
    for values, verb, record in ((declaration, "declare", None), (update, "update", OPEN)):
        given_values = copy.deepcopy(values)
        plans = []
        for desk in (first, second):
            try:
                plans.append(desk.plan(verb, record, **values))
            except Refused as error:
                plans.append((error.message, error.remedy))  # type: ignore[arg-type]
        assert plans[0] == plans[1]
        assert values == given_values


@tries(60)
@given(st.text(max_size=300), WORDS)
def test_no_title_leaves_its_folder_its_line_or_its_branch(title: str, summary: str) -> None:
    try:
        plan = Desk().plan("declare", None, title=title, severity="P1", summary=summary)
    except Refused:
        return
    for path in plan.files:
        assert path.startswith(f"incidents/2026/{plan.record}")
        assert all(part not in ("", ".", "..") for part in path.split("/"))
        assert path.isascii()
        assert len(path) < 160
    assert plan.branch == f"opsbook/{plan.record}"
    assert "\n" not in plan.subject + plan.title


# -- declaring


def test_a_declaration_says_everything_that_is_known() -> None:
    desk = Desk()
    id_ = desk.declare(
        "Checkout returns errors", "p1", services=["checkout", "checkout"], lead="oncall-a", comms="oncall-b"
    )
    view = desk.view(id_)
    assert view.facts is not None
    assert view.facts.severity == "P1"
    assert view.facts.services == ("checkout",)
    assert view.facts.impact is not None
    assert view.facts.impact.components == ("web",), "as the catalogue names it"
    assert view.record.path == f"incidents/2026/{id_}-checkout-returns-errors"
    assert [type(entry).__name__ for _, entry in view.timeline.entries].count("RoleChange") == 2
    assert view.declared is not None
    assert view.declared[1].severity == "P1"
    assert view.checklist is not None
    assert [step.owner for step in view.checklist.checklists[0].steps] == ["oncall", "ops", "oncall"]
    assert desk.findings(id_) == []


def test_a_security_incident_leaves_only_its_stub() -> None:
    desk = Desk()
    plan = desk.do(
        "declare", None, security=True, title="Keys were stolen", summary="By somebody", services=["checkout"]
    )
    assert list(plan.files) == [f"incidents/2026/{plan.record}/incident.yaml"]
    text = "".join([plan.subject, plan.title, plan.body, *map(str, plan.files.values()), str(plan.summary)])
    assert "tolen" not in text
    assert "checkout" not in text
    assert "oncall-a" not in text, "nor who declared it"
    assert SECURITY_TITLE in text
    assert desk.findings(plan.record) == []


def test_a_taken_id_is_drawn_again_but_not_one_of_the_same_operation() -> None:
    seed = bytes(16)
    request = ask("incident.declare", "oncall-a", {"title": "Mail is late", "severity": "P2"})
    declare = registry()["incident"].actions[type(request)]
    empty = book()
    first = declare(empty, request, Desk().now, Ids(seed), "a" * 20)
    taken = Book(Overlay(empty.tree, first.files), registry())
    again = declare(taken, request, Desk().now, Ids(seed), "a" * 20)
    other = declare(taken, request, Desk().now, Ids(seed), "b" * 20)
    assert again.record == first.record
    assert again.files == first.files
    assert other.record != first.record


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"severity": "P1"}, "title is missing"),
        ({"title": "x"}, "severity is missing"),
        ({"title": "x", "severity": "P9"}, "“P9” is not a severity"),
        ({"title": "x" * 121, "severity": "P1"}, "has 121 characters"),
        ({"title": "x", "severity": "P1", "services": ["chekout"]}, "“chekout” is not a service"),
        ({"title": "x", "severity": "P1", "lead": "nobody"}, "cannot be lead"),
        ({"title": "x", "severity": "P1", "components": ["mail"]}, "“mail” is not a status page component"),
        ({"title": "x", "severity": "P1", "started_at": "yesterday"}, "started-at"),
        ({"title": "x", "severity": "P1", "started_at": "2026-11-21T11:05:01Z"}, "is in the future"),
        ({"title": "x", "severity": "P1", "summary": " \n"}, "summary is empty"),
    ],
)
def test_a_declaration_that_cannot_be_used_says_why(values: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        Desk().plan("declare", None, **values)


def test_a_retired_severity_is_not_offered() -> None:
    retired = book(severity=("title: Minor", "title: Minor\n      retired: 2026-11-01"))
    with pytest.raises(Refused, match="is not a severity"):
        Desk(retired.tree).plan("declare", None, title="x", severity="P3")


def test_a_broken_configuration_does_not_stop_a_declaration() -> None:
    for old, new in (
        ("title: Tech lead", "title: 7"),
        ("update_every: 1h", "update_every: often"),
        ("people:", "peple:"),
    ):
        desk = Desk(book(broken=(old, new)).tree)
        id_ = desk.declare("Mail is late", "P1", lead="oncall-a")
        assert desk.view(id_).facts is not None
    desk = Desk(book({}, broken=("version: 2", "version: [")).tree)
    assert desk.declare("Mail is late", "P1", lead="oncall-a")


# -- updates


def test_a_credential_is_masked_and_the_note_is_kept() -> None:
    desk = Desk()
    plan = desk.do("note", OPEN, text="We logged in with password=" + "hunter22" + " and it works")
    (data,) = plan.files.values()
    assert data is not None
    assert b"hunter22" not in data
    assert b"[a password was removed] and it works" in data
    assert "hunter22" not in plan.body + str(plan.summary)


def test_a_note_goes_into_an_incident_that_cannot_be_read() -> None:
    """A typing error at three in the morning must not stop the next note."""
    for text in ("title: Checkout: down\n", "id: [\n", '"', "- a\n", "title: 404\nclassification: operational\n"):
        desk = Desk(book({f"{SHORT['open']}/incident.yaml": text}).tree)
        plan = desk.plan("note", OPEN, text="Still down.")
        assert desk.broken_by(plan) == []
        with pytest.raises(Refused, match="cannot be read"):
            desk.plan("update", OPEN, status="resolved")


@pytest.mark.parametrize("verb", ["note", "update", "step"])
def test_nothing_is_added_to_a_security_incident(verb: str) -> None:
    values: dict[str, Any] = {
        "note": {"text": "They came in here"},
        "update": {"text": "They came in here", "status": "resolved"},
        "step": {"text": "They came in here", "steps": [1]},
    }[verb]
    unclear = book({f"{SHORT['open']}/incident.yaml": "title: x\nstatus: investigating\n"})
    with pytest.raises(Refused, match="is a security incident"):
        Desk().plan(verb, STUB, **values)
    with pytest.raises(Refused, match="is a security incident"):
        Desk(unclear.tree).plan(verb, OPEN, **values)


def test_an_incident_that_does_not_exist_cannot_be_changed() -> None:
    for record in ("INC-20261121-00000", "../../etc", "", None):
        with pytest.raises(Refused, match="There is no incident"):
            Desk().plan("note", record, text="x")


def test_a_time_is_said_back_as_people_read_it_and_one_of_the_day_before_is_noticed() -> None:
    desk = Desk()
    plan = desk.plan("update", OPEN, identified_at="10:30")
    assert plan.summary == (("Identified", "10:30 UTC, Sat 21 Nov 2026"),)
    assert not any("before the incident began" in said for said in plan.understood)
    assert "before the incident began" in desk.plan("update", OPEN, identified_at="23:30").understood[-1]


def test_a_status_sets_its_time_and_moving_back_takes_it_away() -> None:
    desk = Desk()
    for status, time in (("identified", "identified_at"), ("monitoring", "mitigated_at"), ("resolved", "resolved_at")):
        desk.later(minutes=1)
        desk.do("update", OPEN, status=status)
        facts = desk.view(OPEN).facts
        assert facts is not None
        assert getattr(facts.times, time) == desk.now
    desk.do("update", OPEN, reviewed_at="2026-11-21T11:03:00Z")
    desk.later(minutes=1)
    desk.do("update", OPEN, status="identified")
    facts = desk.view(OPEN).facts
    assert facts is not None
    assert facts.times.identified_at is not None
    assert (facts.times.mitigated_at, facts.times.resolved_at, facts.times.reviewed_at) == (None, None, None)
    desk.later(hours=1)
    desk.do("update", OPEN, status="resolved")
    assert "INC001" not in {finding.code for finding in desk.findings(OPEN)}


def test_an_incident_is_resolved_before_it_is_closed() -> None:
    with pytest.raises(Refused, match="resolved before it is closed"):
        Desk().plan("update", OPEN, status="closed")


def test_a_clock_that_is_behind_does_not_turn_the_order_round() -> None:
    desk = Desk()
    desk.do("update", OPEN, status="monitoring")
    desk.later(minutes=-4)
    desk.do("update", OPEN, status="resolved", lead="oncall-b")
    assert {finding.code for finding in desk.findings(OPEN)} <= {"INC002"} | BREACHES
    facts = desk.view(OPEN).facts
    assert facts is not None
    assert facts.times.resolved_at == facts.times.mitigated_at


def test_nothing_changes_what_is_so_already() -> None:
    with pytest.raises(Refused, match="Nothing would change"):
        Desk().plan("update", OPEN, status="investigating", severity="p1", lead="oncall-a")
    with pytest.raises(Refused, match="Nothing would change"):
        Desk().plan("update", OPEN)


def test_two_people_who_change_the_same_fact_both_see_it() -> None:
    desk = Desk()
    seen = {"status": "investigating", "lead": "oncall-a"}
    desk.do("update", OPEN, by="oncall-b", status="identified", seen=seen)
    with pytest.raises(
        Refused, match="oncall-b changed it at 2026-11-21T11:00:00Z from “investigating” to “identified”"
    ):
        desk.plan("update", OPEN, status="monitoring", seen=seen)
    desk.do("update", OPEN, lead="oncall-b", seen=seen)
    assert desk.plan("update", OPEN, severity="P2", seen=seen).files, "another fact is nobody's conflict"


def test_an_edit_keeps_what_people_wrote_beside_it() -> None:
    path = f"{SHORT['open']}/incident.yaml"
    old = book().tree.read(path)
    assert old is not None
    text = old.decode().replace("severity: P1", "severity: P1 # the whole shop\n# asked the product manager")
    desk = Desk(book({path: text}).tree)
    desk.do("update", OPEN, status="identified", severity="P2")
    new = desk.tree.read(path)
    assert new is not None
    assert "severity: P2 # the whole shop\n# asked the product manager\n" in new.decode()


def test_a_saved_template_is_filled_in() -> None:
    template = "text: We are still looking into {services}. Next update by {next_update}."
    desk = Desk(book(template=("text: We are still looking.", template)).tree)
    plan = desk.do("update", OPEN, template="still-looking", tell="Sorry.")
    (data,) = plan.files.values()
    assert data is not None
    assert "We are still looking into Checkout. Next update by 12:00 UTC, Sat 21 Nov 2026.\n\n  Sorry." in data.decode()


# -- checklists


def test_steps_are_ticked_once_each_and_the_last_word_counts() -> None:
    desk = Desk()
    plan = desk.do("step", OPEN, steps=[2, 3, 2], text="Done by hand")
    assert len(plan.files) == 2
    desk.later(minutes=1)
    desk.do("step", OPEN, steps=[2], outcome="skipped", text="It heals by itself")
    assert outcomes(desk) == {1: "done", 2: "skipped", 3: "done"}
    desk.do("step", OPEN, steps=[2, 3], outcome="undone")  # in the same second: the last word counts all the same
    assert outcomes(desk) == {1: "done"}


def outcomes(desk: Desk, id_: str = OPEN) -> dict[int, str]:
    return {number: entry.outcome for (_, number), entry in desk.view(id_).steps().items()}


def test_who_ticks_what_is_done_hears_who_did_it_and_nothing_is_recorded_twice() -> None:
    desk = Desk()
    plan = desk.do("step", OPEN, steps=[1, 2])
    assert (len(plan.files), plan.understood) == (1, ("Step 1 is done already, by oncall-a at 10:20.",))
    with pytest.raises(Refused, match=r"Step 1 is done already, by oncall-a at 10:20\. Step 2 is done already"):
        desk.plan("step", OPEN, steps=[1, 2])
    assert len(desk.plan("step", OPEN, steps=[1], text="And the graph agrees").files) == 1, "there is more to say"
    with pytest.raises(Refused, match="Step 3 is open already"):
        desk.plan("step", OPEN, steps=[3], outcome="undone")


def test_evidence_is_kept_as_a_link_masked_and_never_taken_for_words() -> None:
    desk = Desk()
    desk.do("step", OPEN, steps=[2], evidence="https://dash.example/d/1?token=ghp_" + "a1B2" * 9)
    evidence = desk.view(OPEN).steps()["response/respond", 2].evidence
    assert evidence is not None
    assert evidence.url.startswith("https://dash.example/d/1")
    assert "a1B2" not in evidence.url + evidence.title
    with pytest.raises(Refused, match="is no address"):
        desk.plan("step", OPEN, steps=[3], evidence="see the graph")


def test_whoever_leaves_a_step_out_says_why() -> None:
    with pytest.raises(Refused, match="why a step was left out"):
        Desk().plan("step", OPEN, steps=[2, 3], outcome="skipped")


def test_what_comes_next_is_said_of_the_same_checklist_with_whoever_has_it() -> None:
    desk = Desk()
    assert desk.plan("step", OPEN, steps=[2]).then == "Next: 3, On-call engineer (oncall-a)."
    assert desk.plan("step", OPEN, steps=[3]).then == "Next: 2, Operations engineer."
    assert desk.do("step", OPEN, steps=[2, 3]).then == "No step is open."


CONDITIONS = """\
---
title: Respond to an incident
owner: platform
reviewed: 2026-11-01
when: [users notice]
---
# Respond to an incident

## Checklist

- [ ] Look at the dashboard — oncall (only P1)
- [ ] Restart the *pods* — ops
- [ ] Tell the team (only P2, P3, if users notice)
"""


def test_every_step_is_frozen_with_its_condition_and_counts_when_that_holds() -> None:
    conditions = CONDITIONS.replace("P3, if users notice", "users notice")
    desk = Desk(book({"runbooks/response/respond.md": conditions}).tree)
    id_ = desk.declare("Slow", "P3", user_facing=False)
    (frozen,) = desk.view(id_).checklist.checklists  # type: ignore[union-attr]
    assert frozen.when == ("P1",), "the list comes with the severity that calls for it"
    assert [(step.action, step.owner, step.when) for step in frozen.steps] == [
        ("Look at the dashboard", "oncall", ("P1",)),
        ("Restart the *pods*", "ops", ("users notice",)),
        ("Tell the team", "platform", ("P2", "users notice")),
    ]
    assert spare(desk, id_) == {1: "only P1", 2: "only P1", 3: "only P1"}
    assert "Checklist" not in dict(desk.book.kinds["incident"].shown(desk.record(id_), desk.book, desk.now).data)
    desk.do("update", id_, severity="P1", text="It grows")
    assert spare(desk, id_) == {1: "", 2: "only if users notice", 3: "only P2 or if users notice"}
    desk.do("step", id_, steps=[2])
    assert spare(desk, id_)[2] == "", "what somebody did counts as done"
    desk.do("update", id_, user_facing=True, components=["web"], impact="Nobody can pay.")
    assert set(spare(desk, id_).values()) == {""}


def spare(desk: Desk, id_: str) -> dict[int, str]:
    return {stand.number: stand.spare for stand in stands(desk.view(id_))}


def test_a_checklist_too_large_for_every_severity_comes_with_its_own() -> None:
    rows = "".join(f"| {n} | {'Look at this part of it ' * 12} | ops |\n" for n in range(1, 251))
    long = f"---\ntitle: Long\nowner: ops\n---\n# Long\n\n| Step | Action | Owner |\n|---|---|---|\n{rows}"
    listed = ("checklists: [response/respond]", "checklists: [response/long]")
    desk = Desk(book({"runbooks/response/long.md": long}, lists=listed).tree)
    assert desk.view(desk.declare("Slow", "P3")).checklist is None


def test_an_open_step_never_prevents_resolving() -> None:
    desk = Desk()
    assert any(stand.is_open for stand in stands(desk.view(OPEN)))
    desk.do("update", OPEN, status="resolved", text="It works")
    assert desk.view(OPEN).facts.status == "resolved"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "No step is named"),
        ({"steps": [4]}, "There is no step 4"),
        ({"steps": [1], "runbook": "response/gone"}, "has no checklist of “response/gone”"),
    ],
)
def test_a_step_that_is_not_there_cannot_be_ticked(values: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        Desk().plan("step", OPEN, **values)


def test_an_incident_without_a_checklist_says_so() -> None:
    desk = Desk(book(lists=("checklists: [response/respond]", "checklists: []")).tree)
    id_ = desk.declare(severity="P3")
    with pytest.raises(Refused, match="has no checklist"):
        desk.plan("step", id_, steps=[1])


def test_operations_are_marked_in_what_they_write() -> None:
    desk = Desk()
    plan = desk.plan("update", OPEN, status="identified", tell="We know why.")
    key = operation_key(desk.drawn.to_bytes(16, "big")).encode()
    assert [path for path, data in plan.files.items() if "/timeline/" in path and key not in (data or b"")] == []
