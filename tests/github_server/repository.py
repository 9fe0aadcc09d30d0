"""The bare repository behind the test server: real Git objects and refs, shared with nothing of the program's."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.clock import handed_on

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": tempfile.gettempdir(),
    "LC_ALL": "C",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **handed_on(),
}

Entries = dict[str, tuple[str, str]]
"""Name to mode and object id."""


class Conflict(Exception):
    """Git refused: the ref is not where it was expected, or two sides do not merge."""


@dataclass(frozen=True)
class Person:
    """Author or committer, with a moment as Git writes it (`1763719500 +0000`)."""

    name: str
    email: str
    when: str


@dataclass(frozen=True)
class CommitData:
    """A commit, parsed."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


class Bare:
    """A bare repository. The caller sees to it that only one thread uses it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader: subprocess.Popen[bytes] | None = None

    def git(self, *arguments: str, stdin: bytes = b"", accept: tuple[int, ...] = (0,)) -> tuple[int, bytes]:
        """Run Git; its exit status and output."""
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments], input=stdin, capture_output=True, env=ENVIRONMENT, check=False
        )
        if done.returncode not in accept:
            raise Conflict(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.returncode, done.stdout

    def close(self) -> None:
        """End the reader."""
        if self._reader is not None:
            self._reader.kill()
            self._reader.communicate()
            self._reader = None

    # -- objects

    def read(self, name: str) -> tuple[str, str, bytes] | None:
        """Kind, id and content of an object; `None` when there is none."""
        if self._reader is None:
            self._reader = subprocess.Popen(
                ["git", "-C", str(self.path), "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=ENVIRONMENT,
            )
        assert self._reader.stdin is not None
        assert self._reader.stdout is not None
        if not name or any(char.isspace() for char in name):
            return None
        self._reader.stdin.write(name.encode() + b"\n")
        self._reader.stdin.flush()
        head = self._reader.stdout.readline().split()
        if head[-1] in (b"missing", b"ambiguous"):
            return None
        data = self._reader.stdout.read(int(head[2]) + 1)[:-1]
        return head[1].decode(), head[0].decode(), data

    def kind(self, sha: str) -> str | None:
        """What an object is."""
        found = self.read(sha)
        return found[0] if found else None

    def store(self, kind: str, data: bytes) -> str:
        """Write an object as Git stores loose ones."""
        whole = f"{kind} {len(data)}\0".encode() + data
        sha = hashlib.sha1(whole).hexdigest()
        path = self.path / "objects" / sha[:2] / sha[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            draft = path.with_suffix(".draft")
            draft.write_bytes(zlib.compress(whole, 1))
            draft.replace(path)
        return sha

    def entries(self, sha: str) -> Entries:
        """The entries of a tree (or of a commit's tree)."""
        found = self.read(sha + "^{tree}")
        assert found is not None, sha
        data, at, entries = found[2], 0, {}
        while at < len(data):
            space = data.index(b" ", at)
            end = data.index(b"\0", space)
            mode = data[at:space].decode()
            entries[data[space + 1 : end].decode(errors="surrogateescape")] = (mode, data[end + 1 : end + 21].hex())
            at = end + 21
        return entries

    def walk(self, sha: str, lead: str = "") -> Iterable[tuple[str, str, str]]:
        """Path, mode and id of everything below a tree, folders included."""
        for name, (mode, oid) in self.entries(sha).items():
            yield lead + name, mode, oid
            if mode == "40000":
                yield from self.walk(oid, f"{lead}{name}/")

    def store_tree(self, entries: Entries) -> str:
        """Write a tree."""
        order = sorted(entries, key=lambda name: name + ("/" if entries[name][0] == "40000" else ""))
        rows = [
            f"{entries[name][0]} ".encode() + name.encode(errors="surrogateescape") + b"\0" + bytes.fromhex(oid)
            for name in order
            for oid in (entries[name][1],)
        ]
        return self.store("tree", b"".join(rows))

    def change_tree(self, base: str | None, changes: Mapping[str, tuple[str, str] | None]) -> str:
        """Write a tree that is another with changes. As in Git's index, a file gives way to a folder of its name."""
        here: Entries = self.entries(base) if base else {}
        deeper: dict[str, dict[str, tuple[str, str] | None]] = {}
        for path, value in changes.items():
            name, slash, rest = path.partition("/")
            if slash:
                deeper.setdefault(name, {})[rest] = value
            elif value is None:
                if name not in here:
                    raise Conflict("GitRPC::BadObjectState")
                del here[name]
            else:
                here[name] = value
        for name, below in deeper.items():
            mode, oid = here.get(name, ("", ""))
            sub = self.change_tree(oid if mode == "40000" else None, below)
            if self.entries(sub):
                here[name] = ("40000", sub)
            else:
                here.pop(name, None)
        return self.store_tree(here)

    def blob(self, sha: str) -> bytes | None:
        """The content of a blob."""
        found = self.read(sha)
        return found[2] if found and found[0] == "blob" else None

    def at(self, revision: str, path: str) -> tuple[str, str] | None:
        """Mode and id at a path."""
        found = ("40000", revision)
        for part in path.split("/") if path else ():
            if found[0] != "40000" or part not in (below := self.entries(found[1])):
                return None
            found = below[part]
        return found

    # -- commits

    def commit(self, tree: str, parents: Iterable[str], message: str, author: Person, committer: Person) -> str:
        """Write a commit."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        for role, person in (("author", author), ("committer", committer)):
            lines.append(f"{role} {_clean(person.name)} <{_clean(person.email)}> {person.when}")
        return self.store("commit", ("\n".join(lines) + "\n\n").encode() + message.encode())

    def parse(self, sha: str) -> CommitData:
        """A commit."""
        found = self.read(sha + "^{commit}")
        assert found is not None, sha
        head, _, message = found[2].partition(b"\n\n")
        fields: dict[str, list[str]] = {}
        for line in head.decode(errors="replace").splitlines():
            key, _, value = line.partition(" ")
            fields.setdefault(key, []).append(value)
        return CommitData(
            found[1],
            fields["tree"][0],
            tuple(fields.get("parent", ())),
            _person(fields["author"][0]),
            _person(fields["committer"][0]),
            message.decode(errors="replace"),
        )

    def revisions(self, *arguments: str) -> list[str]:
        """The output of `rev-list`."""
        return self.git("rev-list", *arguments)[1].decode().split()

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `new` contains `old`."""
        # A commit on top of another is by far the most frequent case, and needs no process.
        return (
            old == new
            or old in self.parse(new).parents
            or self.git("merge-base", "--is-ancestor", old, new, accept=(0, 1))[0] == 0
        )

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor."""
        if one == other or one in self.parse(other).parents:
            return one
        return self.git("merge-base", one, other, accept=(0, 1))[1].decode().strip() or None

    def merge_tree(self, ours: str, theirs: str) -> str:
        """The tree of a merge. Raises `Conflict` when they do not merge."""
        status, output = self.git("merge-tree", "--write-tree", ours, theirs, accept=(0, 1))
        if status:
            raise Conflict("merge conflict")
        return output.decode().split()[0]

    def changed(self, old: str | None, new: str) -> dict[str, str]:
        """Path to status letter of what differs between two commits."""
        empty = self.store("tree", b"")
        fields = self.git("diff-tree", "-r", "-z", "--no-renames", "--name-status", old or empty, new)[1].split(b"\0")
        return {
            path.decode(errors="surrogateescape"): letter.decode()
            for letter, path in zip(fields[::2], fields[1::2], strict=False)
        }

    # -- refs

    def ref(self, name: str) -> str | None:
        """Where a ref points."""
        return self.refs("").get(name)

    def refs(self, prefix: str) -> dict[str, str]:
        """The refs whose full name begins with a prefix, read as Git stores them: people may push at any moment."""
        root = f"{self.path}/"
        found = {}
        with suppress(FileNotFoundError):
            for line in _text(f"{root}packed-refs").splitlines():
                sha, _, name = line.partition(" ")
                if len(sha) == 40 and name:
                    found[name] = sha
        for folder, _, names in os.walk(f"{root}refs"):
            for name in names:
                with suppress(FileNotFoundError):
                    text = "" if name.endswith(".lock") else _text(f"{folder}/{name}").strip()
                    if len(text) == 40:
                        found[f"{folder}/{name}".removeprefix(root)] = text
        return {name: found[name] for name in sorted(found) if name.startswith(prefix)}

    def move(self, name: str, new: str | None, old: str | None) -> None:
        """Compare-and-swap of a ref (`None`: absent)."""
        if new is None:
            self.git("update-ref", "-d", name, old or "")
        else:
            self.git("update-ref", name, new, old or "0" * 40)


def _text(path: str) -> str:
    # Every request reads all refs, some of them five times: no `Path`.
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return file.read()


def _clean(text: str) -> str:
    return "".join(char for char in text if char not in "<>\n\r\0").strip() or "unknown"


def _person(line: str) -> Person:
    name, _, rest = line.partition(" <")
    email, _, when = rest.partition("> ")
    return Person(name, email, when)
