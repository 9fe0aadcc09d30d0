"""Each sentence of the incident process is kept: the tests are named after them, and the page names the tests."""

from __future__ import annotations

import re

import pytest

from opsbook.commands import commands
from opsbook.core.check import all_codes
from opsbook.core.errors import Refused
from opsbook.core.types import parse_time
from opsbook.kinds import registry
from opsbook.kinds.incident.agreements import pending
from tests.docs import reading
from tests.kinds.small import Desk, book
from tests.support.desk import Desk as Machine

PAGE = "docs/incident-process/kept.md"
ESCALATION = """
  escalation:
    - {role: product-manager, note: Decides whether to alert the executive group.}
    - {role: tech-lead}
  escalation_link: {title: Emergency contacts (restricted), url: "https://intranet.example/contacts"}
"""


def rows() -> list[list[str]]:
    """The rows of the page: what the process says, what the book does, commands and rules, the test."""
    lines = [line for line in (reading.ROOT / PAGE).read_text("utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in ("The process says", "---")]


def escalating() -> Desk:
    """A desk whose book says whom to contact, with a P1 that oncall-a leads and oncall-b tells people of."""
    desk = Desk(book(escalation=("  review:\n    within: 5d", f"  review:\n    within: 5d{ESCALATION}")).tree)
    assert desk.declare(lead="oncall-a", comms="oncall-b") == OPEN
    return desk


OPEN = Desk().declare()


def test_the_page_names_only_what_there_is() -> None:
    here = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    known, codes = commands(), all_codes(registry())
    for says, does, how, proven in rows():
        assert says
        for command in re.findall(r"`opsbook ([^`]+)`", how):
            assert command.partition(" --")[0] in known, command
        for code in re.findall(r"\b[A-Z]{3}[0-9]{3}\b", how):
            assert code in codes, code
        assert bool(proven) != does.startswith("Not there yet"), says
        for name in re.findall(r"`(\w+)`", proven):
            assert name in here, name


def test_every_sentence_that_a_test_is_named_after_is_on_the_page() -> None:
    named = {name for row in rows() for name in re.findall(r"`(\w+)`", row[3])}
    ours = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert ours - named == {
        "the_page_names_only_what_there_is",
        "every_sentence_that_a_test_is_named_after_is_on_the_page",
    }


# -- if you suspect a breach


def test_a_suspected_breach_is_alerted_first(desk: Machine) -> None:
    done = desk.opsbook("declare", "--security", "--yes")
    assert done.out.startswith("First: alert The security desk.")
    assert "Stub of" in done.out


def test_an_incident_that_turns_out_to_be_a_breach_alerts_first(desk: Machine) -> None:
    record = desk.declare()
    done = desk.opsbook("secure", record, "--yes")
    assert done.out.startswith("First: alert The security desk.")
    assert "no restricted book can be written to from here" in done.err


# -- before you are faced with one


def test_be_aware_before_you_are_faced_with_an_incident(desk: Machine) -> None:
    assert desk.opsbook("ready").out.endswith("You could run an incident now.\n")


# -- if we are having an incident


def test_nominate_an_incident_lead() -> None:
    desk = Desk()
    id_ = desk.declare(lead="oncall-a")
    facts = desk.view(id_).facts
    assert facts is not None
    assert facts.roles.lead == "oncall-a"
    other = Desk()
    other.declare()
    other.later(minutes=16)
    assert "INC004" in {finding.code for finding in other.findings(id_)}, "nobody was named in time"


def test_nominate_comms_and_out_of_hours_the_escalation_rota() -> None:
    desk = Desk(
        book(
            hours=("rotas:\n", "hours: {}\nrotas:\n"),
            comms=("  review:\n", "  comms_rota: on-call\n  review:\n"),
        ).tree
    )
    facts = desk.view(desk.declare()).facts
    desk.now = parse_time("2026-11-23T11:00:00Z")  # a Monday
    at_work = desk.view(desk.declare()).facts
    assert facts is not None
    assert at_work is not None
    assert (facts.roles.comms, at_work.roles.comms) == ("oncall-a", None), "on a Saturday, and on a Monday"


def test_one_person_may_hold_both_roles() -> None:
    desk = Desk()
    desk.do("update", desk.declare(lead="oncall-a"), comms="oncall-a")
    assert {"INC007", "INC014"}.isdisjoint(finding.code for finding in desk.findings(OPEN))


def test_join_the_channel() -> None:
    desk = Desk()
    desk.declare()
    assert {item.audience for item in desk.said(OPEN)} == {"incident"}


def test_get_on_with_understanding_and_fixing_it() -> None:
    desk = Desk()
    path = f"{desk.record(desk.declare()).path}/incident.yaml"
    broken = Desk(book({path: "title: [\n"}).tree, desk.now)
    plan = broken.plan("note", OPEN, text="Restarted.")
    assert broken.broken_by(plan) == []


def test_everybody_needed_forms_the_incident_team() -> None:
    desk = Desk()
    desk.do("attend", desk.declare(), person="github:octo-fiction", role="database")
    assert desk.view(OPEN).people == {"github:octo-fiction": "database"}
    desk.do("attend", OPEN, person="github:octo-fiction", presence="left")
    assert desk.view(OPEN).people == {}


def test_the_team_can_request_support_from_anybody() -> None:
    desk = Desk()
    desk.declare()
    desk.do("call", OPEN, who="oncall-b", text="The database does not answer")
    (page,) = [item for item in desk.said(OPEN) if item.audience == "page:oncall-b"]
    assert "more important than routine meetings" in "\n".join((page.headline, *page.steps, *map(str, page.facts)))


# -- if you are the incident lead


def test_make_notes_of_what_you_are_doing() -> None:
    desk = Desk()
    desk.do("note", desk.declare(), by="oncall-b", text="The queue grows.")
    (entry,) = [entry for _, entry in desk.view(OPEN).timeline.entries if entry.kind == "note"]
    assert (entry.by, entry.at, getattr(entry, "text", "")) == ("oncall-b", desk.now, "The queue grows.")


def test_tenants_may_join_this_channel() -> None:
    desk = Desk()
    desk.declare()
    assert {item.footer for item in desk.said(OPEN)} == {"Who can read #incident: Everybody in the organisation."}


def test_decide_whom_you_need_and_where_they_talk() -> None:
    desk = Desk()
    desk.do("update", desk.declare(), bridge="https://meet.example/incident")
    facts = desk.view(OPEN).facts
    assert facts is not None
    assert facts.bridge == "https://meet.example/incident"


def test_only_the_incident_lead_changes_production() -> None:
    desk = Desk()
    desk.declare(lead="oncall-a")
    desk.later(minutes=1)
    plan = desk.do("note", OPEN, by="oncall-b", kind="change", text="Restarted.")
    assert plan.understood == (
        "Only the lead changes production, and that is On-call engineer A: it is kept, and flagged.",
    )
    assert [item.headline for item in desk.said(OPEN)] == [
        "On-call engineer B changed production; only the lead does (On-call engineer A): Mail is late"
    ]
    assert "INC014" in {finding.code for finding in desk.findings(OPEN)}
    desk.later(minutes=1)
    assert desk.do("note", OPEN, by="oncall-a", kind="change", text="Rolled back.").understood == ()


def test_consult_the_product_manager_and_the_delivery_manager() -> None:
    desk = Desk()
    desk.do("update", desk.declare(), status="resolved")
    (waiting,) = pending(desk.view(OPEN), desk.book)
    assert waiting.missing == ("product-manager", "tech-lead"), "whom the table names"
    desk.do("agree", OPEN, by="product-a")
    desk.do("agree", OPEN, by="tech-a")
    assert pending(desk.view(OPEN), desk.book) == []


def test_create_a_story_to_track_the_response() -> None:
    desk = Desk(book(tracker=("  review:\n", "  tracker: {github: this}\n  review:\n")).tree)

    def fed() -> list[tuple[str, str]]:
        return [(item.name, item.headline) for item in desk.said(OPEN) if item.audience == "story:github:this"]

    desk.declare(lead="oncall-a")
    assert fed() == [("declared", "P1 incident: Mail is late")]
    for kind, words in (("change", "changed production: Rolled back."), ("decision", "decided: Rolled back.")):
        desk.later(minutes=1)
        desk.do("note", OPEN, kind=kind, text="Rolled back.")
        assert fed() == [(kind, f"On-call engineer A {words}")]
    desk.do("update", OPEN, status="resolved")
    assert fed() == [("status", "Resolved: Mail is late")]


def test_the_review_is_held_within_days() -> None:
    desk = Desk()
    desk.do("update", desk.declare(), status="resolved")
    desk.later(days=6)
    assert "INC010" in {finding.code for finding in desk.findings(OPEN)}


# -- escalations


def test_comms_contacts_people_in_the_order() -> None:
    desk = escalating()
    plan = desk.do("escalate", OPEN, by="oncall-b")
    assert plan.understood[0] == "Contact: Product manager. Decides whether to alert the executive group."
    with pytest.raises(Refused, match="Product manager is being contacted since"):
        desk.plan("escalate", OPEN, by="oncall-b")
    by_others = desk.do("escalate", OPEN, by="oncall-a", outcome="no answer").understood
    assert by_others[0] == "On-call engineer B is comms and would escalate: tell them that you do."


def test_the_person_contacted_decides_about_the_executive_group() -> None:
    desk = escalating()
    desk.do("escalate", OPEN, by="oncall-b")
    assert (
        "They decide whether to alert the executive group"
        in desk.plan("escalate", OPEN, outcome="reached").understood[-1]
    )
    desk.later(minutes=1)
    desk.do("escalate", OPEN, by="oncall-b", executives="not needed")
    assert desk.view(OPEN).timeline.entries[-1][1].model_dump(include={"role", "outcome", "executives"}) == {
        "role": "product-manager", "outcome": "reached", "executives": "not needed",
    }, "what they decided is no new attempt, and is not dropped"  # fmt: skip
    desk.later(minutes=1)
    with pytest.raises(Refused, match="decided nothing"):
        desk.plan("escalate", OPEN, outcome="no answer", executives="alerted")
    desk.do("escalate", OPEN, by="oncall-b", outcome="reached", executives="alerted")
    said = [entry for _, entry in desk.view(OPEN).timeline.entries if entry.kind == "escalation"]
    assert [getattr(entry, "executives", None) for entry in said] == [None, "not needed", "alerted"]


def test_if_none_is_available_the_next_is_tried() -> None:
    desk = escalating()
    desk.do("escalate", OPEN, by="oncall-b")
    assert "Contact: Tech lead." in desk.do("escalate", OPEN, by="oncall-b", outcome="no answer").understood
    assert "Nobody is left in the order" in desk.do("escalate", OPEN, by="oncall-b", outcome="no answer").understood[0]


def test_contact_details_stay_in_the_restricted_document() -> None:
    desk = escalating()
    plan = desk.do("escalate", OPEN, by="oncall-b")
    assert plan.understood[-1] == "Emergency contacts (restricted): https://intranet.example/contacts"
