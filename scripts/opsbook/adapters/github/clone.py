"""A clone on this machine beside GitHub: read from first, brought up to date by Git itself, and kept for a bad day."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property

from opsbook.adapters.git.objects import Entry, Objects, Person, Writer
from opsbook.adapters.git.remote import Remote
from opsbook.adapters.git.repository import NETWORK_SECONDS, Repository
from opsbook.adapters.github.address import owner_and_name, site_of
from opsbook.core.errors import OpsbookError

DOWN_SECONDS = 60.0
"""How long a clone whose fetch failed is not asked again."""


def clone_of(name: str, repository: Repository, token: str, url: str) -> Clone:
    """A clone beside the repository `name` (`owner/name`) of the API at `url`; raises UsageError if there is none."""
    return Clone(repository, f"{site_of(url)}/{'/'.join(owner_and_name(name))}.git", token)


class Clone:
    """A clone, brought up to date over Git's own protocol, which costs no calls of GitHub's API.

    Where its `origin` is the repository on GitHub, its remote-tracking branches follow what is seen and written there.
    They are what the local forge reads: with them this machine knows the open records while GitHub is down.

    Args:
        address: where GitHub serves the repository to Git.
        token: goes to Git in its environment, for this address alone; never on a command line or into a file.

    Attributes:
        last: when GitHub last answered Git, in monotonic seconds.
    """

    def __init__(self, repository: Repository, address: str, token: str, *, seconds: float = NETWORK_SECONDS) -> None:
        self.repository = repository
        self.objects = Objects(repository)
        self.last = float("-inf")
        self._address = address
        self._seconds = seconds
        secret = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        self._variables = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{address}.extraheader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {secret}",
        }
        self._down = float("-inf")

    @cached_property
    def whole(self) -> bool:
        """Whether histories end where they began, and not where a shallow clone was cut off."""
        return self.repository.git("rev-parse", "--is-shallow-repository").strip() == b"false"

    def remote(self, main: str, seconds: float = NETWORK_SECONDS) -> Remote:
        """GitHub as Git sees it; followed beside `origin` where that is another repository."""
        name = "origin" if self._tracking else "opsbook"
        return Remote(self.repository, name, main, seconds=seconds, address=self._address, variables=self._variables)

    def known(self) -> Mapping[str, str]:
        """The branches of records on GitHub as this clone last saw them."""
        lead = (self._tracking or "refs/remotes/opsbook/") + "opsbook/"
        with suppress(OpsbookError):
            return {f"opsbook/{name[len(lead) :]}": ref.commit for name, ref in self.repository.refs(lead).items()}
        return {}

    def has(self, commit: str) -> bool:
        """Whether a commit is here."""
        return self.objects.is_commit(commit)

    def bring(self, commits: Iterable[str]) -> bool:
        """Fetch commits with all that they contain; whether that went well."""
        missing = [commit for commit in commits if not self.has(commit)]
        return not missing or self._ask("fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", refs=missing)

    def delete(self, branch: str, tip: str) -> bool:
        """Delete a branch on GitHub if it is still at `tip`, which its API cannot promise; whether that was done."""
        ref = f"refs/heads/{branch}"
        return self._ask("push", "--no-verify", f"--force-with-lease={ref}:{tip}", refs=[f":{ref}"])

    def follow(self, branches: Mapping[str, str], *, all_below: str = "") -> None:
        """Let the remote-tracking branches say what GitHub's branches are at, as far as their commits are here.

        Args:
            all_below: branches whose names begin so, and which are not among `branches`, are gone.
        """
        if not self._tracking:
            return
        with suppress(OpsbookError):
            known = self.repository.refs(self._tracking)
            for name, commit in branches.items():
                ref = known.get(self._tracking + name)
                if (ref is None or ref.commit != commit) and self.has(commit):
                    self.repository.move(
                        self._tracking + name, commit, ref.commit if ref else None, "opsbook: seen on GitHub"
                    )
            for full, ref in known.items():
                name = full.removeprefix(self._tracking)
                if all_below and name.startswith(all_below) and name not in branches:
                    self.repository.move(full, None, ref.commit, "opsbook: gone on GitHub")

    def keep(
        self, parents: Sequence[str], files: Mapping[str, bytes | None], message: str, person: Person, when: datetime
    ) -> None:
        """Make here the commit that GitHub has made for us: the same words give the same id."""
        if not self._tracking:
            return
        with suppress(OpsbookError):
            writer = Writer(self.repository, self.objects)
            root = self.objects.root(parents[0])
            changes: dict[str, Entry | None] = {}
            for path, data in files.items():
                existing = self.objects.entry(root, path)
                mode = existing.mode if existing else "100644"
                changes[path] = None if data is None else Entry(mode, writer.blob(data))
            writer.commit(writer.tree(root, changes), parents, message, person, when)

    @cached_property
    def _tracking(self) -> str:
        """The folder of the branches of `origin`; nothing when that is another repository."""
        with suppress(OpsbookError):
            output = self.repository.run("config", "--get", "remote.origin.url", accept=(0, 1))
            if _place(output.data.decode(errors="replace").strip()) == _place(self._address):
                return "refs/remotes/origin/"
        return ""

    def _ask(self, command: str, *options: str, refs: Iterable[str]) -> bool:
        """Let Git ask GitHub; whether that went well."""
        if time.monotonic() - self._down < DOWN_SECONDS:
            return False
        try:
            self.repository.run(
                command, "--quiet", *options, self._address, *refs, variables=self._variables, seconds=self._seconds
            )
        except OpsbookError:
            if command == "fetch":
                self._down = time.monotonic()
            return False
        finally:
            self.last = time.monotonic()
        return True


def _place(address: str) -> str:
    """Host and path of an address in any of the forms that Git takes, to be compared."""
    found = re.fullmatch(r"(?:[a-z+]+://)?(?:[^/@]*@)?([^/:]+(?::\d+)?)[:/]/*(.+?)(?:\.git)?/?", address)
    return f"{found[1]}/{found[2]}".lower() if found else address
