"""The workspace of a command: the book where it runs, and the ports, each built when it is used."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from opsbook.adapters.git.repository import NotARepository, Repository
from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.errors import OpsbookError, Refused, UsageError
from opsbook.core.text import one_line, shorten
from opsbook.core.unseen import Unseen
from opsbook.kinds import read_request, registry
from opsbook.wiring.environment import github, pagerduty, paging_webhook, slack_api, tracked, tracker

if TYPE_CHECKING:
    from opsbook.adapters.git.forge import GitForge
    from opsbook.adapters.machine.state import FileIntents, FileOutbox
    from opsbook.core.config import Team
    from opsbook.core.context import Context
    from opsbook.core.kind import Kinds
    from opsbook.core.people import Member
    from opsbook.core.plan import Intent
    from opsbook.core.ports import Desk, Examiner, Forge, Landed, Sink
    from opsbook.core.tree import Tree
    from opsbook.wiring.identity import Identity

T = TypeVar("T")
R = TypeVar("R")

Runs = Callable[[list[str], "LocalWorkspace"], int]

_UNHEARD = "Slack is not set up"
_UNPAGED = "paging is not set up"
"""Why nobody is told of what only the console keeps, and why nobody is woken by it."""

PIECE = 250
"""Records for each piece of work: so many that it is worth starting a process, which costs about as much as 200."""


def open_workspace(book: str | None, *, fetches: bool = True, runs: Runs | None = None) -> LocalWorkspace:
    """The workspace of the book in the folder `book`, or of the one around the current folder.

    Args:
        fetches: whether it may ask the remote what is new.
        runs: carries out the words of a command in a workspace: what runs commands lies above.
    """
    try:
        start = Path(book) if book is not None else Path.cwd()
    except FileNotFoundError:
        raise UsageError("The current folder is gone.", "Go to the folder of a book, or name it with -C.") from None
    if not os.path.isdir(start):  # noqa: PTH112 - a name that is too long is no folder either
        raise UsageError(f"{shorten(one_line(str(start)), 200)} is not a folder.", "Name the folder of a book with -C.")
    root = start.resolve() if book is not None else _around(start.resolve())
    return LocalWorkspace(root, given=start.resolve(), fetches=fetches, runs=runs)


def _around(start: Path) -> Path:
    """The nearest folder upwards that holds `opsbook.yml`; the folder itself when there is none."""
    for folder in (start, *start.parents):
        if (folder / CONFIG_PATH).is_file():
            return folder
        if (folder / ".git").exists():
            break
    return start


class LocalWorkspace:
    """A book in a folder of this machine; see `commands.workspace.Workspace`."""

    def __init__(
        self, root: Path, *, given: Path, fetches: bool, runs: Runs | None = None, at: datetime | None = None
    ) -> None:
        self.root = root
        self.about: tuple[str, str] | None = None
        self._runs, self._at = runs, at
        self.unseen: list[Unseen] = []
        self._given = given
        self._fetches = fetches
        self._brought = False
        self.verbose = False
        self.asks = sys.stdin.isatty() and sys.stdout.isatty()
        self.color = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self.lines = bool(os.environ.get("OPSBOOK_LINES"))

    def again(self) -> LocalWorkspace:
        """The same workspace, read anew."""
        return LocalWorkspace(self.root, given=self._given, fetches=self._fetches, runs=self._runs, at=self._at)

    def play(self, words: Sequence[str], at: datetime, about: tuple[str, str] | None) -> int:
        """See `Workspace.play`."""
        assert self._runs is not None
        played = LocalWorkspace(self.root, given=self._given, fetches=self._fetches, runs=self._runs, at=at)
        played.about, played.asks, played.color, played.lines = about, False, self.color, self.lines
        return self._runs(list(words), played)

    def at(self, folder: Path) -> LocalWorkspace:
        """See `Workspace.at`."""
        return LocalWorkspace(folder.resolve(), given=folder.resolve(), fetches=self._fetches)

    @contextmanager
    def source(self, given: str) -> Iterator[tuple[str, Tree]]:
        """See `Workspace.source`."""
        from tempfile import TemporaryDirectory

        from opsbook.adapters.git.begin import ADDRESS, fetched
        from opsbook.adapters.git.tree import GitTree

        name = given.rstrip("/").rpartition("/")[2].rpartition(":")[2].removesuffix(".git")
        if ADDRESS.match(given):
            with TemporaryDirectory(prefix="opsbook-") as folder:
                repository, commit = fetched(given, Path(folder), os.environ)
                yield name, GitTree(repository, commit)
            return
        there = Path(os.path.normpath(self._given / given))
        if not there.is_dir():
            what = f"{shorten(one_line(given), 200)} is neither a folder nor the address of a repository."
            raise UsageError(what, "Name a folder, or an address like https://git.example/team/runbooks.git")
        yield there.name, DirectoryTree(there)

    def branch(self) -> str | None:
        """See `Workspace.branch`."""
        from opsbook.adapters.git.begin import branch

        return branch(self.root, os.environ)

    def begin(self, paths: Sequence[str], message: str) -> None:
        """See `Workspace.begin`."""
        from opsbook.adapters.git.begin import begin

        begin(self.root, paths, message, os.environ)

    def members(self, team: Team) -> Sequence[Member]:
        """See `Workspace.members`."""
        found: list[Member] = []
        token, _, url = github()
        if team.github is not None:
            from opsbook.adapters.github.api import TeamApi

            if not token:
                how = "Set it to a token that may read the members of the organisation (read:org)."
                raise UsageError(f"GITHUB_TOKEN is not set, so nobody can look who is in {team.github}.", how)
            found += TeamApi(token, team.github, url=url).members()
        if team.slack is not None:
            from opsbook.adapters.slack.people import members

            if (api := slack_api()) is None:
                how = "Set it to the token of the app, with the scopes usergroups:read and users:read."
                raise UsageError(f"SLACK_BOT_TOKEN is not set, so nobody can look who is in {team.slack}.", how)
            found += members(api, team.slack)
        return found

    def calendar(self, address: str) -> bytes:
        """See `Workspace.calendar`."""
        from opsbook.adapters.ical.fetch import fetch

        return fetch(address)

    @property
    def kinds(self) -> Kinds:
        """Every kind of record."""
        return registry()

    @cached_property
    def book(self) -> Book:
        """The working tree."""

        def forbidden(path: str, why: str) -> None:
            self.unseen.append(Unseen(path or str(self.root), f"It may not be looked into: {why}", "See who owns it."))

        return Book(DirectoryTree(self.root, forbidden=forbidden), self.kinds)

    @property
    def open_book(self) -> Book:
        """The working tree, what main has more, every open record, and what is saved here and not published yet."""
        return self._laid

    def look(self) -> None:
        """See `Workspace.look`."""
        for kind in self.kinds:
            self._laid.refs(kind)

    @cached_property
    def _laid(self) -> Book:
        book = Book(self._seen, self.kinds)
        if self._intents is None:
            return book
        if saved := self._intents.saved():
            book = self._with(saved, book)
        self.unseen += self._intents.damaged()
        return book

    def _with(self, saved: Sequence[Intent], book: Book) -> Book:
        """A book with what is saved here laid over it; of what cannot be, `unseen` is told."""
        from opsbook.perform.saved import lay

        laid = lay(book, saved, self.kinds)
        for key, record in laid.records.items():  # what is on its branch here may not be where it belongs
            with suppress(OpsbookError):
                if (done := self._local_forge.published(record, key)) is not None and done.unpushed:
                    laid.unrecorded.add(record)
        self.unseen += laid.unseen
        laid.book.unrecorded = frozenset(laid.unrecorded)
        return laid.book

    @cached_property
    def _seen(self) -> Tree:
        """What is known here of the book; what could not be seen of it is added to `unseen`."""
        from opsbook.adapters.git.sight import look

        settings, tree = self.book.config, self.book.tree
        if settings.document.faults:  # whether the book is shared may be among what is not read
            self.unseen.append(Unseen(CONFIG_PATH, "It has errors, and what they spoil is left out.", "opsbook check"))
        try:
            forge = self._bring()
            return look(tree, forge, self._repository, self.kinds, self.unseen)
        except NotARepository as error:
            if not error.plain:
                self.unseen.append(Unseen.of("whatever is not in the files of this folder", error))
        except OpsbookError as error:
            self.unseen.append(Unseen.of("whatever is not in the files of this folder", error))
        return tree

    def _bring(self) -> GitForge:
        """The branches of this clone, with what is new, where the book is shared; Git alone is asked."""
        from opsbook.adapters.git.forge import GitForge
        from opsbook.adapters.git.remote import Remote
        from opsbook.adapters.git.sight import SECONDS, bring

        main, (token, name, url) = self._local_forge.main, github()
        if token and name:
            from opsbook.adapters.github.remote import remote_of

            remote = remote_of(name, self._repository, token, url, main, seconds=SECONDS)
        elif self.book.config.core.forge.push:
            remote = Remote(self._repository, "origin", main, seconds=SECONDS)
        else:
            return self._local_forge
        if self._fetches and not self._brought:
            self._brought = True
            bring(remote, self.unseen)
        return GitForge(self._repository, main=main, remote=remote, own=not (token and name))

    @cached_property
    def _intents(self) -> FileIntents | None:
        from opsbook.adapters.machine.state import FileIntents

        try:
            return FileIntents(self._state, read_request)
        except OpsbookError:  # whoever reads the book is told why
            return None

    @cached_property
    def _repository(self) -> Repository:
        return Repository(self.root, environment=os.environ)

    @cached_property
    def _forge(self) -> Forge:
        """GitHub where it is set up, else the clone."""
        return self._github or self._local_forge

    @cached_property
    def _github(self) -> GitForge | None:
        """GitHub, where there is a token and a repository for it."""
        token, repository, url = github()
        if not token or not repository:
            return None
        from opsbook.adapters.github.forge import connect

        main = self.book.config.core.forge.main
        return connect(token, repository, url=url, main=main, repository=self._repository)

    @cached_property
    def _local_forge(self) -> GitForge:
        from opsbook.adapters.git.forge import GitForge

        settings = self.book.config.core.forge
        try:
            return GitForge(self._repository, main=settings.main, push=settings.push)
        except Refused:  # Git takes no such name, as `opsbook check` says; a declaration goes on
            return GitForge(self._repository, push=settings.push)

    def seed(self) -> bytes:
        """Fresh random bytes, from which ids are drawn."""
        import secrets

        return secrets.token_bytes(32)

    def now(self) -> datetime:
        """The time now, in whole seconds; in a rehearsal, that of its clock."""
        if self._at is not None:
            return self._at
        return datetime.now(UTC).replace(microsecond=0)

    @cached_property
    def _identity(self) -> Identity:
        from opsbook.wiring.identity import Identity

        return Identity(self.book, lambda: self._repository)

    def actor(self, by: str | None = None) -> str:
        """`--by`, else `OPSBOOK_BY`, `git config opsbook.by`, the workflow's actor, the name on this machine."""
        return self._identity.actor(by)

    def desk(self) -> Desk:
        """See `Workspace.desk`."""
        from opsbook.wiring.workflow import desk

        return desk(self._identity.of_github, self.book.config.core.forge.main)

    def output(self, name: str, value: str) -> None:
        """See `Workspace.output`."""
        from opsbook.wiring.workflow import output

        output(name, value)

    @property
    def _state(self) -> Path:
        from opsbook.adapters.machine.state import state_folder

        return state_folder(self._repository.common)

    @property
    def keeps(self) -> Path:
        """See `Workspace.keeps`."""
        from hashlib import sha256

        try:
            return self._state / "made" / sha256(str(self.root).encode()).hexdigest()[:12]
        except NotARepository:
            return self.root / "build" / "opsbook"

    def _elsewhere(self) -> Path:
        """Where a repository is kept of a book that is not in this clone."""
        from opsbook.adapters.machine.state import state_folder

        try:
            return self._state / "security"
        except NotARepository:
            return state_folder(None) / "security"

    def context(self, by: str | None = None) -> Context:
        """The forge, the sinks and what this machine remembers."""
        from opsbook.adapters.machine.console import ConsoleSink
        from opsbook.adapters.machine.state import FileIntents, FileOutbox
        from opsbook.core.context import Context

        top = self._repository.worktree
        if top is not None and top.resolve() != self.root:
            raise UsageError(
                f"The book in {self.root} is not at the root of its repository.",
                f"Move it to {top}, or make it a repository of its own.",
            )
        if not self.book.config.present and not self._on_main():
            raise UsageError(
                f"{self.root} is no book: there is no {CONFIG_PATH}.", "Go to the folder of a book, or name it with -C."
            )
        outbox = FileOutbox(self._state)
        stream = sys.stderr if self.verbose else None
        return Context(
            kinds=self.kinds,
            forge=self._forge,
            sinks=(
                ConsoleSink(outbox, stream, _UNHEARD),
                ConsoleSink(outbox, stream, _UNPAGED, medium="page"),
                *self._slack(),
                *self._pagers(outbox),
                *self._stories(),
            ),
            intents=FileIntents(self._state, read_request),
            outbox=outbox,
            now=self.now,
            seed=self.seed,
            actor=self.actor(by),
            offline=lambda: self._seen,
            host=self._github,
            wait=self._wait,
            rehearses=self._at is not None,
        )

    def restricted(self, by: str | None = None) -> Context | None:
        """The restricted book: the clone that OPSBOOK_SECURITY_BOOK names, else `security.book` on GitHub.

        Its token may be another one, OPSBOOK_SECURITY_TOKEN. Nothing of it is told anywhere or kept in the outbox; a
        request that could not be published yet lies in a folder of its own, which only its owner can read.
        """
        from opsbook.adapters.machine.state import FileIntents, NoOutbox
        from opsbook.core.context import Context
        from opsbook.wiring.restricted import restricted_forge, stand_in

        forge = restricted_forge(self.book.config.core, self.kinds, self._elsewhere)
        if forge is None:
            return None
        return Context(
            kinds=self.kinds,
            forge=forge,
            sinks=(),
            intents=FileIntents(self._state / "security", read_request),
            outbox=NoOutbox(),
            now=self.now,
            seed=self.seed,
            actor=self.actor(by),
            offline=lambda: stand_in(self.book.tree),
            restricted=True,
            wait=self._wait,
            rehearses=self._at is not None,
        )

    def facts_kept(self) -> int:
        """How many declarations wait on this machine for the restricted book."""
        from opsbook.adapters.machine.state import FileIntents

        intents = FileIntents(self._state / "security", read_request)
        return len(intents.orphans()) + len(intents.damaged())

    def _wait(self, seconds: float) -> None:
        """Wait because the forge asks for it."""
        text = f"opsbook: GitHub asks to wait {seconds:.0f} s: too many requests. It is saved; this goes on by itself."
        print(text, "Whoever cannot wait: Ctrl-C, and later opsbook reconcile.", file=sys.stderr, flush=True)
        time.sleep(seconds)

    def _on_main(self) -> bool:
        """Whether main is a book, whatever is checked out here."""
        try:
            return self._forge.read(self._forge.head(None)).read(CONFIG_PATH) is not None
        except OpsbookError:
            return False

    def _slack(self) -> Sequence[Sink]:
        """Slack, where there is a token for it."""
        api = slack_api()
        if api is None:
            return ()
        from opsbook.adapters.slack.sink import SlackSink

        names = {channel.id: channel.name for channel in self.book.config.core.channels}
        return (SlackSink(api, names.get, earlier=self._said_before),)

    def _pagers(self, outbox: FileOutbox) -> Iterator[Sink]:
        """PagerDuty and a webhook, each where it is set up."""
        line, key = pagerduty()
        if line is not None:
            from opsbook.adapters.paging.pagerduty import PagerDutySink

            yield PagerDutySink(line, key)
        if (webhook := paging_webhook()) is not None:
            from opsbook.adapters.paging.webhook import WebhookSink

            yield WebhookSink(webhook, outbox)

    def _stories(self) -> Iterator[Sink]:
        """The tracker that the book names, where there is a token for it."""
        if (api := tracker(self._told)) is not None:
            from opsbook.adapters.github.story import StorySink

            yield StorySink(api, earlier=self._said_before)

    @property
    def _told(self) -> dict[str, str]:
        """Every audience that the configuration names, and what each is told."""
        config, told = self.book.config, dict[str, str]()
        for section in (config.core, *config.sections.values()):
            told |= section.audiences()
        return told

    def examiners(self) -> Sequence[Examiner]:
        """Those of this machine, of the book, and of each service that the program can use."""
        from opsbook.adapters.git.examiner import LocalExaminer
        from opsbook.adapters.github.examiner import GitHubExaminer
        from opsbook.adapters.paging.examiner import PagingExaminer
        from opsbook.adapters.slack.examiner import SlackExaminer
        from opsbook.report.book_examiner import BookExaminer, RestrictedExaminer
        from opsbook.wiring.restricted import restricted_forge

        config = self.book.config
        core = config.core
        token, repository, url = github()
        restricted = partial(restricted_forge, core, self.kinds, self._elsewhere)
        reach = None
        if token and repository:
            from opsbook.adapters.github.remote import remote_of

            reach = partial(remote_of, repository, token=token, url=url, main=core.forge.main, seconds=10.0)
        return (
            LocalExaminer(self.root, core, os.environ, repository if token else "", read_request, reach),
            BookExaminer(self.book, self.kinds, str(self.root), self.actor, self.now),
            RestrictedExaminer(core.security, restricted, repository, self.kinds),
            GitHubExaminer(token, repository, url, core, self.now, os.environ.get("GITHUB_ACTIONS") == "true"),
            SlackExaminer(slack_api(seconds=5), core, self._told, self.now),
            PagingExaminer(*pagerduty(seconds=5), paging_webhook(seconds=5)),
            *tracked(self._told),
        )

    def _said_before(self, record: str) -> Mapping[str, str]:
        """The references of what was said about a record, by key; nothing while the forge is down."""
        try:
            receipts = self._forge.receipts(record)
        except OpsbookError:
            return {}
        return {key: receipt.reference for key, receipt in receipts.items()}

    def revision(self, name: str) -> Tree:
        """The tree of a commit."""
        from opsbook.adapters.git.tree import GitTree

        return GitTree(self._repository, self._repository.revision(name))

    def changed(self, since: str) -> tuple[Sequence[str], Sequence[str]]:
        """Paths written and paths deleted since the fork from a revision, with those that are not committed yet."""
        changes = self._repository.changed(since, fork=True)
        return sorted(changes.present), sorted(changes.deleted)

    def landed(self, since: str) -> Sequence[Landed]:
        """What became part of main since a revision (`abc123`) or a length of time (`2d`), oldest first.

        GitHub gives zeros for what was there before the first push (docs: webhook `push`, `before`): then it is the
        last step alone.
        """
        from pydantic_core import PydanticCustomError

        from opsbook.core.types import parse_duration

        forge = self._bring()
        if self._repository.is_shallow:
            why = "The history of this clone is cut off."
            self.unseen.append(Unseen("what became part of main before that", why, "git fetch --unshallow"))
        try:
            moment = self.now() - parse_duration(since)
        except PydanticCustomError:
            pass
        else:
            return forge.landed(moment)
        try:
            return forge.landed(None if set(since) == {"0"} else since)
        except UsageError as error:
            raise UsageError(error.message, f"{error.remedy} Or say how far back, like 2d.") from None

    def inside(self, path: str) -> str:
        """A path that a person typed, relative to where they are, as a path in the book."""
        full = Path(os.path.normpath(self._given / path))
        try:
            return full.relative_to(self.root).as_posix()
        except ValueError:
            raise UsageError(f"{one_line(path)} is not in the book at {self.root}.", "Name a path below it.") from None

    def spread(self, work: Callable[[Sequence[T]], list[R]], items: Sequence[T], piece: int = PIECE) -> list[R]:
        """See `Workspace.spread`."""
        processes = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)
        if len(items) < 2 * piece or processes < 2:
            return work(items)
        from opsbook.adapters.machine.processes import spread

        return spread(work, items, processes, piece)
