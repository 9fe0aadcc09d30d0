"""The crowd without GitHub: clones that push to one bare repository, and a maintainer who merges with Git."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from opsbook.core.context import Context
from tests.load.audit import Book
from tests.load.crowd import METHODS, Figures, Scale, Tally, declaration, note, seeds, timed, together, words
from tests.support.clock import Clock
from tests.support.desk import Desk, clone, make_remote
from tests.support.wired import Chat, wire


class Crowd:
    """One bare repository, its clones, a chat that everybody reads, and a maintainer."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        self.remote = Desk(make_remote(folder / "remote.git"))
        self.chat, self.scale = Chat(), scale
        self._folder = folder
        self._maintainer = clone(self.remote.path, folder / "maintainer")
        self._one_at_a_time = threading.Lock()

    def context(self, person: str) -> Context:
        """What a new process in a person's clone is given."""
        path = self._folder / person
        desk = Desk(path) if path.exists() else clone(self.remote.path, path)
        return replace(wire(desk, clock=Clock(), seed=seeds(person), push=True), sinks=(self.chat,))

    def declare(self, tally: Tally) -> list[str]:
        """Everybody declares at the same moment; the ids."""
        ids: list[str] = []
        contexts = [self.context(f"declarer-{number}") for number in range(self.scale.declarers)]

        def work(number: int) -> None:
            ids.append(tally.perform(declaration(number), contexts[number]).id)

        together([lambda number=number: work(number) for number in range(len(contexts))])  # type: ignore[misc]
        return ids

    def write(self, tally: Tally, record: str) -> None:
        """Everybody notes things in one incident; every third writer is a new process each time."""

        def work(writer: int, texts: list[str]) -> None:
            context = self.context(f"writer-{writer}")
            for text in texts:
                if writer % 3 == 0:
                    context = replace(self.context(f"writer-{writer}"), seed=context.seed)
                tally.perform(note(record, text), context)

        together([lambda item=item: work(*item) for item in enumerate(words(self.scale))])  # type: ignore[misc]

    def merger(self, tally: Tally) -> None:
        """From now on the maintainer merges an open branch every so often, in each way; half of the branches are
        deleted, each only where it was merged."""

        def merge_one(count: int) -> None:
            if self.scale.merge_every and not count % self.scale.merge_every:
                with self._one_at_a_time:
                    turn = count // self.scale.merge_every
                    tally.merged[self._merge(METHODS[turn % len(METHODS)], delete=bool(turn % 2))] += 1

        tally.cleared = merge_one

    def _merge(self, method: str, *, delete: bool) -> str:
        desk = self._maintainer
        desk.git("fetch", "--quiet", "--prune", "origin", "+refs/heads/*:refs/remotes/origin/*")
        desk.git("reset", "--quiet", "--hard", "origin/main")
        names = desk.git(
            "for-each-ref",
            "--sort=refname",
            "--format=%(refname:short)",
            "--no-merged=main",
            "refs/remotes/origin/opsbook/",
        ).split()
        for name in names:
            if not desk.git("diff", "--name-only", f"main...{name}"):
                continue
            tip = desk.git("rev-parse", name).strip()
            try:
                if method == "merge":
                    desk.git("merge", "--quiet", "--no-ff", "-m", f"Merge {name}", tip)
                elif method == "squash":
                    desk.git("merge", "--quiet", "--squash", tip)
                    desk.git("commit", "--quiet", "-m", f"Squash {name}")
                else:
                    desk.git("checkout", "--quiet", "--detach", tip)
                    desk.git("rebase", "--quiet", "main")
                    desk.git("checkout", "--quiet", "-B", "main", "HEAD")
            except AssertionError:
                with suppress(AssertionError):
                    desk.git("rebase", "--abort")
                desk.git("checkout", "--quiet", "--force", "-B", "main", "origin/main")
                return f"{method} refused"
            desk.git("push", "--quiet", "origin", "main")
            if delete:
                branch = name.removeprefix("origin/")
                with suppress(AssertionError):  # somebody has written to it meanwhile: it stays
                    desk.git("push", "--quiet", f"--force-with-lease={branch}:{tip}", "origin", f":{branch}")
            return method
        return "nothing to merge"

    def audit(self, notes: list[str]) -> list[str]:
        """What is not as it should be."""
        book = Book(self.remote.path)
        titles = [f"Failure number {number}" for number in range(self.scale.declarers)]
        found = book.problems(titles, notes, self.chat.keys())
        if len(book.records()) != self.scale.declarers:
            found.append(f"{len(book.records())} records")
        return found


def run(folder: Path, scale: Scale) -> Figures:
    """Declare, write, merge in between, and audit after each phase."""
    figures = Figures()
    crowd = Crowd(folder, scale)
    for phase in ("declare", "note"):
        tally = figures.tallies[phase] = Tally()
        crowd.merger(tally)
        with timed(figures.seconds, phase):
            if phase == "declare":
                ids = crowd.declare(tally)
            else:
                crowd.write(tally, ids[0])
        notes = [text for texts in words(scale) for text in texts] if phase == "note" else []
        figures.problems += [f"{phase}: {problem}" for problem in crowd.audit(notes)]
        figures.problems += [f"{phase}: exit {code}: {why}" for code, why in tally.left]
    return figures
