"""The first commit of a book, in a repository that may not be there yet."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from opsbook.adapters.git.repository import LOCAL_SECONDS, GitMissing, Repository, clean_environment


def branch(folder: Path, environment: Mapping[str, str]) -> str | None:
    """The branch that is checked out in the repository whose root is `folder`; `None` where there is none."""
    if not (folder / ".git").exists():
        return None
    output = Repository(folder, environment=environment).run(
        "symbolic-ref", "--quiet", "--short", "HEAD", accept=(0, 1, 128)
    )
    return output.data.decode(errors="replace").strip() or None


def begin(folder: Path, paths: Iterable[str], message: str, environment: Mapping[str, str]) -> None:
    """Commit these files and nothing else; a repository is made first where there is none.

    Raises:
        GitFailed, GitMissing: it could not be done.
    """
    if not (folder / ".git").exists():
        words = ["git", "init", "--quiet", "--initial-branch=main", str(folder)]
        try:
            subprocess.run(words, env=clean_environment(environment), check=True, timeout=LOCAL_SECONDS)
        except (OSError, subprocess.SubprocessError):
            raise GitMissing("No repository could be made.", "Run git init, and commit what was written.") from None
    repository = Repository(folder, environment=environment)
    named = repository.run("config", "user.email", accept=(0, 1)).data.strip()
    author = () if named else ("-c", "user.name=Opsbook", "-c", "user.email=opsbook@opsbook.invalid")
    repository.git("add", "--", *(paths := list(paths)))
    repository.git(*author, "commit", "--quiet", f"--message={message}", "--only", "--", *paths)
