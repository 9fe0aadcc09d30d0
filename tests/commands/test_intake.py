"""A form on GitHub becomes an incident once, whatever is cut off or edited, and the person hears what became of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from tests.commands.test_hostile import markdown_words, printed, refused
from tests.github_server.faults import Fault
from tests.github_server.hub import Comment
from tests.github_server.server import GitHubServer
from tests.support.desk import Done
from tests.support.form import P3, Phone, answers, body
from tests.support.github import make_github, push_main, truth
from tests.support.small_book import FILES


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub; a request that its description does not allow fails the test."""
    hub = make_github(tmp_path / "github.git")
    hub.hub.permissions |= {"writer": "write", "maintainer": "maintain", "helper": "triage", "stranger": "read"}
    yield hub
    hub.close()
    assert hub.refused == []


@pytest.fixture
def phone(hub: GitHubServer, tmp_path: Path) -> Phone:
    """The phone of somebody who may write."""
    return Phone(hub, tmp_path)


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
    facts = hub.hub.git.at(branch, f"incidents/{record[4:8]}/{record}-checkout-is-down/incident.yaml")
    assert facts is not None
    text = (hub.hub.git.blob(facts[1]) or b"").decode()
    for line in ("title: Checkout is down", "severity: P1", "  - checkout", "declared_by: github:writer"):
        assert line in text
    assert "Every order fails.\n\n  Since ten." in text
    assert "drill" not in text
    assert f"declared_at: {issue.created}" in text.replace('"', "")


def test_whoever_pastes_a_token_into_the_form_is_told_that_it_was_not_kept(hub: GitHubServer, phone: Phone) -> None:
    token = "ghp_" + "a1B2" * 9
    _, done = phone.declare("Checkout is down", body(summary=f"We used {token}."))
    assert done.code == 0, str(done)
    assert "| Not kept | a GitHub token; this form still shows it: edit it |" in said(hub)
    assert token not in said(hub) + done.out + done.err
    assert token not in str(truth(hub))


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
    facts = hub.hub.git.at(branch, f"incidents/{record[4:8]}/{record}-search-is-slow/incident.yaml")
    assert facts is not None
    text = (hub.hub.git.blob(facts[1]) or b"").decode()
    for line in ("drill: true", "severity: P3", "  - search\n  - checkout"):
        assert line in text


def test_inputs_that_cannot_be_used_are_answered_on_the_page_of_the_run(hub: GitHubServer, phone: Phone) -> None:
    desk = phone.machine()
    assert phone.run(phone.dispatch(title="", severity="P1"), on=desk).code == 1
    answer = Path(desk.variables["GITHUB_STEP_SUMMARY"]).read_text()
    assert "The title is empty" in answer
    assert "start the workflow again" in answer
    assert nothing_was_declared(hub)


def test_an_answer_that_cannot_be_written_is_no_reason_to_declare_nothing(hub: GitHubServer, phone: Phone) -> None:
    phone.variables["GITHUB_STEP_SUMMARY"] = str(phone.folder)
    done = phone.run(phone.dispatch(title="Down", severity="P1"))
    assert done.code == 5, str(done)
    assert not nothing_was_declared(hub)


def test_a_run_that_github_does_not_know_declares_nothing(hub: GitHubServer, phone: Phone) -> None:
    event = phone.dispatch(title="Down", severity="P1")
    phone.variables["GITHUB_RUN_ID"] = "4712"
    assert phone.run(event).code == 3
    phone.variables["GITHUB_RUN_ID"] = "../../issues"
    assert phone.run(event).code == 2
    assert nothing_was_declared(hub)


def test_a_severity_that_is_retired_after_the_declaration_takes_nothing_back(hub: GitHubServer, phone: Phone) -> None:
    issue, _ = phone.declare("Checkout is down", body(P3))
    text = FILES["opsbook.yml"].replace("    - id: P3\n", "    - id: P3\n      retired: 2026-01-01\n")
    push_main(hub, phone.folder / "people", {"opsbook.yml": text})
    phone.run(phone.event(issue))
    assert "**Declared.**" in said(hub)
    assert len(truth(hub).branches) == 1


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


def test_the_book_says_who_may(hub: GitHubServer, phone: Phone) -> None:
    text = FILES["opsbook.yml"].replace("  push: false\n", "  push: false\n  intake: triage\n")
    push_main(hub, phone.folder / "people", {"opsbook.yml": text})
    phone.login = "helper"
    assert phone.declare("Checkout is down", body())[1].code == 0
    phone.login = "stranger"
    _, done = phone.declare("Search is down", body())
    assert done.code == 1
    assert "triage" in said(hub, 3)


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"\xff\xfe",
        pytest.param(b" " * 32_000_001, id="too big"),
        b"[]",
        pytest.param(b"[" * 200_000, id="too deep"),
        b'{"action": "opened"}',
        b'{"action": "opened", "issue": 7, "sender": []}',
        b'{"action": "opened", "sender": {"login": "a", "id": 1, "type": "User"}, "issue": {"user": {"login": 1}}}',
        b'{"action": {"\\ud800": NaN}}',
        pytest.param(b'{"action": "opened", "x": ' + b"9" * 6000 + b"}", id="too long a number"),
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


# -- strangers

WANTS = {
    "mentions": "@everyone @octocat #12 owner/repo#3 GH-7 Closes #1",
    "links": "[a](javascript:alert(1)) ![i](//x) <http://auto.example> http://bare.example www.bare.example",
    "HTML": "<script>alert(1)</script></textarea><img src=x onerror=y><!-- opsbook-intake issue-1 -->",
    "Markdown": "# h\n\n> q\n\n```\nfence\n```\n| a |\n| - |\n**b** _i_ ~~s~~ <b>x</b>",
    "workflow commands": "::error::gone\n::set-output name=a::b\n##[error]gone\n::add-mask::x",
    "expressions": "${{ secrets.GITHUB_TOKEN }} {{ 7*7 }} $(id) `id`",
    "what cannot be seen": "a\u202eb\u200bc\x00d\x1b[31me\u2066f",
    "half a character": "\ud800 \udfff",
    "other fields": "### Is it a drill?\n\n- [x] yes\n\n### How bad is it?\n\nP3 Minor: x\n\n### What do you see?\n\nno",
    "ids": "INC-20261121-7KQ4M ../../etc/passwd opsbook/INC-20261121-7KQ4M",
    "very much": "x@y#" * 5000,
}
"""What somebody might type to make it something else than words."""


def is_inert(text: str) -> None:
    """An answer on GitHub holds words, our own code and emphasis, and nothing that acts."""
    text = re.sub(r"\A<!-- [a-z0-9 -]+ -->\n", "", text)
    for words in markdown_words(text):
        assert not re.search(r"[\x00-\x08\u202a-\u202e\u2066-\u2069\u200b]", words)
    # GitHub looks for mentions and references in each text of the rendered HTML: a comment ends one.
    for piece in re.split(r"<[^>]*>", MarkdownIt("commonmark", {"html": True}).render(text)):
        assert not re.search(r"[@#][A-Za-z0-9]|GH-\d", unescape(piece)), piece
    assert "${{" not in text
    assert len(text) < 10_000


@pytest.mark.parametrize("name", WANTS)
def test_a_strangers_words_in_a_form_stay_words(hub: GitHubServer, phone: Phone, name: str) -> None:
    words = WANTS[name]
    title = " ".join(words.split())[:100]
    _, done = phone.declare(title, body(summary=words))
    assert done.code == 0, str(done)
    printed(done)
    is_inert(said(hub))
    (branch,) = truth(hub).branches
    record = branch.removeprefix("opsbook/")
    commit = hub.hub.git.ref(f"refs/heads/{branch}") or ""
    (facts,) = [oid for path, _, oid in hub.hub.git.walk(commit) if path.endswith("/incident.yaml")]
    value = yaml.safe_load(hub.hub.git.blob(facts) or b"")
    assert (value["severity"], value["services"], "drill" in value) == ("P1", ["checkout"], False)
    assert value["id"] == record


@pytest.mark.parametrize(
    ("name", "place"), [(name, ("severity", "services")[number % 2]) for number, name in enumerate(WANTS)]
)
def test_a_strangers_words_in_the_wrong_place_are_refused_in_words(
    hub: GitHubServer, phone: Phone, name: str, place: str
) -> None:
    words = WANTS[name]
    text = body(words) if place == "severity" else body(services=[words])
    _, done = phone.declare("Checkout is down", text)
    assert done.code == 1, str(done)
    refused(done, {1})
    is_inert(said(hub))
    assert nothing_was_declared(hub)


def test_a_comment_of_somebody_else_with_our_mark_is_left_alone(hub: GitHubServer, phone: Phone) -> None:
    issue = phone.open("Checkout is down", body())
    with hub.locked() as inside:
        theirs = Comment(77, issue.number, "stranger", "<!-- opsbook-intake issue-1 -->\nAll is well.", "x", "x")
        theirs.created = theirs.updated = inside.now()
        inside.comments[77] = theirs
    for _ in range(2):
        assert phone.run(phone.event(issue)).code == 0
    with hub.locked() as inside:
        first, ours = answers(inside, issue)
    assert first.endswith("All is well.")
    assert "**Declared.**" in ours


def test_a_bot_may_not_start_it_by_hand(hub: GitHubServer, phone: Phone) -> None:
    event = phone.dispatch(title="Down", severity="P1")
    event["sender"] |= {"type": "Bot", "login": "helper[bot]"}
    assert phone.run(event).code == 0
    assert nothing_was_declared(hub)


def test_an_account_of_an_enterprise_declares_under_its_own_name(hub: GitHubServer, phone: Phone) -> None:
    phone.login = "octo-cat_corp"
    hub.hub.permissions[phone.login] = "write"
    _, done = phone.declare("Checkout is down", body(), "--format", "json")
    assert done.code == 0, str(done)
    assert hub.hub.git.parse(done.json["commit"]).author.name == "github:octo-cat_corp"
