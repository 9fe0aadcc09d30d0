"""The token of a workflow's job may do what the job asked for, as on GitHub."""

from __future__ import annotations

from tests.github_server.calls import HANDLERS
from tests.github_server.conftest import REPO, Caller
from tests.github_server.scopes import allows
from tests.github_server.server import GitHubServer


def test_a_jobs_token_may_do_what_its_permissions_say_and_nothing_else(server: GitHubServer, caller: Caller) -> None:
    server.scopes[caller.token] = {"contents": "read", "pull-requests": "write"}
    assert caller("POST", f"{REPO}/git/blobs", {"content": "x"}).status_code == 403
    issue = server.hub.open_issue(by="example", title="A question", body="")
    assert caller("POST", f"{REPO}/issues/{issue.number}/comments", {"body": "x"}).status_code == 403
    issue.head = "a-branch"  # a pull request is an issue with a branch
    assert caller("POST", f"{REPO}/issues/{issue.number}/comments", {"body": "x"}).status_code == 201


def test_it_is_known_what_every_call_needs() -> None:
    everything = dict.fromkeys(("contents", "pull-requests", "issues", "actions"), "write")
    assert {name for name in HANDLERS if not allows(everything, name, pull=None)} == {"teams/list-members-in-org"}
    assert not allows({}, "issues/update", pull=False)
