"""Real Git repositories for tests: made in milliseconds, without the configuration of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.git.repository import Repository
from opsbook.core.plan import Plan
from opsbook.core.ports import Commit
from tests.github_server.repository import Bare
from tests.support.clock import handed_on
from tests.support.desk import copy_clone

NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
RECORD = "INC-20261121-7KQ4M"
OTHER = "INC-20261121-0ABCD"

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": tempfile.gettempdir(),
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **handed_on(),
}


@dataclass(frozen=True)
class Clone:
    """A repository on disk, and what a person does with it by hand."""

    path: Path
    environment: Mapping[str, str] = field(default_factory=lambda: ENVIRONMENT)

    def git(self, *arguments: str, stdin: str | None = None) -> str:
        """Run Git as a person would; fails loudly."""
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            env=dict(self.environment),
            check=False,
        )
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def write(self, files: Mapping[str, bytes | str]) -> None:
        """Write files of the working tree."""
        for name, data in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)

    def commit(self, subject: str, files: Mapping[str, bytes | str]) -> str:
        """Write files and commit them, and nothing else, by hand."""
        self.write(files)
        self.git("add", "--", *files)
        self.git("commit", "--quiet", "-m", subject)
        return self.at("HEAD")

    def at(self, revision: str) -> str:
        """The id of a commit."""
        return self.git("rev-parse", "--verify", "--quiet", revision).strip()

    def branches(self) -> list[str]:
        """The local branches."""
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads/").split()

    def condition(self) -> dict[str, object]:
        """All that a person would notice: HEAD, index, status, and the content of the working tree."""
        files = {
            str(path.relative_to(self.path)): path.read_bytes()
            for path in sorted(self.path.rglob("*"))
            if ".git" not in path.parts and path.is_file()
        }
        return {
            "head": (self.path / ".git" / "HEAD").read_text(),
            "index": self.git("ls-files", "--stage"),
            "status": self.git("status", "--porcelain=v2"),
            "files": files,
        }

    def repository(self, *, patience: float = 0.2) -> Repository:
        """The repository as the program sees it."""
        return Repository(self.path, environment=self.environment, patience=patience)

    def forge(self, *, push: bool = False) -> GitForge:
        """A forge on this clone."""
        return GitForge(self.repository(), push=push)


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="opsbook-test-")) / "book"
    path.mkdir()
    clone = Clone(path)
    clone.git("init", "--quiet", "--template=", "--initial-branch=main")
    clone.git("config", "user.name", "Test Person")
    clone.git("config", "user.email", "person@example.invalid")
    clone.commit("Begin", {"opsbook.yml": "version: 1\n", "services/checkout.yaml": "owner: team-shop\n"})
    return path


def make_repo(path: Path) -> Clone:
    """A clone with one commit on main and no remote."""
    shutil.copytree(_template(), path)
    return Clone(path)


@cache
def _remote() -> Path:
    path = _template().with_name("remote.git")
    Clone(_template()).git("clone", "--quiet", "--template=", "--bare", str(_template()), str(path))
    Clone(path).git("remote", "remove", "origin")
    return path


def make_remote(path: Path) -> Path:
    """A bare repository with that one commit on main."""
    return Path(shutil.copytree(_remote(), path))


@cache
def _clone() -> Path:
    return _cloned(_remote(), _remote().with_name("clone")).path


def make_clone(remote: Path, path: Path) -> Clone:
    """A clone of a bare repository."""
    if Bare(remote).refs("") == Bare(_remote()).refs(""):
        copy_clone(_clone(), path, str(_remote()), str(remote))
        return Clone(path)
    return _cloned(remote, path)


def _cloned(remote: Path, path: Path) -> Clone:
    Clone(remote).git("clone", "--quiet", "--template=", str(remote), str(path))
    clone = Clone(path)
    clone.git("config", "user.name", "Test Person")
    clone.git("config", "user.email", "person@example.invalid")
    return clone


def commit_of(
    record: str = RECORD,
    operation: str = "op1",
    files: Mapping[str, bytes | None] | None = None,
    *,
    subject: str = "Declare",
) -> Commit:
    """A commit to publish, by default with one timeline entry that names its operation."""
    folder = f"incidents/2026/{record}-checkout-down"
    if files is None:
        files = {f"timeline/{operation}.yaml": f"operation: {operation}\n".encode()}
    plan = Plan(record, folder, {f"{folder}/{name}": data for name, data in files.items()}, subject, "Title", "Body\n")
    return Commit(plan, operation, "team-shop <team-shop@opsbook.invalid>", NOW)
