"""The crowd on GitHub: every person has a machine of their own; pull requests are merged in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from opsbook.adapters.machine.state import FileIntents, FileOutbox
from opsbook.core.context import Context
from opsbook.core.tree import MemoryTree
from opsbook.kinds import read_request, registry
from tests.github_server.calls import merge
from tests.github_server.hub import OWNER, Answer
from tests.github_server.server import GitHubServer
from tests.load.audit import Book
from tests.load.crowd import METHODS, Figures, Scale, Tally, declaration, note, seeds, timed, together, words
from tests.slack_server import SlackServer, slack_server
from tests.support.clock import Clock
from tests.support.desk import Desk
from tests.support.github import forge, make_github
from tests.support.slack import slack_sink
from tests.support.small_book import FILES

CHANNELS = ("incident", "team", "security", "drill")
PATIENCE = (10.0, 120.0)
"""Timeouts: a hundred threads share the processor with the server."""


class Crowd:
    """One GitHub, one Slack, and people."""

    def __init__(self, folder: Path, server: GitHubServer, slack: SlackServer, scale: Scale) -> None:
        self.server, self.slack, self.scale = server, slack, scale
        self._folder = folder

    def context(self, person: str, *, clone: bool) -> Context:
        """What a new process of a person is given: they have a clone, or a repository of the program's own."""
        path = self._folder / person
        if clone and not path.exists():
            Desk(self._folder).git("clone", "--quiet", str(self.server.hub.git.path), str(path))
            Desk(path).git("remote", "set-url", "origin", self.server.git_url)
        own = self._folder / f"{person}.git"
        made = forge(self.server, clone=path if clone else None, own=own, timeouts=PATIENCE, seconds=PATIENCE[1])

        def earlier(record: str) -> Mapping[str, str]:
            return {key: receipt.reference for key, receipt in made.receipts(record).items()}

        state = self._folder / f"{person}-state"
        return Context(
            kinds=registry(),
            forge=made,
            sinks=(slack_sink(self.slack, earlier=earlier),),
            intents=FileIntents(state, read_request),
            outbox=FileOutbox(state),
            now=Clock().now,
            seed=seeds(person),
            actor="oncall-a",
            offline=lambda: MemoryTree(FILES),
        )

    def declare(self, tally: Tally) -> list[str]:
        """Everybody declares at the same moment; the ids."""
        ids: list[str] = []
        contexts = [self.context(f"declarer-{number}", clone=True) for number in range(self.scale.declarers)]

        def work(number: int) -> None:
            ids.append(tally.perform(declaration(number), contexts[number]).id)

        together([lambda number=number: work(number) for number in range(len(contexts))])  # type: ignore[misc]
        return ids

    def write(self, tally: Tally, record: str) -> None:
        """Everybody notes things in one incident; every second writer has a clone, and every third a new process each."""

        def work(writer: int, texts: list[str]) -> None:
            context = self.context(f"writer-{writer}", clone=writer % 4 != 3)
            for text in texts:
                if writer % 3 == 0:
                    fresh = self.context(f"writer-{writer}", clone=writer % 4 != 3)
                    context = replace(fresh, seed=context.seed)
                tally.perform(note(record, text), context)

        together([lambda item=item: work(*item) for item in enumerate(words(self.scale))])  # type: ignore[misc]

    def merger(self, tally: Tally) -> None:
        """From now on somebody merges the oldest open pull request every so often, in each way; half of the branches
        are deleted by GitHub as they are merged."""

        def merge_one(count: int) -> None:
            if not self.scale.merge_every or count % self.scale.merge_every:
                return
            turn = count // self.scale.merge_every
            method = METHODS[turn % len(METHODS)]
            with self.server.locked() as hub:
                opened = [pull for pull in hub.issues.values() if pull.head and pull.state == "open"]
                if not opened:
                    return
                try:
                    merge(hub, opened[0], OWNER, {"merge_method": method})
                except Answer as answer:
                    tally.merged[f"{method} refused: {answer}"] += 1
                    return
                tally.merged[method] += 1
                if turn % 2:
                    hub.git.move(f"refs/heads/{opened[0].head}", None, opened[0].head_sha)

        tally.cleared = merge_one

    def said(self) -> list[str]:
        """The keys of everything that stands in Slack."""
        return [message.key or "" for message in self.slack.messages()]

    def audit(self, notes: list[str]) -> list[str]:
        """What is not as it should be."""
        book = Book(self.server.hub.git.path)
        titles = [f"Failure number {number}" for number in range(self.scale.declarers)]
        found = book.problems(titles, notes, self.said())
        if len(book.records()) != self.scale.declarers:
            found.append(f"{len(book.records())} records")
        with self.server.locked() as hub:
            opened = Counter(pull.head for pull in hub.issues.values() if pull.head and pull.state == "open")
            pulls = Counter(pull.head for pull in hub.issues.values() if pull.head)
        found += [f"{count} open pull requests for {head}" for head, count in opened.items() if count > 1]
        found += [f"no open pull request for {name}" for name in book.unmerged() if not opened[f"opsbook/{name}"]]
        if not notes:
            found += [f"{count} pull requests for {head}" for head, count in pulls.items() if count > 1]
            found += [f"no pull request for {name}" for name in book.records() if not pulls[f"opsbook/{name}"]]
        return found + [f"refused: {text}" for text in self.server.refused]


def run(folder: Path, scale: Scale) -> Figures:
    """Declare, write, merge in between, and audit after each phase."""
    figures = Figures()
    server = make_github(folder / "github.git", now=Clock().now)
    try:
        with slack_server(*CHANNELS, now=Clock().now) as slack:
            crowd = Crowd(folder, server, slack, scale)
            for phase in ("declare", "note"):
                tally = figures.tallies[phase] = Tally()
                server.forget()
                crowd.merger(tally)
                with timed(figures.seconds, phase):
                    if phase == "declare":
                        ids = crowd.declare(tally)
                    else:
                        crowd.write(tally, ids[0])
                figures.calls[phase] = server.calls()
                notes = [text for texts in words(scale) for text in texts] if phase == "note" else []
                figures.problems += [f"{phase}: {problem}" for problem in crowd.audit(notes)]
                figures.problems += [f"{phase}: exit {code}: {why}" for code, why in tally.left]
            figures.fetches = server.fetches
    finally:
        server.close()
    return figures
