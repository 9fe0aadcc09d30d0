"""Examines this machine: Git, the clone, its remote, and the folder in which requests are kept safe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.git.remote import Remote
from opsbook.adapters.git.repository import NotARepository, Repository, installed
from opsbook.adapters.machine.state import FileIntents, state_folder, try_folder
from opsbook.core.config import CoreConfig
from opsbook.core.errors import OpsbookError
from opsbook.core.examined import Examined, fine, judged, lacking, missing, note
from opsbook.core.request import Request
from opsbook.core.times import Times

OLDEST_GIT = (2, 34)
SECONDS = 10.0
"""After this time a remote counts as unreachable."""


@dataclass(repr=False)
class LocalExaminer:
    """This machine (`core.ports.Examiner`).

    Attributes:
        root: the folder of the book; core: its settings.
        environment: the variables of the process, for Git.
        elsewhere: the repository on GitHub, as `owner/name`, when records are published there and not by this clone.
        read: makes a request of what was stored.
        remote: how Git reaches `elsewhere` from a repository on this machine.
    """

    root: Path
    core: CoreConfig
    environment: Mapping[str, str]
    elsewhere: str
    read: Callable[[Any], Request]
    remote: Callable[[Repository], Remote] | None = None
    part = "This machine"

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        repository = None
        try:
            version = installed(self.environment)
            if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST_GIT:
                yield missing("Git", f"This is Git {version}.", "Install Git 2.34 or later.")
            else:
                yield fine("Git", f"This is Git {version}.")
            repository = Repository(self.root, environment=self.environment)
            yield self._place(repository)
        except OpsbookError as error:
            yield lacking("repository" if isinstance(error, NotARepository) else "Git")(error)
        folder = state_folder(repository.common if repository is not None else None)
        yield from judged(self._requests(folder), OpsbookError, lacking("state folder"))
        if repository is not None:
            yield from judged(self._publishing(repository), OpsbookError, lacking("main branch"))

    def _place(self, repository: Repository) -> Examined:
        top = repository.worktree
        if top is None or top.resolve() == self.root.resolve():
            return fine("repository", f"{self.root} is at the root of a Git repository.")
        says = f"The book in {self.root} is not at the root of its repository."
        return missing("repository", says, f"Move it to {top}, or make it a repository of its own.")

    def _requests(self, folder: Path) -> Iterator[Examined]:
        """Where requests are safe while GitHub is down, and what is still there."""
        try_folder(folder)
        yield fine("state folder", f"{folder} can be written.")
        intents = FileIntents(folder, self.read)
        waiting = intents.orphans()
        damaged = (*intents.damaged(), *FileIntents(folder / "security", self.read).damaged())
        if waiting:
            first = waiting[0]
            count = "One request was" if len(waiting) == 1 else f"{len(waiting)} requests were"
            since = Times(first.now, self.core.timezone).full(first.now)
            says = f"{count} cut off, the oldest at {since}: {first.request.action} by {first.request.by}."
            yield missing("requests", says, "Run: opsbook reconcile")
        elif not damaged:
            yield fine("requests", "None waits to be finished.")
        for item in damaged:
            yield missing("requests", f"{item.what}: {item.why}", item.remedy)

    def _publishing(self, repository: Repository) -> Iterator[Examined]:
        main, origin = self.core.forge.main, repository.remote_url()
        commit = GitForge(repository, main=main).head(None).main
        yield _position(repository, main)
        if self.elsewhere:
            # Only what looks like a repository is quoted: people put the token in the wrong variable.
            if origin is not None and "/" in self.elsewhere and not _leads_to(origin, self.elsewhere):
                says = f"origin is {origin}, and records go to GITHUB_REPOSITORY, which is {self.elsewhere}."
                yield note("publishing", says, "If they should go to one book, correct one of the two.")
            if self.remote is not None and (reason := self.remote(repository).try_push(commit)):
                how = "Look at what stands between Git and GitHub (a proxy, a firewall), and at the token's “Contents”."
                yield missing("pushing", f"Git cannot push with the token. {reason}", how)
            elif self.remote is not None:
                yield fine("pushing", "Git can push with the token.")
        elif not self.core.forge.push:
            yield note(
                "publishing",
                "Records stay on this machine until somebody pushes their branches.",
                "Set `forge: {push: true}` in opsbook.yml to push by itself, or GITHUB_TOKEN and GITHUB_REPOSITORY to "
                "open pull requests.",
            )
        elif reason := Remote(repository, "origin", main, seconds=SECONDS).try_push(commit):
            add = "" if origin else "Add the remote: git remote add origin ADDRESS. "
            how = f"{add}See what Git says to: git push --dry-run origin {main}:opsbook/try"
            yield missing("publishing", f"Branches cannot be pushed. {reason}", how)
        else:
            yield fine("publishing", f"Branches can be pushed to {origin}.")


def _position(repository: Repository, main: str) -> Examined:
    """Where main is here, beside the remote's as last fetched: what people edit by hand may be an old book."""
    here, there = f"refs/heads/{main}", f"refs/remotes/origin/{main}"
    refs = repository.refs(here, there)
    if here not in refs or there not in refs:
        return fine("main branch", f"{main} is there.")
    mine, theirs = refs[here].commit, refs[there].commit
    base = repository.merge_base(mine, theirs)
    if mine == theirs:
        return fine("main branch", f"{main} is there, as at origin.")
    if base == mine:
        says = f"{main} here is behind origin: what you edit by hand is an old book."
        return note("main branch", says, "Run: git pull --ff-only")
    if base == theirs:
        return note("main branch", f"{main} here is ahead of origin.", f"Run: git push origin {main}")
    if base is not None:
        says = f"{main} here and at origin have both moved on; records are read from origin's."
        return note("main branch", says, f"Run: git pull --rebase origin {main}")
    says = f"{main} here and at origin have no commit in common: one of the two was replaced, or cut off."
    how = "Try git fetch --unshallow. If origin's is the right one, keep yours aside and take it over: "
    return missing("main branch", says, f"{how}git branch -m {main} {main}-before && git switch {main}")


def _leads_to(address: str, repository: str) -> bool:
    """Whether an address of Git's, in whatever form, leads to `owner/name` on some host."""
    path = re.sub(r"(\.git)?/*$", "", address)
    return "/".join(re.split(r"[/:]", path)[-2:]).lower() == repository.lower()
