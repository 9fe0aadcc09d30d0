"""Whom `authority` names is asked, answers when they can, and nobody passes over them in silence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.tree import Overlay
from opsbook.core.types import parse_time
from opsbook.kinds.incident.agreements import due, pending
from opsbook.kinds.incident.reminders import remind
from tests.kinds.small import Desk, book
from tests.support.tries import tries

ALL = {"product-a", "tech-a"}
"""Both are asked when an incident is resolved, and one of them when it is downgraded (tests/cases/base)."""


OPEN = Desk().declare(lead="oncall-a", comms="oncall-b")
"""An incident as `declared` has it: a P1 of this moment."""


def declared(changed: Book | None = None) -> Desk:
    """A desk with one more incident."""
    desk = Desk((changed or book()).tree)
    assert desk.declare(lead="oncall-a", comms="oncall-b") == OPEN
    desk.later(minutes=10)
    return desk


def missing(desk: Desk) -> list[tuple[str, tuple[str, ...]]]:
    """What waits for whom."""
    return [(item.action, item.missing) for item in pending(desk.view(OPEN), desk.book)]


def test_whoever_resolves_is_told_who_is_asked_and_everybody_reads_it() -> None:
    desk = declared()
    plan = desk.do("update", OPEN, status="resolved")
    assert plan.understood == ("Agreement pending: Product manager A and Tech lead A.",)
    (said,) = [item for item in desk.said(OPEN) if item.audience == "incident"]
    assert ("Agreement", "pending: Product manager A and Tech lead A (resolved)") in said.facts


def test_an_account_that_the_chat_knows_is_called_and_nobody_else() -> None:
    named = book(slack=("name: Product manager A", "name: Product manager A\n    slack: U012ABCDEF"))
    desk = declared(named)
    desk.do("update", OPEN, status="resolved")
    assert {item.asks for item in desk.said(OPEN)} == {("slack:U012ABCDEF",)}
    desk.do("note", OPEN, text="<@U999ZZZZZZ>", kind="change", by="oncall-b")
    assert {item.asks for item in desk.said(OPEN)} == {()}


def test_each_of_them_agrees_once_and_then_nothing_is_asked() -> None:
    desk = declared()
    desk.do("update", OPEN, status="resolved")
    assert missing(desk) == [("incident.resolve", ("product-manager", "tech-lead"))]
    assert desk.do("agree", OPEN, by="product-a").understood == ("Still asked whether it is resolved: Tech lead A.",)
    with pytest.raises(Refused, match="The agreement of product-a is not asked"):
        desk.plan("agree", OPEN, by="product-a")
    desk.do("agree", OPEN, by="tech-a")
    assert missing(desk) == []
    with pytest.raises(Refused, match="everybody who is asked has agreed"):
        desk.plan("agree", OPEN, by="tech-a")


def test_whoever_agreed_beforehand_is_not_said_to_be_asked() -> None:
    desk = declared()
    desk.do("agree", OPEN, by="product-a", to="resolve")
    desk.later(minutes=1)
    assert desk.plan("update", OPEN, status="resolved").understood == ("Agreement pending: Tech lead A.",)
    desk.do("agree", OPEN, by="tech-a", to="resolve")
    desk.later(minutes=1)
    assert desk.do("update", OPEN, status="resolved").understood == ()
    assert missing(desk) == []


def test_one_of_several_is_enough_where_any_of_them_decides() -> None:
    desk = declared()
    desk.do("update", OPEN, severity="P2")
    assert missing(desk) == [("incident.downgrade", ("product-manager", "tech-lead"))]
    desk.do("agree", OPEN, by="tech-a")
    assert missing(desk) == []


def test_whoever_decides_and_holds_the_role_agrees_by_deciding() -> None:
    desk = declared()
    desk.do("update", OPEN, by="tech-a", severity="P2")
    assert missing(desk) == []
    desk.do("update", OPEN, by="product-a", status="resolved")
    assert missing(desk) == [("incident.resolve", ("tech-lead",))]


def test_whoever_was_consulted_beforehand_has_agreed() -> None:
    desk = declared()
    said = desk.do("agree", OPEN, by="tech-a", to="resolve").understood
    assert said == ("It counts as soon as somebody says that it is resolved, or was a false alarm.",)
    assert {item.headline for item in desk.said(OPEN)} == {"Tech lead A agrees that it can be resolved: Mail is late"}
    desk.later(minutes=1)
    assert desk.do("update", OPEN, status="resolved").understood == ("Agreement pending: Product manager A.",)
    assert missing(desk) == [("incident.resolve", ("product-manager",))]


def test_whoever_agreed_to_what_they_saw_agrees_to_nothing_else() -> None:
    """A request that waited for the forge, or lost a race, meets an incident that others have changed since."""
    desk = declared()
    desk.do("update", OPEN, status="resolved")
    saw = {"status": "resolved", "severity": "P1"}
    assert desk.plan("agree", OPEN, by="tech-a", seen=saw).understood
    desk.later(minutes=1)
    desk.do("update", OPEN, status="investigating", severity="P2")
    with pytest.raises(Refused, match="is investigating by now, not resolved"):
        desk.plan("agree", OPEN, by="tech-a", seen=saw)


def test_what_is_taken_back_waits_for_nobody_and_is_asked_anew() -> None:
    desk = declared()
    desk.do("update", OPEN, status="resolved")
    desk.later(minutes=5)
    desk.do("agree", OPEN, by="tech-a")
    desk.later(minutes=5)
    desk.do("update", OPEN, status="investigating")
    assert missing(desk) == []
    desk.later(minutes=5)
    desk.do("update", OPEN, status="resolved")
    assert missing(desk) == [("incident.resolve", ("product-manager", "tech-lead"))]


@pytest.mark.parametrize("by", ["oncall-a", "github:octo-fiction"])
def test_nobody_agrees_for_others(by: str) -> None:
    desk = declared()
    desk.do("update", OPEN, status="resolved")
    with pytest.raises(Refused, match=f"The agreement of {by} is not asked: resolved takes that of Product manager A"):
        desk.plan("agree", OPEN, by=by)


def test_a_duplicate_is_agreed_to_where_it_goes_on() -> None:
    desk = declared()
    desk.do("update", OPEN, status="closed", ended_as="duplicate", same_as="3M8XD")
    assert missing(desk) == []
    assert desk.findings(OPEN) == []
    facts = desk.view(OPEN).facts
    assert facts is not None
    assert facts.same_as == "INC-20261116-3M8XD"


def test_people_are_reminded_once_it_is_due_also_of_what_is_over() -> None:
    desk = declared()
    desk.do("update", OPEN, status="resolved")
    assert remind(desk.record(OPEN), desk.book, desk.now) == []
    later = parse_time("2026-11-24T00:00:00Z")
    (said,) = remind(desk.record(OPEN), desk.book, later)
    assert said.headline.startswith("Product manager A and Tech lead A did not say yet whether it is resolved")


@pytest.mark.parametrize(
    ("decided", "by"),
    [
        ("2026-11-20T16:00:00Z", "2026-11-24T00:00:00Z"),  # a Friday: by the end of Monday
        ("2026-11-21T10:00:00Z", "2026-11-24T00:00:00Z"),  # a Saturday
        ("2026-11-23T00:10:00Z", "2026-11-25T00:00:00Z"),  # the first minutes of a Monday
    ],
)
def test_an_answer_is_due_by_the_end_of_the_next_working_day(decided: str, by: str) -> None:
    assert due(parse_time(decided), Desk().book.config.core) == parse_time(by)


def test_a_day_of_the_clock_change_is_a_day() -> None:
    """London, 23 October 2026 is a Friday; the clocks go back on the 25th. The end of Monday there is 00:00 UTC."""
    core = book(zone=("timezone: Etc/UTC", "timezone: Europe/London")).config.core
    assert due(datetime(2026, 10, 23, 20, tzinfo=UTC), core) == datetime(2026, 10, 27, tzinfo=UTC)
    assert due(datetime(2026, 10, 20, 20, tzinfo=UTC), core) == datetime(2026, 10, 21, 23, tzinfo=UTC)


MOVES = st.one_of(
    st.tuples(st.just("update"), st.fixed_dictionaries({"status": st.sampled_from(["investigating", "resolved"])})),
    st.tuples(st.just("update"), st.fixed_dictionaries({"severity": st.sampled_from(["P1", "P2", "P3"])})),
    st.tuples(st.just("agree"), st.fixed_dictionaries({"to": st.sampled_from(["resolve", "downgrade"])})),
    st.tuples(st.just("by hand"), st.fixed_dictionaries({"status": st.sampled_from(["investigating", "resolved"])})),
)
WHO = st.sampled_from(["oncall-a", "product-a", "tech-a", "github:octo-fiction"])


class Oracle:
    """Who was passed over, told step by step: it knows no timeline."""

    def __init__(self) -> None:
        self.status, self.severity = "investigating", "P1"
        self.resolved: set[str] | None = None
        self.downs: list[tuple[str, set[str]]] = []
        self.before: dict[str, set[str]] = {"resolve": set(), "downgrade": set()}

    def set_status(self, status: str, by: set[str]) -> None:
        """Resolved, or open again."""
        if status == "resolved" and self.status != "resolved":
            self.resolved = by | self.before["resolve"]
        elif status != "resolved" and self.status == "resolved":
            self.resolved, self.before["resolve"] = None, set()
        self.status = status

    def set_severity(self, severity: str, by: str) -> None:
        """Less severe than before, or worse again: `P1` is the worst."""
        kept = [(to, agreed) for to, agreed in self.downs if to <= severity]
        if len(kept) < len(self.downs):
            self.before["downgrade"] = set()
        self.downs = kept
        if severity > self.severity:
            self.downs.append((severity, {by} | (set() if self.downs else self.before["downgrade"])))
        self.severity = severity

    def agree(self, to: str, by: str) -> None:
        """To everything of the sort that waits, or to what is to come."""
        if to == "resolve" and self.resolved is not None:
            self.resolved.add(by)
        elif to == "downgrade" and self.downs:
            for _, agreed in self.downs:
                agreed |= set() if ALL & agreed else {by}
        else:
            self.before[to].add(by)

    def waiting(self) -> list[str]:
        """What still waits for somebody."""
        found = ["incident.resolve"] if self.resolved is not None and not self.resolved >= ALL else []
        return sorted(found + ["incident.downgrade" for _, agreed in self.downs if not ALL & agreed])


@tries(300)
@given(st.lists(st.tuples(MOVES, WHO), max_size=9))
def test_no_walk_passes_over_anybody_in_silence(walk: list[tuple[tuple[str, Any], str]]) -> None:
    desk, oracle, by_hand = Desk(), Oracle(), False
    id_ = desk.declare(severity="P1", lead="oncall-a", comms="oncall-b")
    for (verb, values), by in walk:
        desk.later(minutes=1)
        if verb == "by hand":
            if by_hand or values["status"] == oracle.status:
                continue
            path = f"{desk.record(id_).path}/incident.yaml"
            old = (desk.tree.read(path) or b"").decode()
            new = old.replace(f"status: {oracle.status}\n", f"status: {values['status']}\n")
            desk.tree = Overlay(desk.tree, {path: new.encode()})
            oracle.set_status(values["status"], set())
            by_hand = True
            continue
        try:
            desk.do(verb, id_, by, **values)
        except Refused:
            continue
        if verb == "agree":
            oracle.agree(values["to"], by)
        elif "severity" in values:
            oracle.set_severity(values["severity"], by)
        else:
            oracle.set_status(values["status"], {by})
            by_hand = False
    assert sorted(item.action for item in pending(desk.view(id_), desk.book)) == oracle.waiting()
    assert "INC020" not in {finding.code for finding in desk.findings(id_)}


def test_all_of_some_and_one_of_others_are_asked_in_turn() -> None:
    """Whoever is left is said, also where one entry of `authority` names both."""
    both = "incident.downgrade: {all: [product-manager], any: [tech-lead, ops]}"
    desk = declared(book(both=("incident.downgrade: {any: [product-manager, tech-lead], since: 2026-11-20}", both)))
    assert desk.do("update", OPEN, severity="P2").understood == ("Agreement pending: Product manager A.",)
    assert desk.do("agree", OPEN, by="product-a").understood == (
        "Still asked whether it is P2: Tech lead A or Operations engineer.",
    )
    desk.do("agree", OPEN, by="tech-a")
    assert missing(desk) == []
