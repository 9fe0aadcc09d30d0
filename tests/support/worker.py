"""A process of its own that publishes and claims, for tests that race or kill it: `python -m tests.support.worker`.

It says `ready`, waits for a line, then does for each task what `perform` does, and prints what came of it as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from opsbook.adapters.git.forge import LocalForge
from opsbook.adapters.git.repository import Repository
from opsbook.core.errors import LostRace
from opsbook.core.ports import Receipt
from tests.support.repos import ENVIRONMENT, NOW, Clone, commit_of

RACES = 100


def run(task: Mapping[str, Any]) -> dict[str, Any]:
    """Publish the task's operation on its record and claim and complete its keys, on what earlier runs left."""
    environment = {**ENVIRONMENT, **task["variables"]}
    forge = LocalForge(Repository(task["path"], environment=environment, patience=0.2), push=task["push"])
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


def start(task: Mapping[str, Any]) -> subprocess.Popen[str]:
    """Start a worker; it waits until its standard input gets a line."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.worker", json.dumps(task)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def finish(workers: Sequence[subprocess.Popen[str]]) -> list[dict[str, Any]]:
    """Let all workers go at the same moment; what came of each."""
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return [json.loads(worker.communicate(timeout=300)[0]) for worker in workers]


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(run(task)), flush=True)
