"""Fixtures: the server over a real repository, and somebody who speaks to it without our adapter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.github_server.hub import NAME, OWNER, person
from tests.github_server.server import VERSION, GitHubServer
from tests.support.repos import NOW, make_remote

REPO = f"/repos/{OWNER}/{NAME}"


@dataclass
class Caller:
    """Speaks HTTP to the server, as any program would."""

    server: GitHubServer
    token: str = "test-token"
    session: requests.Session = field(default_factory=requests.Session)

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        headers = {
            "Authorization": f"token {self.token}",
            "Accept": "application/vnd.github.v3.full+json",
            "X-GitHub-Api-Version": VERSION,
        }
        return self.session.request(
            method, self.server.url + path, json=body, params=query, headers=headers, timeout=(5, 20)
        )

    def made(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The content of an answer that has to be a success."""
        answer = self(method, path, body, **query)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def commit(self, text: str = "x", *, path: str = "") -> str:
        """A commit on main that nothing points at."""
        with self.server.locked() as hub:
            git, who = hub.git, person(None, "bot", hub.now())
            main = git.ref("refs/heads/main") or ""
            blob = git.store("blob", text.encode())
            tree = git.change_tree(main, {path or f"files/{text}": ("100644", blob)})
            return git.commit(tree, [main], text, who, who)

    def branch(self, name: str, commit: str | None = None) -> str:
        """A branch with a commit of its own."""
        commit = commit or self.commit(name.replace("/", "-"))
        with self.server.locked() as hub:
            hub.git.move(f"refs/heads/{name}", commit, None)
        return commit


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """The server; its repository is sound at the end, whatever was done to it."""
    server = GitHubServer(make_remote(tmp_path / "github.git"), now=lambda: NOW)
    yield server
    status, output = server.hub.git.git("fsck", "--strict", "--no-dangling", accept=tuple(range(256)))
    server.close()
    assert (status, output) == (0, b"")


@pytest.fixture
def caller(server: GitHubServer) -> Iterator[Caller]:
    """A person's program, with the token of somebody who may write."""
    caller = Caller(server)
    yield caller
    caller.session.close()
