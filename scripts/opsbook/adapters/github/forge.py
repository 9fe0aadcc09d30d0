"""GitHub as a forge: branches, commits and pull requests through its API, with no working tree at all."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from opsbook.adapters.git.history import JOINER, TRAILER, message, named
from opsbook.adapters.git.objects import Entry, Person
from opsbook.adapters.git.repository import Repository
from opsbook.adapters.github.address import site_of
from opsbook.adapters.github.api import Api, Pull, Step, Text
from opsbook.adapters.github.clone import Clone, clone_of
from opsbook.adapters.github.history import HubHistory
from opsbook.adapters.github.merging import merge
from opsbook.adapters.github.objects import HubObjects, HubTree
from opsbook.adapters.github.receipts import HubReceipts
from opsbook.adapters.github.session import GitHubRefused
from opsbook.adapters.github.words import LABELS, PLAIN, marker, pull_body, pull_title, receipts_comment, wanted_labels
from opsbook.adapters.machine.locks import pause, stand_back
from opsbook.core.errors import ForgeError, ForgeFault, ForgeUnknown, LostRace, OpsbookError, Refused
from opsbook.core.names import book_path, is_word, operation_name, record_name
from opsbook.core.ports import Commit, Head, Published, Receipt
from opsbook.core.tree import MemoryTree, Tree
from opsbook.core.unseen import Unseen

BREATH = 1.0
"""Seconds of silence after which what was seen of a branch no longer counts as now: `perform` asks for the head, reads,
and asks for what is published in one breath, however slow the network is. Acting on a sight that has aged only loses a
race, because every write is a compare-and-swap."""

LONGEST = 15.0
"""Seconds after which it does not count in any case."""

_PULL_TRIES = 3
"""How often a pull request is asked for, with a look whether there is one in between."""


@dataclass
class _Sight:
    """What was seen of GitHub's branches at one moment.

    Attributes:
        at: monotonic seconds; main: the tip of main; tips: the branch of each record, merged or not.
    """

    at: float
    main: Step | None = None
    tips: dict[str, Step | None] = field(default_factory=dict)


_NOTHING = _Sight(float("-inf"))


def connect(token: str, repository: str, *, url: str, main: str, clone: Repository | None) -> GitHubForge:
    """The forge of a repository on GitHub.

    Args:
        repository: `owner/name`; url: address of the API.
        clone: the clone on this machine, if there is one.

    Raises:
        UsageError: one of them cannot be used.
    """
    there = clone_of(repository, clone, token, url) if clone is not None else None
    return GitHubForge(Api(token, repository, url=url), main=main, site=site_of(url), clone=there)


class GitHubForge:
    """Publishes plans as pull requests on GitHub, and keeps receipts there.

    **A write** is one commit, made of a tree with its content inside, and one compare-and-swap of `opsbook/<record>`:
    creating the branch, which must not exist, or moving it forward, which GitHub refuses when the new commit does not
    contain the old one. Only that call, and opening the pull request, has an effect; the commit has the same id each
    time, so doing it again after an unknown outcome does nothing twice.

    **Open** is a branch of which main does not hold every operation (`HubHistory.merged`). The branch of a merged
    record may still be there; its next operation starts from main, and joins the old branch in so that the branch
    moves forward without force.

    **After a write** the writer looks at the pull request. When it was merged or closed without the commit, another
    is opened for the branch; when the branch is gone, the race is lost.

    An object of this class belongs to one thread; threads take one each, and meet on GitHub.

    Args:
        main: name of the main branch.
        site: where people see the repository.
        clone: a clone on this machine, from which to read what it holds.
    """

    name = "github"
    shared = True

    def __init__(
        self, api: Api, *, main: str = "main", site: str = "https://github.com", clone: Clone | None = None
    ) -> None:
        self._api = api
        self._main = main
        self._site = f"{site}/{api.owner}/{api.name}"
        self._clone = clone
        self._objects = HubObjects(api, clone)
        self._history = HubHistory(api, self._objects, clone, main)
        self._receipts = HubReceipts(api, self._objects)
        self._sight = _NOTHING
        self._pulls: dict[str, Pull] = {}
        self._labels: dict[str, tuple[str, ...]] = {}
        self._silent: set[str] = set()
        self._losses: dict[str, int] = {}

    @property
    def rest(self) -> float:
        """See `Forge.rest`: GitHub limits how much one person, and one repository, may ask for and write."""
        return max(self._api.resume - time.monotonic(), 0.0)

    # -- reading

    def head(self, record: str | None) -> Head:
        """See `Forge.head`."""
        if record is None:
            return Head(self._main_step().commit, None)
        tip = self._tip(record_name(record))
        main = self._main_step().commit
        return Head(main, tip.commit if tip and not self._merged(main, tip.commit, record) else None)

    def read(self, head: Head) -> Tree:
        """See `Forge.read`."""
        if head.branch is None:
            return HubTree(self._objects, head.main)
        base = self._history.base(head.main, head.branch)
        if base == head.main:
            return HubTree(self._objects, head.branch)
        return HubTree(self._objects, head.main, self._history.differences(base, head.branch))

    def open_records(self, unseen: list[Unseen] | None = None) -> Mapping[str, Head]:
        """See `Forge.open_records`. A list without a branch that this clone knows is asked for again."""
        branches = self._api.branches("opsbook/")
        if self._clone is not None and self._clone.known().keys() - branches.keys():
            branches = self._api.branches("opsbook/")
        main = self._look().commit
        self._objects.want(branches.values())
        found = {}
        for name, tip in sorted(branches.items()):
            record = name.removeprefix("opsbook/")
            try:
                if is_word(record) and not self._merged(main, tip, record):
                    found[record] = Head(main, tip)
            except ForgeError as error:
                if unseen is None:
                    raise
                unseen.append(Unseen.of(record, error))
        if self._clone is not None:
            self._clone.follow({**branches, self._main: main}, all_below="opsbook/")
        return found

    def published(self, record: str, operation: str) -> Published | None:
        """See `Forge.published`. Without an open pull request it is not where it belongs."""
        tip = self._tip(record_name(record))
        main = self._main_step().commit
        operation_name(operation)
        if tip is not None and not self._merged(main, tip.commit, record):
            commit = self._history.find(main, tip.commit, operation)
            if commit is not None:
                return self._on_branch(record, commit, tip.commit)
        commit = self._history.find_on_main(main, record, operation)
        return Published(self._main, commit, url=f"{self._site}/commit/{commit}") if commit else None

    def change(self, published: Published) -> tuple[Tree, Tree]:
        """See `Forge.change`. The commit and its first parent, so that everybody computes the same from them."""
        parent = self._history.parent(published.commit)
        before: Tree = HubTree(self._objects, parent) if parent else MemoryTree({})
        return before, HubTree(self._objects, published.commit)

    # -- writing

    def publish(self, expected: Head, commit: Commit) -> Published:
        """See `Forge.publish`. The same operation published again is found and returned, not repeated."""
        plan = commit.plan
        record = record_name(plan.record)
        operation_name(commit.operation)
        files = {book_path(path): data for path, data in plan.files.items()}
        began = self._sight.at if self._is_fresh() else time.monotonic()
        publish = self._straight if plan.straight else self._publish
        try:
            done = publish(expected, commit, record, files)
        except LostRace:
            # Many who lose at the same moment must not all come back at the same moment.
            self._losses[record] = self._losses.get(record, 0) + 1
            stand_back(self._losses[record], min(time.monotonic() - began, LONGEST))
            raise
        finally:
            self._sight = _NOTHING
        self._losses.pop(record, None)
        return done

    def claim(self, receipts: Sequence[Receipt], *, expecting: Mapping[str, Receipt] | None = None) -> set[str]:
        """See `Forge.claim`."""
        return self._receipts.claim(receipts, expecting or {})

    def receipt(self, references: Mapping[str, str]) -> None:
        """See `Forge.receipt`. The pull request shows them in one comment; without it they are as true."""
        self._receipts.complete(references)
        for record in sorted({key.partition("/")[0] for key in references}):
            with suppress(ForgeFault):
                self._show(record_name(record))

    def receipts(self, record: str | None = None) -> Mapping[str, Receipt]:
        """See `Forge.receipts`."""
        return self._receipts.all(record)

    def tidy(self) -> Sequence[str]:
        """See `Forge.tidy`.

        GitHub's API deletes a branch wherever it is. Git itself does so only where we saw it, so a clone is asked
        first; without one we look again just before. Whoever writes to a merged branch looks again just after.
        """
        branches = self._api.branches("opsbook/")
        main = self._look().commit
        self._sight = _NOTHING
        self._objects.want(branches.values())
        gone = []
        for name, tip in sorted(branches.items()):
            record = name.removeprefix("opsbook/")
            if not is_word(record) or not self._merged(main, tip, record):
                continue
            if self._clone is not None and self._clone.delete(name, tip):
                gone.append(name)
                continue
            with suppress(GitHubRefused):
                now = self._api.branch(name)
                if now is not None and now.commit == tip:
                    self._api.delete_branch(name)
                    gone.append(name)
        return gone

    # -- what only GitHub does

    def merge(self, record: str, expected: Head, inside: str) -> Published:
        """See `Host.merge`."""
        try:
            branch = f"opsbook/{record_name(record)}"
            return merge(self._api, self._history, branch, self._main, expected, book_path(inside))
        finally:
            self._sight = _NOTHING

    def unproposed(self) -> Sequence[str]:
        """See `Host.unproposed`. A call for each open record."""
        return [record for record in self.open_records() if not self._api.pulls(f"opsbook/{record}", self._main)]

    def start(self, workflow: str, inputs: Mapping[str, str]) -> None:
        """See `Host.start`."""
        self._api.start_workflow(workflow, self._main, inputs)

    # -- looking

    def _is_fresh(self, record: str | None = None) -> bool:
        now = time.monotonic()
        busy = max(self._sight.at, self._api.last, self._clone.last if self._clone else self._sight.at)
        fresh = now - busy < BREATH and now - self._sight.at < LONGEST
        return fresh and (record is None or record in self._sight.tips)

    def _look(self) -> Step:
        """The tip of main, asked for now."""
        step = self._api.branch(self._main)
        if step is None:
            raise ForgeError(
                f"GitHub shows no branch {self._main} of {self._api.owner}/{self._api.name}.",
                "Look at GITHUB_REPOSITORY, at what the token may see, and at the main branch named in opsbook.yml.",
            )
        if not self._is_fresh():
            self._sight = _Sight(time.monotonic())
        self._sight.main = self._objects.learn(step)
        self._objects.want([step.commit])
        return step

    def _main_step(self) -> Step:
        return self._sight.main if self._is_fresh() and self._sight.main else self._look()

    def _tip(self, record: str) -> Step | None:
        """The tip of a record's branch. It is asked for before main: what was merged in between is then on main."""
        if self._is_fresh(record):
            return self._sight.tips[record]
        step = self._api.branch(f"opsbook/{record}") or self._unexpected(record)
        if not self._is_fresh():
            self._sight = _Sight(time.monotonic())
        self._sight.tips[record] = step
        if step is not None:
            self._objects.learn(step)
            self._objects.want([step.commit])
        return step

    def _unexpected(self, record: str) -> Step | None:
        """Look again for a branch that GitHub does not show, if this process or the clone knows it; Git decides.

        Raises:
            ForgeError: Git has it all the same, or does not answer, and main does not hold it.
        """
        name, clone = f"opsbook/{record}", self._clone
        known = clone.known().get(name) if clone is not None else None
        if known is None and record not in self._pulls:
            return None
        step = self._api.branch(name)
        if step is not None or known is None or clone is None:
            return step
        gone = not clone.remote(self._main).fetch() and name not in clone.known()
        if gone or self._merged(self._look().commit, known, record):
            return None
        raise ForgeError(f"GitHub does not show {name}, and Git knows it.", "Run `opsbook reconcile` in a while.")

    def _merged(self, main: str, tip: str, record: str) -> bool:
        return self._history.merged(main, tip, f"opsbook/{record}")

    def _on_branch(self, record: str, commit: str, tip: str) -> Published:
        """Where an operation is that is on the record's open branch."""
        pulls = self._api.pulls(f"opsbook/{record}", self._main)
        for pull in pulls:
            if pull.open or (pull.merged and pull.head == tip):
                self._pulls[record] = pull
                return Published(f"opsbook/{record}", commit, url=pull.url)
        return Published(f"opsbook/{record}", commit, unpushed="There is no open pull request for it yet.")

    # -- the parts of a write

    def _publish(self, expected: Head, commit: Commit, record: str, files: Mapping[str, bytes | None]) -> Published:
        plan, branch, main = commit.plan, commit.plan.branch, expected.main
        tip = expected.branch
        if tip is None and (old := self._tip(record)) is not None:
            tip = old.commit
        if tip is not None:
            if found := self._history.find(main, tip, commit.operation):
                return self._propose(commit, record, found, main, created=False)
            if expected.branch is None and not self._merged(main, tip, record):
                raise _lost(record)
        paths = [plan.path, *files]
        root = self._objects.root(main)
        if any(self._objects.entry(root, path) for path in paths) and not self._same(main, self._look().commit, paths):
            raise _lost(record)
        parents = self._parents(expected, tip, files, commit)
        made = self._commit(parents, commit, files)
        there = self._swap(branch, made, create=tip is None)
        if there is not None:
            found = self._history.find(main, there.commit, commit.operation)
            if found is None:
                raise _lost(record)
            made = found
        elif self._clone is not None:
            self._clone.keep(parents, files, *_signed(commit), commit.when)
            self._clone.follow({branch: made})
        return self._propose(commit, record, made, main, created=tip is None)

    def _straight(self, expected: Head, commit: Commit, record: str, files: Mapping[str, bytes | None]) -> Published:
        """Publish on main itself: no pull request, and whoever lost the race looks again."""
        if found := self.published(record, commit.operation):
            return found
        made = self._commit([expected.main], commit, files)
        if self._swap(self._main, made, create=False) is not None:
            raise _lost(self._main)
        return Published(self._main, made, url=f"{self._site}/commit/{made}")

    def _parents(self, expected: Head, tip: str | None, files: Iterable[str], commit: Commit) -> list[str]:
        """What the new commit builds on: the open branch, or main, or main and what is left of a merged branch."""
        if expected.branch is None:
            left = tip is not None and self._history.base(expected.main, tip) != tip
            return [self._leave(expected.main, tip, commit)] if tip and left else [expected.main]
        base = self._history.base(expected.main, expected.branch)
        if base is None or base == expected.main or self._same(base, expected.main, files):
            return [expected.branch]
        return [self._join(base, expected.main, expected.branch, commit) or expected.branch]

    def _leave(self, main: str, tip: str, commit: Commit) -> str:
        """What main holds, and what is left of a merged branch, in a commit without words of its own.

        Whoever rebases a branch drops its merges: one that also held the change would take it along.
        """
        root, text = self._objects.root(main), "Begin again from main\n"
        new = self._api.create_commit(root, [main, tip], text, JOINER, commit.when)
        self._objects.learn(Step(new, root, (main, tip), text))
        return new

    def _join(self, base: str, main: str, tip: str, commit: Commit) -> str | None:
        """Bring main into the branch: the book that was read had main's version of a file that is written now.

        `None` where both changed the same file: GitHub shows that conflict to people.
        """
        mine = self._history.differences(base, tip)
        yours = self._history.differences(base, main)
        if any(path in yours and yours[path] != entry for path, entry in mine.items()):
            return None
        root = self._objects.root(main)
        tree = self._api.create_tree(root, mine) if mine else root
        self._objects.grow(root, tree, mine)
        text = "Bring main into the branch\n"
        new = self._api.create_commit(tree, [tip, main], text, JOINER, commit.when)
        self._objects.learn(Step(new, tree, (tip, main), text))
        return new

    def _commit(self, parents: list[str], commit: Commit, files: Mapping[str, bytes | None]) -> str:
        root = self._objects.root(parents[0])
        changes: dict[str, Text | Entry | None] = {}
        for path, data in files.items():
            existing = self._writable(root, path)
            if data is not None:
                changes[path] = Text(data, existing.mode if existing else "100644")
            elif existing is not None:
                changes[path] = None
        if any(other.startswith(f"{path}/") for path in files for other in files):
            raise Refused("A file cannot be a folder too.", "Nothing was written.")
        tree = self._api.create_tree(root, changes) if changes else root
        self._objects.grow(root, tree, changes)
        text, person = _signed(commit)
        new = self._api.create_commit(tree, parents, text, person, commit.when)
        self._objects.learn(Step(new, tree, tuple(parents), text))
        return new

    def _writable(self, root: str, path: str) -> Entry | None:
        """What is at a path now. GitHub would put a folder in the place of a file, and a file in that of a folder."""
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            entry = self._objects.entry(root, "/".join(parts[:depth]))
            if entry is None:
                return None
            last = depth == len(parts)
            if (entry.kind != "file") if last else not entry.is_folder:
                raise Refused(f"{path} is not a regular file, so it cannot be written.", "Move it away first.")
        return entry

    def _swap(self, branch: str, new: str, *, create: bool) -> Step | None:
        """Create or move the branch; `None` when it is at our commit now, else what it is at.

        An unknown outcome is read back, and then made certain by doing the same again, which does nothing twice.

        Raises:
            LostRace: it is gone. ForgeError: not done. ForgeUnknown: nobody knows.
        """
        unknown: ForgeUnknown | None = None
        try:
            for _ in range(2):
                try:
                    if create:
                        self._api.create_branch(branch, new)
                    else:
                        self._api.move_branch(branch, new)
                except GitHubRefused as error:
                    if error.status != 422:
                        raise
                    there = self._api.branch(branch)
                    if there is None:
                        raise _lost(branch) from None
                    return None if there.commit == new else self._objects.learn(there)
                except ForgeUnknown as error:
                    unknown = error
                    there = self._api.branch(branch)
                    if there is not None and there.commit == new:
                        return None
                else:
                    return None
        except ForgeError:
            # What cannot be read back is not known, whatever the last answer was.
            if unknown is None:
                raise
        assert unknown is not None
        raise unknown

    def _propose(self, commit: Commit, record: str, made: str, main: str, *, created: bool) -> Published:
        """See to it that an open pull request holds the commit, which is on the branch now."""
        branch = commit.plan.branch
        try:
            try:
                pull, opened = self._pull(commit, record, made, created=created)
            except _Unrelated:
                made = self._transplant(commit, record)
                pull, opened = self._pull(commit, record, made, created=created)
        except LostRace:
            raise
        except ForgeFault as error:
            return Published(branch, made, unpushed=f"No pull request could be opened for it: {error.message}")
        if pull is None:
            return Published(branch, made)
        if opened and created and not self._still_new(commit, main, pull.base):
            raise _lost(record)
        self._pulls[record] = pull
        if opened and not created:  # it comes late: people have been told by now, and nothing else would show it
            with suppress(ForgeFault):
                self._receipts.all(record)
                self._show(record)
        return Published(branch, made, url=pull.url)

    def _pull(self, commit: Commit, record: str, made: str, *, created: bool) -> tuple[Pull | None, bool]:
        """The pull request of a branch, and whether we opened it; none when main holds the commit already."""
        branch = commit.plan.branch
        if not created:
            for pull in self._api.pulls(branch, self._main):
                if pull.open or (pull.merged and pull.head == made):
                    return pull, False
        title, body = pull_title(commit.plan), pull_body(commit.plan, self._site, branch)
        for tried in range(_PULL_TRIES):
            fault: OpsbookError
            try:
                opened = self._api.create_pull(branch, self._main, title, body)
            except GitHubRefused as error:
                if error.status != 422:
                    raise
                if "No commits between" in error.said:
                    return None, False
                if "history in common" in error.said:
                    raise _Unrelated(error.message, error.remedy) from None
                fault = error
            except ForgeUnknown as error:
                fault = error
            else:
                self._labels[record] = commit.plan.labels
                self._silent.add(record)
                self._still_there(branch, record, created=created)
                return opened, True
            for pull in self._api.pulls(branch, self._main):
                if pull.open:
                    self._labels[record] = commit.plan.labels
                    return pull, isinstance(fault, ForgeUnknown)
            self._still_there(branch, record, created=False)
            # GitHub's parts hear of a new branch at different moments.
            pause(tried + 4)
        raise fault

    def _transplant(self, commit: Commit, record: str) -> str:
        """Begin the branch again on a main that has nothing in common with it, because somebody has replaced main.

        The record goes along with the names of all its operations. Nobody could merge the old commits.
        """
        branch, path = commit.plan.branch, commit.plan.path
        main, tip = self._look(), self._api.branch(branch)
        if tip is None:
            raise _lost(record)
        found = self._objects.entry(self._objects.learn(tip).tree, path)
        if found is None:
            raise _lost(record)
        files = {path: found}
        if found.is_folder:
            files = {f"{path}/{name}": entry for name, entry in self._objects.files(found.oid).items()}
        tree = self._api.create_tree(main.tree, files)
        self._objects.grow(main.tree, tree, files)
        data = b"\n".join(self._objects.content(entry) for entry in files.values() if entry.kind == "file")
        text, person = _signed(commit)
        text += "".join(f"{TRAILER}: {name}\n" for name in named(data) if name != commit.operation)
        new = self._api.create_commit(tree, [main.commit], text, person, commit.when)
        self._objects.learn(Step(new, tree, (main.commit,), text))
        there = self._api.branch(branch)
        if there is None or there.commit != tip.commit:
            raise _lost(record)
        self._api.move_branch(branch, new, force=True)
        return new

    def _still_there(self, branch: str, record: str, *, created: bool) -> None:
        """See that nobody has deleted the branch as merged while we wrote to it."""
        if not created and self._api.branch(branch) is None:
            raise _lost(record)

    def _still_new(self, commit: Commit, old: str, new: str) -> bool:
        """Whether main, when the pull request of a new branch was opened, held of it what it held when it was read.

        It is the first look at main since then, and costs nothing unless main has moved. The commit is on record by
        now: a look that fails changes nothing about that.
        """
        try:
            return self._same(old, new, [commit.plan.path, *commit.plan.files])
        except ForgeFault:
            return True

    def _same(self, old: str, new: str, paths: Iterable[str]) -> bool:
        """Whether two commits hold the same at these paths."""
        if old == new:
            return True
        left, right = self._objects.root(old), self._objects.root(new)
        return all(self._objects.entry(left, path) == self._objects.entry(right, path) for path in paths)

    # -- what people see

    def _show(self, record: str) -> None:
        """Show the receipts of a record in one comment on its pull request, and put labels on a new one."""
        pull = self._pulls.get(record) or next(iter(self._api.pulls(f"opsbook/{record}", self._main)), None)
        if pull is None:
            return
        self._pulls[record] = pull
        body = receipts_comment(record, self._receipts.known(record))
        # On a pull request that we have just opened there is no comment.
        for comment in self._api.comments(pull.number) if record not in self._silent else ():
            if not comment.body.startswith(marker(record)):
                continue
            try:
                self._api.edit_comment(comment.id, body)
            except GitHubRefused as error:
                # Somebody else has written our marker: theirs cannot be edited, and is left alone.
                if error.status not in (403, 404):
                    raise
            else:
                return
        # The comment comes after the labels: as long as there is none, they may be missing too.
        if labels := self._labels.pop(record, ()) or wanted_labels(pull.body):
            colors = self._api.add_labels(pull.number, labels)
            for name, (color, meaning) in LABELS.items():
                if colors.get(name) == PLAIN:
                    self._api.paint_label(name, color, meaning)
        self._silent.discard(record)
        self._api.create_comment(pull.number, body)


class _Unrelated(ForgeError):
    """A branch and main have no history in common."""


def _signed(commit: Commit) -> tuple[str, Person]:
    """The message of a commit, and its author."""
    text = message(commit.plan.subject or commit.plan.record, commit.operation)
    return text, Person.parse(commit.author)


def _lost(what: str) -> LostRace:
    return LostRace(f"{what} was changed by somebody else at this moment.", "Run the same command again.")
