"""What histories have to do with each other: the operations on a branch, whether main holds them, and joining."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import NamedTuple

from opsbook.adapters.git.objects import Entry, Objects, Person, Writer
from opsbook.adapters.git.repository import Repository, decode
from opsbook.core.errors import Refused
from opsbook.core.text import one_line

TRAILER = "Opsbook-Operation"
"""The marker of a commit (design: "The outside world")."""

JOINER = Person("Opsbook", "opsbook@opsbook.invalid")

# A squash merge quotes the messages of its commits, indented or not, so a trailer may stand anywhere.
_TRAILERS = re.compile(rf"^[ \t]*{TRAILER}:[ \t]*([A-Za-z0-9_-]+)[ \t]*$", re.MULTILINE)


_FEW = 3
"""For so many branches it is faster to ask where each left main than to look at all of their commits."""

Choose = Callable[[str | None, str, Entry | None, Entry | None], Entry | None]
"""From the common commit, a path and the two entries to the entry that holds both; `None` when there is none."""


class Step(NamedTuple):
    """A commit: its id, its parents, and the operations that its message names."""

    commit: str
    parents: tuple[str, ...]
    operations: tuple[str, ...]


def message(subject: str, operation: str) -> str:
    """The message of an operation's commit. A subject that would itself read as a trailer is quoted."""
    line = one_line(subject)
    return f"{f'“{line}”' if _TRAILERS.search(line) else line}\n\n{TRAILER}: {operation}\n"


def operations(message: str) -> tuple[str, ...]:
    """The operations that the message of a commit names."""
    return tuple(_TRAILERS.findall(message))


def named(data: bytes) -> list[str]:
    """The operations that the lines of files name, each once."""
    found = re.findall(rb"^\s*(?:- +)?operation: *[\"']?([A-Za-z0-9_-]+)[\"']?\s*$", data, re.MULTILINE)
    return list(dict.fromkeys(name.decode() for name in found))


def naming(data: bytes, operation: str) -> bool:
    """Whether a file holds a line `operation: <key>`."""
    line = rb"^\s*(?:- +)?operation: *[\"']?" + operation.encode() + rb"[\"']?\s*$"
    return re.search(line, data, re.MULTILINE) is not None


def _remembered(ask: Callable[[History, str, str, str], str | None]) -> Callable[[History, str, str, str], str | None]:
    """Ask once: answers about commits never change."""

    @wraps(ask)
    def answer(self: History, *words: str) -> str | None:
        key = (ask.__name__, *words)
        if key not in self._found:
            self._found[key] = ask(self, *words)
        return self._found[key]

    return answer


class History:
    """Questions about histories, answered for many branches at once with a few processes.

    Answers about commits never change, so they are remembered.
    """

    def __init__(self, repository: Repository, objects: Objects) -> None:
        self._repository = repository
        self._objects = objects
        self._writer = Writer(repository, objects)
        self._merged: dict[tuple[str, str], bool] = {}
        self._bases: dict[tuple[str, str], str | None] = {}
        self._found: dict[tuple[str, ...], str | None] = {}
        self._differences: dict[tuple[str | None, str], dict[str, Entry | None]] = {}

    def steps(
        self,
        tips: Iterable[str],
        without: Iterable[str] = (),
        *,
        containing: str = "",
        options: Iterable[str] = (),
    ) -> dict[str, Step]:
        """The commits of `tips` that are not in `without`, newest first.

        Args:
            containing: only commits whose message holds this text.
            options: further options of `git log`.
        """
        wanted = "".join(f"{tip}\n" for tip in tips) + "".join(f"^{tip}\n" for tip in without)
        grep = ("--fixed-strings", f"--grep={containing}") if containing else ()
        data = self._repository.git(
            "log", "-z", "--format=%H%x00%P%x00%B", *grep, *options, "--stdin", stdin=wanted.encode()
        )
        fields = data.decode(errors="replace").split("\0")
        return {
            commit: Step(commit, tuple(parents.split()), operations(message))
            for commit, parents, message in zip(fields[::3], fields[1::3], fields[2::3], strict=False)
        }

    def base(self, main: str, tip: str) -> str | None:
        """The point where `tip` left `main`; `None` for unrelated or shallow histories."""
        if main == tip:
            return main
        if (main, tip) not in self._bases:
            output = self._repository.run("merge-base", main, tip, accept=(0, 1))
            self._bases[main, tip] = output.data.decode().strip() or None
        return self._bases[main, tip]

    def bases(self, main: str, tip: str) -> list[str]:
        """Every point where `tip` left `main` that no other one contains: several after merges in both directions."""
        return self._repository.run("merge-base", "--all", main, tip, accept=(0, 1)).data.decode().split()

    def differences(self, old: str | None, new: str) -> dict[str, Entry | None]:
        """The files that differ between two commits: path to the new entry, `None` for a deleted one."""
        if (known := self._differences.get((old, new))) is not None:
            return known
        before = self._objects.root(old) if old else self._writer.tree(None, {})
        return _entries(self._repository.git("diff-tree", "-r", "-z", "--no-renames", before, self._objects.root(new)))

    def merged(self, main: str, tips: Collection[str]) -> set[str]:
        """The tips of which `main` holds everything: by ancestry, or every operation and every hand-made change.

        An operation is held when a message on main since the fork has its trailer (squash and rebase keep messages),
        or when main holds, in a file that the branch changed, a line `operation: <key>`. A commit without an
        operation is a person's: it is held when main had the branch's version of each file that it changed.
        """
        unknown = {tip for tip in tips if (main, tip) not in self._merged}
        if len(unknown) <= _FEW:
            for tip in [*unknown]:
                if tip != main and self.base(main, tip) == main:  # main is where the branch left it: it holds nothing
                    self._merged[main, tip] = False
                    unknown.remove(tip)
        if unknown:
            steps = self.steps(unknown, [main])
            reach = {tip: _reach(tip, steps) for tip in unknown}
            for tip in unknown:
                self._merged[main, tip] = not reach[tip]
            ahead = [tip for tip in unknown if reach[tip]]
            if ahead:
                forks = {parent for step in steps.values() for parent in step.parents} - steps.keys()
                rewritten = self._operations_since(main, forks)
                changes = self._changes(steps)
                root = self._objects.root(main)
                for tip in ahead:
                    self._add_up(main, tip, steps, changes)
                    own = [steps[commit] for commit in reach[tip]]
                    self._merged[main, tip] = self._holds(main, root, tip, own, rewritten, changes)
        return {tip for tip in tips if self._merged[main, tip]}

    def parent(self, commit: str) -> str | None:
        """The first parent of a commit; `None` for the first commit of all."""
        found = self._repository.run("rev-parse", "--verify", "--quiet", f"{commit}^", accept=(0, 1)).data
        return found.decode().strip() or None

    def landed(self, tip: str, since: str | datetime | None) -> list[tuple[str, tuple[str, ...]]]:
        """The steps by which a branch grew, oldest first: each commit with the paths that it changed.

        A merge is one step. The very first commit of a book is none: it announces nothing.

        Args:
            since: a commit that is not looked behind, or a moment (aware); `None` for the last step alone.
        """
        if isinstance(since, datetime):
            bound = [f"--since-as-filter={int(since.timestamp())}"]
        else:
            bound = ["-1"] if since is None else [f"^{since}"]
        names = self._repository.git("rev-list", "--first-parent", "--parents", *bound, tip, "--").decode().split("\n")
        steps = [line.split() for line in reversed(names) if line]
        return [(words[0], tuple(self.differences(words[1], words[0]))) for words in steps if len(words) > 1]

    @_remembered
    def find(self, main: str, tip: str, operation: str) -> str | None:
        """The commit of a branch that carries an operation, by its trailer or by what it wrote."""
        steps = self.steps([tip], [main]).values()
        for step in steps:
            if operation in step.operations:
                return step.commit
        if all(step.operations or len(step.parents) > 1 for step in steps):
            return None  # nobody has rewritten the branch, and perhaps the messages: else only the files tell
        changed = self.differences(self.base(main, tip), tip)
        path = self._naming(self._objects.root(tip), changed, operation)
        return self._introduced(tip, path, operation) if path else None

    @_remembered
    def find_on_main(self, main: str, record: str, operation: str) -> str | None:
        """The commit of main that carries an operation of a record, by what it wrote or by a trailer."""
        root = self._objects.root(main)
        for place in self._places(root, record):
            entry = self._objects.entry(root, place)
            paths = [place] if entry and not entry.is_folder else self._below(place, entry)
            if path := self._naming(root, paths, operation):
                return self._introduced(main, path, operation)
        # No operation is older than its record: the date in the id bounds the search.
        since = re.match(r"[A-Z]{3}-(\d{4})(\d\d)(\d\d)-", record)
        bound = [f"--since={int(_day(since).timestamp())}"] if since else []
        for step in self.steps([main], containing=f"{TRAILER}: {operation}", options=bound).values():
            if operation in step.operations:
                return step.commit
        return None

    def _introduced(self, tip: str, path: str, operation: str) -> str:
        """The commit that brought an operation's line into a file; the tip where history does not tell."""
        folder = self._repository.worktree or self._repository.common
        found = self._repository.git(
            "log",
            "-1",
            "--format=%H",
            "--pickaxe-regex",
            f"-Soperation: *[\"']?{operation}",
            tip,
            "--",
            path,
            folder=folder,
        )
        return found.decode().strip() or tip

    def join(self, ours: str, theirs: str, choose: Choose | None = None) -> str | None:
        """One commit that holds both histories; `None` when the same lines differ.

        It is made without index or working tree, and is the same commit whoever makes it.

        Args:
            choose: settles a file that both changed; by default its lines are merged.
        """
        choose = choose or self._merge_file
        if ours == theirs or self._repository.is_ancestor(theirs, ours):
            return ours
        if self._repository.is_ancestor(ours, theirs):
            return theirs
        first, second = sorted((ours, theirs))
        base = self.base(first, second)
        changes = dict(self.differences(base, second))
        for path, mine in self.differences(base, first).items():
            if path not in changes:
                continue
            yours = changes[path]
            if mine == yours:
                continue
            merged = choose(base, path, mine, yours)
            if merged is None:
                return None
            changes[path] = merged
        try:
            tree = self._writer.tree(self._objects.root(first), changes)
        except Refused:
            return None
        when = self._repository.git("show", "-s", "--format=%ct", first, second).split()
        return self._writer.commit(
            tree,
            (first, second),
            "Bring two copies of the branch together\n",
            JOINER,
            datetime.fromtimestamp(max(int(value) for value in when), UTC),
        )

    def _merge_file(self, base: str | None, path: str, mine: Entry | None, yours: Entry | None) -> Entry | None:
        old = self._objects.entry(self._objects.root(base), path) if base else None
        if not (mine and yours and old) or {mine.kind, yours.kind, old.kind} != {"file"}:
            return None
        with tempfile.TemporaryDirectory(prefix="opsbook-") as folder:
            names = []
            for name, entry in (("mine", mine), ("base", old), ("yours", yours)):
                file = Path(folder, name)
                file.write_bytes(self._objects.blob(entry.oid) or b"")
                names.append(str(file))
            output = self._repository.run("merge-file", "-p", "--quiet", *names, accept=range(256))
        return Entry(mine.mode, self._writer.blob(output.data)) if output.status == 0 else None

    def _operations_since(self, main: str, forks: Collection[str]) -> set[str]:
        base = self._repository.merge_base(*forks) if forks else None
        if base == main:
            return set()
        steps = self.steps([main], [base] if base else [], containing=TRAILER)
        return {operation for step in steps.values() for operation in step.operations}

    def _changes(self, steps: Mapping[str, Step]) -> dict[str, dict[str, Entry | None]]:
        """What each commit changed, for all commits in one process; of a merge what neither side had."""
        wanted = "".join(f"{commit}\n" for commit in steps).encode()
        data = self._repository.git("diff-tree", "--stdin", "-r", "-z", "-c", "--root", "--no-renames", stdin=wanted)
        found: dict[str, list[bytes]] = defaultdict(list)
        commit = ""
        fields = iter(data.split(b"\0"))
        for field in fields:
            if field.startswith(b":"):
                found[commit] += [field, next(fields)]
            elif field:
                commit = field.decode()
        return {commit: _entries(b"\0".join(parts)) for commit, parts in found.items()}

    def _add_up(
        self, main: str, tip: str, steps: Mapping[str, Step], changes: Mapping[str, Mapping[str, Entry | None]]
    ) -> None:
        """Remember what a branch without merges changed since it left main: it is known already, commit by commit."""
        found: dict[str, Entry | None] = {}
        twice: set[str] = set()
        commit = tip
        while commit in steps:
            own = changes.get(commit, {})
            twice |= own.keys() & found.keys()
            found = {**own, **found}
            if len(steps[commit].parents) != 1:
                return
            (commit,) = steps[commit].parents
        root = self._objects.root(commit) if twice else ""
        for path in twice:
            if self._objects.entry(root, path) == found[path]:
                del found[path]
        self._bases[main, tip] = commit
        self._differences[commit, tip] = found

    def _holds(
        self,
        main: str,
        root: str,
        tip: str,
        own: Collection[Step],
        rewritten: Collection[str],
        changes: Mapping[str, Mapping[str, Entry | None]],
    ) -> bool:
        operations = {operation for step in own for operation in step.operations} - set(rewritten)
        paths = {path for step in own for path in changes.get(step.commit, ())}
        if not all(self._naming(root, paths, operation) for operation in operations):
            return False
        by_hand = {path for step in own if not step.operations for path in changes.get(step.commit, ())}
        return not by_hand or self._had(main, root, tip, by_hand)

    def _had(self, main: str, root: str, tip: str, paths: Collection[str]) -> bool:
        """Whether main has, or had since the fork, the tip's version of each path."""
        other = self._objects.root(tip)
        wanted = {path: self._objects.entry(other, path) for path in paths}
        wanted = {path: entry for path, entry in wanted.items() if self._objects.entry(root, path) != entry}
        if not wanted:
            return True
        base = self.base(main, tip)
        if base is None:
            return False
        steps = self.steps([main], [base])
        seen = {(path, entry) for change in self._changes(steps).values() for path, entry in change.items()}
        return all((path, entry) in seen for path, entry in wanted.items())

    def _naming(self, root: str, paths: Iterable[str], operation: str) -> str | None:
        """The first of the paths at which the tree holds a file with a line `operation: <key>`."""
        for path in paths:
            data = self._objects.file(root, path)
            if data is not None and naming(data, operation):
                return path
        return None

    def _places(self, root: str, record: str) -> list[str]:
        """Where a tree holds a record: a folder or file named by the id, at most three folders deep."""
        named = re.compile(re.escape(record) + r"(?![A-Za-z0-9_])")
        found, folders = [], [("", root)]
        for _ in range(3):
            deeper = []
            for lead, oid in folders:
                for name, entry in self._objects.tree(oid).items():
                    if named.match(name):
                        found.append(lead + name)
                    elif entry.is_folder:
                        deeper.append((f"{lead}{name}/", entry.oid))
            folders = deeper
        return found

    def _below(self, place: str, entry: Entry | None) -> Iterable[str]:
        if entry is None:
            return
        for name, inner in self._objects.tree(entry.oid).items():
            if inner.is_folder:
                yield from self._below(f"{place}/{name}", inner)
            else:
                yield f"{place}/{name}"


def _day(found: re.Match[str]) -> datetime:
    """Two days before the day in an id: clocks differ, and a wrong day in an id must not hide anything."""
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC) - timedelta(days=2)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)


def _reach(tip: str, steps: Mapping[str, Step]) -> set[str]:
    found: set[str] = set()
    waiting = [tip]
    while waiting:
        commit = waiting.pop()
        if commit in steps and commit not in found:
            found.add(commit)
            waiting += steps[commit].parents
    return found


def _entries(data: bytes) -> dict[str, Entry | None]:
    """The raw output of `diff-tree -z`, also the combined one of merges: path to the new entry."""
    fields = data.split(b"\0")
    found: dict[str, Entry | None] = {}
    for head, path in zip(fields[::2], fields[1::2], strict=False):
        words = head.decode().lstrip(":").split(" ")
        count = len(head) - len(head.lstrip(b":"))
        mode, oid = words[count], words[2 * count + 1]
        found[decode(path)] = None if mode == "000000" else Entry(mode, oid)
    return found
