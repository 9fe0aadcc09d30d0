"""The remote of a clone: fetching what the forge needs, and pushing with an exact expectation."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from opsbook.adapters.git.repository import NETWORK_SECONDS, GitFailed, GitTimeout, Repository, redacted
from opsbook.core.errors import Refused

FRESH_SECONDS = 5.0
"""How long what was fetched is new enough for a command that has just begun."""

DOWN_SECONDS = 60.0
"""How long a remote that failed is left alone."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Pushed:
    """How a push ended: done, lost (the remote's ref is not where we expected it), or failed with a reason."""

    outcome: Literal["done", "lost", "failed"]
    reason: str = ""


class Remote:
    """One remote, by name, with the program's branches and main followed under `refs/remotes/<name>/`.

    Args:
        name: the remote's name; main: the name of its main branch.
        seconds: how long one exchange with it may take.
        address: where it is, unless that is configured; variables: what Git needs there in its environment.
    """

    def __init__(
        self,
        repository: Repository,
        name: str,
        main: str,
        *,
        seconds: float = NETWORK_SECONDS,
        address: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise Refused(f"{name!r} cannot be the name of a remote.", "Look at `forge:` in opsbook.yml.")
        self._repository = repository
        self._main = main
        self._seconds = seconds
        self._address = address or name
        self._variables = variables
        self._down: tuple[float, str] | None = None
        self._fetched = float("-inf")
        self.name = name

    def tracking(self, branch: str) -> str:
        """The ref under which this clone remembers a branch of the remote."""
        return f"refs/remotes/{self.name}/{branch}"

    @property
    def down(self) -> str:
        """Why the remote could not be reached a moment ago; empty when it could, or when nobody tried.

        One command makes several calls, and nobody waits for each of them when the network is gone.
        """
        return self._down[1] if self._down and time.monotonic() - self._down[0] < DOWN_SECONDS else ""

    def fetch(self, *, unless: float = 0.0, deepen: bool = False) -> str:
        """Bring main and every branch of the program up to date; why not, when that failed.

        Args:
            unless: not needed when it was done so many seconds ago.
            deepen: bring the rest of a shallow clone's histories too.
        """
        if self.down:
            return self.down
        if time.monotonic() - self._fetched < unless:
            return ""
        ours = f"+refs/heads/opsbook*:refs/remotes/{self.name}/opsbook*"
        main = f"+refs/heads/{self._main}:{self.tracking(self._main)}"
        reason = ""
        wanted = [ours, main]
        whole = ["--unshallow"] if deepen and self._repository.is_shallow else []
        deadline = time.monotonic() + self._seconds
        for _ in range(3):
            try:
                self._repository.run(
                    "fetch", "--quiet", "--no-tags", "--prune", "--no-write-fetch-head", *whole, self._address, *wanted,
                    seconds=max(deadline - time.monotonic(), 0.1), variables=self._variables,
                )  # fmt: skip
            except GitTimeout as error:
                return self._gone(error.message)
            except GitFailed as error:
                reason = explain(error, self.name)
                if "couldn't find remote ref" in error.errors:
                    # A new remote has no main yet.
                    wanted = [ours]
                elif "cannot lock ref" in error.errors or "unable to update local ref" in error.errors:
                    # Two fetches at once in one clone trip over each other's refs, or one was killed.
                    self._repository.outlast(error.errors, self._repository.common / "refs/remotes" / self.name)
                else:
                    return self._gone(reason)
            else:
                self._fetched = time.monotonic()
                return ""
        return reason

    def push(self, branch: str, new: str | None, old: str | None) -> Pushed:
        """Move a branch of the remote from exactly `old` (`None`: absent) to `new` (`None`: deleted)."""
        if self.down:
            return Pushed("failed", self.down)
        ref = f"refs/heads/{branch}"
        try:
            output = self._repository.run(
                "push", "--porcelain", "--no-verify", f"--force-with-lease={ref}:{old or ''}", self.name,
                f"{new or ''}:{ref}", seconds=self._seconds, accept=range(256),
            )  # fmt: skip
        except GitTimeout as error:
            return Pushed("failed", self._gone(error.message))
        if output.status == 0:
            self._remember(branch, new)
            return Pushed("done")
        line = next((line for line in output.data.decode(errors="replace").splitlines() if line.startswith("!")), "")
        if re.search(
            r"stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref|incorrect old",
            line,
        ):
            return Pushed("lost", line)
        if line:
            said = " ".join(re.findall(r"^remote: *(.*?) *$", output.errors, re.MULTILINE))[:200]
            cause = re.sub(r"^.*?\[(.*?)\]", r"\1", line.split("\t")[-1])
            return Pushed("failed", f"{self.name} refused {branch}: {redacted(f'{cause} {said}'.strip())}.")
        return Pushed("failed", self._gone(explain(GitFailed("", "", output.errors), self.name)))

    def try_push(self, commit: str) -> str:
        """Why a branch of the program could not be pushed; empty when it could. Nothing is pushed.

        Git asks the remote as for a push, with the same rights, and stops before it sends anything. What a hook or a
        rule of the remote would say to it is not known then.
        """
        try:
            self._repository.run(
                "push", "--dry-run", "--porcelain", "--no-verify", self.name,
                f"{commit}:refs/heads/opsbook/never-pushed", seconds=self._seconds,
            )  # fmt: skip
        except GitTimeout as error:
            return error.message
        except GitFailed as error:
            return explain(error, self.name)
        return ""

    def _gone(self, reason: str) -> str:
        self._down = (time.monotonic(), reason)
        return reason

    def _remember(self, branch: str, new: str | None) -> None:
        """A clone without the usual refspec (a bare one) does not record what was pushed."""
        ref = self.tracking(branch)
        known = self._repository.refs(ref).get(ref)
        at = known.commit if known else None
        if at != new:
            self._repository.move(ref, new, at, "opsbook: pushed")


def explain(error: GitFailed, remote: str) -> str:
    """One sentence for why a remote cannot be used."""
    said = [line for line in error.errors.splitlines() if line.strip()]
    cause = next((line for line in said if line.startswith(("fatal:", "error:", "ssh:"))), said[0] if said else "")
    return f"{remote} cannot be reached: {redacted(cause).removeprefix('fatal: ').rstrip('.') or error.message}."
