"""A form on GitHub becomes an incident once, whatever is cut off or edited, and the person hears what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.github_server.faults import Fault
from tests.github_server.server import GitHubServer
from tests.support.desk import Done
from tests.support.forkserver import ForkServer
from tests.support.form import P3, Phone, answers, body
from tests.support.github import make_github, truth


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub; a request that its description does not allow fails the test."""
    hub = make_github(tmp_path / "github.git")
    hub.hub.permissions |= {"writer": "write", "maintainer": "maintain", "helper": "triage", "stranger": "read"}
    yield hub
    hub.close()
    assert hub.refused == []


@pytest.fixture
def phone(hub: GitHubServer, server: ForkServer, tmp_path: Path) -> Phone:
    """The phone of somebody who may write."""
    return Phone(hub, tmp_path, server)


def said(hub: GitHubServer, number: int = 1) -> str:
    """The only answer to an issue."""
    with hub.locked() as inside:
        (text,) = answers(inside, inside.issues[number])
    return text


def nothing_was_declared(hub: GitHubServer) -> bool:
    """Whether there is no branch of a record."""
    return truth(hub).branches == {}


def test_an_issue_becomes_an_incident_and_is_closed_with_the_pull_request(hub: GitHubServer, phone: Phone) -> None:
    issue, done = phone.declare("Checkout is down", body(summary="Every order fails.\n\nSince ten."))
    assert done.code == 0, str(done)
    (branch,) = truth(hub).branches
    record = branch.removeprefix("opsbook/")
    assert record in done.out
    assert (issue.state, issue.state_reason) == ("closed", "completed")
    answer = said(hub)
    assert record in answer
    assert "https://github.example/example/book/pull/2" in answer
    facts = hub.hub.git.at(branch, f"incidents/2026/{record}-checkout-is-down/incident.yaml")
    assert facts is not None
    text = (hub.hub.git.blob(facts[1]) or b"").decode()
    for line in ("title: Checkout is down", "severity: P1", "  - checkout", "declared_by: github:writer"):
        assert line in text
    assert "Every order fails.\n\n  Since ten." in text
    assert "drill" not in text
    assert f"declared_at: {issue.created}" in text.replace('"', "")


def test_the_same_job_again_does_nothing_twice(hub: GitHubServer, phone: Phone) -> None:
    issue, first = phone.declare("Checkout is down", body())
    before = truth(hub), said(hub)
    again = phone.run(phone.event(issue))
    assert (first.code, again.code) == (0, 0), str(again)
    assert (truth(hub), said(hub)) == before


def test_a_workflow_that_is_started_by_hand_declares_too_and_a_run_again_is_the_same(
    hub: GitHubServer, phone: Phone
) -> None:
    event = phone.dispatch(
        title="Search is slow", severity=P3, services="search, checkout", summary="Ten seconds.", drill="true"
    )
    desk = phone.machine()
    done = phone.run(event, on=desk)
    assert done.code == 0, str(done)
    before = truth(hub)
    (branch,) = before.branches
    assert "https://github.example/example/book/pull/1" in Path(desk.variables["GITHUB_STEP_SUMMARY"]).read_text()
    assert phone.run(event).code == 0
    assert truth(hub) == before
    record = branch.removeprefix("opsbook/")
    facts = hub.hub.git.at(branch, f"incidents/2026/{record}-search-is-slow/incident.yaml")
    assert facts is not None
    text = (hub.hub.git.blob(facts[1]) or b"").decode()
    for line in ("drill: true", "severity: P3", "  - search\n  - checkout"):
        assert line in text


def test_an_edit_after_the_declaration_changes_nothing(hub: GitHubServer, phone: Phone) -> None:
    issue, _ = phone.declare("Checkout is down", body())
    before = truth(hub), said(hub)
    issue.title, issue.body = "Search is down", body(P3, ["search"])
    assert phone.run(phone.event(issue, "edited")).code == 0
    issue.body = body("rather bad")
    assert phone.run(phone.event(issue, "edited")).code == 0
    assert phone.run(phone.event(issue, "edited", sender="maintainer")).code == 0
    hub.hub.permissions["writer"] = "read"
    assert phone.run(phone.event(issue, "edited")).code == 0
    after = truth(hub)
    assert (after.branches, after.operations, after.receipts) == (
        before[0].branches,
        before[0].operations,
        before[0].receipts,
    )
    assert "**Declared.**" in said(hub)


@pytest.mark.parametrize(
    ("text", "title", "words"),
    [
        (body("P9 Odd: not one"), "Down", "is not a severity"),
        (body(""), "Down", "is not answered"),
        (body(services=["chekout"]), "Down", "checkout"),
        (body(services=["checkout search"]), "Down", "is not a service"),
        (body(), "", "The title is empty"),
        (body(), "x" * 121, "121 characters; 120 are allowed"),
        (body(summary="x" * 20_001), "Down", "20,001 characters; 20,000 are allowed"),
        (body().replace("- [ ]", "maybe"), "Down", "Is it a drill?"),
        (body().replace("### Is it a drill?", ""), "Down", "heading “Is it a drill\\?” is missing"),
        ("Hello.\n\n" + body(), "Down", "above “How bad is it\\?”"),
    ],
)
def test_a_form_that_cannot_be_read_says_what_to_do_and_is_read_again_when_it_is_edited(
    hub: GitHubServer, phone: Phone, text: str, title: str, words: str
) -> None:
    issue, done = phone.declare(title, text)
    assert done.code == 1, str(done)
    assert nothing_was_declared(hub)
    assert issue.state == "open"
    answer = said(hub)
    assert words.replace("\\", "") in answer.replace("\\", "")
    assert "Edit this issue" in answer
    issue.title, issue.body = "Checkout is down", body()
    assert phone.run(phone.event(issue, "edited")).code == 0
    assert issue.state == "closed"
    assert "**Declared.**" in said(hub)


@pytest.mark.parametrize(
    ("login", "code"), [("writer", 0), ("maintainer", 0), ("helper", 1), ("stranger", 1), ("outsider", 1)]
)
def test_only_who_may_write_declares_and_others_hear_whom_to_ask(
    hub: GitHubServer, phone: Phone, login: str, code: int
) -> None:
    phone.login = login
    issue, done = phone.declare("Checkout is down", body())
    assert done.code == code, str(done)
    assert nothing_was_declared(hub) == bool(code)
    if code:
        assert issue.state == "open"
        assert "#incident" in said(hub).replace("<!-- -->", "").replace("\\", "")
        hub.hub.permissions[login] = "write"
        assert phone.run(phone.event(issue)).code == 0


def test_a_login_that_somebody_else_has_now_may_nothing(hub: GitHubServer, phone: Phone) -> None:
    issue = phone.open("Checkout is down", body())
    event = phone.event(issue)
    event["issue"]["user"]["id"] = event["sender"]["id"] = 12
    assert phone.run(event).code == 1
    assert nothing_was_declared(hub)


def test_words_that_somebody_else_has_changed_declare_nothing(hub: GitHubServer, phone: Phone) -> None:
    phone.login = "stranger"
    issue, _ = phone.declare("Checkout is down", body())
    issue.title = "Everything is down"
    assert phone.run(phone.event(issue, "edited", sender="maintainer")).code == 1
    phone.login = "writer"
    issue = phone.open("Checkout is down", body())
    assert phone.run(phone.event(issue, "edited", sender="maintainer")).code == 1
    assert "changed this form" in said(hub, 2)
    assert nothing_was_declared(hub)


def test_what_is_no_form_and_what_asks_for_nothing_is_left_alone(hub: GitHubServer, phone: Phone) -> None:
    issue = phone.open("A question", "### How bad is it?\n\nHow do I tell?")
    assert phone.run(phone.event(issue)).code == 0
    form = phone.open("Checkout is down", body())
    for action in ("closed", "reopened", "labeled", "deleted", "transferred"):
        assert phone.run(phone.event(form, action)).code == 0
    bot = phone.event(form)
    bot["issue"]["user"] |= {"type": "Bot", "login": "helper[bot]"}
    assert phone.run(bot).code == 0
    assert phone.run(phone.event(form), name="push").code == 0
    with hub.locked() as inside:
        assert inside.comments == {}
    assert nothing_was_declared(hub)
    done = phone.run(phone.event(form, "labeled"), "--format", "json")
    assert done.json["id"] == ""


def test_a_dry_run_shows_the_plan_and_says_nothing(hub: GitHubServer, phone: Phone) -> None:
    issue = phone.open("Checkout is down", body())
    done = phone.run(phone.event(issue), "--dry-run")
    assert done.code == 0, str(done)
    assert "Checkout is down" in done.out
    issue.body = body("x")
    assert phone.run(phone.event(issue), "--dry-run").code == 1
    assert nothing_was_declared(hub)
    with hub.locked() as inside:
        assert inside.comments == {}


def test_outside_of_a_workflow_it_says_what_to_use_instead(phone: Phone) -> None:
    desk = phone.machine()
    done = replace(desk, variables={"GITHUB_EVENT_NAME": "issues"}).opsbook("intake")
    assert done.code == 2
    assert "GITHUB_EVENT_PATH" in done.err
    assert "opsbook declare" in done.err


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"[" * 200_000,
        b'{"action": "opened"}',
        b'{"action": "opened", "issue": 7, "sender": []}',
        b'{"action": "opened", "sender": {"login": "a", "id": 1, "type": "User"}, "issue": {"user": {"login": 1}}}',
        b'{"action": {"\\ud800": NaN}}',
        b'{"action": "opened", "x": ' + b"9" * 6000 + b"}",
    ],
)
def test_an_event_that_is_none_of_githubs_is_a_sentence(hub: GitHubServer, phone: Phone, event: bytes) -> None:
    done = phone.run(event)
    assert done.code in (0, 2), str(done)
    assert nothing_was_declared(hub)


def one(done: Done) -> bool:
    """Whether a command ended by itself with a code that says what is left."""
    return done.code in (0, 1, 3, 4, 5)


@pytest.mark.parametrize("call", ["issues/list-comments", "issues/create-comment", "issues/update"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_github_goes_down_while_it_is_answered_and_the_next_run_answers(
    hub: GitHubServer, phone: Phone, call: str, when: str
) -> None:
    # The pull request gets its comment first; the comment on the issue is the second.
    skip = 1 if call == "issues/create-comment" else 0
    hub.faults.append(Fault(call, "unavailable", when=when, times=None, skip=skip))  # type: ignore[arg-type]
    issue, done = phone.declare("Checkout is down", body())
    assert one(done)
    first = truth(hub)
    hub.faults.clear()
    if done.code:
        assert done.code == 5, str(done)
        assert "Run this job again" in done.out
        assert phone.run(phone.event(issue)).code == 0
    assert truth(hub).branches == first.branches
    assert issue.state == "closed"
    assert "**Declared.**" in said(hub)


def test_nothing_is_declared_while_nobody_can_say_who_may(hub: GitHubServer, phone: Phone) -> None:
    hub.faults.append(Fault("repos/get-collaborator-permission-level", "unavailable", times=None))
    issue, done = phone.declare("Checkout is down", body())
    assert done.code == 3, str(done)
    assert "Run this job again" in done.err
    assert nothing_was_declared(hub)
    hub.faults.clear()
    assert phone.run(phone.event(issue)).code == 0
