"""The remote of a repository: bringing what the forge needs, and moving its branches from exactly where they were seen.

How an exchange ended is told apart by what Git says and by where it said it: what fails before anything was sent was
not done, what fails after that is unknown, and whoever pushed reads it back (`Remote.holds`).
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from opsbook.adapters.git.repository import NETWORK_SECONDS, GitFailed, GitTimeout, Output, Repository, redacted
from opsbook.adapters.machine.locks import turn
from opsbook.core.errors import Refused

DOWN_SECONDS = 60.0
"""How long a remote that gave no answer is left alone."""

FIRST_SECONDS = 120.0
"""How long the first exchange may take, which brings a whole book."""

LIMIT_SECONDS = 60.0
"""How long one is left alone that asks to wait: Git does not show for how long (GitHub's documentation: a minute)."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

_LOST = re.compile(
    r"stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref|incorrect old|already exists"
)
"""What Git says of a ref that is not where we expected it."""

_NOT_SENT = re.compile(
    r"unable to access|Authentication failed|could not read (Username|Password)|[Rr]epository .*not found"
    r"|does not appear to be a git repository|Could not resolve|[Cc]onnection refused|[Pp]ermission denied"
    r"|Host key verification failed|RPC failed; HTTP [34]\d\d|does not support --atomic|No such remote"
)
"""What Git says when the other side has taken nothing."""


class Update(NamedTuple):
    """A branch that is to be moved from exactly `old` (`None`: it is not there) to `new` (`None`: deleted)."""

    branch: str
    new: str | None
    old: str | None


class Pushed(NamedTuple):
    """How moving one branch ended.

    Attributes:
        outcome: done; lost (it is not where we expected it); held (not done, because another one of the same push was
            not); failed (not done, and why); unknown (nobody can tell).
    """

    outcome: Literal["done", "lost", "held", "failed", "unknown"]
    reason: str = ""


@dataclass
class _Line:
    """What this process knows of the way to one remote; its threads share it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    began: float = float("-inf")
    atomic: bool = True


_LINES: dict[tuple[str, str], _Line] = {}


class Remote:
    """One remote, with the program's branches and main followed under `refs/remotes/<name>/`.

    Args:
        name: the remote's name; main: the name of its main branch.
        seconds: how long one exchange with it may take.
        address: where it is, unless that is configured; variables: what Git needs there in its environment.
        title: what people call it, unless they call it by its name.
    """

    shared = True

    def __init__(
        self,
        repository: Repository,
        name: str,
        main: str,
        *,
        seconds: float = NETWORK_SECONDS,
        address: str = "",
        variables: Mapping[str, str] | None = None,
        title: str = "",
    ) -> None:
        if not _NAME.fullmatch(name):
            raise Refused(f"{name!r} cannot be the name of a remote.", "Look at `forge:` in opsbook.yml.")
        self._repository = repository
        self._main = main
        self._seconds = seconds
        self._address = address or name
        self._variables = variables
        self._line = _LINES.setdefault((str(repository.common), self._address), _Line())
        self._down: tuple[float, str] | None = None
        self._resume = float("-inf")
        self._turn = repository.common / "opsbook" / "remote.lock"
        self.name = name
        self._title = title or name

    def at(self, branch: str) -> str:
        """The ref under which this repository remembers a branch of the remote."""
        return f"refs/remotes/{self.name}/{branch}"

    @property
    def down(self) -> str:
        """Why the remote could not be reached a moment ago; empty when it could, or when nobody tried.

        One command makes several calls, and nobody waits for each of them when the network is gone.
        """
        return self._down[1] if self._down and time.monotonic() - self._down[0] < DOWN_SECONDS else ""

    @property
    def remedy(self) -> str:
        """What shows more of why it cannot be used."""
        return "`opsbook doctor` looks why." if self._variables else f"`git fetch {self.name}` shows what is wrong."

    @property
    def rest(self) -> float:
        """Seconds for which it wants not to be asked; 0 when it did not say so."""
        return max(self._resume - time.monotonic(), 0.0)

    def fetch(self) -> str:
        """Bring main and every branch of the program, with all of their histories; why not, when that failed.

        Threads that ask at the same moment are served by one exchange, if it began after they asked.
        """
        asked = time.monotonic()
        with self._line.lock:
            if self.down:
                return self.down
            if self._line.began > asked:
                return ""
            self._line.began = time.monotonic()
            with turn(self._turn, seconds=self._seconds):
                return self._fetch()

    def _fetch(self) -> str:
        ours = f"+refs/heads/opsbook*:refs/remotes/{self.name}/opsbook*"
        wanted = [ours, f"+refs/heads/{self._main}:{self.at(self._main)}"]
        whole = ["--unshallow"] if self._repository.is_shallow else []
        # Whoever has nothing of it yet, or lacks its past, brings all of it once: that may take longer.
        known = not whole and any((self._repository.common / "objects/pack").glob("*.pack"))
        seconds = self._seconds if known or self._seconds < NETWORK_SECONDS else FIRST_SECONDS
        reason, deadline = "", time.monotonic() + seconds
        for _ in range(3):
            try:
                self._repository.run(
                    "fetch", "--quiet", "--no-tags", "--prune", "--no-write-fetch-head", *whole, self._address, *wanted,
                    seconds=max(deadline - time.monotonic(), 0.1), variables=self._variables,
                )  # fmt: skip
            except GitTimeout as error:
                return self._gone(error.message)
            except GitFailed as error:
                reason = explain(error.errors, self._title)
                if "couldn't find remote ref" in error.errors:
                    if self.at(self._main) in self._repository.refs(self.at(self._main)):
                        # It had one. A page in the place of the repository (a proxy's, a hotel's) is read by Git as a
                        # repository without any branch: what is known here must not be dropped for that.
                        return f"{self._title} shows no branch {self._main}."
                    wanted = [ours]  # a new remote has no main yet
                elif "cannot lock ref" in error.errors or "unable to update local ref" in error.errors:
                    # Two fetches at once in one clone trip over each other's refs, or one was killed.
                    self._repository.outlast(error.errors, self._repository.common / "refs/remotes" / self.name)
                else:
                    return self._failed(error.errors)
            else:
                return ""
        return reason

    def push(self, updates: Sequence[Update]) -> dict[str, Pushed]:
        """Move branches of the remote, all or none where it can do that; how it ended, by branch.

        Of several branches at a remote that cannot move them together only the first is tried, and the others are held.
        """
        if self.down:
            return {update.branch: Pushed("failed", self.down) for update in updates}
        if len(updates) > 1 and not self._line.atomic:
            return {**{update.branch: Pushed("held") for update in updates[1:]}, **self.push(updates[:1])}
        refs = {f"refs/heads/{update.branch}": update for update in updates}
        with turn(self._turn, seconds=self._seconds):
            try:
                output = self._repository.run(
                    "push", "--porcelain", "--no-verify", *(["--atomic"] if len(updates) > 1 else []),
                    *(f"--force-with-lease={ref}:{update.old or ''}" for ref, update in refs.items()),
                    self._address, *(f"{update.new or ''}:{ref}" for ref, update in refs.items()),
                    seconds=self._seconds, variables=self._variables, accept=range(256),
                )  # fmt: skip
            except GitTimeout as error:
                return dict.fromkeys((update.branch for update in updates), Pushed("unknown", error.message))
            if output.status == 0:
                self.remember(updates)
                return dict.fromkeys((update.branch for update in updates), Pushed("done"))
        if "does not support --atomic" in output.errors and len(updates) > 1:
            self._line.atomic = False
            return self.push(updates)
        return self._told_apart(output, refs)

    def _told_apart(self, output: Output, refs: Mapping[str, Update]) -> dict[str, Pushed]:
        """What became of each branch of a push that did not go well."""
        rows = {}
        for line in output.data.decode(errors="replace").splitlines():
            flag, _, rest = line.partition("\t")
            ref, _, words = rest.partition("\t")
            if (update := refs.get(ref.partition(":")[2])) is not None:
                rows[update.branch] = self._row(flag, words, output.errors)
        if len(rows) == len(refs) and not any(row.outcome == "unknown" for row in rows.values()):
            return rows
        # Git did not get as far as to be told of each branch.
        if _NOT_SENT.search(output.errors):
            pushed = Pushed("failed", self._failed(output.errors))
        else:
            pushed = Pushed("unknown", explain(output.errors, self._title))
        return {update.branch: rows.get(update.branch, pushed) for update in refs.values()}

    def _row(self, flag: str, words: str, errors: str) -> Pushed:
        """One line of `git push --porcelain`, of a push that failed somewhere."""
        if flag != "!":
            return Pushed("done")
        if "remote rejected" in words and ("atomic" in words or _LOST.search(words)):
            # Who sent this twice because the first answer was lost (libcurl does) is told so of what was done by then.
            return Pushed("unknown", words)
        if "atomic" in words:
            return Pushed("held", "Another branch of the same push could not be moved.")
        if _LOST.search(words):
            return Pushed("lost", words)
        if "remote failure" in words or "failed to report" in words:
            return Pushed("unknown", explain(errors, self._title))
        said = " ".join(re.findall(r"^remote: *(.*?) *$", errors, re.MULTILINE))[:200]
        cause = re.sub(r"^.*?\[(.*?)\]", r"\1", words)
        return Pushed("failed", f"{self._title} refused it: {redacted(f'{cause} {said}'.strip())}.")

    def remember(self, updates: Sequence[Update]) -> None:
        """Follow what was pushed: Git itself does so only for a remote that is configured in the usual way."""
        self._repository.put({self.at(update.branch): update.new for update in updates}, "opsbook: pushed")

    def try_push(self, commit: str) -> str:
        """Why a branch of the program could not be pushed; empty when it could. Nothing is pushed.

        Git asks the remote as for a push, with the same rights, and stops before it sends anything. What a hook or a
        rule of the remote would say to it is not known then.
        """
        try:
            self._repository.run(
                "push", "--dry-run", "--porcelain", "--no-verify", self._address,
                f"{commit}:refs/heads/opsbook/never-pushed", seconds=self._seconds, variables=self._variables,
            )  # fmt: skip
        except GitTimeout as error:
            return error.message
        except GitFailed as error:
            return explain(error.errors, self._title)
        return ""

    def _failed(self, errors: str) -> str:
        """Why it did not do it. Who answers is asked again, if not at once; who does not is left alone for a while."""
        reason, status = explain(errors, self._title), _status(errors)
        if status == "429":
            self._resume = time.monotonic() + LIMIT_SECONDS
        return reason if status else self._gone(reason)

    def _gone(self, reason: str) -> str:
        self._down = (time.monotonic(), reason)
        return reason


_STATUS = {
    "401": "it does not accept the token or the password",
    "403": "it does not allow this",
    "404": "it shows no repository there",
    "429": "it asks to wait: too many requests",
}


def _status(errors: str) -> str:
    """The status of HTTP that Git was answered with; empty when it was none."""
    if "could not read Username" in errors or "Authentication failed" in errors:
        return "401"
    if re.search(r"repository '[^']*' not found", errors):
        return "404"
    found = re.search(r"(?:returned error|RPC failed; HTTP):? (\d{3})", errors)
    return found[1] if found else ""


def explain(errors: str, remote: str) -> str:
    """One sentence for why a remote cannot be used, from what Git wrote on standard error."""
    said = [line for line in errors.splitlines() if line.strip()]
    cause = next((line for line in said if line.startswith(("fatal:", "error:", "ssh:"))), said[0] if said else "")
    if status := _status(errors):
        known = f"it has moved ({status})" if status.startswith("3") else f"it answers {status}"
        return f"{remote} cannot be used: {_STATUS.get(status, known)}."
    return f"{remote} cannot be reached: {redacted(cause).removeprefix('fatal: ').rstrip('.') or 'no reason given'}."
