"""Each promise of the process is kept, broken or not called for, and the sentence says why."""

from __future__ import annotations

import pytest

from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.tree import Overlay
from opsbook.kinds.incident.score import Promise, score
from opsbook.kinds.incident.view import IncidentView
from tests.kinds.small import Desk, book

ESCALATES = ("      checklists: [response/respond]\n", "      checklists: [response/respond]\n      escalate: true\n")
ORDER = ("  review:\n    within: 5d", "  escalation:\n    - role: ops\n  review:\n    within: 5d")


def declared(severity: str = "P1", changed: Book | None = None, **values: object) -> tuple[Desk, str]:
    """A desk, and an incident of this moment, 11:00; what is done next happens a minute later."""
    desk = Desk((changed or book()).tree)
    id_ = desk.declare(severity=severity, **values)
    desk.later(minutes=1)
    return desk, id_


def promise(desk: Desk, id_: str, name: str) -> Promise:
    """What became of one promise."""
    (found,) = [item for item in score(desk.view(id_), desk.book, desk.now) if item.name == name]
    return found


def judged(desk: Desk, id_: str, name: str) -> tuple[str, str]:
    """Its verdict, and why."""
    found = promise(desk, id_, name)
    return found.verdict, found.why


@pytest.mark.parametrize(("role", "minutes"), [("lead", 15), ("comms", 30)])
def test_a_role_is_named_in_time_or_not(role: str, minutes: int) -> None:
    desk, id_ = declared()
    assert judged(desk, id_, role) == ("not called for", f"It is not due before 11:{minutes}.")
    desk.later(minutes=minutes)
    assert judged(desk, id_, role) == ("broken", f"Nobody was named by 11:{minutes}.")
    desk.do("update", id_, **{role: "oncall-b"})
    assert judged(desk, id_, role) == ("broken", f"Named at 11:{minutes + 1}; it was due by 11:{minutes}.")
    in_time, id_ = declared(**{role: "oncall-a"})
    assert judged(in_time, id_, role) == ("kept", f"Named at 11:00, due by 11:{minutes}.")


def test_what_was_over_before_anybody_had_to_be_named_called_for_nobody() -> None:
    desk, id_ = declared()
    desk.do("update", id_, status="resolved")
    desk.later(hours=9)
    assert judged(desk, id_, "lead") == ("not called for", "It was over before 11:15.")


def test_users_are_told_for_the_first_time_and_again() -> None:
    desk, id_ = declared()
    assert judged(desk, id_, "told-first") == ("not called for", "Nothing is due yet.")
    desk.do("update", id_, tell="We look into it.")
    assert judged(desk, id_, "told-first") == ("kept", "Told at 11:01.")
    assert judged(desk, id_, "told-again") == ("kept", "Told 1 time, never too late.")
    desk.later(minutes=80)
    late = ("broken", "Nothing from 11:01 to 12:21, 20 minutes too long.")
    assert judged(desk, id_, "told-again") == late
    desk.do("update", id_, tell="We still do.")
    assert judged(desk, id_, "told-again") == late
    assert judged(desk, id_, "told-first")[0] == "kept"
    desk.later(minutes=70)
    assert judged(desk, id_, "told-again")[1].startswith("2 times too late; the worst: nothing from 11:01 to 12:21")


def test_users_who_hear_nothing_for_too_long_wait_for_the_first_word() -> None:
    desk, id_ = declared()
    desk.later(minutes=69)
    assert judged(desk, id_, "told-first") == ("broken", "Nothing from 11:00 to 12:10, 10 minutes too long.")
    assert judged(desk, id_, "told-again") == ("not called for", "Nothing is due yet.")
    desk.do("update", id_, tell="We look into it.")
    assert judged(desk, id_, "told-first")[0] == "broken"
    assert judged(desk, id_, "told-again")[0] == "kept"


def test_a_severity_without_a_cadence_promises_no_word() -> None:
    desk, id_ = declared("P3")
    desk.later(days=2)
    for name in ("told-first", "told-again"):
        assert judged(desk, id_, name) == ("not called for", "No severity in force promised updates.")
    assert judged(desk, id_, "notes") == ("not called for", "No severity in force has a cadence.")


def test_components_are_named_when_users_notice() -> None:
    desk, id_ = declared()
    assert judged(desk, id_, "components") == ("not called for", "Nobody said whether it is noticed.")
    desk.do("update", id_, user_facing=False)
    assert judged(desk, id_, "components") == ("not called for", "It is not noticed.")
    desk, id_ = declared(components=["web"])
    assert judged(desk, id_, "components") == ("kept", "Named: web.")
    path = f"{desk.record(id_).path}/incident.yaml"
    text = (desk.tree.read(path) or b"").replace(b"  components:\n    - web\n", b"")
    desk.tree = Overlay(desk.tree, {path: text})
    assert judged(desk, id_, "components") == ("broken", "It is noticed, and no component is named.")


def test_only_the_lead_changes_production() -> None:
    desk, id_ = declared(lead="oncall-a")
    assert judged(desk, id_, "changes") == ("not called for", "Production was not changed.")
    desk.do("note", id_, text="Restarted.", kind="change")
    assert judged(desk, id_, "changes") == ("kept", "1 in all, by whoever led.")
    desk.later(minutes=1)
    desk.do("note", id_, text="Restarted again.", kind="change", by="oncall-b")
    assert judged(desk, id_, "changes") == ("broken", "oncall-b did at 11:02, while the lead was oncall-a.")
    assert promise(desk, id_, "changes").rule == "INC014"


def test_agreements_are_had_or_asked_for_or_missed() -> None:
    desk, id_ = declared()
    assert judged(desk, id_, "agreements") == ("not called for", "Nothing was decided that takes an agreement.")
    desk.do("update", id_, status="resolved")
    verdict, why = judged(desk, id_, "agreements")
    assert (verdict, why.partition(" can say until")[0]) == ("not called for", "Product manager A and Tech lead A")
    desk.later(days=5)
    verdict, why = judged(desk, id_, "agreements")
    assert (verdict, why.partition(", due")[0]) == (
        "broken",
        "It is resolved without Product manager A and Tech lead A",
    )
    late, in_time = desk, declared()[0]
    in_time.do("update", id_, status="resolved")
    for there in (late, in_time):
        for who in ("product-a", "tech-a"):
            there.do("agree", id_, by=who)
    assert judged(late, id_, "agreements")[0] == "broken", "what is late stays late"
    assert judged(in_time, id_, "agreements") == ("kept", "Had for: resolved.")


def test_it_is_taken_beyond_the_team_where_the_severity_says_so() -> None:
    desk, id_ = declared()
    assert judged(desk, id_, "escalated") == ("not called for", "It did not have to go beyond the team.")
    desk, id_ = declared(changed=book(escalates=ESCALATES, order=ORDER), comms="oncall-a")
    assert judged(desk, id_, "escalated") == ("broken", "P1 goes beyond the team, and nobody there was contacted.")
    desk.do("escalate", id_)
    assert judged(desk, id_, "escalated") == ("kept", "Operations engineer was contacted at 11:01.")
    false, id_ = declared(changed=book(escalates=ESCALATES, order=ORDER))
    false.do("update", id_, status="resolved", ended_as="false alarm")
    assert judged(false, id_, "escalated")[0] == "not called for"


def test_no_time_between_two_updates_is_without_a_note() -> None:
    desk, id_ = declared()
    desk.later(minutes=58)
    desk.do("update", id_, tell="Nothing new.")
    assert judged(desk, id_, "notes") == ("kept", "Never longer than 59 minutes without a word.")
    desk.later(minutes=2)
    broken = "Nothing was written from 11:00 to 12:01, longer than between two updates."
    assert judged(desk, id_, "notes") == ("broken", broken)  # that users were told is no word of what happened
    desk.do("note", id_, text="The queue is empty.")
    assert judged(desk, id_, "notes")[0] == "broken"


def test_a_role_that_changes_hands_comes_with_what_to_know() -> None:
    desk, id_ = declared(lead="oncall-a")
    assert judged(desk, id_, "handover") == ("not called for", "No role changed hands.")
    desk.do("handover", id_, person="oncall-b", role="lead")
    assert judged(desk, id_, "handover") == ("kept", "1 in all.")
    desk.later(minutes=1)
    desk.do("update", id_, lead="oncall-a")
    assert judged(desk, id_, "handover") == ("broken", "oncall-a became lead at 11:02 without one.")


def test_steps_are_done_or_left_out_with_a_reason() -> None:
    desk, id_ = declared("P3")
    assert judged(desk, id_, "steps") == ("not called for", "No step was needed.")
    desk, id_ = declared()
    count = len(desk.view(id_).numbered)
    assert judged(desk, id_, "steps")[1].startswith(f"{count} of {count} neither done nor left out: 1, 2")
    desk.do("step", id_, steps=[1])
    assert judged(desk, id_, "steps")[0] == "broken"
    desk.do("step", id_, steps=list(range(2, count + 1)), outcome="skipped", text="The cause is known.")
    assert judged(desk, id_, "steps") == ("kept", f"1 done, {count - 1} left out.")


def test_no_step_of_a_false_alarm_is_missed() -> None:
    desk, id_ = declared()
    desk.do("update", id_, status="resolved", ended_as="false alarm")
    assert judged(desk, id_, "steps") == ("not called for", "No step was needed.")


def test_it_is_resolved_or_open() -> None:
    desk, id_ = declared()
    assert judged(desk, id_, "resolved") == ("broken", "It is investigating.")
    desk.do("update", id_, status="resolved")
    assert judged(desk, id_, "resolved") == ("kept", "At 11:01, after 1 minute.")


def test_the_broken_ones_come_first_each_with_what_to_do_next_time() -> None:
    desk, id_ = declared()
    desk.later(hours=3)
    found = score(desk.view(id_), desk.book, desk.now)
    order = ["broken", "kept", "not called for"]
    assert [item.verdict for item in found] == sorted((item.verdict for item in found), key=order.index)
    assert all(item.why and item.next_time for item in found)
    assert len({item.name for item in found}) == len(found) == 12


def test_a_stub_has_no_score() -> None:
    desk = Desk()
    id_ = desk.do("declare", None, security=True).record
    with pytest.raises(Refused, match="is a stub"):
        score(desk.view(id_), desk.book, desk.now)
    path = f"{desk.record(id_).path}/incident.yaml"
    desk.tree = Overlay(desk.tree, {path: b"id: ["})
    with pytest.raises(Refused, match="cannot be read"):
        score(IncidentView(desk.record(id_)), desk.book, desk.now)
