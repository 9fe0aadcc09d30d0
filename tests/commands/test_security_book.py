"""A security incident leaves a stub here, and its facts in the restricted book: in no other place, whatever fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from opsbook.adapters.machine.state import FileIntents, NoOutbox
from opsbook.core.context import Context
from opsbook.kinds import read_request
from opsbook.perform import pending, performing_secret, reconcile, resume_secret
from tests.github_server.faults import Fault
from tests.github_server.hub import Hub
from tests.github_server.server import GitHubServer
from tests.support.desk import Desk, Done, clone, make_desk, make_remote
from tests.support.github import TOKEN, make_github, person, push_main
from tests.support.knife import Cut, Knife, sharpen
from tests.support.requests import ask
from tests.support.small_book import OPSBOOK_YML
from tests.support.wired import wire

SECRET = "Somebody has the signing keys"
MORE = "They were in a public bucket"
WORDS = ("declare", "--security", "--title", SECRET, "--summary", MORE, "--service", "checkout", "--yes")
OPEN = OPSBOOK_YML.replace("security:\n", "security:\n  book: example/restricted\n")
RESTRICTED = OPSBOOK_YML.replace("security:\n", "security:\n  restricted: true\n")


@dataclass
class Two:
    """Two clones: the open book, and the restricted one."""

    here: Desk
    there: Desk

    def declare(self, *more: str) -> Done:
        """Declare with details."""
        return self.here.opsbook(*WORDS, *more, environ={"OPSBOOK_SECURITY_BOOK": str(self.there.path)})


@pytest.fixture
def two(tmp_path: Path) -> Two:
    """Two books on this machine."""
    there = make_desk(tmp_path / "there")
    there.commit({"opsbook.yml": RESTRICTED})
    return Two(make_desk(tmp_path / "here"), there)


def leaks(folder: Path) -> list[str]:
    """Where a word of the facts lies below a folder: in files, and in every object of Git."""
    found = [str(path) for path in folder.rglob("*") if path.is_file() and _tells(path.read_bytes())]
    desk = Desk(folder)
    for line in desk.git("cat-file", "--batch-all-objects", "--batch-check").splitlines():
        oid, kind, _ = line.split()
        if _tells(desk.git("cat-file", kind, oid).encode(errors="surrogateescape")):
            found.append(oid)
    return found


def _tells(data: bytes) -> bool:
    return any(text.encode() in data for text in (SECRET, MORE, "signing", "public bucket"))


def test_the_facts_are_in_the_restricted_book_and_the_stub_has_the_same_id(two: Two) -> None:
    done = two.declare("--format", "json")
    assert done.code == 0, str(done)
    record = done.json["id"]
    assert set(two.here.written()) == {f"incidents/{record[4:8]}/{record}/incident.yaml"}
    (facts,) = [text for path, text in two.there.written().items() if path.endswith("incident.yaml")]
    assert f"id: {record}" in facts
    assert "classification: restricted" in facts
    assert SECRET in facts
    assert done.json["facts"]["commit"] == two.there.git("rev-parse", f"opsbook/{record}").strip()
    assert leaks(two.here.path) == []
    assert SECRET not in done.out + done.err


def test_only_the_security_channel_is_told_and_nothing_of_what_it_is(two: Two) -> None:
    done = two.declare("--format", "json")
    assert [item["audience"] for item in done.json["not_told"]] == ["security"]
    told = two.here.outbox()
    assert any("security" in name for name in told)
    assert not any(_tells(text.encode()) for text in told.values())
    assert two.there.outbox() == {}


def test_life_goes_on_in_the_restricted_book_as_everywhere(two: Two) -> None:
    record = two.declare("--format", "json").json["id"]
    for words in (
        ("incident", "note", record, "The keys were revoked."),
        ("incident", "update", record, "--status", "identified", "--lead", "oncall-b"),
        ("checklist", "tick", record, "1"),
    ):
        assert two.there.opsbook(*words).code == 0
    two.there.git("merge", "--quiet", "--no-edit", f"opsbook/{record}")
    assert two.there.opsbook("check").code == 0, str(two.there.opsbook("check"))
    assert "The keys were revoked." in two.there.opsbook("incident", "show", record).out
    assert not any("revoked" in text for text in two.there.outbox().values() if "identified" in text)
    refused = two.here.opsbook("incident", "note", record, "Not here.")
    assert refused.code == 1
    assert "nothing but its stub" in refused.err


def test_in_the_restricted_book_itself_a_declaration_keeps_its_facts(two: Two) -> None:
    done = two.there.opsbook(*WORDS, "--severity", "P2", "--format", "json")
    assert done.code == 0, str(done)
    (facts,) = [text for path, text in two.there.written().items() if path.endswith("incident.yaml")]
    assert "classification: restricted" in facts
    assert "severity: P2" in facts
    assert all("security" in name or "request" in name for name in two.there.outbox())


def test_without_a_restricted_book_the_details_are_refused_and_the_stub_is_written(two: Two) -> None:
    done = two.here.opsbook(*WORDS)
    assert done.code == 0
    assert "The details (title, services, summary) are not kept here. Tell them to The security desk" in done.out
    assert leaks(two.here.path) == []


def test_a_detail_that_cannot_be_used_is_refused_and_nothing_is_written_anywhere(two: Two) -> None:
    done = two.here.opsbook(
        "declare", "--security", "--title", SECRET, "--severity", "P9", "--yes",
        environ={"OPSBOOK_SECURITY_BOOK": str(two.there.path)},
    )  # fmt: skip
    assert done.code == 1, str(done)
    assert two.here.branches() == two.there.branches() == []
    assert leaks(two.here.path) == []


def test_a_dry_run_writes_and_shows_nothing_of_it(two: Two) -> None:
    done = two.declare("--dry-run")
    assert done.code == 0
    assert two.here.branches() == two.there.branches() == []
    assert SECRET not in done.out


def test_facts_that_are_copied_into_the_open_book_are_a_leak_that_blocks(two: Two) -> None:
    record = two.declare("--format", "json").json["id"]
    two.here.write({path: text for path, text in two.there.written().items() if record in path})
    found = json.loads(two.here.opsbook("check", "--format", "json").out)["findings"]
    assert {item["code"] for item in found if item["severity"] == "error"} >= {"INC018"}


@pytest.mark.parametrize("at", range(1, 16))
def test_a_declaration_that_is_killed_anywhere_is_finished_in_both_books_by_reconcile(two: Two, at: int) -> None:
    def here() -> Context:
        return wire(two.here)

    def there() -> Context:
        kept = FileIntents(two.here.state / "security", read_request)
        return replace(wire(two.there), intents=kept, outbox=NoOutbox(), sinks=())

    knife = Knife(at)
    facts = {"title": SECRET, "summary": MORE, "severity": "P1"}
    whole = ask("incident.declare", "oncall-a", {"security": True, "drill": True, **facts})
    printed = ""
    try:
        with performing_secret(whole, sharpen(here(), knife), sharpen(there(), knife)) as (outcome, _):
            printed = outcome.id
    except Cut:
        pass
    else:
        assert len(knife.names) < at
    for _ in range(2):
        assert reconcile(here()).exit_code == 0
        assert resume_secret(here(), there()).exit_code == 0
    if at > 1:  # the intent was written
        branch = two.there.branch()
        assert two.here.branches() == [branch]
        assert printed in ("", branch.removeprefix("opsbook/"))
        assert len(two.here.written()) == 1
        assert len([name for name in two.here.outbox() if "declared-" in name]) == 1
    assert pending(there()) == pending(here()) == []
    assert leaks(two.here.path) == []


def test_reconcile_finishes_the_stub_of_facts_that_are_on_record(two: Two) -> None:
    """The command, with both books as a person has them."""
    environ = {"OPSBOOK_SECURITY_BOOK": str(two.there.path)}
    lock = two.here.path / ".git" / "refs" / "heads" / "opsbook"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("")  # no branch of a record can be written here
    assert two.declare().code == 4
    assert len(two.there.branches()) == 1
    lock.unlink()
    waiting = two.here.opsbook("reconcile", "--dry-run", "--format", "json", environ=environ)
    assert len(waiting.json["pending"]) == 2
    assert not _tells(waiting.out.encode())
    without = two.here.opsbook("reconcile")
    assert without.code == 4, str(without)
    assert "Set OPSBOOK_SECURITY_BOOK" in without.out
    done = two.here.opsbook("reconcile", environ=environ)
    assert done.code == 0, str(done)
    assert two.here.branches() == two.there.branches()
    assert leaks(two.here.path) == []


def test_facts_that_could_not_be_pushed_are_pushed_by_reconcile(tmp_path: Path) -> None:
    """A restricted book that its clones share over a plain remote."""
    remote = make_remote(tmp_path / "remote")
    there = clone(remote, tmp_path / "there")
    there.commit({"opsbook.yml": RESTRICTED.replace("push: false", "push: true")})
    there.git("push", "--quiet", "origin", "main")
    both = Two(make_desk(tmp_path / "here"), there)
    remote.rename(tmp_path / "away")
    done = both.declare("--format", "json")
    assert done.code == 4, str(done)
    assert "not yet in the restricted book" in done.err
    (tmp_path / "away").rename(remote)
    environ = {"OPSBOOK_SECURITY_BOOK": str(there.path)}
    finished = both.here.opsbook("reconcile", environ=environ)
    assert finished.code == 0, str(finished)
    assert Desk(remote).branches() == both.here.branches() == [f"opsbook/{done.json['id']}"]
    assert both.here.opsbook("reconcile", environ=environ).out.startswith("Nothing to do")
    assert leaks(both.here.path) == []


def test_facts_are_kept_until_the_book_that_is_named_is_a_restricted_one(two: Two) -> None:
    """A variable that names an ordinary book must cost nobody their facts, and must not show them there."""
    two.there.commit({"opsbook.yml": OPSBOOK_YML})
    done = two.declare("--format", "json")
    assert done.code == 4, str(done)
    assert "opsbook.yml there lacks" in done.err
    assert two.there.branches() == []
    assert two.here.branches() == [f"opsbook/{done.json['id']}"]
    environ = {"OPSBOOK_SECURITY_BOOK": str(two.there.path)}
    assert two.here.opsbook("reconcile", environ=environ).code == 4
    two.there.commit({"opsbook.yml": RESTRICTED})
    assert two.here.opsbook("reconcile", environ=environ).code == 0
    (facts,) = [text for path, text in two.there.written().items() if path.endswith("incident.yaml")]
    assert SECRET in facts
    assert two.here.branches() == two.there.branches()
    assert leaks(two.here.path) == []


# -- on GitHub


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub with both books."""
    server = make_github(tmp_path / "github.git")
    push_main(server, tmp_path / "people", {"opsbook.yml": OPEN})
    yield server
    server.close()
    assert server.refused == []


@pytest.fixture
def restricted(server: GitHubServer, tmp_path: Path) -> Hub:
    """The restricted repository."""
    there = make_desk(tmp_path / "seed")
    there.commit({"opsbook.yml": RESTRICTED})
    there.git("clone", "--quiet", "--bare", str(there.path), str(tmp_path / "restricted.git"))
    return server.add("restricted", tmp_path / "restricted.git")


@pytest.fixture
def desk(server: GitHubServer, restricted: Hub, tmp_path: Path) -> Desk:
    """A clone of the open book, and a person with a token for both."""
    return person(server, tmp_path / "book")


def test_on_github_there_is_a_pull_request_in_each_repository(
    server: GitHubServer, restricted: Hub, desk: Desk
) -> None:
    done = desk.opsbook(*WORDS, "--format", "json")
    assert done.code == 0, str(done)
    assert done.json["facts"]["url"] == "https://github.example/example/restricted/pull/1"
    assert done.json["url"] == "https://github.example/example/book/pull/1"
    with server.locked() as hub:
        said = [*(str(issue) for issue in hub.issues.values()), *(str(item) for item in hub.comments.values())]
        assert not any(_tells(text.encode()) for text in said)
        assert hub.git.ref(f"refs/heads/opsbook/{done.json['id']}")
        assert any(_tells(str(issue).encode()) for issue in restricted.issues.values())
    assert leaks(server.hub.git.path) == []
    assert leaks(desk.path) == []


def test_when_the_restricted_book_cannot_be_reached_the_stub_is_there_and_the_facts_follow(
    server: GitHubServer, restricted: Hub, desk: Desk
) -> None:
    hidden = server.others.pop("restricted")
    done = desk.opsbook(*WORDS, "--format", "json")
    assert done.code == 4, str(done)
    assert "not yet in the restricted book" in done.err
    assert "opsbook reconcile" in done.err
    record = done.json["id"]
    with server.locked() as hub:
        assert hub.git.ref(f"refs/heads/opsbook/{record}")
    server.others["restricted"] = hidden
    assert desk.opsbook("reconcile").code == 0
    assert hidden.git.ref(f"refs/heads/opsbook/{record}")
    assert leaks(desk.path) == []
    assert desk.opsbook("reconcile").code == 0
    assert len(restricted.issues) == 1


@pytest.mark.parametrize("call", ["upload-pack", "receive-pack", "pulls/create"])
@pytest.mark.parametrize("skip", [0, 1])
def test_a_run_that_is_cut_off_between_the_books_is_finished_under_one_id(
    server: GitHubServer, restricted: Hub, desk: Desk, call: str, skip: int
) -> None:
    server.faults.append(Fault(call, "unavailable", skip=skip, times=None))
    first = desk.opsbook(*WORDS, "--format", "json")
    assert first.code == 4, str(first)
    server.faults.clear()
    again = desk.opsbook(*WORDS, "--format", "json")
    assert again.code == 0, str(again)
    assert again.json["id"] == first.json["id"]
    with server.locked() as hub:
        for one in (hub, restricted):
            assert list(one.git.refs("refs/heads/opsbook/")) == [f"refs/heads/opsbook/{again.json['id']}"]
            assert len(one.issues) == 1
    assert leaks(desk.path) == []


@pytest.mark.parametrize("what", ["this very book", "a link to it", "an open book", "nothing", "a plain folder"])
def test_a_wrong_restricted_book_gets_no_fact_and_the_facts_are_not_lost(two: Two, tmp_path: Path, what: str) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "link").symlink_to(two.here.path)
    places = {"this very book": two.here.path, "a link to it": tmp_path / "link", "nothing": tmp_path / "none"}
    place = places.get(what) or (tmp_path / "plain" if what == "a plain folder" else make_desk(tmp_path / "open").path)
    done = two.here.opsbook(*WORDS, environ={"OPSBOOK_SECURITY_BOOK": str(place)})
    assert done.code == 4, str(done)
    assert "The facts are saved on this machine, and not yet in the restricted book" in done.out
    assert "Facts kept" not in done.out
    assert "A security incident was declared" in "".join(two.here.outbox().values())
    assert not _tells((done.out + done.err).encode())
    record = two.here.branch().removeprefix("opsbook/")
    assert set(two.here.written()) == {f"incidents/{record[4:8]}/{record}/incident.yaml"}
    assert place == two.here.path or what == "a link to it" or leaks_of(place) == []
    (saved,) = leaks(two.here.path)
    assert "/opsbook/security/" in saved
    wrong = two.here.opsbook("reconcile", environ={"OPSBOOK_SECURITY_BOOK": str(place)})
    assert wrong.code == 4, str(wrong)
    right = two.here.opsbook("reconcile", environ={"OPSBOOK_SECURITY_BOOK": str(two.there.path)})
    assert right.code == 0, str(right)
    (facts,) = [text for path, text in two.there.written(f"opsbook/{record}").items() if path.endswith("incident.yaml")]
    assert SECRET in facts
    assert leaks(two.here.path) == []


def leaks_of(place: Path) -> list[str]:
    """The same of a folder that may be no repository, or not be there."""
    return leaks(place) if (place / ".git").exists() else [str(path) for path in place.glob("**/*")]


def test_a_github_book_that_names_itself_as_restricted_gets_no_fact(tmp_path: Path) -> None:
    desk, hub = make_desk(tmp_path / "here"), make_github(tmp_path / "github.git")
    desk.commit({"opsbook.yml": OPEN.replace("example/restricted", "example/book")})
    names = {"GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "example/book", "GITHUB_API_URL": hub.url}
    done = desk.opsbook(*WORDS, environ=names)
    hub.close()
    assert done.code == 4, str(done)
    assert "is none: opsbook.yml there lacks" in done.out
    (branch,) = hub.hub.git.refs("refs/heads/opsbook/")
    assert [
        path for path in Desk(hub.hub.git.path).files(branch) if "INC-" in path and "incident.yaml" not in path
    ] == []
    assert leaks(hub.hub.git.path) == []


# -- an incident that turns out to be a breach


def test_an_incident_that_may_be_a_breach_is_moved_and_leaves_a_stub(two: Two) -> None:
    here, there = two.here, {"OPSBOOK_SECURITY_BOOK": str(two.there.path)}
    assert here.opsbook("declare", SECRET, "-s", "P1", "--service", "checkout", "--yes").code == 0
    assert here.opsbook("note", MORE).code == 0
    (branch,) = here.git("for-each-ref", "--format=%(refname:short)", "refs/heads/opsbook").split()
    record = branch.removeprefix("opsbook/")
    before = {path.rpartition(f"{record}-")[2]: text for path, text in here.written().items()}
    done = here.opsbook("secure", record[-5:], "--yes", environ=there)
    assert done.code == 0, str(done)
    assert done.out.index("First: alert The security desk") < done.out.index("Stub of") < done.out.index("Already told")
    assert "the history of this repository" in done.out
    assert "(only if somebody sent the text by hand)" in done.out, "nobody was told: there is no Slack here"
    shared = here.git(
        "log", "--format=%B", "-p", f"origin/main..{branch}" if "origin" in here.git("remote") else branch
    )
    assert not _tells(shared.encode()), "whoever pushes the branch now must not push the facts"
    texts = [path for path in (here.path / ".git" / "opsbook" / "outbox").rglob("*") if path.is_file()]
    assert not any(_tells(path.read_bytes()) for path in texts), "what is there to be told must not tell of it"
    folder = f"incidents/{record[4:8]}/{record}"
    assert set(here.written()) == {f"{folder}/incident.yaml"}, "nothing stays beside the stub"
    assert not _tells(here.written()[f"{folder}/incident.yaml"].encode())
    kept = {path.removeprefix(f"{folder}/"): text for path, text in two.there.written().items()}
    assert {name.partition("/")[2] for name in before} == set(kept)
    assert "classification: restricted" in kept["incident.yaml"]
    assert any(MORE in text for text in kept.values())
    for desk in (here, two.there):
        assert desk.opsbook("check", "--format", "json").json["findings"] == []
    again = here.opsbook("secure", record[-5:], "--yes", environ=there)
    assert again.code == 1
    assert "is a security incident" in again.err


def test_without_a_restricted_book_nothing_is_moved_and_whom_to_alert_is_said_first(two: Two) -> None:
    assert two.here.opsbook("declare", SECRET, "-s", "P1", "--yes").code == 0
    before = two.here.written()
    done = two.here.opsbook("secure", "-", "--yes")
    assert done.code == 1
    assert done.out.startswith("First: alert The security desk")
    assert "The facts stay where they are" in done.err
    assert two.here.written() == before


def test_facts_whose_book_cannot_be_reached_wait_here_and_the_stub_does_not(two: Two, tmp_path: Path) -> None:
    assert two.here.opsbook("declare", SECRET, "-s", "P1", "--yes").code == 0
    away = {"OPSBOOK_SECURITY_BOOK": str(tmp_path / "gone")}
    done = two.here.opsbook("secure", "-", "--yes", environ=away)
    assert done.code == 4, str(done)
    done = two.here.opsbook("reconcile", environ={"OPSBOOK_SECURITY_BOOK": str(two.there.path)})
    assert done.code == 0, str(done)
    assert any(SECRET in text for text in two.there.written().values())
    (path,) = two.here.written()
    assert path.endswith("incident.yaml")
