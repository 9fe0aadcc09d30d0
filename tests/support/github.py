"""A GitHub for tests, and the people around it: the real forge, a server over a real repository, and clones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from opsbook.adapters.git import Repository
from opsbook.adapters.github import GitHubForge
from opsbook.adapters.github_api import Api
from opsbook.adapters.github_objects import Clone
from tests.github_server.calls import merge
from tests.github_server.hub import NAME, OWNER
from tests.github_server.server import GitHubServer
from tests.support.repos import ENVIRONMENT
from tests.support.repos import Clone as Desk

TOKEN = "test-token"  # known to the server alone

TIMEOUTS = (2.0, 10.0)


def api(server: GitHubServer, *, token: str = TOKEN, timeouts: tuple[float, float] = TIMEOUTS) -> Api:
    """The API as the program uses it."""
    return Api(token, f"{OWNER}/{NAME}", url=server.url, timeouts=timeouts)


def forge(server: GitHubServer, *, clone: Path | None = None, timeouts: tuple[float, float] = TIMEOUTS) -> GitHubForge:
    """A forge, with a clone on this machine or without."""
    found = None
    if clone is not None:
        found = Clone(Repository(clone, environment=ENVIRONMENT), server.git_url, TOKEN)
    return GitHubForge(api(server, timeouts=timeouts), site=server.url, clone=found)


def merge_pull(server: GitHubServer, record: str, *, squash: bool = False) -> None:
    """A person merges the record's open pull request with the button."""
    with server.locked() as hub:
        (pull,) = [item for item in hub.issues.values() if item.head == f"opsbook/{record}" and item.state == "open"]
        words = {"merge_method": "squash", "commit_message": "By hand."} if squash else {}
        merge(hub, pull, OWNER, words)


def push_main(server: GitHubServer, people: Path, files: Mapping[str, bytes | str]) -> None:
    """A person commits to main by hand and pushes, with Git itself."""
    desk = Desk(people)
    if not people.exists():
        desk = Desk(people.parent)
        desk.git("clone", "--quiet", str(server.hub.git.path), str(people))
        desk = Desk(people)
        desk.git("config", "user.name", "Test Person")
        desk.git("config", "user.email", "person@example.invalid")
    desk.git("pull", "--quiet", "--ff-only")
    desk.commit("By hand", files)
    desk.git("push", "--quiet", "origin", "main")
    with server.locked():
        pass
