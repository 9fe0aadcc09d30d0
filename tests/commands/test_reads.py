"""Reads tell the truth: what is new is brought, what is saved here is shown, and what could not be seen is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from tests.github_server.faults import Fault
from tests.github_server.server import GitHubServer
from tests.support.desk import Desk, Done, clone, make_desk, make_remote
from tests.support.github import make_github, merge_pull, person, truth
from tests.support.small_book import SITE

DECLARE = ("declare", "--title", "Checkout is down", "--severity", "P1", "--yes", "--format", "json")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub."""
    hub = make_github(tmp_path / "github.git")
    yield hub
    hub.close()
    assert hub.refused == []


@pytest.fixture
def here(hub: GitHubServer, tmp_path: Path) -> Desk:
    """Somebody with a clone of it, and a token."""
    return person(hub, tmp_path / "book")


def close_github(hub: GitHubServer) -> Callable[[], None]:
    """GitHub answers nobody, neither on its API nor to Git; how it opens again."""
    hub.faults.append(Fault("*", "unavailable", times=None))
    hub.no_fetch = True

    def open_again() -> None:
        hub.faults.clear()
        hub.no_fetch = False

    return open_again


def reads(desk: Desk, record: str) -> None:
    """Every command that reads sees the record, and nothing is unseen."""
    listed = desk.opsbook("incident", "list", "--format", "json")
    assert (listed.code, [row["id"] for row in listed.json["incidents"]]) == (0, [record]), str(listed)
    assert listed.json["unseen"] == []
    for words in (("incident", "show"), ("checklist", "show", record), ("nudge", "--dry-run")):
        done = desk.opsbook(*words)
        assert done.code == 0, str(done)
        assert "not seen" not in done.err


# -- A1


def test_what_was_merged_and_deleted_on_github_is_there_although_nobody_pulled(hub: GitHubServer, here: Desk) -> None:
    record = here.declare()
    merge_pull(hub, record)
    with hub.locked():
        hub.hub.git.move(f"refs/heads/opsbook/{record}", None, None)
    hub.forget()
    reads(here, record)
    assert all("-pack" in call for call in hub.calls())  # Git alone was asked
    assert here.opsbook("incident", "note", record[-5:], "The queue is full.").code == 0
    assert here.opsbook("incident", "update", record, "--status", "identified").code == 0
    assert len(truth(hub).operations) == 2


def test_what_somebody_else_declared_and_merged_is_there_in_a_clone_of_a_remote(tmp_path: Path) -> None:
    make_remote(tmp_path / "remote")
    one, other = clone(tmp_path / "remote", tmp_path / "one"), clone(tmp_path / "remote", tmp_path / "other")
    record = one.declare()
    reads(other, record)
    one.git("merge", "--quiet", "--no-ff", one.tip(f"opsbook/{record}"))
    one.git("push", "--quiet", "origin", "main", f":opsbook/{record}")
    reads(other, record)
    assert other.opsbook("incident", "note", record[-5:], "The queue is full.").code == 0


def test_a_clone_whose_origin_is_another_repository_sees_what_is_on_github(hub: GitHubServer, here: Desk) -> None:
    record = here.declare()
    here.git("remote", "set-url", "origin", str(here.path / "nowhere"))
    here.git("update-ref", "-d", f"refs/remotes/origin/opsbook/{record}")
    reads(here, record)
    merge_pull(hub, record)
    reads(here, record)


def test_a_shallow_clone_is_deepened(hub: GitHubServer, here: Desk, tmp_path: Path) -> None:
    record = here.declare()
    merge_pull(hub, record)
    shallow = replace(here, path=tmp_path / "shallow")
    here.git("clone", "--quiet", "--depth", "1", f"file://{hub.hub.git.path}", str(shallow.path))
    reads(shallow, record)
    assert not (shallow.path / ".git/shallow").exists()


def test_the_site_and_the_check_never_ask_the_remote(hub: GitHubServer, here: Desk) -> None:
    fetches = hub.fetches
    for words in (("check",), ("site", "build", "--dry-run"), ("explain", "INC001"), ("schema", "--check")):
        here.opsbook(*words)
    assert hub.fetches == fetches


def test_a_remote_that_does_not_answer_is_waited_for_three_seconds(tmp_path: Path) -> None:
    make_remote(tmp_path / "remote")
    desk = clone(tmp_path / "remote", tmp_path / "desk")
    record = desk.declare()
    desk.git("config", "remote.origin.uploadpack", "sleep 60; true")
    done = desk.opsbook("incident", "list")
    assert done.code == 7
    assert record in done.out
    assert "gave no answer in 3 seconds" in done.err, "whoever had waited to the end would have had one"


# -- A2


def shared(tmp_path: Path) -> tuple[Desk, Callable[[], object]]:
    """A clone whose remote is away; how it comes back."""
    make_remote(tmp_path / "remote")
    desk = clone(tmp_path / "remote", tmp_path / "desk")
    desk.git("remote", "set-url", "origin", "nowhere")
    return desk, lambda: desk.git("remote", "set-url", "origin", str(tmp_path / "remote"))


@pytest.mark.parametrize("where", ["github", "remote"])
@pytest.mark.parametrize("then", ["reconcile", "another note"])
def test_what_is_saved_here_is_seen_noted_and_finished_in_its_turn(
    where: str, then: str, hub: GitHubServer, here: Desk, tmp_path: Path
) -> None:
    desk, repair = (here, close_github(hub)) if where == "github" else shared(tmp_path)
    declared = desk.opsbook(*DECLARE)
    assert declared.code == 4
    record = declared.json["id"]
    listed = desk.opsbook("incident", "list", "--format", "json")
    assert listed.code == 7
    assert [(row["id"], row["on_record"]) for row in listed.json["incidents"]] == [(record, False)]
    assert "not yet on record" in desk.opsbook("incident", "list").out
    for note in ("first", "second"):
        assert desk.opsbook("incident", "note", "-", note).code == 4
    shown = desk.opsbook("incident", "show", record[-5:])
    assert shown.code == 7
    assert "not yet on record" in shown.out
    assert "first" in shown.out
    assert "second" in shown.out
    ticked = desk.opsbook("checklist", "tick", record, "1")
    assert ticked.code == 4, str(ticked)
    assert "[x]" in desk.opsbook("checklist", "show", "--all").out

    repair()
    if then == "reconcile":
        done = desk.opsbook("reconcile", "--format", "json")
        assert [item["id"] for item in done.json["resumed"]] == [record] * 4
    else:
        done = desk.opsbook("incident", "note", record, "third")
        assert done.out.count("first finished what was saved here before") == 4
    assert done.code == 0, str(done)
    assert desk.intents() == []
    listed = desk.opsbook("incident", "list", "--format", "json")
    assert (listed.code, listed.json["incidents"][0]["on_record"]) == (0, True)
    timeline = json.loads(desk.opsbook("incident", "show", "--format", "json").out)["timeline"]
    words = [entry.get("text") for entry in timeline if entry["kind"] == "note"]
    assert sorted(words) == ["first", "second", "third"][: 2 if then == "reconcile" else 3]
    assert sum(entry["kind"] == "declared" for entry in timeline) == 1


def test_a_whole_id_is_taken_at_its_word_where_not_everything_could_be_seen(
    hub: GitHubServer, here: Desk, tmp_path: Path
) -> None:
    record = person(hub, tmp_path / "other").declare()
    repair = close_github(hub)
    by_its_end = here.opsbook("incident", "note", record[-5:], "words")
    assert by_its_end.code == 1
    assert "among what could be seen" in by_its_end.err
    assert here.intents() == []
    assert here.opsbook("incident", "note", record, "words").code == 4
    repair()
    assert here.opsbook("reconcile").code == 0
    assert len(truth(hub).operations) == 2


# -- A4


def test_a_branch_that_cannot_be_read_hides_no_other_and_a_note_on_it_is_saved(desk: Desk) -> None:
    first, second = desk.declare(), desk.declare("Search is slow", "P2")
    tip = desk.git("rev-parse", f"opsbook/{first}").strip()
    (desk.path / f".git/refs/heads/opsbook/{first}").write_text("garbage\n")
    done = desk.opsbook("incident", "list", "--format", "json")
    assert done.code == 7
    assert [row["id"] for row in done.json["incidents"]] == [second]
    assert [item["what"] for item in done.json["unseen"]] == [first]
    assert desk.opsbook("incident", "note", first, "words").code == 4
    assert desk.opsbook("incident", "note", second, "words").code == 0
    (desk.path / f".git/refs/heads/opsbook/{first}").write_text(f"{tip}\n")
    assert desk.opsbook("reconcile").code == 0
    assert len(desk.commits(f"opsbook/{first}")) == 2


def test_receipts_that_cannot_be_read_hide_no_incident_and_nobody_is_said_not_to_have_been_told(desk: Desk) -> None:
    record = desk.declare()
    desk.git("merge", "--quiet", "--no-ff", "--no-edit", f"opsbook/{record}")
    (facts,) = desk.path.glob("incidents/*/*/incident.yaml")
    desk.commit({str(facts.relative_to(desk.path)): facts.read_text().replace("severity: P1", "severity: P2")})
    assert "0 would be said" not in desk.opsbook("announce", "--since", "2d", "--dry-run").out
    assert desk.opsbook("announce", "--since", "2d").code == 0
    assert "0 would be said" in desk.opsbook("announce", "--since", "2d", "--dry-run").out
    (desk.path / ".git/refs/heads/opsbook-receipts").write_text("garbage\n")
    done = desk.opsbook("announce", "--since", "2d", "--dry-run")
    assert (done.code, done.out) == (7, "")
    assert "opsbook-receipts" in done.err
    reads(desk, record)


def test_opsbook_yml_that_cannot_be_read_on_a_branch_hides_nothing(desk: Desk) -> None:
    record = desk.declare()
    desk.git("switch", "--quiet", f"opsbook/{record}")
    desk.commit({"opsbook.yml": "version: [1\n"})
    desk.git("switch", "--quiet", "main")
    reads(desk, record)


# -- A5, A6


DAMAGED = {
    "empty": "",
    "half written": '{"version": 1, "request": {"act',
    "no JSON": "Dear diary",
    "newer": '{"version": 2}',
    "no request": '{"version": 1, "request": [], "now": "", "seed": "", "told": {}}',
    "unknown action": json.dumps(
        {
            "version": 1,
            "request": {"action": "incident.dance", "by": "oncall-a", "record": None, "values": {}},
            "now": "2026-11-21T10:05:00+00:00",
            "seed": "A" * 43 + "=",
            "told": {},
        }
    ),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_saved_request_that_cannot_be_carried_out_is_named_and_kept_and_stops_no_other(
    kind: str, tmp_path: Path
) -> None:
    desk, repair = shared(tmp_path)
    path = desk.state / "intents" / "0000.json"
    path.parent.mkdir(parents=True)
    path.write_text(DAMAGED[kind])
    record = desk.opsbook(*DECLARE).json["id"]
    repair()
    named = "incident.dance" if kind == "unknown action" else str(path)
    for words, code in (
        (("incident", "list"), 7), (("reconcile", "--dry-run"), 7), (("reconcile",), 4), (("reconcile",), 4),
        (("doctor",), 1),
    ):  # fmt: skip
        done = desk.opsbook(*words)
        assert done.code == code, str(done)
        assert named in done.out + done.err, str(done)
        assert "Nothing to do" not in done.out
    assert path.read_text() == DAMAGED[kind]
    assert [row["id"] for row in desk.opsbook("incident", "list", "--format", "json").json["incidents"]] == [record]
    assert len(desk.commits(f"opsbook/{record}")) == 1


# -- A7


def test_a_disk_that_is_full_after_the_request_was_saved_says_that_it_is_saved(tmp_path: Path) -> None:
    seen = set()
    for effect in range(1, 200):
        desk = make_desk(tmp_path / f"{effect}")
        done = desk.opsbook(*DECLARE, kill=effect, fault="full")
        seen.add(done.code)
        if done.code == 0:
            break
        saved = bool(desk.intents())
        assert saved == (done.code in (4, 5)), f"{effect}: {done}"
        assert ("saved" in (done.out + done.err).lower()) == saved or done.code == 5, f"{effect}: {done}"
        assert desk.opsbook("reconcile").code == 0
        listed = desk.opsbook("incident", "list", "--format", "json")
        assert len(listed.json["incidents"]) == saved, f"{effect}: {done}"
        shutil.rmtree(desk.path)
    assert {0, 3, 4} <= seen


# -- A8


def replace_main(hub: GitHubServer) -> Callable[[], None]:
    """Somebody replaces main by a history that has nothing in common with it, and the same files."""

    def act() -> None:
        git = hub.hub.git
        tip = git.ref("refs/heads/main") or ""
        old = git.parse(tip)
        git.move("refs/heads/main", git.commit(old.tree, [], "Anew\n", old.author, old.committer), tip)

    return act


CALLS = ["upload-pack/refs", "receive-pack/refs", "receive-pack", "pulls/create"]


@pytest.mark.parametrize("call", CALLS)
def test_main_may_be_replaced_during_a_declaration(hub: GitHubServer, here: Desk, call: str) -> None:
    hub.meanwhile.append((call, replace_main(hub)))
    done = here.opsbook(*DECLARE)
    assert done.code == 0, str(done)
    assert hub.meanwhile == []
    now = truth(hub)
    assert len(now.operations) == 1
    assert now.pulls == [(done.json["branch"], "open")]
    git = hub.hub.git
    assert git.merge_base(git.ref("refs/heads/main") or "", git.ref(f"refs/heads/{done.json['branch']}") or "")
    assert here.opsbook("incident", "note", done.json["id"], "words").code == 0
    merge_pull(hub, done.json["id"])
    assert here.opsbook("reconcile").code == 0
    assert truth(hub).branches == {}


def test_main_may_be_replaced_while_a_declaration_waits_for_its_pull_request(hub: GitHubServer, here: Desk) -> None:
    hub.faults.append(Fault("pulls/create", "scope", times=None))
    declared = here.opsbook(*DECLARE)
    assert declared.code == 4
    record = declared.json["id"]
    assert here.opsbook("incident", "note", record, "words").code == 4
    hub.faults.clear()
    with hub.locked():
        replace_main(hub)()
    done = here.opsbook("reconcile")
    assert done.code == 0, str(done)
    now = truth(hub)
    assert (len(set(now.operations)), len(now.pulls)) == (2, 1)


def test_main_of_a_clone_may_be_replaced_and_the_person_is_told_how_to_merge(desk: Desk) -> None:
    record = desk.declare()
    tree = desk.git("rev-parse", "main^{tree}").strip()
    desk.git("update-ref", "refs/heads/main", desk.git("commit-tree", tree, "-m", "Anew").strip())
    done = desk.opsbook("incident", "note", record, "words")
    assert done.code == 0
    assert "git merge --no-ff --allow-unrelated-histories" in done.out
    desk.git("merge", "--quiet", "--no-ff", "--allow-unrelated-histories", "--no-edit", f"opsbook/{record}")
    assert "words" in desk.opsbook("incident", "show", record).out


# -- A9


@pytest.mark.parametrize("call", ["upload-pack/refs", "upload-pack", "*"])
@pytest.mark.parametrize(
    ("kind", "times"),
    [*product(("not found", "server error", "unreadable", "cut short"), (1, None)), ("timeout", 1)],
)
def test_what_github_does_not_show_is_not_said_to_be_missing(
    hub: GitHubServer, here: Desk, call: str, kind: str, times: int | None
) -> None:
    record = here.declare()
    hub.faults.append(Fault(call, kind, times=times))
    done: Done = here.opsbook("incident", "note", record[-5:], "words")
    assert done.code in (0, 4), str(done)
    assert "There is no incident" not in done.out + done.err
    hub.faults.clear()
    assert here.opsbook("reconcile").code == 0
    assert len(truth(hub).operations) == 2


def test_what_is_gone_is_gone(hub: GitHubServer, here: Desk) -> None:
    record = here.declare()
    with hub.locked():
        hub.hub.git.move(f"refs/heads/opsbook/{record}", None, None)
    done = here.opsbook("incident", "note", record, "words")
    assert done.code == 1
    assert "There is no incident" in done.err
    assert here.intents() == []


# -- A10


def test_a_book_that_cannot_be_written_builds_elsewhere_or_says_what_must_be_writable(
    desk: Desk, tmp_path: Path
) -> None:
    desk.write(SITE)
    (desk.path / "build").write_text("in the way")
    done = desk.opsbook("site", "build", "--output", str(tmp_path / "site"))
    assert done.code == 0, str(done)
    assert (tmp_path / "site/index.html").is_file()
    done = desk.opsbook("site", "build")
    assert done.code == 1, str(done)
    assert f"{desk.path / 'build'}" in done.err
    assert "cannot be written" in done.err
    assert desk.opsbook("site", "build", "--dry-run").code == 0
