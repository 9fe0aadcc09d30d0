"""A generated book as a real Git repository: one commit in a pack, as in a clone, and branches of open incidents."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from benchmarks import words
from benchmarks.generate import NOW
from benchmarks.measure import environment
from benchmarks.words import Dice
from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.book import Book
from opsbook.core.ids import Ids, operation_key
from opsbook.kinds import registry
from opsbook.kinds.incident.declare import declare
from opsbook.kinds.incident.requests import Declare

MAIN = "refs/heads/main"


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run Git in a folder; what it wrote."""
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=stdin,
        env=environment(os.environ),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout


def commit_all(folder: Path) -> None:
    """Make a repository of the files in a folder, all of them in one commit on main."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    files = ((path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths)
    git(folder, "fast-import", "--quiet", stdin=b"".join(_commit(MAIN, "The book", files)))
    git(folder, "reset", "--quiet")


def open_branches(folder: Path, count: int) -> list[str]:
    """Declare incidents, each on a branch of its own, as `opsbook declare` does; returns their ids."""
    book = Book(DirectoryTree(folder), registry())
    services = sorted(book.refs("service"))
    stream: list[bytes] = []
    ids = []
    for number in range(count):
        dice, seed = Dice(f"open {number}"), sha256(f"open {number}".encode()).digest()
        values = {
            "title": f"{dice.one(words.THINGS)} {dice.one(words.TROUBLES)}",
            "severity": "P3",
            "services": dice.some(services, 1),
            "summary": dice.prose(3),
        }
        key = operation_key(seed)
        request = Declare(by="oncall-a", **values)
        plan = declare(book, request, NOW - timedelta(minutes=number), Ids(seed), key)
        files = [(path, data) for path, data in plan.files.items() if data is not None]
        message = f"{plan.subject}\n\nOpsbook-Operation: {key}\n"
        stream += _commit(f"refs/heads/{plan.branch}", message, files, parent=MAIN)
        ids.append(plan.record)
    git(folder, "fast-import", "--quiet", stdin=b"".join(stream))
    return ids


def _commit(ref: str, message: str, files: Iterable[tuple[str, bytes]], parent: str = "") -> Iterator[bytes]:
    """The commands of `git fast-import` for one commit."""
    words_ = message.encode()
    yield f"commit {ref}\ncommitter Benchmark <benchmark@opsbook.invalid> {int(NOW.timestamp())} +0000\n".encode()
    yield b"data %d\n%s\n" % (len(words_), words_)
    if parent:
        yield f"from {parent}^0\n".encode()
    for path, data in files:
        yield f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
