"""A story is opened once, fed once with everything, closed with its incident, and left to people otherwise."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from opsbook.adapters.github import story
from opsbook.adapters.github.examiner import StoryExaminer
from opsbook.adapters.github.story import StorySink
from opsbook.core.announcement import Announcement
from opsbook.core.intake import all_intakes
from opsbook.core.ports import Asked
from opsbook.kinds import registry
from tests.contracts.examiner import ExaminerContract
from tests.contracts.sink import SinkContract
from tests.github_server.faults import KINDS, Fault
from tests.github_server.hub import Comment, Issue
from tests.github_server.server import GitHubServer
from tests.support.announcements import DECLARED, IDENTIFIED, RESOLVED, UPDATE, announcements
from tests.support.clock import START
from tests.support.github import TIMEOUTS, TOKEN, api, make_github
from tests.support.ledger import Ledger
from tests.support.sweeps import STORIES, Sweep, leaks
from tests.support.tries import tries

PLACE = "story:github:this"
OPENED, FOUND, TOLD, OVER = (replace(item, audience=PLACE) for item in (DECLARED, IDENTIFIED, UPDATE, RESOLVED))
AGAIN = replace(
    FOUND,
    fact="20261121T120000Z-again.yaml",
    standing=replace(DECLARED.standing, revision=5) if DECLARED.standing is not None else None,
)
BREAKS = {
    "refuses the token": "bad credentials",
    "answers nonsense": "unreadable",
    "breaks off": "reset",
    "fails inside": "bad gateway",
}
MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": False})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub; a request that its description does not allow fails the test."""
    server = make_github(tmp_path / "github.git", now=lambda: START)
    yield server
    server.close()
    assert server.refused == []


def key(item: Announcement) -> str:
    return item.key("github")


def stories(server: GitHubServer) -> list[Issue]:
    """The issues that are no pull requests, in order."""
    with server.locked() as hub:
        return [issue for issue in hub.issues.values() if not issue.head]


def comments(server: GitHubServer) -> list[str]:
    with server.locked() as hub:
        return [item.body for item in hub.comments.values()]


def keys(server: GitHubServer) -> list[str]:
    """The marker of everything that was said."""
    said = [*(issue.body or "" for issue in stories(server)), *comments(server)]
    return [key for text in said for key in re.findall(r"\A<!-- opsbook-said (\S+) -->", text)]


def read(text: str) -> str:
    """What a reader sees of Markdown."""
    return html.unescape(re.sub(r"<[^>]*>", "", MARKDOWN.render(text)))


class Tracker:
    """A tracker, and what stands in it."""

    def __init__(self, server: GitHubServer) -> None:
        self._server = server
        self.sink = StorySink(api(server))

    def said(self) -> list[str]:
        found = [f"{issue.title}\n{read(issue.body or '')}" for issue in stories(self._server)]
        return [*found, *map(read, comments(self._server))]

    def break_down(self) -> None:
        self._server.faults.append(Fault("*", "unavailable", times=None))

    def is_inert(self, text: str) -> bool:
        bodies = [*(issue.body or "" for issue in stories(self._server)), *comments(self._server)]
        titles = [issue.title for issue in stories(self._server)]
        return not any(map(acts, bodies)) and not any(re.search(r"[@#]|://|[\n\r]", title) for title in titles)


def acts(body: str) -> bool:
    """Whether a text does anything but stand there: it mentions, refers, or leads somewhere without being told to."""

    def every(tokens: list[Token]) -> Iterator[Token]:
        for token in tokens:
            yield token
            yield from every(token.children or [])

    for token in every(MARKDOWN.parse(body)):
        if token.type in ("image", "code_inline", "fence", "code_block", "heading_open", "table_open", "s_open"):
            return True
        if token.type == "link_open" and not str(token.attrs["href"]).startswith(("https://", "http://")):
            return True
        if token.type in ("html_inline", "html_block") and not re.fullmatch(
            r"(<br>|<!-- (opsbook-[a-z-]+ ?\S* )?-->|\n)+", token.content
        ):
            return True
    lines = re.sub(r"\]\(<[^>]*>\)|<!-- opsbook-\S+ \S* ?-->", "", body)
    return bool(re.search(r"[@#](?!<!-- -->)", lines))


class TestStory(SinkContract):
    @pytest.fixture
    def world(self, server: GitHubServer) -> Tracker:
        return Tracker(server)


class StoryWorld:
    """A tracker that can be examined."""

    secrets = (TOKEN,)

    def __init__(self, server: GitHubServer) -> None:
        self._server = server

    def examiner(self) -> StoryExaminer:
        return StoryExaminer(TOKEN, "example/book", self._server.url, (1.0, 1.0))

    def nothing_set_up(self) -> StoryExaminer:
        return StoryExaminer("", "example/book", self._server.url)

    def break_down(self, how: str) -> None:
        if how == "cannot be reached":
            self._server.url = "http://127.0.0.1:9"
        else:
            self._server.faults.append(Fault("*", BREAKS[how], times=None))

    def everything(self) -> object:
        hub = self._server.hub
        return dict(hub.issues), dict(hub.comments), dict(hub.labels)


class TestExaminer(ExaminerContract):
    @pytest.fixture
    def world(self, server: GitHubServer) -> StoryWorld:
        return StoryWorld(server)


def test_a_story_says_what_it_is_about_and_is_closed_and_opened_again_with_its_incident(server: GitHubServer) -> None:
    sink = StorySink(api(server))
    assert sink.send(OPENED, key(OPENED)).reference == "example/book#1"
    (issue,) = stories(server)
    assert issue.title == "INC-20261121-7KQ4M P1: Checkout is down"
    assert issue.labels == ["incident"]
    shown = read(issue.body or "")
    for words in (
        "P1 incident: Checkout is down",
        "Lead: On-call engineer A",
        "Look at the dashboards.",
        "Incident page",
    ):
        assert words in shown
    assert "](<https://ops.example/incidents/2026/x/>)" in (issue.body or "")
    assert sink.send(FOUND, key(FOUND)).reference.startswith("example/book#1/")
    assert (issue.state, read(comments(server)[0]).strip()) == ("open", "Identified: Checkout is down")
    assert "Status: identified" in read(issue.body or "")
    StorySink(api(server)).send(OVER, key(OVER))
    assert (issue.state, issue.title) == ("closed", "INC-20261121-7KQ4M Resolved: Checkout is down")
    sink.send(AGAIN, key(AGAIN))
    assert (issue.state, issue.title) == ("open", "INC-20261121-7KQ4M P1: Checkout is down")
    assert len(stories(server)) == 1
    assert keys(server) == [key(item) for item in (OPENED, FOUND, OVER, AGAIN)]


def test_an_older_state_that_comes_late_is_said_and_does_not_replace_a_newer_one(server: GitHubServer) -> None:
    sink = StorySink(api(server))
    for item in (OPENED, OVER, FOUND):
        assert sink.send(item, key(item)).outcome == "done"
    (issue,) = stories(server)
    assert (issue.state, "Status: resolved" in read(issue.body or "")) == ("closed", True)


def test_what_people_write_in_a_story_stays(server: GitHubServer) -> None:
    StorySink(api(server)).send(OPENED, key(OPENED))
    with server.locked() as hub:
        issue = hub.issues[1]
        issue.body = (issue.body or "").replace("\n", "\r\n") + "\r\nEstimate: 3 points"
        issue.title = "Checkout, again"
    StorySink(api(server)).send(FOUND, key(FOUND))
    assert issue.title == "Checkout, again"
    assert (issue.body or "").endswith("Estimate: 3 points")
    assert "Status: identified" in read(issue.body or "")


def test_a_stranger_who_writes_a_marker_keeps_nothing_from_being_said(server: GitHubServer) -> None:
    with server.locked() as hub:
        forged = hub.open_issue(by="public-stranger", title="x", body=story.body(OPENED, key(OPENED)))
        forged.labels.append("bug")
        hub.labels["incident"] = ("b60205", "")
        forged.labels.append("incident")
    sink = StorySink(api(server))
    assert sink.find(OPENED, key(OPENED)).outcome == "not done"
    sink.send(OPENED, key(OPENED))
    with server.locked() as hub:
        hub.comments[1] = Comment(1, 2, "public-stranger", story.comment(FOUND, key(FOUND)), hub.now(), hub.now())
    assert sink.find(FOUND, key(FOUND)).outcome == "not done"
    assert sink.send(FOUND, key(FOUND)).reference.startswith("example/book#2/")


def test_a_story_that_a_person_s_token_opens_is_not_taken_for_a_form() -> None:
    form = Asked("issue-2", "issue 2", "oncall-a", "octo-fiction", 7, START, body=story.body(OPENED, key(OPENED)))
    form = form._replace(title=story.title(OPENED), place=2)
    assert [intake for intake in all_intakes(registry()) if intake.read(form) is not None] == []


def test_a_story_that_somebody_deleted_is_opened_anew(server: GitHubServer) -> None:
    with server.locked() as hub:
        hub.open_issue(by="bot", title="Something else", body="")
    sink = StorySink(api(server))
    sink.send(OPENED, key(OPENED))
    with server.locked() as hub:
        del hub.issues[2]
    assert sink.send(FOUND, key(FOUND)).outcome == "done"
    assert [issue.title for issue in stories(server)] == ["Something else", "INC-20261121-7KQ4M P1: Checkout is down"]


def test_a_repository_without_issues_and_a_token_without_labels_say_what_is_wrong(server: GitHubServer) -> None:
    with server.locked() as hub:
        hub.facts["has_issues"] = False
    sent = StorySink(api(server)).send(OPENED, key(OPENED))
    assert (sent.outcome, bool(sent.error)) == ("not done", True)
    (found,) = StoryWorld(server).examiner().examine()
    assert (found.state, "has issues switched off" in found.says) == ("missing", True)


@given(announcements())
@tries(60)
def test_whatever_people_type_fits_a_story_and_acts_on_nothing(announcement: Announcement) -> None:
    text, line = story.body(announcement, key(announcement)), story.title(announcement)
    assert len(text) < 65_536
    assert 0 < len(line) <= 256
    assert not acts(text)
    assert not re.search(r"[@#]|://|[\n\r]", line)


# -- every call × kind of failure × before or after the effect × once or for good

WRITES = ("issues/create", "issues/create-comment", "issues/update")
READS = ("issues/get", "issues/list-for-repo")
FAILURES = {
    **dict.fromkeys(WRITES, ("scope", "rate limit", "server error", "timeout", "reset", "unreadable")),
    **dict.fromkeys(READS, ("scope", "not found", "timeout", "reset")),
    "*": ("scope", "reset"),
}
FAULTS = [
    Fault(call, kind, when, times)
    for call, kinds in FAILURES.items()
    for kind in kinds
    for when in KINDS[kind].whens
    for times in (1, None)
    # A read has no effect to come after, and an answer that is waited for in vain for good ends as a reset does.
    if (when == "before" or call not in READS) and (kind != "timeout" or times == 1)
]
CHANGES = {"declaring": (OPENED,), "updating": (FOUND, TOLD), "resolving": (OVER,)}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f.call}-{f.kind}-{f.when}-{f.times}")
def test_after_any_fault_a_story_holds_everything_once(
    fault: Fault, server: GitHubServer, sweep: Sweep, overheard: Callable[[], str]
) -> None:
    ledger = Ledger()

    def speak(change: str, minutes: int) -> None:
        earlier = lambda record: {at: receipt.reference for at, receipt in ledger.receipts(record).items()}  # noqa: E731
        waits = (0.3, 0.3) if server.faults and fault.kind == "timeout" else TIMEOUTS
        sink = StorySink(api(server, timeouts=waits), earlier=earlier)
        told = ledger.speak(change, CHANGES[change], sink, minutes=minutes)
        assert all(item.ok or item.error for item in told)
        assert leaks("".join(item.error for item in told), TOKEN, "Checkout is down") == []

    server.faults.append(replace(fault))
    for minutes, change in enumerate(CHANGES):
        speak(change, minutes)
    server.faults.clear()
    for minutes, change in enumerate(CHANGES, 11):
        speak(change, minutes)
    assert all(receipt.reference for receipt in ledger.kept.values()), "unsettled"
    said = [key(item) for change in CHANGES.values() for item in change]
    assert sorted(keys(server)) == sorted(said), "lost, or said twice"
    (issue,) = stories(server)
    refused_for_good = fault.call == "issues/update" and KINDS[fault.kind].refuses and fault.kind != "rate limit"
    if not refused_for_good:
        assert (issue.state, issue.title) == ("closed", "INC-20261121-7KQ4M Resolved: Checkout is down")
    assert leaks(overheard(), TOKEN, "Checkout is down") == []
    sweep(STORIES, 1)
