"""Repositories that may not be there yet: of a new book, and of the program's own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from opsbook.adapters.git.repository import LOCAL_SECONDS, GitMissing, Repository, clean_environment
from opsbook.adapters.machine.locks import turn


def branch(folder: Path, environment: Mapping[str, str]) -> str | None:
    """The branch that is checked out in the repository whose root is `folder`; `None` where there is none."""
    if not (folder / ".git").exists():
        return None
    output = Repository(folder, environment=environment).run(
        "symbolic-ref", "--quiet", "--short", "HEAD", accept=(0, 1, 128)
    )
    return output.data.decode(errors="replace").strip() or None


def bare(folder: Path, environment: Mapping[str, str]) -> Repository:
    """A bare repository of the program's own, which nobody else on this machine may look into; made if need be.

    It stands where a machine has no clone of a book. What is fetched again is all that it holds.

    Raises:
        GitFailed, GitMissing: it could not be made.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with turn(folder.with_suffix(".lock"), seconds=LOCAL_SECONDS):
        if not (folder / "HEAD").exists():
            _init(folder, environment, "--bare", "--template=")
            folder.chmod(0o700)
    return Repository(folder, environment=environment)


ADDRESS = re.compile(r"(?:https?|ssh|git|file)://|[\w.-]+@[\w.-]+:")
"""How the address of a repository begins, as people copy it."""

FETCH_SECONDS = 300.0
"""A large repository over a slow line; whoever imports it sits there and can stop it."""


def fetched(address: str, folder: Path, environment: Mapping[str, str]) -> tuple[Repository, str]:
    """The newest commit of a repository, in a bare one of ours: without its history, and nothing is checked out.

    Raises:
        ForgeFault: it cannot be reached, or does not let us in.
    """
    repository = bare(folder / "source", environment)
    words = ("fetch", "--quiet", "--depth=1", "--no-tags", "--", address, "HEAD")
    repository.run(*words, variables={"GIT_ALLOW_PROTOCOL": "http:https:ssh:git:file"}, seconds=FETCH_SECONDS)
    return repository, repository.revision("FETCH_HEAD")


def _init(folder: Path, environment: Mapping[str, str], *options: str) -> None:
    words = ["git", "init", "--quiet", "--initial-branch=main", *options, str(folder)]
    try:
        subprocess.run(words, env=clean_environment(environment), check=True, timeout=LOCAL_SECONDS)
    except (OSError, subprocess.SubprocessError):
        raise GitMissing(f"No repository could be made at {folder}.", "See who owns that folder.") from None


def begin(folder: Path, paths: Iterable[str], message: str, environment: Mapping[str, str]) -> None:
    """Commit these files and nothing else; a repository is made first where there is none.

    Raises:
        GitFailed, GitMissing: it could not be done.
    """
    if not (folder / ".git").exists():
        _init(folder, environment)
    repository = Repository(folder, environment=environment)
    named = repository.run("config", "user.email", accept=(0, 1)).data.strip()
    author = () if named else ("-c", "user.name=Opsbook", "-c", "user.email=opsbook@opsbook.invalid")
    repository.git("add", "--", *(paths := list(paths)))
    repository.git(*author, "commit", "--quiet", f"--message={message}", "--only", "--", *paths)
