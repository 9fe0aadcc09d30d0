"""GitHub as a forge: what it costs, what people read there, what its failures mean, and what races come to."""

from __future__ import annotations

import logging
import re
import shutil
import threading
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.git.repository import Repository
from opsbook.adapters.github.address import site_of
from opsbook.adapters.github.api import Api
from opsbook.adapters.github.forge import connect
from opsbook.adapters.github.words import marker, pull_title, receipts_comment
from opsbook.core.errors import ForgeError, ForgeFault, ForgeUnknown, LostRace, OpsbookError, UsageError
from opsbook.core.ports import LAPSED, Commit, Published, Receipt
from opsbook.core.request import Request
from opsbook.perform import Outcome, performing, reconcile
from tests.github_server.calls import merge
from tests.github_server.faults import KINDS, Fault, When
from tests.github_server.hub import OWNER
from tests.github_server.server import GitHubServer
from tests.support.clock import Clock
from tests.support.github import TOKEN, forge, make_github, merge_pull, office, push_main, truth
from tests.support.repos import ENVIRONMENT, NOW, RECORD, Clone, commit_of
from tests.support.requests import ask
from tests.support.wired import Chat

DECLARE = ask(
    "incident.declare",
    "oncall-a",
    {
        "title": "Checkout <b>is</b> down @everyone fixes #12",
        "severity": "P1",
        "services": ["checkout"],
        "lead": "oncall-a",
        "summary": "Nobody can pay. cc @team, see GH-7 and https://evil.example/x",
    },
)
KEY = f"{RECORD}/declared-team-console-1a2b3c4d5e6f"
BRANCH = f"opsbook/{RECORD}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub with a small book. A request that its description does not allow fails the test."""
    server = make_github(tmp_path / "github.git", now=Clock().now)
    yield server
    server.close()
    assert server.refused == []


@pytest.fixture
def clone(server: GitHubServer, tmp_path: Path) -> Path:
    """A clone on this machine."""
    Clone(tmp_path).git("clone", "--quiet", str(server.hub.git.path), str(tmp_path / "clone"))
    return tmp_path / "clone"


class Desk:
    """A machine with the program, and a chat that everybody shares."""

    def __init__(self, server: GitHubServer, folder: Path, *, clone: Path | None = None) -> None:
        self.chat, self.clock = Chat(), Clock()
        self._server, self._folder, self.clone = server, folder, clone
        self._seeds = iter(range(1, 90))

    def perform(self, request: Request) -> Outcome:
        """Perform a request in a process of its own, as far as the forge can tell."""
        machine = office(
            self._server, self._folder / "state", self.chat, self.clock, seed=next(self._seeds), clone=self.clone
        )
        with performing(request, machine.context) as outcome:
            assert outcome.exit_code == 0, outcome
            return outcome

    def note(self, record: str, text: str = "It is the queue.") -> Outcome:
        """Add a note."""
        return self.perform(ask("incident.note", "oncall-a", {"text": text}, record))

    def reconcile(self) -> None:
        """Reconcile, ten minutes later; nothing may be left to do."""
        self.clock.later(minutes=10)
        machine = office(self._server, self._folder / "other", self.chat, self.clock, seed=99, clone=self.clone)
        assert reconcile(machine.context).exit_code == 0


@pytest.fixture
def desk(server: GitHubServer, tmp_path: Path) -> Desk:
    """A machine without a clone."""
    return Desk(server, tmp_path)


def publish(forge: GitForge, commit: Commit) -> Published:
    """Publish on the head as it is."""
    return forge.publish(forge.head(commit.plan.record), commit)


# -- what it costs


def test_a_declaration_is_one_push_and_three_writing_calls_and_a_note_one_push(
    server: GitHubServer, tmp_path: Path, clone: Path
) -> None:
    desk = Desk(server, tmp_path, clone=clone)
    desk.perform(DECLARE)
    server.forget()
    record = desk.perform(ask("incident.declare", "oncall-b", {"title": "Search is slow", "severity": "P2"})).id
    fetch, push = ["upload-pack/refs", "upload-pack"], ["receive-pack/refs", "receive-pack"]
    shown = ["issues/add-labels", "issues/create-comment"]
    # The second push brings the references of what was said, to the branch of receipts alone.
    assert [seen.operation for seen in server.seen] == [*fetch, *push, "pulls/create", *push, *shown]
    server.forget()
    desk.note(record)
    assert [seen.operation for seen in server.seen] == [*fetch, *push]
    desk.clock.later(minutes=5)
    server.forget()
    desk.note(record)
    assert [seen.operation for seen in server.seen] == [*fetch, *push, "pulls/list"]


def test_a_list_is_one_fetch(server: GitHubServer, clone: Path) -> None:
    publish(forge(server), commit_of())
    server.forget()
    assert set(forge(server, clone=clone).open_records()) == {RECORD}
    # What there is, and what of it is not here.
    assert [seen.operation for seen in server.seen] == ["upload-pack/refs", "upload-pack", "upload-pack"]


def test_a_clone_with_commits_whose_files_never_came_stops_nobody(
    server: GitHubServer, tmp_path: Path, clone: Path
) -> None:
    """A fetch that was killed leaves such commits behind."""
    desk, here = Desk(server, tmp_path), Clone(clone)
    record = desk.perform(DECLARE).id
    for number in range(2):
        desk.note(record, f"note {number}")
    here.git("-c", "fetch.unpackLimit=1000", "fetch", "--quiet", str(server.hub.git.path), f"opsbook/{record}")
    objects = here.git("rev-list", "--objects", "--no-object-names", "FETCH_HEAD", "^main").split()
    trees = [oid for oid in objects if here.git("cat-file", "-t", oid).strip() == "tree"]
    for oid in trees:
        (clone / ".git/objects" / oid[:2] / oid[2:]).unlink()
    assert len(trees) > 10
    desk.clone = clone
    desk.note(record, "from the broken clone")
    found = everything(server, record)
    assert [found.count(text) for text in ("note 0", "note 1", "from the broken clone")] == [1, 1, 1]


def test_a_shallow_clone_does_not_mislead(server: GitHubServer, tmp_path: Path) -> None:
    push_main(server, tmp_path / "people", {"services/new.yaml": "name: new\n"})
    address = f"file://{server.hub.git.path}"
    Clone(tmp_path).git("clone", "--quiet", "--depth", "1", address, str(tmp_path / "shallow"))
    ours = forge(server, clone=tmp_path / "shallow")
    publish(ours, commit_of(operation="op1"))
    publish(ours, commit_of(operation="op2"))
    merge_pull(server, RECORD)
    assert forge(server, clone=tmp_path / "shallow").head(RECORD).branch is None
    assert forge(server, clone=tmp_path / "shallow").published(RECORD, "op1") is not None


def test_a_clone_of_the_repository_knows_what_is_open_when_github_is_down(server: GitHubServer, tmp_path: Path) -> None:
    path = tmp_path / "clone"
    address = server.git_url.replace("http://", f"http://x-access-token:{TOKEN}@")
    Clone(tmp_path).git("clone", "--quiet", address, str(path))
    first = publish(forge(server, clone=path), commit_of(operation="op1"))
    second = publish(forge(server, clone=path), commit_of(operation="op2"))
    here = Clone(path).forge()
    # Without a fetch: the commit was made here as it was made there.
    assert here.head(RECORD).branch == second.commit
    assert here.published(RECORD, "op1") is not None
    with server.locked() as hub:
        hub.git.move("refs/heads/opsbook/INC-20261121-0ABCD", first.commit, None)
    assert set(forge(server, clone=path).open_records()) == {RECORD, "INC-20261121-0ABCD"}
    assert set(Clone(path).forge().open_records()) == {RECORD, "INC-20261121-0ABCD"}
    merge_pull(server, RECORD)
    with server.locked() as hub:
        hub.git.move(f"refs/heads/{BRANCH}", None, None)
    forge(server, clone=path).open_records()
    assert Clone(path).forge().head(RECORD).branch is None


# -- what people read


def test_the_pull_request_says_what_it_is_about_and_links_to_the_files(server: GitHubServer, desk: Desk) -> None:
    outcome = desk.perform(DECLARE)
    pull = server.hub.issues[1]
    assert outcome.url == "https://github.example/example/book/pull/1"
    assert pull.title.startswith(f"{outcome.id} P1: Checkout")
    assert pull.body is not None
    for words in (
        "P1 Critical",
        "**Services:** Checkout",
        "**Lead:** On\\-call engineer",
        "Nobody can pay",
        "1. Look at",
    ):
        assert words in pull.body
    assert f"/tree/opsbook/{outcome.id}/{outcome.path})" in pull.body
    assert f"/blob/opsbook/{outcome.id}/{outcome.path}/incident.yaml)" in pull.body
    assert pull.labels == ["incident", "P1"]
    assert server.hub.labels["incident"][0] == "b60205"


def test_a_strangers_words_call_nobody_and_close_nothing(server: GitHubServer, desk: Desk) -> None:
    outcome = desk.perform(DECLARE)
    merge_pull(server, outcome.id)
    pull = server.hub.issues[1]
    main = server.hub.git.ref("refs/heads/main") or ""
    written = [pull.body or "", *truth(server).comments]
    # A title and a message are no Markdown: GitHub escapes them, and still calls people and closes issues.
    for text in [pull.title, server.hub.git.parse(main).message, *written]:
        for hostile in ("@everyone", "@team", "#12", "GH-7", "://evil"):
            assert hostile not in text, text
    assert all("<b>" not in text for text in written)


@given(st.text(max_size=300))
def test_a_title_is_one_harmless_line(text: str) -> None:
    title = pull_title(replace(commit_of().plan, title=text))
    assert title.strip()
    assert len(title) <= 250
    assert not re.search(r"[@#\n\r\x00-\x1f]|://|\bGH-\d", title, re.IGNORECASE)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}-[0-9a-f]{12}", fullmatch=True), st.text(max_size=400), max_size=130))
def test_the_comment_fits_and_calls_nobody(references: dict[str, str]) -> None:
    receipts = {f"{RECORD}/{key}": Receipt(f"{RECORD}/{key}", "op", NOW, text) for key, text in references.items()}
    comment = receipts_comment(RECORD, receipts)
    assert comment.startswith(marker(RECORD))
    assert len(comment) < 65_536
    assert not re.search(r"[@#](?!<!-- -->)\w", comment)
    assert comment.count("\n|") == 2 + min(len(receipts), 100)


def test_the_comment_does_not_say_that_a_reminder_was_told_which_was_let_go() -> None:
    key = f"{RECORD}/silence-incident-slack-0123456789ab"
    row = receipts_comment(RECORD, {key: Receipt(key, "op", NOW, LAPSED)}).splitlines()[-1]
    assert row.endswith("| not due any more |")


def test_one_comment_shows_who_was_told_and_is_edited_in_place(server: GitHubServer, desk: Desk) -> None:
    record = desk.perform(DECLARE).id
    (before,) = truth(server).comments
    desk.perform(ask("incident.update", "oncall-a", {"status": "identified"}, record))
    (after,) = truth(server).comments
    assert f"<!-- opsbook-receipts {record} -->" in before
    assert before.count("\n|") < after.count("\n|")
    assert "message\\-1" in after


def test_a_strangers_comment_with_our_marker_is_left_alone(server: GitHubServer) -> None:
    ours = forge(server)
    publish(ours, commit_of())
    with server.locked() as hub:
        from tests.github_server.hub import Comment

        hub.comments[5] = Comment(5, 1, "stranger", f"<!-- opsbook-receipts {RECORD} --> mine", hub.now(), hub.now())
    server.faults.append(Fault("issues/update-comment", "scope", times=None))
    rival = forge(server)
    rival.claim([Receipt(KEY, "op1", NOW)])
    rival.receipt({KEY: "ts-1"})
    assert [body.split("\n")[0] for body in truth(server).comments] == [
        f"<!-- opsbook-receipts {RECORD} --> mine",
        f"<!-- opsbook-receipts {RECORD} -->",
    ]


@pytest.mark.parametrize("kind", ["scope", "server error", "reset", "invalid"])
def test_a_comment_or_label_that_fails_fails_nothing(server: GitHubServer, kind: str) -> None:
    for call in ("issues/create-comment", "issues/list-comments", "issues/add-labels"):
        server.faults.append(Fault(call, kind, times=None))
    ours = forge(server)
    publish(ours, commit_of())
    assert ours.claim([Receipt(KEY, "op1", NOW)]) == {KEY}
    ours.receipt({KEY: "ts-1"})
    assert ours.receipts()[KEY].reference == "ts-1"


# -- what failures mean

CALLS = ("upload-pack/refs", "upload-pack", "receive-pack/refs", "receive-pack", "pulls/create")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_failure_is_told_apart_and_tells_no_secret(
    server: GitHubServer, caplog: pytest.LogCaptureFixture, kind: str, call: str
) -> None:
    caplog.set_level(logging.DEBUG)
    hangs = KINDS[kind].silent == "hang"
    limits: dict[str, Any] = {"timeouts": (2.0, 0.25), "seconds": 1.0} if hangs else {}
    for when in KINDS[kind].whens:
        server.faults[:] = [Fault(call, kind, when, times=None)]
        commit = commit_of(operation=f"op-{when}", files={"incident.yaml": b"text: SECRET-BODY\n"})
        commit = replace(commit, plan=replace(commit.plan, body="SECRET-BODY"))
        done, error = attempt(forge(server, **limits), commit)
        there = commit.operation in truth(server).operations
        if call == "pulls/create":  # it is on record by then
            assert there
            assert error is None
            assert done is not None
            assert not done.unpushed or "No pull request could be opened for it" in done.unpushed
        elif isinstance(error, ForgeError):
            assert not there, when
        else:
            assert isinstance(error, (ForgeUnknown, LostRace)) or (error is None and there), when
            assert not KINDS[kind].refuses
        words = "".join(traceback.format_exception(error)) + repr(error) + getattr(error, "remedy", "")
        words += done.unpushed if done else ""
        for secret in (TOKEN, "SECRET-BODY"):
            assert secret not in words
            assert secret not in caplog.text
        server.faults.clear()


@pytest.mark.parametrize("kind", ["reset", "server error", "cut short"])
def test_what_cannot_be_read_back_is_unknown(server: GitHubServer, kind: str) -> None:
    ours, commit = forge(server), commit_of(operation=kind.split()[0])
    head = ours.head(RECORD)
    server.faults.append(Fault("receive-pack", kind, "after"))
    server.faults.append(Fault("upload-pack/refs", "bad credentials", times=None))
    with pytest.raises(ForgeUnknown):
        ours.publish(head, commit)
    server.faults.clear()
    assert ours.published(RECORD, commit.operation) is not None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_push_without_an_answer_is_read_back_and_done_once(server: GitHubServer, when: When) -> None:
    ours = forge(server)
    server.faults.append(Fault("receive-pack", "reset", when))
    done = ours.publish(ours.head(RECORD), commit_of(operation="op1"), [Receipt(KEY, "op1", NOW)])
    assert done.claimed == {KEY}
    now = truth(server)
    assert (now.operations, set(now.receipts)) == (["op1"], {KEY})


def test_a_claim_that_cannot_be_read_back_is_unknown(server: GitHubServer) -> None:
    ours = forge(server)
    ours.head(None)
    server.faults.append(Fault("receive-pack", "reset", "after"))
    server.faults.append(Fault("upload-pack/refs", "bad credentials", times=None))
    with pytest.raises(ForgeUnknown):
        ours.claim([Receipt(KEY, "op1", NOW)])
    assert set(truth(server).receipts) == {KEY}


def test_a_page_in_the_place_of_the_repository_is_not_read_as_an_empty_one(server: GitHubServer) -> None:
    """Git would: it falls back to a protocol in which any page will do, and drops every branch that it knew."""
    ours = forge(server)
    publish(ours, commit_of())
    server.faults.append(Fault("upload-pack/refs", "unreadable", times=None))
    for read in (lambda: ours.head(RECORD), ours.open_records, ours.receipts, ours.tidy):
        with pytest.raises(ForgeError, match="GitHub shows no branch main"):
            read()
    server.faults.clear()
    assert set(ours.open_records()) == {RECORD}


def test_a_file_that_can_be_run_stays_so(server: GitHubServer, tmp_path: Path) -> None:
    path = f"incidents/2026/{RECORD}-checkout-down/run.sh"
    push_main(server, tmp_path / "people", {path: "old\n"})
    people = Clone(tmp_path / "people")
    people.git("update-index", "--chmod=+x", path)
    people.git("commit", "--quiet", "-m", "Run")
    people.git("push", "--quiet", "origin", "main")
    done = publish(forge(server), commit_of(files={"run.sh": b"new\n"}))
    assert server.hub.git.at(done.commit, path) == ("100755", server.hub.git.store("blob", b"new\n"))


def attempt(ours: GitForge, commit: Commit) -> tuple[Published | None, OpsbookError | None]:
    """What came of publishing."""
    try:
        return publish(ours, commit), None
    except (ForgeFault, LostRace) as error:
        return None, error


@pytest.mark.parametrize("call", ["upload-pack/refs", "receive-pack/refs", "receive-pack"])
def test_a_redirect_is_not_followed(server: GitHubServer, call: str) -> None:
    server.faults.append(Fault(call, "moved"))
    with pytest.raises(ForgeError, match="moved"):
        publish(forge(server), commit_of())
    assert server.calls()[call] == 1


def test_an_answer_that_leads_elsewhere_is_not_followed(server: GitHubServer) -> None:
    publish(forge(server), commit_of())
    api = Api(TOKEN, "example/book", url=server.url)
    api.create_comment(1, "Some words")
    server.elsewhere = "https://elsewhere.example/steal"
    with pytest.raises(ForgeError, match="cannot be read"):
        api.comments(1)


@pytest.mark.parametrize("token", ["", "two words", "line\nend", "é"])
def test_a_token_that_is_none_is_told_before_it_is_sent(token: str) -> None:
    with pytest.raises(UsageError, match="GITHUB_TOKEN") as caught:
        Api(token, "example/book", url="https://api.github.com")
    assert not token or token not in str(caught.value)


def test_a_github_that_is_not_there_is_told_at_once(clone: Path) -> None:
    repository = Clone(clone).repository()
    ours = connect(TOKEN, "example/book", url="http://127.0.0.1:9", main="main", repository=repository)
    with pytest.raises(ForgeError, match="GitHub cannot be reached"):
        ours.head(None)


def test_after_one_call_without_an_answer_the_next_ones_hurry(server: GitHubServer) -> None:
    api = Api(TOKEN, "example/book", url=server.url, timeouts=(2.0, 0.2))
    server.faults.append(Fault("*", "timeout", times=1))
    with pytest.raises(ForgeError, match="in time"):
        api.has_branch("main")
    assert api.has_branch("main")


@pytest.mark.parametrize(
    "url", ["http://github.example", "https://me:secret@github.example", "ftp://github.example", "github.example", ""]
)
def test_the_token_is_sent_in_the_clear_to_nobody(url: str) -> None:
    with pytest.raises(UsageError):
        Api(TOKEN, "example/book", url=url)


@pytest.mark.parametrize("name", ["book", "a/b/c", "../x", "a/..", "a/b?x", "a b/c", "", "-a/b", "a/b#c"])
def test_a_repository_is_an_owner_and_a_name(name: str) -> None:
    with pytest.raises(UsageError):
        Api(TOKEN, name, url="https://api.github.com")


@pytest.mark.parametrize(
    ("api", "site"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://api.github.com/", "https://github.com"),
        ("https://git.example.org/api/v3", "https://git.example.org"),
        ("https://api.octo.ghe.com", "https://octo.ghe.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_people_find_the_repository_where_the_api_says(api: str, site: str) -> None:
    assert site_of(api) == site


def test_a_commit_without_a_pull_request_is_not_where_it_belongs_until_it_has_one(server: GitHubServer) -> None:
    server.faults.append(Fault("pulls/create", "scope", times=None))
    ours, commit = forge(server), commit_of()
    first = publish(ours, commit)
    assert "No pull request could be opened" in first.unpushed
    found = forge(server).published(RECORD, commit.operation)
    assert found is not None
    assert found.unpushed
    server.faults.clear()
    again = publish(forge(server), commit)
    assert (again.commit, again.unpushed) == (first.commit, "")
    assert truth(server).pulls == [(BRANCH, "open")]
    assert truth(server).operations == [commit.operation]


# -- races


def merge_and_delete(server: GitHubServer, record: str = RECORD) -> Callable[[], None]:
    """A person merges the pull request, and GitHub deletes the branch, as it does when that is configured."""

    def act() -> None:
        hub = server.hub
        (pull,) = [item for item in hub.issues.values() if item.head == f"opsbook/{record}" and item.state == "open"]
        merge(hub, pull, OWNER, {"merge_method": "squash", "commit_message": "By hand."})
        hub.git.move(f"refs/heads/opsbook/{record}", None, None)

    return act


@pytest.mark.parametrize("call", ["upload-pack/refs", "receive-pack/refs", "receive-pack"])
@pytest.mark.parametrize("deleted", [False, True], ids=["kept", "deleted"])
def test_a_merge_in_between_loses_no_note(server: GitHubServer, desk: Desk, call: str, deleted: bool) -> None:
    record = desk.perform(DECLARE).id
    act = merge_and_delete(server, record) if deleted else lambda: merge_pull(server, record, squash=True)
    server.meanwhile.append((call, act))
    outcome = desk.note(record, "said while somebody merged")
    assert server.meanwhile == []
    assert everything(server, record).count("said while somebody merged") == 1
    ours = forge(server)
    head = ours.head(record)
    assert head.branch is not None
    assert ours.published(record, operation_of(server, outcome)) is not None
    desk.reconcile()
    assert [state for _, state in truth(server).pulls].count("open") == 1
    assert everything(server, record).count("said while somebody merged") == 1


@pytest.mark.parametrize("who", ["the next note", "reconcile"])
def test_a_branch_deleted_with_a_note_that_came_too_late_is_brought_back(
    server: GitHubServer, desk: Desk, tmp_path: Path, who: str
) -> None:
    record = desk.perform(DECLARE).id
    server.meanwhile.append(("receive-pack/refs", lambda: merge_pull(server, record, squash=True)))
    desk.note(record, "said a second too late")
    with server.locked() as hub:
        hub.git.move(f"refs/heads/opsbook/{record}", None, hub.git.ref(f"refs/heads/opsbook/{record}"))
    if who == "the next note":
        desk.note(record, "said later")
    else:
        desk.clock.later(minutes=10)
        machine = office(server, tmp_path / "state", desk.chat, desk.clock, seed=88)
        assert reconcile(machine.context).exit_code == 0
    assert everything(server, record).count("said a second too late") == 1
    assert [state for _, state in truth(server).pulls].count("open") == 1
    merge_pull(server, record)
    assert everything(server, record).count("said a second too late") == 1
    assert forge(server, own=tmp_path / "state/book.git").open_records() == {}


def test_a_note_after_a_merge_is_rebased_as_well_as_merged(server: GitHubServer, desk: Desk) -> None:
    """GitHub drops merges when it rebases: a note must never be in one."""
    record = desk.perform(DECLARE).id
    merge_pull(server, record, squash=True)
    desk.note(record, "said after the squash")
    merge_pull(server, record, method="rebase")
    assert everything(server, record).count("said after the squash") == 1
    assert forge(server).head(record).branch is None
    desk.note(record, "said after the rebase")
    assert everything(server, record).count("said after the rebase") == 1


def operation_of(server: GitHubServer, outcome: Outcome) -> str:
    """The operation that a commit names."""
    return server.hub.git.parse(outcome.commit).message.strip().rpartition(": ")[2]


def everything(server: GitHubServer, record: str) -> str:
    """The text of all files of a record, on main with its branch laid over it."""
    ours = forge(server)
    tree = ours.read(ours.head(record))
    return "\n".join((tree.read(path) or b"").decode() for path, _ in tree.paths("incidents"))


def test_the_same_id_on_main_in_the_same_second_is_a_lost_race(server: GitHubServer, tmp_path: Path) -> None:
    ours = forge(server)
    head = ours.head(RECORD)
    path = f"incidents/2026/{RECORD}-checkout-down/incident.yaml"
    server.meanwhile.append(("pulls/create", lambda: push_main(server, tmp_path / "people", {path: "by: hand\n"})))
    with pytest.raises(LostRace):
        ours.publish(head, commit_of(files={"incident.yaml": b"by: us\n"}))


def test_main_is_joined_when_it_changed_what_is_written_now(server: GitHubServer, tmp_path: Path) -> None:
    path = f"incidents/2026/{RECORD}-checkout-down/report.md"
    push_main(server, tmp_path / "people", {path: "draft\n"})
    publish(forge(server), commit_of(operation="op1"))
    push_main(server, tmp_path / "people", {path: "edited on main\n", "services/new.yaml": "name: new\n"})
    publish(forge(server), commit_of(operation="op2", files={"report.md": b"edited on main\nand here\n"}))
    merge_pull(server, RECORD)
    ours = forge(server)
    tree = ours.read(ours.head(None))
    assert tree.read(path) == b"edited on main\nand here\n"
    assert tree.read("services/new.yaml") == b"name: new\n"


def test_a_branch_that_somebody_writes_to_is_not_deleted(server: GitHubServer, clone: Path) -> None:
    for place in (None, clone):
        ours = forge(server, clone=place)
        publish(ours, commit_of(operation=f"op-{place}"[-4:]))
        merge_pull(server, RECORD)
        with server.locked() as hub:
            tip = hub.git.ref(f"refs/heads/{BRANCH}") or ""
            tree = hub.git.parse(tip).tree
            who = hub.git.parse(tip).author
            late = hub.git.commit(tree, [tip], "late\n\nOpsbook-Operation: late\n", who, who)

        def write(late: str = late, tip: str = tip) -> None:
            server.hub.git.move(f"refs/heads/{BRANCH}", late, tip)

        # After it was fetched, before the deletion.
        server.meanwhile.append(("receive-pack/refs", write))
        assert forge(server, clone=place).tidy() == []
        assert truth(server).branches == {BRANCH: late}
        with server.locked() as hub:
            hub.git.move(f"refs/heads/{BRANCH}", None, late)


def test_many_writers_and_merges_at_once_lose_no_note(server: GitHubServer, tmp_path: Path) -> None:
    first = Desk(server, tmp_path / "first")
    record = first.perform(DECLARE).id
    writers, notes = 6, 2
    start = threading.Barrier(writers + 1)
    failures: list[BaseException] = []

    def write(number: int) -> None:
        desk = Desk(server, tmp_path / f"writer-{number}")
        desk._seeds = iter(range(10 + 10 * number, 100 + 10 * number))
        start.wait()
        try:
            for count in range(notes):
                desk.note(record, f"note {number}-{count}.")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    start.wait()
    for merges in range(40):
        with server.locked() as hub:
            open_pulls = [pull for pull in hub.issues.values() if pull.head and pull.state == "open"]
            if open_pulls and merges % 3 != 2:
                merge(hub, open_pulls[0], OWNER, {"merge_method": "squash" if merges % 2 else "merge"})
                if merges % 4 == 1:
                    hub.git.move(f"refs/heads/opsbook/{record}", None, None)
        threads[merges % writers].join(timeout=0.1)
    for thread in threads:
        thread.join(timeout=120)
    assert failures == []
    text = everything(server, record)
    wanted = [f"note {number}-{count}." for number in range(writers) for count in range(notes)]
    assert [text.count(note) for note in wanted] == [1] * (writers * notes)


def test_two_writers_claim_each_announcement_once(server: GitHubServer) -> None:
    writers = 6
    start = threading.Barrier(writers)
    claimed: list[set[str]] = []
    keys = [f"{RECORD}/declared-team-console-{number:012x}" for number in range(5)]

    def claim(number: int) -> None:
        ours = forge(server)
        start.wait()
        mine = ours.claim([Receipt(key, f"op{number}", NOW) for key in keys])
        if mine:
            ours.receipt(dict.fromkeys(mine, f"said by {number}"))
        claimed.append(mine)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(key for mine in claimed for key in mine) == sorted(keys)
    assert set(truth(server).receipts) == set(keys)
    assert all(truth(server).receipts.values())


# -- what somebody else could not finish


def test_reconcile_elsewhere_opens_the_pull_request_that_is_missing_with_the_same_words(
    server: GitHubServer, desk: Desk, tmp_path: Path
) -> None:
    undisturbed = make_github(tmp_path / "undisturbed.git", now=Clock().now)
    Desk(undisturbed, tmp_path / "there").perform(DECLARE)
    wanted = undisturbed.hub.issues[1]
    undisturbed.close()

    server.faults.append(Fault("pulls/create", "unavailable", times=None))
    with performing(DECLARE, office(server, tmp_path / "mine", desk.chat, desk.clock, seed=1).context) as outcome:
        assert outcome.exit_code == 4
    server.faults.clear()
    elsewhere = office(server, tmp_path / "elsewhere", desk.chat, desk.clock).context
    elsewhere = replace(elsewhere, host=forge(server))
    desk.clock.later(minutes=6)
    assert reconcile(elsewhere).proposed == ["https://github.example/example/book/pull/1"]
    pull = server.hub.issues[1]
    same = (wanted.body or "").replace(undisturbed.url, server.url)
    assert (pull.title, pull.body, pull.labels) == (wanted.title, same, wanted.labels)
    assert len(truth(server).comments) == 1
    assert reconcile(elsewhere).proposed == []


def test_reconcile_leaves_alone_what_somebody_has_closed(server: GitHubServer, desk: Desk, tmp_path: Path) -> None:
    desk.perform(DECLARE)
    with server.locked() as hub:
        hub.close(hub.issues[1])
    elsewhere = office(server, tmp_path / "elsewhere", desk.chat, desk.clock).context
    assert reconcile(replace(elsewhere, host=forge(server))).proposed == []
    assert len(server.hub.issues) == 1


# -- the token


def test_the_token_is_in_no_argument_and_in_no_file(server: GitHubServer, tmp_path: Path, clone: Path) -> None:
    told = tmp_path / "told"
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin/git"
    script.write_text(f'#!/bin/sh\necho "$*" >> {told}\nexec {shutil.which("git")} "$@"\n')
    script.chmod(0o755)
    environment = {**ENVIRONMENT, "PATH": f"{script.parent}:{ENVIRONMENT['PATH']}"}
    repository = Repository(clone, environment=environment)
    ours = connect(TOKEN, "example/book", url=server.url, main="main", repository=repository)
    done = ours.publish(ours.head(RECORD), commit_of(), [Receipt(KEY, "op1", NOW)])
    ours.receipt({KEY: "ts-1"})
    assert done.claimed == {KEY}
    secrets = [TOKEN.encode(), b64encode(f"x-access-token:{TOKEN}".encode())]
    files = [path for path in clone.rglob("*") if path.is_file()]
    assert "push" in told.read_text()
    assert [path for path in (told, *files) if any(secret in path.read_bytes() for secret in secrets)] == []


def test_what_others_have_set_for_the_address_is_not_sent_beside_it(server: GitHubServer, clone: Path) -> None:
    """`actions/checkout` leaves such a header behind, and GitHub refuses two."""
    Clone(clone).git("config", f"http.{server.git_url}.extraheader", "Authorization: Basic b3RoZXI6b3RoZXI=")
    Clone(clone).git("config", "credential.helper", "!echo username=x; echo password=y; false")
    ours = forge(server, clone=clone)
    assert publish(ours, commit_of()).unpushed == ""


def test_what_a_person_has_set_in_the_environment_still_holds(server: GitHubServer, clone: Path) -> None:
    own = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.logAllRefUpdates", "GIT_CONFIG_VALUE_0": "false"}
    repository = Repository(clone, environment={**ENVIRONMENT, **own})
    ours = connect(TOKEN, "example/book", url=server.url, main="main", repository=repository)
    publish(ours, commit_of())
    assert (clone / ".git/refs/remotes/opsbook/main").is_file()
    assert not (clone / ".git/logs/refs/remotes/opsbook").exists()
