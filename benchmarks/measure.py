"""Measures whole processes, as people wait for them: wall-clock time and peak memory, several runs each."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROBE = Path(__file__).with_name("probe.py")


class Failed(Exception):
    """A command that was to be measured did not do its work."""


@dataclass(frozen=True)
class Command:
    """A command to measure.

    Attributes:
        words: the program by its full path, and its arguments.
        folder: where it runs.
        processors: on how many it may run; 0 for all that there are.
    """

    words: Sequence[str]
    folder: Path
    processors: int = 0


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        seconds: from its start to its end: what people wait.
        work: seconds of processor time, its children's too: what is left of it when others use the machine.
        peak: bytes of its largest process.
        output: what it printed.
    """

    seconds: float
    work: float
    peak: int
    output: str = ""


@dataclass(frozen=True)
class Measured:
    """Several runs of one thing."""

    runs: tuple[Run, ...] = field(default=())

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def work(self) -> float:
        """The median processor time."""
        return statistics.median(run.work for run in self.runs)

    @property
    def spread(self) -> tuple[float, float]:
        """The fastest and the slowest run, in seconds."""
        return min(run.seconds for run in self.runs), max(run.seconds for run in self.runs)

    @property
    def peak(self) -> int:
        """Bytes: the largest of all runs."""
        return max(run.peak for run in self.runs)


def opsbook(*words: str, book: Path | None = None, folder: Path, processors: int = 0) -> Command:
    """The installed console script, beside the Python that runs this."""
    script = Path(sys.executable).with_name("opsbook")
    where = ("-C", str(book)) if book is not None else ()
    return Command((str(script), *where, *words), folder, processors)


def run(command: Command) -> Run:
    """Run a command once.

    Raises:
        Failed: it ended with another status than 0; the message ends with what it wrote to standard error.
    """
    with tempfile.TemporaryDirectory(prefix="opsbook-bench-") as scratch:
        output = Path(scratch, "output")
        said = subprocess.run(
            [sys.executable, "-I", "-S", str(PROBE), str(output), str(command.processors), *command.words],
            cwd=command.folder,
            env=environment(os.environ),
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        figures = json.loads(said)
        printed = output.read_text("utf-8", "replace")
        if figures["status"] != 0:
            errors = output.with_suffix(".err").read_text("utf-8", "replace")
            shown = " ".join(command.words)[:200]
            raise Failed(f"{shown} ended with {figures['status']}: {(printed + errors)[-600:]}")
        return Run(figures["seconds"], figures["work"], figures["peak"], printed)


def side_by_side(commands: Sequence[Command], runs: int, *, warm: int = 1) -> list[Measured]:
    """Run the commands in turn, so that a busy moment of the machine hits all of them.

    Args:
        warm: runs of each before those that count: they bring files and byte code into memory.
    """
    found: list[list[Run]] = [[] for _ in commands]
    for number in range(warm + runs):
        for kept, command in zip(found, commands, strict=True):
            result = run(command)
            if number >= warm:
                kept.append(result)
    return [Measured(tuple(kept)) for kept in found]


def repeated(command: Command, runs: int, *, warm: int = 1) -> Measured:
    """Several runs of one command."""
    return side_by_side([command], runs, warm=warm)[0]


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The variables for measured commands: nothing of the person's that changes what they do.

    Among them is PYTHONDONTWRITEBYTECODE, with which every command would compile the whole program again.
    """
    ours = ("GIT_", "OPSBOOK_", "XDG_", "PYTHON")
    return {
        **{name: value for name, value in given.items() if not name.startswith(ours) or name == "PYTHONPATH"},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Benchmark",
        "GIT_AUTHOR_EMAIL": "benchmark@opsbook.invalid",
        "GIT_COMMITTER_NAME": "Benchmark",
        "GIT_COMMITTER_EMAIL": "benchmark@opsbook.invalid",
        "NO_COLOR": "1",
    }
