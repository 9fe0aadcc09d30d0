"""A GitHub for tests, and the people around it: the real forge, a server over a real repository, and clones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from opsbook.adapters.git import Repository
from opsbook.adapters.github import GitHubForge
from opsbook.adapters.github_api import Api
from opsbook.adapters.github_objects import Clone
from opsbook.adapters.state import FileIntents, FileOutbox
from opsbook.core.context import Context
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from tests.github_server.calls import merge
from tests.github_server.hub import NAME, OWNER
from tests.github_server.server import GitHubServer
from tests.support.repos import ENVIRONMENT
from tests.support.repos import Clone as Desk
from tests.support.small_book import FILES
from tests.support.wired import Chat, Clock, dice

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


@dataclass
class Office:
    """A machine with the program on it: the real forge and the real state folder, and a chat that others share."""

    context: Context
    forge: GitHubForge
    chat: Chat
    clock: Clock


def office(
    server: GitHubServer, state: Path, chat: Chat, clock: Clock, *, seed: int = 7, clone: Path | None = None,
    timeouts: tuple[float, float] = TIMEOUTS,
) -> Office:  # fmt: skip
    """What `opsbook.wiring` builds, but for clock, dice and chat."""
    made = forge(server, clone=clone, timeouts=timeouts)
    context = Context(
        kinds=registry(),
        forge=made,
        sinks=(chat,),
        intents=FileIntents(state),
        outbox=FileOutbox(state),
        now=clock.now,
        seed=dice(seed),
        actor="oncall-a",
        offline=lambda: MemoryTree(FILES),
    )
    return Office(context, made, chat, clock)
