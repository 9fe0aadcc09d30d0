"""The real command in a process of its own, without the time that Python takes to start: for thousands of runs.

`python -m tests.support.forkserver SOCKET` imports the program once. For each connection it forks a process that runs
`opsbook` with the words, the folder, the environment and the three files of that connection, and answers with how the
process ended. It can also kill that process before its N-th effect on the disk or in Git, with SIGKILL.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import gc
import json
import os
import pkgutil
import re
import runpy
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, NoReturn

from pydantic import BaseModel

import opsbook
from opsbook.core.book import Book
from opsbook.core.check import check_book, check_records
from opsbook.core.described import field_docstrings
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from tests.support.clock import START, handed_on
from tests.support.small_book import FILES

WRITING = {"mktree", "commit-tree", "update-ref", "push", "fetch", "read-tree"}
"""Git commands after which a repository differs; a blob alone is seen by nobody."""

PATIENCE = 120
"""Seconds that a command may take."""

PROGRAM = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect({path!r})
    socket.send_fds(connection, [b" "], [0, 1, 2])
    task = {{"words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
    connection.sendall(json.dumps(task).encode() + b"\\n")
    lines = connection.makefile()
    _, code = int(lines.readline()), int(lines.readline())
sys.exit(code) if code >= 0 else os.kill(os.getpid(), -code)
"""

FILE_EFFECTS = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.truncate"}


def kill_before(number: int, below: str, fault: str) -> None:
    """End this process by SIGKILL before its effect of this number, counted from 1.

    What it stores for Git is one effect, however much it is in a row: nothing points at it.

    Args:
        below: effects on files count below this folder only.
        fault: raise an error with these words instead; `full` makes the disk full from then on.
    """
    seen, storing = 0, False

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen, storing
        if event == "subprocess.Popen":
            counts = bool(WRITING & set(map(str, arguments[1])))
        elif event == "open":
            path, _, flags = arguments
            writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
            counts = isinstance(path, str | os.PathLike) and str(path).startswith(below) and bool(flags & writes)
        else:
            counts = event in FILE_EFFECTS and str(arguments[0]).startswith(below)
        if not counts:
            return
        again, storing = storing, "/.git/objects/" in str(arguments[0])
        seen += not (storing and again)
        if fault == "full":
            if seen >= number and event != "os.remove":  # there is always room for less
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return
        if seen == number and not (storing and again):
            if fault:
                raise RuntimeError(fault)
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def child(task: Mapping[str, Any], files: Sequence[int]) -> NoReturn:
    """Become the command; one that hangs is ended, so that it fails one test and not all."""
    signal.alarm(PATIENCE)
    for number, file in enumerate(files):
        os.dup2(file, number)
    # As Python makes them when it starts: what the server has of them remembers where its own files stood.
    sys.stdin = sys.__stdin__ = os.fdopen(0, encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    if task.get("terminal"):
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(task["folder"])
    os.environ.clear()
    os.environ.update(task["environment"])
    sys.argv = ["opsbook", *task["words"]]
    if task.get("kill"):
        kill_before(task["kill"], task["folder"], task["fault"])
    code = 1
    try:
        runpy.run_module("opsbook", run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve(path: str) -> None:
    """Fork for each connection, until nobody holds standard input any more."""
    # Everything that a command may import; none of it does anything when it is imported.
    for module in pkgutil.walk_packages(opsbook.__path__, "opsbook."):
        if module.name != "opsbook.__main__":
            import_module(module.name)
    for name in ("slugify", "zoneinfo", "difflib", "github3", "slack_sdk", "cookiecutter.generate"):
        import_module(name)
    registry()
    for model in _below(BaseModel):
        model.model_rebuild()  # they are built when they are first used, which here would be in each child again
        field_docstrings(model)  # read from the source for schemas and reference pages, which takes a fifth of a second
    examine()
    for pattern, flags in scout():
        re.compile(pattern, flags)
    gc.collect()
    gc.freeze()  # what is here stays: no child looks through it, and so copies it
    ended, ends = os.pipe()
    os.set_blocking(ends, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ends, warn_on_full_buffer=False)
    running: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listener, ended, 0], [], [])
            if 0 in ready:
                return
            if listener in ready:
                connection, _ = listener.accept()
                task, files = _receive(connection)
                if (process := os.fork()) == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    child(task, files)
                for file in files:
                    os.close(file)
                running[process] = connection
                with suppress(OSError):
                    connection.sendall(f"{process}\n".encode())
            if ended in ready:
                os.read(ended, 1000)
            for process, code in _ended():
                with suppress(OSError), running.pop(process) as connection:
                    connection.sendall(f"{code}\n".encode())


def examine() -> None:
    """Check a book in memory: the core, which is pure, makes its patterns and parsers when it first needs them."""
    book = Book(MemoryTree({path: text.encode() for path, text in FILES.items()}), registry())
    check_book(book, START, registry())
    check_records(book.everything(), book, START, registry())


USUAL = (
    ("declare", "--title", "It is down", "--severity", "P1", "--yes"),
    ("incident", "note", "-", "words"),
    ("incident", "update", "--status", "identified", "--dry-run"),
    ("incident", "show"),
    ("list",),
    ("check",),
    ("reconcile",),
)


def scout() -> list[tuple[str, int]]:
    """The patterns that commands compile when they first need them, which each child would do again: a tenth of its time.

    A child runs some commands, so that nothing but the patterns is left of them here.
    """
    from tests.support.desk import environment, make_desk

    reader, writer = os.pipe()
    if (process := os.fork()) == 0:
        with suppress(BaseException), TemporaryDirectory(prefix="opsbook-scout-") as folder:
            silence = os.open(os.devnull, os.O_RDWR)
            for number in range(3):
                os.dup2(silence, number)
            os.chdir(make_desk(Path(folder, "desk")).path)
            os.environ.update(environment())
            for words in USUAL:
                sys.argv = ["opsbook", *words]
                with suppress(SystemExit):
                    runpy.run_module("opsbook", run_name="__main__")
            found = [(pattern, flags) for _, pattern, flags in re._cache if isinstance(pattern, str)]  # type: ignore[attr-defined]
            with os.fdopen(writer, "w") as stream:
                json.dump([item for item in found if "INC" not in item[0]], stream)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        told = stream.read()
    os.waitpid(process, 0)
    return [(pattern, flags) for pattern, flags in json.loads(told or "[]")]


def _below(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every model of ours."""
    for model in kind.__subclasses__():
        if model.__module__.startswith("opsbook."):
            yield model
        yield from _below(model)


def _receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """A task, and its three files."""
    _, files, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as stream:
        return json.loads(stream.readline()), files


def _ended() -> Iterator[tuple[int, int]]:
    """Every process that has ended, and its exit code, negative for a signal."""
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            yield found[0], os.waitstatus_to_exitcode(found[1])


class Running:
    """A command that was started: what of a `Popen` the tests use.

    Attributes:
        returncode: negative for a signal; `None` until somebody waited for its end.
    """

    def __init__(self, connection: socket.socket, out: IO[bytes], err: IO[bytes]) -> None:
        self._connection, self._files = connection, (out, err)
        self._lines = connection.makefile()
        self.pid = int(self._lines.readline())
        self.returncode: int | None = None

    def kill(self) -> None:
        """End it by SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; its exit code."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            self.returncode = int(self._lines.readline())
            self._lines.close()
            self._connection.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Wait for its end; what it printed to standard output and standard error."""
        self.wait(timeout)
        printed = []
        for file in self._files:
            file.seek(0)
            printed.append(file.read())
            file.close()
        return printed[0], printed[1]


class ForkServer:
    """The client: starts the server when it is first needed.

    Args:
        prefix: the beginning of its command line, for a server that may do less.
    """

    def __init__(self, *prefix: str) -> None:
        self._prefix = prefix
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._folder = TemporaryDirectory(prefix="opsbook-runs-")
        self._path = f"{self._folder.name}/socket"

    def run(
        self,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        stdin: bytes,
        *,
        kill: int = 0,
        fault: str = "",
    ) -> tuple[int, bytes, bytes]:
        """Run the command to its end: exit code (negative for a signal), standard output, standard error.

        Args:
            kill: the number of the effect before which it is killed; 0 lets it live.
            fault: the words of an error that is raised there instead.
        """
        running = self.start(words, folder, environment, stdin, kill=kill, fault=fault)
        out, err = running.communicate()
        assert running.returncode is not None
        return running.returncode, out, err

    def start(
        self,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        stdin: bytes = b"",
        **more: object,
    ) -> Running:
        """Start the command.

        Args:
            more: see `run`; and `terminal`, the file of one, which becomes its own and all of its three files.
        """
        self._start()
        terminal = more.pop("terminal", None)
        task = {
            "words": list(words),
            "folder": str(folder),
            "environment": dict(environment),
            "terminal": terminal is not None,
            **more,
        }
        given, out, err = TemporaryFile(), TemporaryFile(), TemporaryFile()  # noqa: SIM115 - `Running` closes two
        with given:
            given.write(stdin)
            given.seek(0)
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self._path)
            files = [given.fileno(), out.fileno(), err.fileno()] if terminal is None else [terminal] * 3
            socket.send_fds(connection, [b" "], files)  # type: ignore[list-item]
            connection.sendall(json.dumps(task).encode() + b"\n")
        return Running(connection, out, err)

    def program(self) -> str:
        """The text of a program that is `opsbook`: it lets the server run it."""
        self._start()
        return PROGRAM.format(python=sys.executable, path=self._path)

    def _start(self) -> None:
        with self._lock:
            if self._process is not None:
                return
            self._process = subprocess.Popen(
                [*self._prefix, sys.executable, "-m", "tests.support.forkserver", self._path],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={
                    "PATH": os.environ["PATH"],
                    "LANG": "C.UTF-8",
                    "PYTHONPATH": os.pathsep.join(sys.path),
                    **handed_on(),
                },
            )
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == "ready\n"

    def close(self) -> None:
        """End the server."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
        self._folder.cleanup()


@cache
def shared() -> ForkServer:
    """The one for all tests of this process."""
    server = ForkServer()
    atexit.register(server.close)
    return server


if __name__ == "__main__":
    serve(sys.argv[1])
