"""What the histories of main and a branch on GitHub have to do with each other.

A whole clone answers it all by itself (`git_history.History`). Without one GitHub's comparison of two commits does,
together with what the files say; and where files do not tell, the pull request does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from opsbook.adapters.git.history import History, naming, operations
from opsbook.adapters.git.objects import Entry
from opsbook.adapters.github.api import Api, Span, Step
from opsbook.adapters.github.clone import Clone
from opsbook.adapters.github.objects import HubObjects
from opsbook.core.errors import OpsbookError

T = TypeVar("T")

_CHAIN = 2000
"""A branch is followed this far back through commits that are known before GitHub is asked."""


class HubHistory:
    """Questions about histories. Answers about commits never change, so they are remembered.

    Args:
        main: name of the main branch.
    """

    def __init__(self, api: Api, objects: HubObjects, clone: Clone | None, main: str) -> None:
        self._api = api
        self._main = main
        self._objects = objects
        self._clone = clone
        self._local = History(clone.repository, clone.objects) if clone is not None and clone.whole else None
        self._spans: dict[tuple[str, str], Span | None] = {}
        self._merged: dict[tuple[str, str], bool] = {}

    def base(self, main: str, tip: str) -> str | None:
        """The point where a branch left main; `None` for unrelated histories."""
        if here := self._here(lambda local: local.base(main, tip), main, tip):
            return here[0]
        span = self.span(main, tip)
        return span.base if span else None

    def left_once(self, main: str, tip: str) -> bool:
        """Whether a branch left main at one point only.

        Else its differences to one of them do not tell what a merge makes of it: Git merges against all of them, and a
        file that is as it was at the one is taken back from what it was at the other.
        """
        if here := self._here(lambda local: local.bases(main, tip), main, tip):
            return len(here[0]) == 1
        span = self.span(main, tip)
        if span is None:
            return False
        own = {step.commit for step in span.steps}
        left = {parent for step in span.steps for parent in step.parents} - own - {span.base}
        between = (self.span(span.base, parent) for parent in left)
        return all(found is not None and not found.steps for found in between)

    def differences(self, old: str | None, new: str) -> dict[str, Entry | None]:
        """The files that differ between two commits: path to the new entry, `None` for a deleted one."""
        return self._objects.differences(self._objects.root(old) if old else None, self._objects.root(new))

    def merged(self, main: str, tip: str, branch: str) -> bool:
        """Whether main holds everything of a branch: by ancestry, by its files, or because GitHub merged it so."""
        if here := self._here(lambda local: tip in local.merged(main, [tip]), main, tip):
            return here[0]
        if (main, tip) not in self._merged:
            self._merged[main, tip] = main == tip or self._holds(main, tip, branch)
        return self._merged[main, tip]

    def find(self, main: str, tip: str, operation: str) -> str | None:
        """The commit of a branch that carries an operation, by its trailer or by what it wrote."""
        if here := self._here(lambda local: local.find(main, tip, operation), main, tip):
            return here[0]
        span = self.span(main, tip)
        steps = span.steps if span else (self._objects.step(tip),)
        for step in reversed(steps):
            if operation in operations(step.message):
                return step.commit
        if all(operations(step.message) or len(step.parents) > 1 for step in steps):
            return None
        # Somebody has rewritten the branch, and perhaps the messages: only the files tell.
        changed = self.differences(span.base if span else None, tip)
        path = self._naming(tip, changed, operation)
        return self._introduced(tip, path, operation) if path else None

    def find_on_main(self, main: str, record: str, operation: str) -> str | None:
        """The commit of main that carries an operation of a record, by what it wrote.

        Without a clone a message alone does not count: finding it would cost calls for every note, and only tells
        of an operation whose every word somebody has deleted since.
        """
        if here := self._here(lambda local: local.find_on_main(main, record, operation), main):
            return here[0]
        root = self._objects.root(main)
        for place, entry in self._places(root, record):
            below = [place] if not entry.is_folder else [f"{place}/{path}" for path in self._objects.files(entry.oid)]
            if path := self._naming(main, below, operation):
                return self._introduced(main, path, operation)
        return None

    def parent(self, commit: str) -> str | None:
        """The first parent of a commit; `None` for the first commit of all."""
        if here := self._here(lambda local: local.parent(commit), commit):
            return here[0]
        return next(iter(self._objects.step(commit).parents), None)

    def span(self, main: str, tip: str) -> Span | None:
        """What lies between main and a branch; `None` for unrelated histories."""
        if (main, tip) not in self._spans:
            found = self._chain(main, tip) or self._api.span(main, tip)
            for step in found.steps if found else ():
                self._objects.learn(step)
            self._spans[main, tip] = found
        return self._spans[main, tip]

    def _here(self, ask: Callable[[History], T], *commits: str) -> tuple[T] | None:
        """What the history of the clone says, in a tuple; nothing if it does not hold these commits.

        A clone is a copy, and may be a broken one: a fetch that was killed leaves commits without their files. Whatever
        is wrong with it stops nobody: GitHub is asked instead, from then on.
        """
        if self._local is None or self._clone is None:
            return None
        try:
            if all(map(self._clone.has, commits)) or self._clone.bring(commits):
                return (ask(self._local),)
        except OpsbookError:
            self._local = None
        return None

    def _chain(self, main: str, tip: str) -> Span | None:
        """The way from a branch back to main through commits that we know, if it is a straight one."""
        steps: list[Step] = []
        at = tip
        while at != main:
            step = self._objects.known(at)
            if step is None or len(step.parents) != 1 or len(steps) == _CHAIN:
                return None
            steps.append(step)
            at = step.parents[0]
        return Span(main, tuple(reversed(steps)))

    def _holds(self, main: str, tip: str, branch: str) -> bool:
        span = self.span(main, tip)
        if span is None or not span.steps:
            return span is not None
        changed = self.differences(span.base, tip)
        old, new = self._objects.root(span.base), self._objects.root(main)
        there = {path: self._objects.entry(new, path) for path in changed}
        if there == changed:
            return True
        moved = [path for path, entry in there.items() if entry != self._objects.entry(old, path)]
        if not moved:
            return False
        wanted = {operation for step in span.steps for operation in operations(step.message)}
        by_hand = any(not operations(step.message) and len(step.parents) == 1 for step in span.steps)
        if not by_hand and all(self._naming(main, moved, operation) for operation in wanted):
            return True
        # Main has something of it, and the files do not tell whether all: GitHub knows what it merged.
        return any(pull.merged and pull.head == tip for pull in self._api.pulls(branch, self._main))

    def _naming(self, commit: str, paths: Iterable[str], operation: str) -> str | None:
        root = self._objects.root(commit)
        for path in paths:
            data = self._objects.file(root, path)
            if data is not None and naming(data, operation):
                return path
        return None

    def _introduced(self, tip: str, path: str, operation: str) -> str:
        """The commit that brought an operation's line into a file; the tip where history does not tell."""
        steps = self._api.commits(tip, path=path)
        for step in steps:
            if operation in operations(step.message):
                return step.commit
        for step in reversed(steps):
            self._objects.learn(step)
            if self._naming(step.commit, [path], operation):
                return step.commit
        return tip

    def _places(self, root: str, record: str) -> Iterable[tuple[str, Entry]]:
        """Where a tree holds a record: a folder or file named by the id, at most three folders deep."""
        named = re.compile(re.escape(record) + r"(?![A-Za-z0-9_])")
        folders: list[tuple[str, str]] = [("", root)]
        for _ in range(3):
            deeper = []
            for lead, oid in folders:
                entries: Mapping[str, Entry] = self._objects.tree(oid)
                for name, entry in entries.items():
                    if named.match(name):
                        yield lead + name, entry
                    elif entry.is_folder:
                        deeper.append((f"{lead}{name}/", entry.oid))
            folders = deeper
