"""A person at a desk: a clone on disk, the real command in a real process, and what Git itself says about it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import opsbook
from tests.github_server.repository import Bare
from tests.support import forkserver
from tests.support.clock import handed_on
from tests.support.small_book import FILES

PACKAGE = Path(opsbook.__file__).parents[1]
"""The folder from which the program under test is imported, handed on to every process."""


@cache
def home() -> Path:
    """A home folder with nothing in it, the same for all processes of one test run."""
    return Path(tempfile.mkdtemp(prefix="opsbook-home-"))


def environment(**more: str) -> dict[str, str]:
    """The variables of a process that knows nothing of this machine's Git configuration.

    Args:
        more: other variables, which win.
    """
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home()),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(PACKAGE),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "OPSBOOK_BY": "oncall-a",
        **handed_on(),
        **more,
    }


@dataclass(frozen=True)
class Done:
    """How a command ended: exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as one JSON object; fails when it is anything else."""
        value = json.loads(self.out)
        assert isinstance(value, dict), self.out
        return value

    def __str__(self) -> str:
        return f"exit {self.code}\n--- out\n{self.out}\n--- err\n{self.err}"


Word = str | bytes


@dataclass(frozen=True)
class Desk:
    """A clone, and a person who uses it.

    Attributes:
        variables: more of the environment.
        server: what runs the program, if not the one that all tests share.
    """

    path: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    server: forkserver.ForkServer | None = None

    # -- the program

    def opsbook(
        self,
        *words: Word,
        stdin: bytes | None = None,
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
        kill: int = 0,
        fault: str = "",
        **options: Any,
    ) -> Done:
        """Run the real command to its end; no traceback may ever be seen.

        Args:
            kill, fault: see `ForkServer.run`.
            options: of `Popen`, for a process that Python starts anew.
        """
        if options:
            process = self.start(*words, stdin=subprocess.PIPE, folder=folder, environ=environ, **options)
            out, err = process.communicate(stdin or b"", timeout=120)
            code = process.returncode
        else:
            running = self.begin(*words, stdin=stdin, folder=folder, environ=environ, kill=kill, fault=fault)
            out, err = running.communicate()
            code = running.wait()
        done = Done(code, out.decode(errors="surrogateescape"), err.decode(errors="surrogateescape"))
        assert "Traceback" not in done.err + done.out, str(done)
        return done

    def begin(
        self,
        *words: Word,
        stdin: bytes | None = None,
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
        **more: Any,
    ) -> forkserver.Running:
        """Start the real command in a process that is forked.

        Args:
            more: see `ForkServer.start`.
        """
        return (self.server or forkserver.shared()).start(
            [os.fsdecode(word) for word in words],
            folder or self.path,
            environment(**self.variables, **(environ or {})),
            stdin or b"",
            **more,
        )

    def start(
        self, *words: Word, folder: Path | None = None, environ: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[bytes]:
        """Start the real command in a process that Python starts anew."""
        variables = environment(**self.variables, **(environ or {}))
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [sys.executable, "-m", "opsbook", *words], cwd=folder or self.path, env=variables, **{**pipes, **options}
        )

    def declare(self, title: str = "Checkout is down", severity: str = "P1", *more: str) -> str:
        """Declare an incident and return its id; fails unless everything went well."""
        done = self.opsbook("declare", "--title", title, "--severity", severity, "--yes", "--format", "json", *more)
        assert done.code == 0, str(done)
        return str(done.json["id"])

    # -- what Git says

    def git(self, *words: str) -> str:
        """Run Git as a person would; what it printed."""
        return self._git(*words).decode(errors="surrogateescape")

    def _git(self, *words: str) -> bytes:
        done = subprocess.run(
            ["git", "-C", str(self.path), *words], capture_output=True, env=environment(), check=False, timeout=60
        )
        assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr.decode(errors='replace')}"
        return done.stdout

    def commit(self, files: Mapping[str, str | bytes], subject: str = "By hand") -> None:
        """Write files, and commit them and nothing else."""
        self.write(files)
        self.git("add", "--", *files)
        self.git("commit", "--quiet", "-m", subject)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files of the working tree."""
        for name, data in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)

    def branches(self) -> list[str]:
        """Every branch of a record, here or at the remote as last seen."""
        places = ("refs/heads/", "refs/remotes/origin/")
        names = self.git("for-each-ref", "--format=%(refname)", *(f"{place}opsbook/" for place in places)).split()
        return sorted({f"opsbook/{name.rpartition('/')[2]}" for name in names})

    def tip(self, branch: str) -> str:
        """A revision of a branch: the person's own, else the remote's."""
        own = self.git("for-each-ref", "--format=%(refname)", f"refs/heads/{branch}").strip()
        return branch if own else f"origin/{branch}"

    def branch(self) -> str:
        """The only branch of a record."""
        (name,) = self.branches()
        return name

    def commits(self, branch: str, base: str = "main") -> list[str]:
        """The commits of a branch that are not on main, oldest first."""
        return self.git("rev-list", "--reverse", f"{base}..{self.tip(branch)}").split()

    def files(self, revision: str, prefix: str = "") -> dict[str, str]:
        """Path to text of a commit."""
        with tarfile.open(fileobj=io.BytesIO(self._git("archive", "--format=tar", revision))) as archive:
            files = {item.name: archive.extractfile(item) for item in archive if item.isfile()}
            texts = {name: file.read().decode(errors="surrogateescape") for name, file in files.items() if file}
        return {name: text for name, text in texts.items() if name.startswith(prefix)}

    def written(self, branch: str | None = None) -> dict[str, str]:
        """Path to text of what a record's branch adds to main or changes there."""
        branch = self.tip(branch or self.branch())
        names = self.git("diff", "--name-only", "-z", "--diff-filter=d", f"main...{branch}").split("\0")
        return {name: text for name, text in self.files(branch).items() if name in names}

    def receipts(self) -> dict[str, dict[str, str]]:
        """Every receipt on the branch of receipts, by key."""
        if not self.git("for-each-ref", "refs/heads/opsbook-receipts"):
            return {}
        return {key_at(path): json.loads(text) for path, text in self.files("opsbook-receipts").items()}

    # -- what lies in the state folder

    @property
    def state(self) -> Path:
        """The state folder."""
        if (self.path / ".git").is_dir():
            return self.path / ".git" / "opsbook"
        common = self.git("rev-parse", "--path-format=absolute", "--git-common-dir").strip()
        return Path(common) / "opsbook"

    def outbox(self) -> dict[str, str]:
        """Path to text of everything in the outbox."""
        root = self.state / "outbox"
        return {path.relative_to(root).as_posix(): path.read_text() for path in sorted(root.rglob("*.*"))}

    def intents(self) -> list[Path]:
        """The requests that are not finished."""
        return sorted((self.state / "intents").glob("*.json"))

    # -- what a person would notice

    def condition(self) -> dict[str, object]:
        """HEAD, index and status as bytes, and the content of the working tree."""
        return {
            "head": (self.path / ".git" / "HEAD").read_bytes(),
            "index": self.git("ls-files", "--stage", "-v"),
            "status": self.git("status", "--porcelain=v2", "--branch", "--untracked-files=all"),
            "files": snapshot(self.path, without=(".git",)),
        }


def key_at(path: str) -> str:
    """The key of the receipt at a path of the branch of receipts."""
    return "/".join(path.removesuffix(".json").split("/")[-2:])


def snapshot(folder: Path, without: Sequence[str] = ()) -> dict[str, bytes | str]:
    """Every file below a folder with its bytes, every symlink with its target, every empty folder."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if name.parts[0] in without:
            continue
        if path.is_symlink():
            found[str(name)] = f"-> {path.readlink()}"
        elif path.is_file():
            found[str(name)] = path.read_bytes()
        elif path.is_dir():
            found[f"{name}/"] = ""
    return found


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="opsbook-book-")) / "book"
    path.mkdir()
    desk = Desk(path)
    desk.git("init", "--quiet", "--template=", "--initial-branch=main")
    configure(desk)
    desk.commit(FILES, "Begin")
    return path


def configure(desk: Desk) -> Desk:
    """Give a clone a person for its hand-made commits."""
    desk.git("config", "user.name", "Somebody")
    desk.git("config", "user.email", "somebody@example.invalid")
    return desk


def make_desk(path: Path) -> Desk:
    """A clone with the small book on main, and no remote."""
    shutil.copytree(_template(), path, symlinks=True)
    return Desk(path)


@cache
def _remote(*, push: bool) -> Path:
    path = Path(tempfile.mkdtemp(prefix="opsbook-remote-")) / "remote"
    desk = make_desk(path.with_name("seed"))
    if push:
        desk.commit({"opsbook.yml": FILES["opsbook.yml"].replace("push: false", "push: true")}, "Share it")
    desk.git("clone", "--quiet", "--template=", "--bare", str(desk.path), str(path))
    return path


def make_remote(path: Path, *, push: bool = True) -> Path:
    """A bare repository with the small book on main; its clones push when they are told to."""
    return Path(shutil.copytree(_remote(push=push), path))


@cache
def _clone(remote: Path) -> Path:
    path = remote.with_name("clone")
    Desk(remote).git("clone", "--quiet", "--template=", str(remote), str(path))
    return configure(Desk(path)).path


def clone(remote: Path, path: Path) -> Desk:
    """A clone of a bare repository."""
    for push in (False, True):
        if Bare(_remote(push=push)).refs("") == Bare(remote).refs(""):
            return copy_clone(_clone(_remote(push=push)), path, str(_remote(push=push)), str(remote))
    Desk(remote).git("clone", "--quiet", "--template=", str(remote), str(path))
    return configure(Desk(path))


def copy_clone(source: Path, path: Path, old: str, new: str) -> Desk:
    """A clone as Git would make it, without ten processes: a copy of another one, whose remote is elsewhere.

    Args:
        old: where the remote of the other one is; new: where that of this one is.
    """
    shutil.copytree(source, path, symlinks=True)
    config = path / ".git" / "config"
    config.write_text(config.read_text("utf-8").replace(f"url = {old}\n", f"url = {new}\n"), "utf-8")
    return Desk(path)
