"""A GitHub for tests, and the people around it: the real forge, a server over a real repository, and clones."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path

from opsbook.adapters.git.begin import bare
from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.git.repository import Repository
from opsbook.adapters.github.api import Api
from opsbook.adapters.github.forge import connect
from opsbook.adapters.machine.state import FileIntents, FileOutbox
from opsbook.core.context import Context
from opsbook.core.tree import MemoryTree
from opsbook.kinds import read_request, registry
from tests.github_server.calls import merge
from tests.github_server.hub import NAME, OWNER
from tests.github_server.repository import Bare
from tests.github_server.server import GitHubServer
from tests.support import desk as desks
from tests.support.clock import Clock, machine
from tests.support.desk import key_at, make_remote
from tests.support.repos import ENVIRONMENT
from tests.support.repos import Clone as Desk
from tests.support.small_book import FILES
from tests.support.wired import Chat, dice

TOKEN = "test-token"  # known to the server alone

TIMEOUTS = (2.0, 10.0)


def api(server: GitHubServer, *, token: str = TOKEN, timeouts: tuple[float, float] = TIMEOUTS) -> Api:
    """The API as the program uses it."""
    return Api(token, f"{OWNER}/{NAME}", url=server.url, timeouts=timeouts)


_machines = count()


def forge(
    server: GitHubServer,
    *,
    clone: Path | None = None,
    own: Path | None = None,
    timeouts: tuple[float, float] = TIMEOUTS,
    seconds: float = 20.0,
) -> GitForge:
    """A forge on a machine with a clone, or with a bare repository of the program's own.

    Args:
        own: where that repository is; by default the machine is a new one, and has none yet.
        timeouts: of the API; seconds: of each exchange with Git.
    """
    place = own or server.hub.git.path.parent / f"machine-{next(_machines)}.git"
    repository = bare(place, ENVIRONMENT) if clone is None else Repository(clone, environment=ENVIRONMENT)
    name = f"{OWNER}/{NAME}"
    return connect(TOKEN, name, url=server.url, main="main", repository=repository, timeouts=timeouts, seconds=seconds)


def person(server: GitHubServer, path: Path, **variables: str) -> desks.Desk:
    """Somebody with a clone of the repository on GitHub, and with a token.

    Args:
        variables: more of their environment, which win.
    """
    address = server.git_url.replace("http://", f"http://x-access-token:{TOKEN}@")
    if server.hub.git.refs("") == Bare(_template()).refs(""):
        desks.copy_clone(_clone(), path, str(_template()), address)
    else:
        desks.Desk(path.parent).git("clone", "--quiet", "--template=", address, str(path))
        desks.configure(desks.Desk(path))
    known = {"GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": f"{OWNER}/{NAME}", "GITHUB_API_URL": server.url}
    return desks.Desk(path, {**known, **variables})


def merge_pull(server: GitHubServer, record: str, *, squash: bool = False, method: str = "merge") -> None:
    """A person merges the record's open pull request with the button."""
    with server.locked() as hub:
        (pull,) = [item for item in hub.issues.values() if item.head == f"opsbook/{record}" and item.state == "open"]
        words = {"merge_method": "squash", "commit_message": "By hand."} if squash else {"merge_method": method}
        merge(hub, pull, OWNER, words)


def push_main(server: GitHubServer, people: Path, files: Mapping[str, bytes | str]) -> None:
    """A person commits to main by hand and pushes, with Git itself."""
    desk = Desk(people)
    if not people.exists():
        desk = Desk(people.parent)
        desk.git("clone", "--quiet", "--template=", str(server.hub.git.path), str(people))
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
    forge: GitForge
    chat: Chat
    clock: Clock


def office(
    server: GitHubServer, state: Path, chat: Chat, clock: Clock, *, seed: int = 7, clone: Path | None = None,
    timeouts: tuple[float, float] = TIMEOUTS, seconds: float = 20.0,
) -> Office:  # fmt: skip
    """What `opsbook.wiring` builds, but for clock, dice and chat."""
    made = forge(server, clone=clone, own=state / "book.git", timeouts=timeouts, seconds=seconds)
    context = Context(
        kinds=registry(),
        forge=made,
        sinks=(chat,),
        intents=FileIntents(state, read_request),
        outbox=FileOutbox(state),
        now=clock.now,
        seed=dice(seed),
        actor="oncall-a",
        offline=lambda: MemoryTree(FILES),
        host=made,
    )
    return Office(context, made, chat, clock)


@dataclass(frozen=True)
class Truth:
    """What is on GitHub, as Git and the server tell it, without a word of the program's.

    Attributes:
        operations: the trailers of commits on branches of records that main does not contain, oldest first.
        pulls: branch and state of every pull request.
        receipts: key to reference.
        comments: the bodies of all comments.
    """

    branches: dict[str, str]
    operations: list[str]
    pulls: list[tuple[str, str]]
    receipts: dict[str, str]
    comments: list[str]


def truth(server: GitHubServer) -> Truth:
    """Look."""
    with server.locked() as hub:
        git = hub.git
        branches = git.refs("refs/heads/opsbook/")
        own = git.revisions("--reverse", "--topo-order", "^refs/heads/main", *branches.values()) if branches else []
        trailers = [re.findall(r"^Opsbook-Operation: (.+)$", git.parse(sha).message, re.MULTILINE) for sha in own]
        tip = git.ref("refs/heads/opsbook-receipts")
        files = [(path, oid) for path, mode, oid in git.walk(tip) if mode != "40000"] if tip else []
        return Truth(
            {name.removeprefix("refs/heads/"): sha for name, sha in branches.items()},
            [operation for found in trailers for operation in found],
            [(pull.head, pull.state) for pull in hub.issues.values() if pull.head],
            {key_at(path): json.loads(git.blob(oid) or b"")["reference"] for path, oid in files},
            [comment.body for comment in hub.comments.values()],
        )


@cache
def _template() -> Path:
    """A bare repository with the small book, in as few files as Git allows: it is copied for every test."""
    path = Path(tempfile.mkdtemp(prefix="opsbook-github-")) / "book.git"
    bare = Desk(make_remote(path, push=False))
    bare.git("repack", "-adq")
    bare.git("pack-refs", "--all")
    for name in ("hooks", "info", "branches"):
        shutil.rmtree(path / name, ignore_errors=True)
    return path


@cache
def _clone() -> Path:
    path = _template().with_name("clone")
    Desk(path.parent).git("clone", "--quiet", "--template=", str(_template()), str(path))
    return desks.configure(desks.Desk(path)).path


def make_github(path: Path, *, now: Callable[[], datetime] = machine) -> GitHubServer:
    """A GitHub with the small book on main.

    Args:
        now: its clock; a test that gives the program a clock of its own gives GitHub the same.
    """
    shutil.copytree(_template(), path)
    return GitHubServer(path, now)


def copy_github(server: GitHubServer, path: Path, *, now: Callable[[], datetime]) -> GitHubServer:
    """A GitHub that begins with all that another one holds."""
    shutil.copytree(server.hub.git.path, path)
    made = GitHubServer(path, now)
    made.hub.copy(server.hub)
    return made
