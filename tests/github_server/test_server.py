"""The server behaves as GitHub does: its words, its races, its failures, and Git's own protocol."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
import requests

from tests.github_server.conftest import REPO, Caller
from tests.github_server.faults import KINDS, Fault
from tests.github_server.hub import Run
from tests.github_server.server import GitHubServer
from tests.support.repos import Clone


def said(answer: requests.Response) -> str:
    """All words of an answer that is no success."""
    value = answer.json()
    return " ".join([value["message"], *(item.get("message", "") for item in value.get("errors", ()))])


# -- refs


def test_a_branch_is_created_once_and_moved_forward_only(caller: Caller) -> None:
    first = caller.branch("opsbook/X")
    answer = caller("POST", f"{REPO}/git/refs", {"ref": "refs/heads/opsbook/X", "sha": first})
    assert (answer.status_code, said(answer)) == (422, "Reference already exists")
    beside, after = caller.commit("beside"), caller.commit("after", first)
    answer = caller("PATCH", f"{REPO}/git/refs/heads/opsbook/X", {"sha": beside})
    assert (answer.status_code, said(answer)) == (422, "Update is not a fast forward")
    assert caller.made("PATCH", f"{REPO}/git/refs/heads/opsbook/X", {"sha": after})["object"]["sha"] == after
    answer = caller("PATCH", f"{REPO}/git/refs/heads/opsbook/Y", {"sha": after})
    assert (answer.status_code, said(answer)) == (422, "Reference does not exist")
    caller.made("DELETE", f"{REPO}/git/refs/heads/opsbook/X")
    assert caller("DELETE", f"{REPO}/git/refs/heads/opsbook/X").status_code == 422
    assert caller("GET", f"{REPO}/branches/opsbook/X").status_code == 404


@pytest.mark.parametrize("name", ["heads/x", "refs/x", "refs/heads/a..b", "refs/heads/x.lock", "refs/heads/a b"])
def test_a_malformed_ref_is_invalid(caller: Caller, name: str) -> None:
    assert caller("POST", f"{REPO}/git/refs", {"ref": name, "sha": caller.commit()}).status_code == 422


def test_a_branch_cannot_lie_below_another(caller: Caller) -> None:
    commit = caller.branch("opsbook/X")
    answer = caller("POST", f"{REPO}/git/refs", {"ref": "refs/heads/opsbook/X/y", "sha": commit})
    assert (answer.status_code, said(answer)) == (422, "Reference update failed")


def test_of_many_writers_at_once_one_creates_and_one_moves(server: GitHubServer, caller: Caller) -> None:
    first = caller.commit("first")
    moves = [caller.commit(f"move-{number}", first) for number in range(6)]
    start = threading.Barrier(6)
    statuses: list[tuple[int, int, str]] = []

    def write(commit: str) -> None:
        own = Caller(server)
        start.wait()
        made = own("POST", f"{REPO}/git/refs", {"ref": "refs/heads/race", "sha": first}).status_code
        start.wait()
        moved = own("PATCH", f"{REPO}/git/refs/heads/race", {"sha": commit}).status_code
        statuses.append((made, moved, commit))

    writers = [threading.Thread(target=write, args=(commit,)) for commit in moves]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(made for made, _, _ in statuses) == [201, *[422] * 5]
    (winner,) = [commit for _, moved, commit in statuses if moved == 200]
    assert server.hub.git.ref("refs/heads/race") == winner


# -- objects


def test_objects_are_real_git_objects(caller: Caller, server: GitHubServer, tmp_path: Path) -> None:
    commit = caller.branch("topic")
    Clone(tmp_path).git("clone", "--quiet", "--branch", "topic", str(server.hub.git.path), str(tmp_path / "clone"))
    clone = Clone(tmp_path / "clone")
    assert clone.at("HEAD") == commit
    assert (tmp_path / "clone" / "files" / "topic").read_text() == "topic"
    assert (tmp_path / "clone" / "opsbook.yml").exists()
    assert clone.git("log", "-1", "--format=%an <%ae> %s").strip() == "bot <bot@users.noreply.github.example> topic"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"path": "/x", "mode": "100644", "content": ""}, "slash"),
        ({"path": "a/../b", "mode": "100644", "content": ""}, "malformed"),
        ({"path": ".git/config", "mode": "100644", "content": ""}, "malformed"),
        ({"path": "gone", "mode": "100644", "sha": None}, "BadObjectState"),
        ({"path": "x", "mode": "100644", "sha": "0" * 40}, "not a valid blob"),
        ({"path": "x", "mode": "100644"}, "either tree.sha or tree.content"),
    ],
)
def test_a_tree_that_git_would_not_take_is_invalid(caller: Caller, row: dict[str, str], words: str) -> None:
    base = caller.made("GET", f"{REPO}/branches/main")["commit"]["commit"]["tree"]["sha"]
    answer = caller("POST", f"{REPO}/git/trees", {"tree": [row], "base_tree": base})
    assert answer.status_code == 422
    assert words in said(answer)


def test_a_file_gives_way_to_a_folder_as_on_github(caller: Caller) -> None:
    # This is why the adapter has to look before it writes.
    base = caller.made("GET", f"{REPO}/branches/main")["commit"]["commit"]["tree"]["sha"]
    rows = [{"path": "opsbook.yml/x", "mode": "100644", "type": "blob", "content": "x"}]
    tree = caller.made("POST", f"{REPO}/git/trees", {"tree": rows, "base_tree": base})
    assert {row["path"]: row["type"] for row in tree["tree"]}["opsbook.yml"] == "tree"


# -- pull requests


def test_there_is_one_open_pull_request_for_a_branch(caller: Caller) -> None:
    caller.branch("topic")
    words = {"title": "t", "head": "topic", "base": "main"}
    assert caller.made("POST", f"{REPO}/pulls", words)["number"] == 1
    answer = caller("POST", f"{REPO}/pulls", words)
    assert answer.status_code == 422
    assert "A pull request already exists for example:topic." in said(answer)
    assert [pull["number"] for pull in caller.made("GET", f"{REPO}/pulls", head="example:topic", state="all")] == [1]
    assert caller.made("GET", f"{REPO}/pulls", head="example:other", state="all") == []


def test_a_pull_request_needs_a_branch_with_commits_of_its_own(caller: Caller) -> None:
    main = caller.made("GET", f"{REPO}/branches/main")["commit"]["sha"]
    caller.branch("same", main)
    answer = caller("POST", f"{REPO}/pulls", {"title": "t", "head": "same", "base": "main"})
    assert "No commits between main and same" in said(answer)
    answer = caller("POST", f"{REPO}/pulls", {"title": "t", "head": "missing", "base": "main"})
    assert answer.json()["errors"][0]["field"] == "head"


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_merging_puts_the_files_on_main(caller: Caller, server: GitHubServer, method: str) -> None:
    tip = caller.branch("topic")
    caller.made("POST", f"{REPO}/pulls", {"title": "t", "head": "topic", "base": "main"})
    assert caller("PUT", f"{REPO}/pulls/1/merge", {"sha": "0" * 40}).status_code == 409
    sha = caller.made("PUT", f"{REPO}/pulls/1/merge", {"sha": tip, "merge_method": method})["sha"]
    assert server.hub.git.ref("refs/heads/main") == sha
    assert len(server.hub.git.parse(sha).parents) == (2 if method == "merge" else 1)
    assert caller.made("GET", f"{REPO}/contents/files/topic")["size"] == 5
    pull = caller.made("GET", f"{REPO}/pulls/1")
    assert (pull["state"], pull["merged"], pull["merge_commit_sha"]) == ("closed", True, sha)
    assert caller("PUT", f"{REPO}/pulls/1/merge", {}).status_code == 405


def test_rebasing_puts_the_commits_on_main_one_by_one_and_leaves_merges_out(
    caller: Caller, server: GitHubServer, tmp_path: Path
) -> None:
    Clone(tmp_path).git("clone", "--quiet", str(server.hub.git.path), str(tmp_path / "clone"))
    people = Clone(tmp_path / "clone")
    people.git("config", "user.name", "Test Person")
    people.git("config", "user.email", "person@example.invalid")
    for name in ("plain", "joined", "unsafe"):
        people.git("switch", "--quiet", "--create", name, "origin/main")
        people.commit("One", {f"{name}-1.txt": "1\n"})
        people.commit("Two", {f"{name}-2.txt": "2\n"})
    people.git("switch", "--quiet", "--detach", "origin/main")
    people.commit("Meanwhile", {"meanwhile.txt": "\n"})
    people.git("push", "--quiet", "origin", "HEAD:main")
    for name in ("joined", "unsafe"):
        people.git("switch", "--quiet", name)
        people.git("merge", "--quiet", "--no-ff", "--no-commit", "origin/main")
        people.write({"words.txt": "of the merge\n"} if name == "unsafe" else {})
        people.git("add", "--all")
        people.git("commit", "--quiet", "--message", "Join")
    people.git("push", "--quiet", "origin", "plain", "joined", "unsafe")
    statuses = {}
    for number, name in enumerate(("plain", "joined", "unsafe"), 1):
        caller.made("POST", f"{REPO}/pulls", {"title": name, "head": name, "base": "main"})
        statuses[name] = caller("PUT", f"{REPO}/pulls/{number}/merge", {"merge_method": "rebase"}).status_code
    assert statuses == {"plain": 200, "joined": 200, "unsafe": 405}
    git = server.hub.git
    line = [git.parse(sha) for sha in git.revisions("--max-count=5", "refs/heads/main")]
    assert [commit.message.strip() for commit in line] == ["Two", "One", "Two", "One", "Meanwhile"]
    assert {len(commit.parents) for commit in line} == {1}
    assert {(commit.author.name, commit.committer.name) for commit in line[:4]} == {("Test Person", "bot")}
    found = {path for path, _, _ in git.walk("refs/heads/main")}
    assert {"plain-1.txt", "plain-2.txt", "joined-1.txt", "joined-2.txt", "meanwhile.txt"} <= found


def test_two_sides_of_one_line_do_not_merge(caller: Caller) -> None:
    for name, text in (("one", "MQ=="), ("two", "Mg==")):
        main = caller.made("GET", f"{REPO}/branches/main")["commit"]["sha"]
        caller.made("POST", f"{REPO}/git/refs", {"ref": f"refs/heads/{name}", "sha": main})
        caller.made("PUT", f"{REPO}/contents/same.txt", {"message": name, "content": text, "branch": name})
        caller.made("POST", f"{REPO}/pulls", {"title": name, "head": name, "base": "main"})
    caller.made("PUT", f"{REPO}/pulls/1/merge", {})
    assert caller("PUT", f"{REPO}/pulls/2/merge", {}).status_code == 405


def test_a_pull_request_follows_what_is_pushed(caller: Caller, server: GitHubServer, tmp_path: Path) -> None:
    for name in ("merged", "deleted"):
        caller.branch(name)
        caller.made("POST", f"{REPO}/pulls", {"title": name, "head": name, "base": "main"})
    Clone(tmp_path).git("clone", "--quiet", str(server.hub.git.path), str(tmp_path / "clone"))
    people = Clone(tmp_path / "clone")
    people.git("merge", "--quiet", "--ff-only", "origin/merged")
    people.git("push", "--quiet", "origin", "main", ":deleted")
    states = {pull["title"]: pull["merged_at"] for pull in caller.made("GET", f"{REPO}/pulls", state="closed")}
    assert states["merged"] is not None
    assert states["deleted"] is None


# -- people


def test_who_asks_is_known_by_the_token(server: GitHubServer) -> None:
    assert Caller(server, "nonsense")("GET", "/user").status_code == 401
    reader = Caller(server, "readers-token")
    assert reader.made("GET", "/user")["login"] == "reader"
    answer = reader("POST", f"{REPO}/issues", {"title": "t"})
    assert (answer.status_code, said(answer)) == (403, "Resource not accessible by integration")
    assert server.hub.issues == {}
    assert Caller(server)("GET", "/repos/example/other").status_code == 404


def test_permissions_tell_who_may_do_what(caller: Caller) -> None:
    levels = {
        name: caller.made("GET", f"{REPO}/collaborators/{name}/permission")["permission"]
        for name in ("example", "bot", "reader", "stranger")
    }
    assert levels == {"example": "admin", "bot": "write", "reader": "read", "stranger": "none"}


def test_long_lists_come_in_pages(caller: Caller) -> None:
    for number in range(5):
        caller.made("POST", f"{REPO}/issues", {"title": f"issue {number}"})
    path, titles = f"{REPO}/issues", []
    answer = caller("GET", path, per_page=2)
    while True:
        titles += [issue["title"] for issue in answer.json()]
        if "next" not in answer.links:
            break
        answer = caller("GET", answer.links["next"]["url"].removeprefix(caller.server.url))
    assert titles == [f"issue {number}" for number in (4, 3, 2, 1, 0)]


# -- failures


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_failure_comes_before_or_after_the_effect_as_planned(caller: Caller, server: GitHubServer, kind: str) -> None:
    commit = caller.commit()
    for when in KINDS[kind].whens:
        ref = f"refs/heads/{when}"
        server.faults.append(Fault("git/create-ref", kind, when))
        own = Caller(server)
        status = 0
        try:
            answer = own.session.post(
                f"{server.url}{REPO}/git/refs",
                json={"ref": ref, "sha": commit},
                headers={"Authorization": f"token {own.token}", "X-GitHub-Api-Version": "2022-11-28"},
                timeout=(5, 0.3),
                allow_redirects=False,
            )
            status = answer.status_code
            if KINDS[kind].silent == "garbage":
                with pytest.raises(json.JSONDecodeError):
                    json.loads(answer.text)
        except requests.exceptions.RequestException:
            assert KINDS[kind].silent in ("hang", "reset", "cut")
        assert status == (KINDS[kind].status or status)
        assert (server.hub.git.ref(ref) == commit) is (when == "after")
        # Once only: the next call is what it always is.
        assert caller("POST", f"{REPO}/git/refs", {"ref": f"{ref}-2", "sha": commit}).status_code == 201
    assert server.refused == []


def test_a_failure_may_let_calls_pass_and_stay_for_good(caller: Caller, server: GitHubServer) -> None:
    server.faults.append(Fault("*", "unavailable", times=None, skip=2))
    assert [caller("GET", f"{REPO}").status_code for _ in range(5)] == [200, 200, 503, 503, 503]
    assert [seen.status for seen in server.seen] == [200, 200, 503, 503, 503]


# -- Git's own protocol


def test_git_fetches_and_pushes_with_a_token_that_may(caller: Caller, server: GitHubServer, tmp_path: Path) -> None:
    commit = caller.commit("nothing points here")
    clone = Clone(tmp_path / "clone")
    Clone(tmp_path).git("init", "--quiet", str(clone.path))

    def address(token: str) -> str:
        return server.git_url.replace("http://", f"http://x-access-token:{token}@")

    clone.git("fetch", "--quiet", address("readers-token"), commit)
    assert clone.at("FETCH_HEAD") == commit
    with pytest.raises(AssertionError, match=r"403|denied|forbidden"):
        clone.git("push", "--quiet", address("readers-token"), f"{commit}:refs/heads/pushed")
    assert server.hub.git.ref("refs/heads/pushed") is None
    clone.git("push", "--quiet", address(caller.token), f"{commit}:refs/heads/pushed")
    assert server.hub.git.ref("refs/heads/pushed") == commit
    with pytest.raises(AssertionError, match=r"Authentication|could not read|terminal"):
        clone.git("fetch", "--quiet", address("nonsense"), commit)
    assert server.refused == []


# -- people, and what they start


@pytest.mark.parametrize(
    ("role", "built_on"),
    [("admin", "admin"), ("maintain", "write"), ("triage", "read"), ("read", "read"), ("Release crew/write", "write")],
)
def test_a_permission_names_the_role_and_the_one_it_is_built_on(
    server: GitHubServer, caller: Caller, role: str, built_on: str
) -> None:
    server.hub.permissions["somebody"] = role
    told = caller.made("GET", f"{REPO}/collaborators/somebody/permission")
    assert (told["role_name"], told["permission"]) == (role.partition("/")[0], built_on)


def test_a_run_that_is_run_again_keeps_the_time_at_which_it_was_asked_for(server: GitHubServer, caller: Caller) -> None:
    server.hub.runs[7] = Run(7, "example", "2026-11-20T08:00:00Z", attempt=2)
    told = caller.made("GET", f"{REPO}/actions/runs/7")
    assert (told["created_at"], told["run_attempt"]) == ("2026-11-20T08:00:00Z", 2)
    assert caller("GET", f"{REPO}/actions/runs/8").status_code == 404


def test_rules_hold_for_names_of_branches_whether_they_exist_or_not(caller: Caller, server: GitHubServer) -> None:
    server.hub.rules += [("opsbook/*", "creation", 7), ("main", "pull_request", 8)]
    rules = caller.made("GET", f"{REPO}/rules/branches/opsbook%2Fnever-made")
    assert [(rule["type"], rule["ruleset_id"]) for rule in rules] == [("creation", 7)]
    assert caller.made("GET", f"{REPO}/rules/branches/topic") == []
    assert caller.made("GET", f"{REPO}/rulesets/7")["current_user_can_bypass"] == "never"
    server.hub.bypasses[7] = "always"
    assert caller.made("GET", f"{REPO}/rulesets/7")["current_user_can_bypass"] == "always"
    assert caller("GET", f"{REPO}/rulesets/9").status_code == 404


@pytest.mark.parametrize("label", [{"name": "x" * 51}, {"name": "x", "color": "none"}])
def test_a_label_that_cannot_be_is_invalid_to_those_who_may_and_forbidden_to_others(
    caller: Caller, server: GitHubServer, label: dict[str, str]
) -> None:
    assert caller("POST", f"{REPO}/labels", label).status_code == 422
    caller.token = "readers-token"
    assert caller("POST", f"{REPO}/labels", label).status_code == 403
    assert set(server.hub.labels) == {"bug"}
