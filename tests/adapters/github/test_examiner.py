"""GitHub is examined by trying: each permission, setting and fault is said in words, and nothing comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from opsbook.adapters.github.examiner import GitHubExaminer
from opsbook.core.config import CoreConfig, ForgeSettings
from opsbook.core.examined import Examined
from opsbook.core.times import Times
from tests.contracts.examiner import ExaminerContract, read_aloud
from tests.github_server.faults import KINDS, Fault, When
from tests.github_server.hub import valid_ref
from tests.github_server.server import GitHubServer
from tests.support.clock import START
from tests.support.github import TOKEN, make_github

HEADERS = [
    "GitHub-Authentication-Token-Expiration", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
]  # fmt: skip

VALUES = st.one_of(st.text(st.characters(min_codepoint=32, max_codepoint=126)), st.integers(min_value=0).map(str))

BREAKS = {
    "refuses the token": "bad credentials",
    "answers nonsense": "unreadable",
    "breaks off": "reset",
    "fails inside": "bad gateway",
}


def now() -> datetime:
    """The clock of this machine and of the server."""
    return START


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub; a request that its description does not allow fails the test."""
    server = make_github(tmp_path / "github.git", now=now)
    yield server
    server.close()
    assert server.refused == []


def examiner(server: GitHubServer, **more: Any) -> GitHubExaminer:
    """An examiner of a repository to which the token may write."""
    given: dict[str, Any] = {
        "token": TOKEN, "repository": "example/book", "url": server.url, "now": now, "timeouts": (1.0, 1.0),
        "core": CoreConfig(timezone="Europe/London", forge=ForgeSettings(main=more.pop("main", "main"))),
    }  # fmt: skip
    return GitHubExaminer(**{**given, **more})


def found(server: GitHubServer, **more: Any) -> dict[str, Examined]:
    """What is not fine, by what it is about."""
    items = [item for item in examiner(server, **more).examine() if item.state != "fine"]
    for item in items:
        read_aloud(item, (TOKEN, "readers-token"))
    assert len({item.what for item in items}) == len(items), items
    return {item.what: item for item in items}


class World:
    """A GitHub that somebody has set up well."""

    secrets = (TOKEN,)

    def __init__(self, server: GitHubServer) -> None:
        self.server = server

    def examiner(self) -> GitHubExaminer:
        return examiner(self.server)

    def nothing_set_up(self) -> GitHubExaminer:
        return examiner(self.server, token="", repository="")

    def break_down(self, how: str) -> None:
        if how == "cannot be reached":
            self.server.url = "http://127.0.0.1:9"
        else:
            self.server.faults.append(Fault("*", BREAKS[how], times=None))

    def everything(self) -> object:
        hub = self.server.hub
        return (hub.git.refs(""), dict(hub.issues), dict(hub.comments), dict(hub.labels), hub.dispatched)


class TestGitHub(ExaminerContract):
    """Over HTTP, with the real library."""

    @pytest.fixture
    def world(self, server: GitHubServer) -> World:
        return World(server)


def test_what_is_fine_is_said_too(server: GitHubServer) -> None:
    said = {item.what: item.says for item in examiner(server).examine()}
    assert said == {
        "token": "GitHub accepts it, and shows example/book to it.",
        "clock": "This machine and GitHub agree on the time.",
        "main branch": "main is there, and is the default branch.",
        "contents": "The token may keep records: write commits.",
        "pull requests": "The token may open pull requests.",
        "labels": "The token may comment on pull requests and label them.",
        "rules": "No ruleset stands in the way of the branches opsbook/** and opsbook-receipts.",
    }
    assert sum(server.calls().values()) <= 8


def test_what_is_asked_for_can_never_exist(server: GitHubServer) -> None:
    list(examiner(server).examine())
    (pull,) = (item.body for item in server.seen if item.operation == "pulls/create")
    assert not valid_ref(f"refs/heads/{pull['head']}")
    (label,) = (item.body for item in server.seen if item.operation == "issues/create-label")
    assert len(label["name"]) > 50
    assert not re.fullmatch(r"[0-9a-f]{3}|[0-9a-f]{6}", label["color"], re.IGNORECASE)


@pytest.mark.parametrize(
    ("operation", "what", "permission"),
    [
        ("git/create-blob", "contents", "Contents"),
        ("pulls/create", "pull requests", "Pull requests"),
        ("issues/create-label", "labels", "Issues"),
    ],
)
@pytest.mark.parametrize("kind", ["scope", "not found"])
def test_a_permission_that_is_missing_is_named_and_only_that(
    server: GitHubServer, operation: str, what: str, permission: str, kind: str
) -> None:
    server.faults.append(Fault(operation, kind, times=None))
    (item,) = found(server).values()
    assert (item.what, item.state) == (what, "missing")
    assert f"“{permission}: Read and write”" in item.remedy


def test_a_workflow_is_told_of_the_switch_that_forbids_it_pull_requests(server: GitHubServer) -> None:
    server.faults.append(Fault("pulls/create", "scope", times=None))
    (item,) = found(server, in_actions=True).values()
    assert "/example/book/settings/actions" in item.remedy


def test_a_token_that_may_not_even_read_is_said_and_the_rest_is_tried(server: GitHubServer) -> None:
    server.faults.append(Fault("repos/get-branch", "scope", times=None))
    (item,) = found(server).values()
    assert (item.what, item.state, item.says) == ("main branch", "missing", "The token may not read main.")
    assert server.calls()["pulls/create"] == 1


def test_a_ruleset_that_is_not_shown_is_a_note(server: GitHubServer) -> None:
    server.hub.rules.append(("opsbook/*", "creation", 7))
    server.faults.append(Fault("repos/get-repo-ruleset", "not found", times=None))
    (item,) = found(server).values()
    assert (item.what, item.state) == ("rules", "note")


def test_a_token_of_somebody_who_may_only_read_may_do_none_of_it(server: GitHubServer) -> None:
    said = found(server, token="readers-token")
    assert set(said) == {"contents", "pull requests", "labels"}
    assert all(item.state == "missing" and "/settings/access" in item.remedy for item in said.values())


@pytest.mark.parametrize(
    ("kind", "what", "words", "remedy"),
    [
        ("bad credentials", "token", "does not accept GITHUB_TOKEN", "/settings/personal-access-tokens"),
        ("not found", "repository", "shows no repository example/book", "Repository access"),
        ("moved", "repository", "has another name now", "/example/book: it leads there"),
    ],
)
def test_a_repository_that_is_not_shown_says_why(
    server: GitHubServer, kind: str, what: str, words: str, remedy: str
) -> None:
    server.faults.append(Fault("repos/get", kind, times=None))
    (item,) = found(server).values()
    assert (item.what, item.state) == (what, "missing")
    assert words in item.says
    assert remedy in item.remedy
    assert set(server.calls()) == {"repos/get"}  # and nothing else is asked for


def test_single_sign_on_is_told_apart_from_a_missing_permission(server: GitHubServer) -> None:
    server.faults.append(Fault("repos/get", "scope", times=None))
    (item,) = found(server).values()
    assert "single sign-on" in item.says
    assert "Configure SSO" in item.remedy


def test_a_repository_that_is_archived_is_said_at_once(server: GitHubServer) -> None:
    server.hub.facts["archived"] = True
    (item,) = found(server).values()
    assert (item.what, item.state) == ("repository", "missing")
    assert "archived" in item.says


def test_issues_that_are_switched_off_are_a_note(server: GitHubServer) -> None:
    server.hub.facts["has_issues"] = False
    (item,) = found(server).values()
    assert (item.what, item.state) == ("issues", "note")


def test_a_main_branch_that_is_not_there_is_compared_with_the_default(server: GitHubServer) -> None:
    item = found(server, main="trunk")["main branch"]
    assert item.state == "missing"
    assert "no branch trunk" in item.says
    assert "Set `forge.main` in opsbook.yml to main" in item.remedy
    server.hub.facts["default_branch"] = "develop"
    item = found(server)["main branch"]
    assert item.state == "note"
    assert "default branch on GitHub is develop" in item.says


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=90), "1 minute behind GitHub's"),
        (-timedelta(minutes=20), "minutes ahead of GitHub's"),
        (timedelta(hours=3), "hours behind GitHub's"),
    ],
)
def test_a_clock_that_is_wrong_is_said_with_its_size(server: GitHubServer, ahead: timedelta, words: str) -> None:
    server.ahead = ahead
    (item,) = found(server).values()
    assert (item.what, item.state) == ("clock", "missing")
    assert words in item.says


def test_a_clock_that_is_a_little_off_is_fine(server: GitHubServer) -> None:
    server.ahead = timedelta(seconds=40)
    assert found(server) == {}


@pytest.mark.parametrize("left", [timedelta(days=3, minutes=5), timedelta(hours=5)])
@pytest.mark.parametrize("zone", ["UTC", "+0000", "+0100", "-0500"])
def test_a_token_that_expires_soon_is_a_note(server: GitHubServer, left: timedelta, zone: str) -> None:
    end = (now() + left).astimezone(datetime.strptime(zone.replace("UTC", "+0000"), "%z").tzinfo)
    server.always["GitHub-Authentication-Token-Expiration"] = f"{end:%Y-%m-%d %H:%M:%S} {zone}"
    (item,) = found(server).values()
    assert (item.what, item.state) == ("token", "note")
    assert item.says == f"It expires at {Times(now(), 'Europe/London').full(end)}."


@pytest.mark.parametrize("text", ["now", "in a year", "nonsense", ""])
def test_an_expiry_that_is_far_off_or_makes_no_sense_is_not_spoken_of(server: GitHubServer, text: str) -> None:
    moments = {"now": now(), "in a year": now() + timedelta(days=365)}
    value = f"{moments[text]:%Y-%m-%d %H:%M:%S} UTC" if text in moments else text
    server.always["GitHub-Authentication-Token-Expiration"] = value
    assert found(server) == {}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(dict.fromkeys(HEADERS, "999999999999"))
@given(st.fixed_dictionaries(dict.fromkeys(HEADERS, VALUES)))
def test_whatever_stands_in_the_headers_nothing_breaks(server: GitHubServer, headers: dict[str, str]) -> None:
    server.always = headers
    for item in examiner(server).examine():
        read_aloud(item, (TOKEN,))


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if "limit" in name or kind.status == 429])
@pytest.mark.parametrize("operation", ["repos/get", "git/create-blob", "pulls/create"])
def test_a_limit_is_not_taken_for_a_missing_permission(server: GitHubServer, kind: str, operation: str) -> None:
    server.faults.append(Fault(operation, kind, times=None))
    items = list(found(server).values())
    assert [item.state for item in items] == ["unknown"]
    assert "wait" in items[0].says


@pytest.mark.parametrize(
    "rule", ["creation", "update", "pull_request", "required_signatures", "required_status_checks"]
)
def test_a_rule_that_would_stop_a_record_is_seen_before_it_does(server: GitHubServer, rule: str) -> None:
    server.hub.rules.append(("opsbook/*", rule, 7))
    item = found(server)["rules"]
    assert item.state == "missing"
    assert item.says.startswith("A rule holds for opsbook/**: ")
    assert "/settings/rules" in item.remedy


@pytest.mark.parametrize("answer", ["always", "exempt"])
def test_a_rule_that_the_token_may_bypass_stops_nobody(server: GitHubServer, answer: str) -> None:
    server.hub.rules.append(("opsbook-receipts", "update", 7))
    assert found(server)["rules"].state == "missing"
    server.hub.bypasses[7] = answer
    assert found(server) == {}


def test_a_rule_for_main_or_about_force_stops_nobody(server: GitHubServer) -> None:
    server.hub.rules += [("main", "pull_request", 7), ("opsbook/*", "non_fast_forward", 8)]
    assert found(server) == {}


def test_half_a_set_up_says_which_half_is_missing(server: GitHubServer) -> None:
    token_only = found(server, repository="")["set-up"]
    assert (token_only.state, "without GITHUB_REPOSITORY" in token_only.says) == ("note", True)
    other = found(server, token="")["set-up"]
    assert (other.state, "without GITHUB_TOKEN" in other.says) == ("missing", True)
    assert found(server, token="", in_actions=True)["set-up"].state == "note"
    assert server.seen == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"repository": "just-a-name"}, "OWNER/NAME"),
        ({"token": "two words"}, "one word"),
        ({"url": "http://elsewhere.example"}, "Leave it out"),
    ],
)
def test_a_setting_that_cannot_be_used_says_how_to_write_it(
    server: GitHubServer, given: dict[str, str], words: str
) -> None:
    (item,) = found(server, **given).values()
    assert item.state == "missing"
    assert words in item.remedy
    assert server.seen == []


def test_a_github_that_does_not_answer_is_given_up_soon(server: GitHubServer) -> None:
    server.faults.append(Fault("*", "timeout", times=None))
    (item,) = found(server, timeouts=(0.5, 0.5)).values()
    assert item.state == "unknown"
    assert "did not answer in time" in item.says
    assert len(server.seen) == 1


def test_one_question_without_an_answer_does_not_hide_the_others(server: GitHubServer) -> None:
    server.faults.append(Fault("pulls/create", "unavailable", times=None))
    assert {item.what: item.state for item in examiner(server).examine()} == {
        "token": "fine", "clock": "fine", "main branch": "fine", "contents": "fine", "pull requests": "unknown",
        "labels": "fine", "rules": "fine",
    }  # fmt: skip


CALLS = (
    "repos/get",
    "repos/get-branch",
    "git/create-blob",
    "pulls/create",
    "issues/create-label",
    "repos/get-branch-rules",
)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("kind", "when"), [(kind.name, when) for kind in KINDS.values() for when in kind.whens])
def test_whatever_goes_wrong_with_any_call_is_said_in_words(
    server: GitHubServer, call: str, kind: str, when: When
) -> None:
    before = World(server).everything()
    server.faults.append(Fault(call, kind, when, times=None))
    items = list(examiner(server, timeouts=(0.3, 0.3)).examine())
    for item in items:
        read_aloud(item, (TOKEN,))
    assert [item for item in items if not item.is_good] or kind in ("invalid", "not found")
    assert World(server).everything() == before
