"""Examines this machine: Git, the clone, its remote, and the folder in which requests are kept safe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from opsbook.adapters.git.forge import LocalForge
from opsbook.adapters.git.remote import Remote
from opsbook.adapters.git.repository import NotARepository, Repository, installed
from opsbook.adapters.machine.state import FileIntents, state_folder, try_folder
from opsbook.core.errors import OpsbookError
from opsbook.core.examined import Examined, fine, missing, note
from opsbook.core.request import Request
from opsbook.core.times import Times

OLDEST_GIT = (2, 34)
SECONDS = 10.0
"""After this time a remote counts as unreachable."""


class LocalExaminer:
    """This machine (`core.ports.Examiner`).

    Args:
        root: the folder of the book.
        environment: the variables of the process, for Git.
        main: name of the main branch.
        push: whether the local forge pushes.
        elsewhere: the repository on GitHub, as `owner/name`, when records are published there and not by this clone.
        zone: in which people see times.
        read: makes a request of what was stored.
    """

    part = "This machine"

    def __init__(
        self,
        root: Path,
        environment: Mapping[str, str],
        *,
        main: str,
        push: bool,
        elsewhere: str,
        zone: str,
        read: Callable[[Any], Request],
        now: Callable[[], datetime],
    ) -> None:
        self._root = root
        self._environment = environment
        self._main = main
        self._push = push
        self._elsewhere = elsewhere
        self._read = read
        self._times = Times(now(), zone)

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        repository: Repository | None = None
        try:
            yield _git(installed(self._environment))
            repository = Repository(self._root, environment=self._environment)
            yield self._place(repository)
        except NotARepository as error:
            yield missing("repository", error.message, error.remedy)
        except OpsbookError as error:
            yield missing("Git", error.message, error.remedy)
        yield from self._state(state_folder(repository.common if repository is not None else None))
        if repository is not None:
            yield from self._branches(repository)

    def _place(self, repository: Repository) -> Examined:
        top = repository.worktree
        if top is not None and top.resolve() != self._root.resolve():
            return missing(
                "repository",
                f"The book in {self._root} is not at the root of its repository.",
                f"Move it to {top}, or make it a repository of its own.",
            )
        return fine("repository", f"{self._root} is at the root of a Git repository.")

    def _state(self, folder: Path) -> Iterator[Examined]:
        """Where requests are safe while GitHub is down, and what is still there."""
        try:
            try_folder(folder)
        except OpsbookError as error:
            yield missing("state folder", f"{error.message} Without it nothing can be declared.", error.remedy)
            return
        yield fine("state folder", f"{folder} can be written.")
        intents = FileIntents(folder, self._read)
        waiting, damaged = intents.orphans(), intents.damaged()
        if waiting:
            first = waiting[0]
            count = "One request was" if len(waiting) == 1 else f"{len(waiting)} requests were"
            yield missing(
                "requests",
                f"{count} cut off, the oldest at {self._times.full(first.now)}: "
                f"{first.request.action} by {first.request.by}.",
                "Run: opsbook reconcile",
            )
        elif not damaged:
            yield fine("requests", "None waits to be finished.")
        for item in (*damaged, *FileIntents(folder / "security", self._read).damaged()):
            yield missing("requests", f"{item.what}: {item.why}", item.remedy)

    def _branches(self, repository: Repository) -> Iterator[Examined]:
        try:
            commit = LocalForge(repository, main=self._main).head(None).main
        except OpsbookError as error:
            yield missing("main branch", error.message, error.remedy)
            return
        yield fine("main branch", f"{self._main} is there.")
        origin = repository.remote_url()
        if self._elsewhere:
            # Only what looks like a repository is quoted: people put the token in the wrong variable.
            if origin is not None and "/" in self._elsewhere and not _is_of(origin, self._elsewhere):
                yield note(
                    "publishing",
                    f"origin is {origin}, and records go to GITHUB_REPOSITORY, which is {self._elsewhere}.",
                    "If they should go to one book, correct one of the two.",
                )
            return
        if not self._push:
            where = f"origin is {origin}. " if origin else ""
            yield note(
                "publishing",
                f"{where}Records stay on this machine until somebody pushes their branches.",
                "Set `forge: {push: true}` in opsbook.yml to push by itself, or GITHUB_TOKEN and GITHUB_REPOSITORY to "
                "open pull requests.",
            )
            return
        if origin is None:
            yield missing(
                "publishing",
                "opsbook.yml says `push: true`, and this clone has no remote called origin.",
                "Add it: git remote add origin ADDRESS",
            )
            return
        reason = Remote(repository, "origin", self._main, seconds=SECONDS).try_push(commit)
        if reason:
            yield missing(
                "publishing",
                f"Branches cannot be pushed. {reason}",
                f"See what Git says to: git push --dry-run origin {self._main}:opsbook/try",
            )
        else:
            yield fine("publishing", f"Branches can be pushed to {origin}.")


def _is_of(address: str, repository: str) -> bool:
    """Whether an address of Git's, in whatever form, leads to `owner/name` on some host."""
    path = re.sub(r"(\.git)?/*$", "", address)
    return "/".join(re.split(r"[/:]", path)[-2:]).lower() == repository.lower()


def _git(version: str) -> Examined:
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST_GIT:
        return missing("Git", f"This is Git {version}.", "Install Git 2.34 or later.")
    return fine("Git", f"This is Git {version}.")
