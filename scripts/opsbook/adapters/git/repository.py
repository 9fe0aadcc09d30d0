"""Git as a process: the one place that starts it, with a clean environment, and reads what it answers.

Works with Git 2.34 and later, on Linux and macOS. Every revision that is handed on to Git is either a full object
id or a ref name that we made; what a person typed goes through `Repository.revision` first.
"""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import IO, NamedTuple

from opsbook.adapters.machine.locks import turn
from opsbook.core.errors import ForgeError, ForgeUnknown, OpsbookError, UsageError

LOCAL_SECONDS = 120.0
"""After this time a local command is given up: a file system that hangs, never normal work."""

NETWORK_SECONDS = 20.0
"""After this time a remote counts as unreachable: nobody waits longer for it during an incident."""

STALE_LOCK_SECONDS = 10.0
"""A lock of one of our refs that nobody touched while we watched it this long was left by a killed process: Git holds
such a lock for as long as it takes to write forty bytes to disk."""

_CONFIG = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "core.pager=cat",
    "core.editor=true",
    "core.packedRefsTimeout=2000",
    # Acknowledged means on disk: by default Git does not flush loose objects.
    "core.fsync=loose-object,reference",
    "i18n.commitEncoding=UTF-8",
    "i18n.logOutputEncoding=UTF-8",
    "color.ui=false",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "push.followTags=false",
    "push.recurseSubmodules=no",
    "fetch.recurseSubmodules=no",
    "log.showSignature=false",
    "log.mailmap=false",
    "diff.renames=false",
    "gc.auto=0",
    "maintenance.auto=false",
)

_KEPT = re.compile(
    # How the person reaches the remote, and which configuration they allow. All else that starts with GIT_ describes
    # the command that called us (a hook, an alias) and would steer ours to another repository or index.
    r"GIT_(EXEC_PATH|SSH|SSH_COMMAND|SSH_VARIANT|SSL_.*|ASKPASS|ALLOW_PROTOCOL|PROTOCOL_FROM_USER|PROXY_.*|HTTP_.*"
    r"|CEILING_DIRECTORIES|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+))"
)

_FIXED = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_COMMITTER_NAME": "Opsbook",
    "GIT_COMMITTER_EMAIL": "opsbook@opsbook.invalid",
}


class NotARepository(UsageError):
    """The folder is not inside a Git repository.

    Attributes:
        plain: there is none at all, and not one that cannot be used.
    """

    plain = False


class GitFailed(ForgeError):
    """Git answered that it did not do it.

    Attributes:
        errors: what Git wrote on standard error.
    """

    def __init__(self, message: str, remedy: str = "", errors: str = "") -> None:
        super().__init__(message, remedy)
        self.errors = errors


class GitMissing(OpsbookError):
    """There is no usable Git on this machine."""


class GitTimeout(ForgeUnknown):
    """Git did not answer in time."""


Process = subprocess.Popen[bytes]


class Output(NamedTuple):
    """What a Git process left: its exit status, standard output, and standard error as text."""

    status: int
    data: bytes
    errors: str


class Ref(NamedTuple):
    """A ref: its full name, the object id it points at, and the working tree that has it checked out, if any."""

    name: str
    commit: str
    worktree: Path | None = None


class Changes(NamedTuple):
    """Paths of the working tree that differ from a revision.

    Attributes:
        present: added, modified and untracked (but not ignored) files.
        deleted: files of the revision that are gone.
    """

    present: frozenset[str]
    deleted: frozenset[str]


def installed(environment: Mapping[str, str]) -> str:
    """The version of the Git on this machine, such as `2.47.3`.

    Raises:
        GitMissing: there is none that can be started.
    """
    try:
        output = subprocess.run(
            ["git", "--version"],
            env=clean_environment(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
            check=False,
        )
    except FileNotFoundError:
        raise GitMissing("Git is not installed.", "Install Git 2.34 or later.") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitMissing(f"Git cannot be started: {error}.", "See the system's limits.") from None
    found = re.search(r"\d+(\.\d+)+", output.stdout.decode(errors="replace"))
    if output.returncode or not found:
        raise GitMissing("`git --version` does not say which version it is.", "Install Git 2.34 or later.")
    return found[0]


class Repository:
    """A Git repository, found from any folder inside it: a clone, a linked working tree or a bare repository.

    Args:
        start: a folder in the repository.
        environment: the variables of the process; the clean environment is made from it.
        patience: seconds after which a lock that nobody touches counts as left behind.

    Raises:
        NotARepository: there is none.
        GitMissing: `git` cannot be started.

    Attributes:
        common: the folder that all working trees of the clone share (`--git-common-dir`), absolute.
    """

    def __init__(
        self,
        start: Path | str,
        *,
        environment: Mapping[str, str],
        patience: float = STALE_LOCK_SECONDS,
    ) -> None:
        self._environment = clean_environment(environment)
        self._patience = patience
        self._start = Path(start).absolute()
        if not self._start.is_dir():
            raise NotARepository(f"{self._start} is not a folder.", "Name a folder with `-C`.")
        try:
            found = self.git("rev-parse", "--path-format=absolute", "--git-common-dir")
        except GitFailed as error:
            raise _no_repository(self._start, error) from None
        self.common = Path(os.fsdecode(found.removesuffix(b"\n")))

    def __repr__(self) -> str:
        return f"Repository({str(self._start)!r})"

    @cached_property
    def worktree(self) -> Path | None:
        """The root of the working tree; `None` in a bare repository."""
        output = self.run("rev-parse", "--path-format=absolute", "--show-toplevel", accept=(0, 128))
        return Path(os.fsdecode(output.data.removesuffix(b"\n"))) if output.status == 0 and output.data else None

    @cached_property
    def algorithm(self) -> str:
        """By what objects are named: `sha1` or `sha256`."""
        with suppress(OSError):
            if b"sha256" in (self.common / "config").read_bytes().lower():
                return self.git("rev-parse", "--show-object-format").decode().strip()
        return "sha1"

    @property
    def is_shallow(self) -> bool:
        """Whether histories are cut off here, and do not end where they began."""
        return (self.common / "shallow").exists()

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        variables: Mapping[str, str] | None = None,
        folder: Path | None = None,
        seconds: float = LOCAL_SECONDS,
        accept: Collection[int] = (0,),
    ) -> Output:
        """Run one Git command to its end.

        Args:
            arguments: the command and its arguments.
            stdin: what it reads.
            variables: more environment.
            folder: where it runs; by default where the repository was opened.
            seconds: when it is given up.
            accept: exit statuses that are answers, not failures.

        Raises:
            GitFailed: another exit status. GitTimeout: no answer in time. GitMissing: it cannot be started.
        """
        # Standard error goes to a file: a background ssh that outlives Git would keep a pipe open and us waiting.
        with tempfile.TemporaryFile() as errors:
            process = self.start(*arguments, variables=variables, folder=folder, errors=errors.fileno())
            try:
                data, _ = process.communicate(stdin, timeout=seconds)
            except subprocess.TimeoutExpired:
                _end(process)
                raise GitTimeout(
                    f"`git {arguments[0]}` gave no answer in {round(seconds, 1):g} seconds.",
                    "Look at the network or the file system, then run the command again.",
                ) from None
            except BaseException:
                _end(process)
                raise
            errors.seek(0)
            output = Output(process.returncode, data, errors.read(1 << 16).decode(errors="replace"))
        if output.status not in accept:
            raise failure(arguments, output)
        return output

    def git(self, *arguments: str, stdin: bytes = b"", folder: Path | None = None) -> bytes:
        """Run one Git command that has to succeed; what it wrote on standard output. Raises as `run`."""
        return self.run(*arguments, stdin=stdin, folder=folder).data

    def start(
        self,
        *arguments: str,
        variables: Mapping[str, str] | None = None,
        folder: Path | None = None,
        errors: int = subprocess.DEVNULL,
    ) -> Process:
        """Start one Git command with pipes for standard input and output, in a session of its own.

        Without a controlling terminal no ssh can ask for a passphrase, and one signal ends all that Git started.

        Raises:
            GitMissing: it cannot be started.
        """
        config = [word for setting in _CONFIG for word in ("-c", setting)]
        try:
            return subprocess.Popen(
                ["git", "-C", str(folder or self._start), *config, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_with(self._environment, variables or {}),
                start_new_session=True,
            )
        except FileNotFoundError:
            raise GitMissing("Git is not installed.", "Install Git 2.34 or later.") from None
        except OSError as error:
            raise GitMissing(f"Git cannot be started: {error.strerror}.", "See the system's limits.") from None

    # -- revisions

    def revision(self, name: str) -> str:
        """The commit that a person means by `name`; never taken for an option.

        Raises:
            UsageError: there is no such commit.
        """
        remedy = "Name a branch, a tag or a commit of this clone; `git fetch` brings what is missing."
        if not name or name.startswith("-") or any(ord(char) < 33 or char == "\x7f" for char in name):
            raise UsageError(f"{name!r} is not a revision.", remedy)
        output = self.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}", accept=(0, 1, 128)
        )
        found = output.data.decode(errors="replace").strip()
        if output.status != 0 or not re.fullmatch(r"[0-9a-f]{40,64}", found):
            raise UsageError(f"{name!r} is not a revision of this repository.", remedy)
        return found

    def refs(self, *patterns: str, broken: list[str] | None = None) -> dict[str, Ref]:
        """The refs that match (full names, or folders of refs ending in `/`), by name, in one process.

        Args:
            broken: gets the names of those that Git cannot read and leaves out.
        """
        form = "%(refname)%00%(objectname)%00%(worktreepath)%00"
        output = self.run("for-each-ref", f"--format={form}", *patterns)
        if broken is not None:
            broken += re.findall(r"^warning: ignoring (?:broken|dangling)\D*? (refs/\S+)", output.errors, re.MULTILINE)
            # Of a folder that it may not look into Git says nothing at all.
            folders = {"refs", *(pattern.rpartition("/")[0] for pattern in patterns)}
            broken += sorted(name for name in folders if _forbidden(self.common / name))
        fields = output.data.decode(errors="surrogateescape").split("\0")
        found = {}
        for name, commit, tree in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
            name = name.lstrip("\n")
            found[name] = Ref(name, commit, Path(tree) if tree else None)
        return found

    def move(self, name: str, new: str | None, old: str | None, reason: str) -> bool:
        """Compare-and-swap of one ref: from `old` (`None`: it does not exist) to `new` (`None`: deleted).

        A lock that a killed process left on the ref is waited for and then removed.

        Args:
            name: full name of the ref.
            reason: one line for the reflog.

        Returns:
            whether it moved; `False` when the ref was not at `old`.

        Raises:
            ForgeError: it cannot be written.
        """
        zero = "0" * len(new or old or "")
        line = f"update {name}\0{new}\0{old or zero}\0" if new else f"delete {name}\0{old}\0"
        while True:
            output = self.run("update-ref", "-m", reason, "--stdin", "-z", stdin=line.encode(), accept=range(-64, 256))
            if output.status == 0:
                return True
            if "broken" not in output.errors and re.search(
                r"but expected|reference already exists|unable to resolve reference|is missing but", output.errors
            ):
                return False
            if output.status < 0 and self._at(name) == new:
                return True
            if not self.outlast(output.errors, self.common / f"{name}.lock"):
                raise failure(("update-ref",), output)

    def put(self, refs: Mapping[str, str | None], reason: str) -> None:
        """Let refs of our own point at what they should (`None`: nothing), wherever they were.

        Raises:
            ForgeError: one of them cannot be written.
        """
        lines = (f"update {name}\0{new}\0\0" if new else f"delete {name}\0\0" for name, new in refs.items())
        text = "".join(lines).encode()
        while True:
            output = self.run("update-ref", "-m", reason, "--stdin", "-z", stdin=text, accept=range(-64, 256))
            if output.status == 0:
                return
            if not self.outlast(output.errors, *(self.common / f"{name}.lock" for name in refs)):
                raise failure(("update-ref",), output)

    def outlast(self, errors: str, *ours: Path) -> bool:
        """Wait for the lock that a Git command met; whether it is gone, so that the command may be run again.

        Args:
            errors: what the command said.
            ours: locks, or folders of locks, of refs that this program alone writes. One that nobody touched for
                `patience` seconds was left by a killed process, and is removed.
        """
        found = re.search(r"Unable to create '([^']+\.lock)': File exists", errors)
        if not found:
            return False
        lock = Path(found[1])
        seen, since = _mark(lock), time.monotonic()
        while (mark := _mark(lock)) == seen and mark is not None:
            if time.monotonic() - since < self._patience:
                time.sleep(0.02)
            elif not any(lock == one or one in lock.parents for one in ours):
                return False
            else:
                # One remover at a time: while the old lock is there nobody can make a new one, so what is removed
                # under this lock is the one that was watched.
                with turn(self.common / "opsbook" / "stale.lock", seconds=5.0):
                    if _mark(lock) == seen:
                        lock.unlink(missing_ok=True)
        return True

    def _at(self, name: str) -> str | None:
        ref = self.refs(name).get(name)
        return ref.commit if ref else None

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether the commit `new` contains the commit `old`."""
        return self.run("merge-base", "--is-ancestor", old, new, accept=(0, 1)).status == 0

    def merge_base(self, *commits: str) -> str | None:
        """The best common ancestor of all; `None` for unrelated or shallow histories."""
        if len(set(commits)) == 1:
            return commits[0]
        found = self.run("merge-base", "--octopus", *commits, accept=(0, 1)).data.split()
        return found[0].decode() if found else None

    # -- the working tree

    def changed(self, since: str, *, fork: bool = False) -> Changes:
        """What the working tree holds differently from a revision, untracked files included, ignored ones not.

        Args:
            since: a revision, as a person typed it.
            fork: compare with the point where HEAD left `since`, so that what others did there meanwhile is left out.

        Raises:
            UsageError: there is no such revision. ForgeError: there is no working tree.
        """
        from concurrent.futures import ThreadPoolExecutor  # it takes 10 ms, which only this command has to pay

        if self.worktree is None:
            raise GitFailed("A bare repository has no working tree.", "Run this in a clone.")
        # The two questions below look at every file of the working tree, and take most of the time of a check of
        # changes: they are asked at the same time.
        with ThreadPoolExecutor(1) as beside:
            others = beside.submit(self.git, "ls-files", "-z", "--others", "--exclude-standard", folder=self.worktree)
            base = self.revision(since)
            if fork:
                base = self.merge_base(base, self.revision("HEAD")) or base
            tracked = self.git(
                "diff", "--name-status", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=dirty", base, "--",
                folder=self.worktree,
            ).split(b"\0")  # fmt: skip
        untracked = {decode(name) for name in others.result().split(b"\0") if name}
        present = set(untracked)
        deleted: set[str] = set()
        for status, name in zip(tracked[::2], tracked[1::2], strict=False):
            (deleted if status == b"D" else present).add(decode(name))
        return Changes(frozenset(present), frozenset(deleted - untracked))

    def remote_url(self, remote: str = "origin") -> str | None:
        """The address of a remote without user and password, fit to print; `None` when there is no such remote."""
        output = self.run("config", "--get", f"remote.{remote}.url", accept=(0, 1))
        address = output.data.decode(errors="replace").strip()
        return re.sub(r"^([a-z+]+://)[^/@]*@", r"\1", address) if address else None


def _no_repository(start: Path, error: GitFailed) -> NotARepository:
    """Why there is no repository to work with, and what to do."""
    if "dubious ownership" in error.errors:
        remedy = f"If you trust it: git config --global --add safe.directory {start}"
        return NotARepository(f"{start} belongs to another user, and Git refuses to use it.", remedy)
    # Git says so too of one that it may not read, or that lacks a part.
    there = next((folder for folder in (start, *start.parents) if os.path.lexists(folder / ".git")), None)
    if there is not None or "not a git repository" not in error.errors:
        message = f"The Git repository at {there or start} cannot be used. {error.message}"
        return NotARepository(message, "Look at who owns its files, and at: git -C " + str(there or start) + " fsck")
    plain = NotARepository(f"{start} is not in a Git repository.", "Run `git init`, or name the book with `-C`.")
    plain.plain = True
    return plain


def _with(environment: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """An environment with more variables; settings of Git's come after those that a person has set in theirs."""
    count = environment.get("GIT_CONFIG_COUNT", "")
    first = int(count) if count.isdecimal() else 0
    more = {}
    for name, value in variables.items():
        if found := re.fullmatch(r"(GIT_CONFIG_(?:KEY|VALUE)_)(\d+)", name):
            name = f"{found[1]}{first + int(found[2])}"
        more[name] = str(first + int(value)) if name == "GIT_CONFIG_COUNT" else value
    return {**environment, **more}


def clean_environment(given: Mapping[str, str]) -> dict[str, str]:
    """`given` without what steers Git from outside, and with what makes its answers the same everywhere."""
    kept = {
        name: value
        for name, value in given.items()
        if (not name.startswith("GIT_") or _KEPT.fullmatch(name)) and name not in ("LANGUAGE", "LC_MESSAGES")
    }
    return {**kept, **_FIXED}


def failure(arguments: Iterable[str], output: Output) -> GitFailed:
    """The error for a Git command that failed: one sentence, and what to do."""
    command = next(iter(arguments))
    errors = output.errors.strip()
    for pattern, message, remedy in _EXPLAINED:
        if found := re.search(pattern, errors):
            return GitFailed(message.format(*found.groups()), remedy.format(*found.groups()), errors)
    said = next((line for line in errors.splitlines() if re.match(r"(fatal|error|remote):", line)), errors[:200])
    cause = re.sub(r"^(fatal|error):\s*", "", said).rstrip(".") or f"exit status {output.status}"
    return GitFailed(f"`git {command}` failed: {redacted(cause)}.", "Repair what it names, then try again.", errors)


def redacted(text: str) -> str:
    """`text` without user names and passwords in addresses."""
    return re.sub(r"([a-z+]+://)[^/@\s]*@", r"\1", text)


def decode(name: bytes) -> str:
    """A path from Git; bytes that are no UTF-8 survive as surrogates."""
    return name.decode("utf-8", "surrogateescape")


_EXPLAINED = (
    (
        r"reference broken|bad ref|is broken",
        "A ref of this repository is broken.",
        "Run `git fsck` and look at `git reflog`, then try again.",
    ),
    (
        r"cannot lock ref '[^']*': '([^']*)' exists",
        "A branch named {0} is in the way of the branches of records.",
        "Rename it: git branch -m opsbook opsbook-old",
    ),
    (
        r"Unable to create '([^']*)': File exists",
        "Another Git command is at work, or was killed: {0} exists.",
        "If no Git command is running, remove that file and try again.",
    ),
    (r"No space left on device", "The disk is full.", "Free some space, then run the command again."),
    (r"[Pp]ermission denied", "Git may not write in this repository.", "Look at who owns its files."),
)


def _forbidden(folder: Path) -> bool:
    """Whether a folder is there and may not be looked into."""
    try:
        return stat.S_ISDIR(folder.stat().st_mode) and not os.access(folder, os.R_OK | os.X_OK)
    except PermissionError:
        return True
    except OSError:
        return False


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def pipes(process: Process) -> tuple[IO[bytes], IO[bytes]]:
    """What a process reads and what it writes."""
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def stop(process: Process, owner: int) -> None:
    """End a process that reads until its input ends.

    Args:
        owner: id of the process that started it; in a fork of that one only the copies of the pipes are closed.
    """
    for pipe in pipes(process):
        with suppress(OSError):
            pipe.close()
    if os.getpid() != owner:
        return
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end(process: Process) -> None:
    """End Git and what it started: politely first, because only then it removes its lock files."""
    for word, seconds in ((signal.SIGTERM, 2.0), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, word)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=seconds)
            return
