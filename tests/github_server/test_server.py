"""The server behaves as GitHub does: its words, its races, its failures, and Git's own protocol."""

from __future__ import annotations

import json
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


# -- objects


def test_objects_are_real_git_objects(caller: Caller, server: GitHubServer, tmp_path: Path) -> None:
    commit = caller.branch("topic")
    Clone(tmp_path).git("clone", "--quiet", "--branch", "topic", str(server.hub.git.path), str(tmp_path / "clone"))
    clone = Clone(tmp_path / "clone")
    assert clone.at("HEAD") == commit
    assert (tmp_path / "clone" / "files" / "topic").read_text() == "topic"
    assert (tmp_path / "clone" / "opsbook.yml").exists()
    assert clone.git("log", "-1", "--format=%an <%ae> %s").strip() == "bot <bot@users.noreply.github.example> topic"
    blob = caller.made("POST", f"{REPO}/git/blobs", {"content": "eA==", "encoding": "base64"})["sha"]
    assert server.hub.git.blob(blob) == b"x"


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


def test_a_pull_request_needs_a_branch_with_commits_of_its_own(caller: Caller, server: GitHubServer) -> None:
    caller.branch("same", server.hub.git.ref("refs/heads/main"))
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
    assert server.hub.git.at(sha, "files/topic") is not None
    (pull,) = caller.made("GET", f"{REPO}/pulls", state="all")
    assert (pull["state"], pull["merged_at"] is not None, pull["merge_commit_sha"]) == ("closed", True, sha)
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
    for name in ("one", "two"):
        caller.branch(name, caller.commit(name, path="same.txt"))
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
    assert Caller(server, "nonsense")("GET", REPO).status_code == 401
    reader = Caller(server, "readers-token")
    assert reader.made("GET", REPO)["permissions"]["push"] is False
    answer = reader("POST", f"{REPO}/labels", {"name": "t"})
    assert (answer.status_code, said(answer)) == (403, "Resource not accessible by integration")
    assert "t" not in server.hub.labels
    assert Caller(server)("GET", "/repos/example/other").status_code == 404


def test_permissions_tell_who_may_do_what(caller: Caller) -> None:
    levels = {
        name: caller.made("GET", f"{REPO}/collaborators/{name}/permission")["permission"]
        for name in ("example", "bot", "reader", "stranger")
    }
    assert levels == {"example": "admin", "bot": "write", "reader": "read", "stranger": "none"}


def test_long_lists_come_in_pages(caller: Caller, server: GitHubServer) -> None:
    server.hub.open_issue(by="example", title="A question", body="")
    for number in range(5):
        caller.made("POST", f"{REPO}/issues/1/comments", {"body": f"comment {number}"})
    path, bodies = f"{REPO}/issues/1/comments", []
    answer = caller("GET", path, per_page=2)
    while True:
        bodies += [comment["body"] for comment in answer.json()]
        if "next" not in answer.links:
            break
        answer = caller("GET", answer.links["next"]["url"].removeprefix(caller.server.url))
    assert bodies == [f"comment {number}" for number in range(5)]


# -- failures


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_failure_comes_before_or_after_the_effect_as_planned(caller: Caller, server: GitHubServer, kind: str) -> None:
    for when in KINDS[kind].whens:
        server.faults.append(Fault("issues/create-label", kind, when))
        own = Caller(server)
        status = 0
        try:
            answer = own.session.post(
                f"{server.url}{REPO}/labels",
                json={"name": when},
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
        assert (when in server.hub.labels) is (when == "after")
        # Once only: the next call is what it always is.
        assert caller("POST", f"{REPO}/labels", {"name": f"{when}-2"}).status_code == 201
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
