"""A process of its own that publishes and claims, for tests that race or kill it.

It is forked from a process that has imported this module: Python's start would cost more than what the process does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from opsbook.adapters.git.forge import GitForge
from opsbook.adapters.git.repository import Repository
from opsbook.core.errors import LostRace
from opsbook.core.ports import Receipt
from tests.support.repos import ENVIRONMENT, NOW, Clone, commit_of

RACES = 100


def run(task: Mapping[str, Any]) -> dict[str, Any]:
    """Publish the task's operation on its record and claim and complete its keys, on what earlier runs left."""
    environment = {**ENVIRONMENT, **task["variables"]}
    forge = GitForge(Repository(task["path"], environment=environment, patience=0.2), push=task["push"])
    done: dict[str, Any] = {"operation": task["operation"]}
    if task["record"]:
        for _ in range(RACES):
            published = forge.published(task["record"], task["operation"])
            if published is not None:
                break
            try:
                commit = commit_of(task["record"], task["operation"])
                published = forge.publish(forge.head(task["record"]), commit)
                break
            except LostRace:
                continue
        assert published is not None
        done |= {"commit": published.commit, "unpushed": published.unpushed}
    done["claimed"] = sorted(forge.claim([Receipt(key, task["operation"], NOW) for key in task["keys"]]))
    if done["claimed"]:
        forge.receipt(dict.fromkeys(done["claimed"], f"said by {task['operation']}"))
    return done


def task_of(
    clone: Clone,
    operation: str,
    *,
    record: str | None,
    keys: Sequence[str] = (),
    push: bool = False,
    variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What a worker is to do.

    Args:
        record: where to publish; `None` to claim only.
        variables: more of the worker's environment, handed on to Git.
    """
    return {
        "path": str(clone.path),
        "operation": operation,
        "record": record,
        "keys": list(keys),
        "push": push,
        "variables": dict(variables or {}),
    }


_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


def apart(function: Callable[..., object], *arguments: object, **options: object) -> BaseProcess:
    """Start a function of a module in a process of its own."""
    process = _CONTEXT.Process(target=function, args=arguments, kwargs=options)
    process.start()
    return process


@dataclass(frozen=True)
class Worker:
    """A process that is ready and waits for its start, and how it is spoken to."""

    process: BaseProcess
    line: Connection

    def end(self) -> int:
        """Let it go and wait for its end; its exit code, negative for a signal."""
        self.line.send("go")
        self.process.join(60)
        assert self.process.exitcode is not None
        return self.process.exitcode


def start(task: Mapping[str, Any]) -> Worker:
    """Start a worker; it waits until it is told to go."""
    ours, theirs = _CONTEXT.Pipe()
    process = apart(_work, task, theirs)
    theirs.close()
    return Worker(process, ours)


def _work(task: Mapping[str, Any], line: Connection) -> None:
    line.send("ready")
    line.recv()
    line.send(run(task))


def finish(workers: Sequence[Worker]) -> list[dict[str, Any]]:
    """Let all workers go at the same moment; what came of each."""
    for worker in workers:
        assert worker.line.recv() == "ready"
    for worker in workers:
        worker.line.send("go")
    done = []
    for worker in workers:
        assert worker.line.poll(300)
        done.append(worker.line.recv())
        worker.process.join()
    return done
