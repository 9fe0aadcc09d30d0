"""The real command in a process of its own, without the time that Python takes to start: for thousands of runs.

`python -m tests.support.forkserver` imports the program once. For each line on its standard input it forks a process
that runs `opsbook` with the arguments, the folder, the environment and the files of that line, and answers with how
the process ended. It can also kill that process before its N-th effect on the disk or in Git, with SIGKILL.
"""

from __future__ import annotations

import errno
import json
import os
import runpy
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

WRITING = {"mktree", "commit-tree", "update-ref", "push", "fetch", "read-tree"}
"""Git commands after which a repository differs; a blob alone is seen by nobody."""

FILE_EFFECTS = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.truncate"}


def kill_before(number: int, below: str, fault: str) -> None:
    """End this process by SIGKILL before its effect of this number, counted from 1.

    Args:
        below: effects on files count below this folder only.
        fault: raise an error with these words instead; `full` makes the disk full from then on.
    """
    seen = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if event == "subprocess.Popen":
            counts = bool(WRITING & set(map(str, arguments[1])))
        elif event == "open":
            path, _, flags = arguments
            writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
            counts = isinstance(path, str | os.PathLike) and str(path).startswith(below) and bool(flags & writes)
        else:
            counts = event in FILE_EFFECTS and str(arguments[0]).startswith(below)
        seen += counts
        if fault == "full":
            if counts and seen >= number and event != "os.remove":  # there is always room for less
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return
        if counts and seen == number:
            if fault:
                raise RuntimeError(fault)
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def child(task: Mapping[str, Any]) -> NoReturn:
    """Become the command."""
    for number, (name, flags) in enumerate(
        ((task["stdin"], os.O_RDONLY), (task["out"], os.O_WRONLY), (task["err"], os.O_WRONLY))
    ):
        os.dup2(os.open(name, flags), number)
    os.chdir(task["folder"])
    os.environ.clear()
    os.environ.update(task["environment"])
    sys.argv = ["opsbook", *task["words"]]
    if task["kill"]:
        kill_before(task["kill"], task["below"], task["fault"])
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


def serve() -> None:
    """Fork for each line."""
    # Everything that a command may import; none of it does anything when it is imported.
    import opsbook.commands.declare
    import opsbook.commands.helping
    import opsbook.run
    import opsbook.wiring
    from opsbook.commands import COMMANDS

    for name in COMMANDS:
        __import__(f"opsbook.commands.{name.replace(' ', '_')}")
    __import__("slugify")
    opsbook.wiring.registry()
    requests = os.fdopen(os.dup(0), "r")
    answers = os.fdopen(os.dup(1), "w")
    for line in iter(requests.readline, ""):
        process = os.fork()
        if process == 0:
            child(json.loads(line))
        _, status = os.waitpid(process, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


class ForkServer:
    """The client: starts the server when it is first needed.

    Args:
        prefix: the beginning of its command line, for a server that may do less.
    """

    def __init__(self, *prefix: str) -> None:
        self._prefix = prefix
        self._process: subprocess.Popen[str] | None = None
        self._folder = TemporaryDirectory(prefix="opsbook-runs-")

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
        if self._process is None:
            here = Path(__file__).parents[2]
            self._process = subprocess.Popen(
                [*self._prefix, sys.executable, "-m", "tests.support.forkserver"],
                cwd=here,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        root = Path(self._folder.name)
        files = {name: root / name for name in ("stdin", "out", "err")}
        for file in files.values():
            file.write_bytes(b"")
        files["stdin"].write_bytes(stdin)
        task = {
            **{name: str(file) for name, file in files.items()},
            "words": list(words),
            "folder": str(folder),
            "environment": dict(environment),
            "kill": kill,
            "fault": fault,
            "below": str(folder),
        }
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return code, files["out"].read_bytes(), files["err"].read_bytes()

    def close(self) -> None:
        """End the server."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
        self._folder.cleanup()


if __name__ == "__main__":
    serve()
