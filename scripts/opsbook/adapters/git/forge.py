"""The forge: a Git repository in which records have branches, and a desk for pull requests where there is one.

Everything is done with Git plumbing in a repository on this machine: a clone, or a bare one of the program's own.
Commits are made there, and one push moves the branch of a record from exactly where it was seen.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from opsbook.adapters.git.history import JOINER, TRAILER, History, message, named
from opsbook.adapters.git.objects import Entry, Objects, Person, Writer
from opsbook.adapters.git.own import Kept, Own
from opsbook.adapters.git.remote import Remote, Update
from opsbook.adapters.git.repository import GitFailed, Ref, Repository
from opsbook.adapters.git.sending import Place, send
from opsbook.adapters.git.tree import GitTree
from opsbook.adapters.machine.locks import stand_back
from opsbook.core.errors import ForgeError, ForgeFault, LostRace, Refused
from opsbook.core.names import book_path, is_word, operation_name, record_name
from opsbook.core.ports import Head, Landed, Published
from opsbook.core.tree import MemoryTree, Tree
from opsbook.core.unseen import Unseen

if TYPE_CHECKING:
    from opsbook.adapters.git.opened import Opened
    from opsbook.adapters.git.pulls import Pull, Pulls
    from opsbook.adapters.git.receipts import Receipts
    from opsbook.core.ports import Commit, Receipt

BREATH = 1.0
"""Seconds for which what was brought counts as now: `perform` asks for the head, reads, and asks for what is published
in one breath. Acting on a sight that has aged only loses a race, because every write is a compare-and-swap."""

_BRANCH = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|[./](?=[A-Za-z0-9_-])){0,99}")


class _Write(NamedTuple):
    """A commit that is to be published.

    Attributes:
        files: its files, by paths that were checked; branch: where it belongs.
    """

    commit: Commit
    record: str
    files: Mapping[str, bytes | None]
    branch: str


class GitForge:
    """Publishes plans as commits on `opsbook/<record>`, and keeps receipts on a branch of their own.

    **Where.** With a remote that is pushed to, a record is where the remote has it, and this repository follows;
    without one it is on the branches of this repository. What the other of the two has is read too.

    **Main** is the remote's main, else the local one. The local one counts when it contains the remote's: a record that
    was merged here and not yet pushed must not vanish. When the two have diverged the remote's counts, and a branch
    that was merged here shows as open again, so nothing vanishes either.

    **Open** is a branch of which main does not hold every operation (`History.merged`). Two copies of it that diverged
    are read as one commit that joins both, which the next publication keeps.

    **A desk** is asked for a pull request after a push, unless there was an open one within five minutes. When it was
    merged or closed without the commit, another is opened; when the branch is gone, the race is lost.

    An object of this class belongs to one thread; threads take one each.

    Args:
        main: name of the main branch.
        push: write to the remote, and ask it first.
        remote: the remote, or its name.
        own: whether branches of this repository count beside those of a remote.
        desk: what the remote's host does beside Git.

    Attributes:
        main: name of the main branch.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        main: str = "main",
        push: bool = False,
        remote: str | Remote = "origin",
        own: bool = True,
        desk: Pulls | None = None,
    ) -> None:
        if not _BRANCH.fullmatch(main) or main.endswith(".lock"):
            raise Refused(f"{main!r} cannot be the name of the main branch.", "Look at `forge:` in opsbook.yml.")
        self._repository = repository
        self._objects = Objects(repository)
        self._writer = Writer(repository, self._objects)
        self._history = History(repository, self._objects)
        self._known = Remote(repository, remote, main) if isinstance(remote, str) else remote
        self._own, self._kept = Own(repository), Kept(repository)
        self._place: Place = self._known if push else self._own
        self._copies_at: list[Place] = [self._own, self._known] if own else [self._known]
        self._desk = desk
        self._brought = float("-inf")
        self._looked: dict[str | None, dict[str, Ref]] = {}
        self._losses: dict[str, int] = {}
        self.name = desk.name if desk else "local"
        self.shared = push
        self.main = main

    @cached_property
    def _receipts(self) -> Receipts:
        from opsbook.adapters.git.receipts import Receipts

        others = [place for place in self._copies_at if place is not self._place]
        return Receipts(self._repository, self._objects, self._history, self._place, others)

    @cached_property
    def _opened(self) -> Opened:
        from opsbook.adapters.git.opened import Opened

        return Opened(self._repository.common / "opsbook" / "pulls")

    @property
    def rest(self) -> float:
        """See `Forge.rest`."""
        return max(self._known.rest if self.shared else 0.0, self._desk.rest if self._desk else 0.0)

    # -- reading

    def head(self, record: str | None) -> Head:
        """See `Forge.head`."""
        # A name that no branch of ours can have, where only main is asked for.
        name = "-" if record is None else record_name(record)
        self._bring()
        self._looked.clear()
        refs = self._refs(name)
        main = self._main_commit(refs)
        return Head(main, self._open(main, refs, [name])[name] if record else None)

    def read(self, head: Head) -> Tree:
        """See `Forge.read`."""
        if head.branch is None:
            return GitTree(self._repository, head.main, objects=self._objects)
        laid = self._history.differences(self._history.base(head.main, head.branch), head.branch)
        return GitTree(self._repository, head.main, laid=laid, objects=self._objects)

    def open_records(self, unseen: list[Unseen] | None = None) -> Mapping[str, Head]:
        """See `Forge.open_records`."""
        self._bring()
        refs = self._refs(None, unseen)
        prefixes = tuple(place.at("opsbook/") for place in (*self._copies_at, self._kept))
        names = {name.removeprefix(prefix) for name in refs for prefix in prefixes if name.startswith(prefix)}
        records = sorted(filter(is_word, names))
        if unseen is not None and records and self._repository.is_shallow:
            why = "The history of this clone is cut off, so what main has by now may be shown as open."
            unseen.append(Unseen("main before that", why, "git fetch --unshallow"))
        try:
            main = self._main_commit(refs)
            self._objects.root(main)
            return {record: Head(main, tip) for record, tip in self._open(main, refs, records).items() if tip}
        except ForgeError:
            if unseen is None:
                raise
        return self._one_by_one(refs, records, unseen)

    def _one_by_one(self, refs: Mapping[str, Ref], records: Iterable[str], unseen: list[Unseen]) -> dict[str, Head]:
        """Every record with an open branch, where one of the branches, or main itself, cannot be read."""
        found: dict[str, Head] = {}
        main, fault = "", None
        try:
            main = self._main_commit(refs)
            self._objects.root(main)
        except ForgeError as error:
            fault = error
            unseen.append(Unseen.of("main", error))
        for record in records:
            tips = self._copies(refs, record)
            try:
                if fault is not None:
                    raise fault
                if tip := self._open(main, refs, [record])[record]:
                    found[record] = Head(main, tip)
            except ForgeError as error:
                if error is not fault:
                    unseen.append(Unseen.of(record, error))
                if readable := [tip for tip in tips if self._objects.is_commit(tip)]:
                    found[record] = Head(readable[0], None)
        return found

    def published(self, record: str, operation: str) -> Published | None:
        """See `Forge.published`. Without an open pull request, where there are some, it is not where it belongs."""
        operation_name(operation)
        self._bring()
        return self._published(self._refs(record_name(record)), record, operation)

    def change(self, published: Published) -> tuple[Tree, Tree]:
        """See `Forge.change`. The commit and its first parent, so that everybody computes the same from them."""
        after = GitTree(self._repository, published.commit, objects=self._objects)
        parent = self._history.parent(after.commit)
        return GitTree(self._repository, parent, objects=self._objects) if parent else MemoryTree({}), after

    def landed(self, since: str | datetime | None) -> list[Landed]:
        """What became part of main, oldest first; see `History.landed`.

        Args:
            since: a revision as a person typed it, or a moment (aware); `None` for the last step alone.

        Raises:
            UsageError: there is no such revision.
        """
        main = self._main_commit(self._refs("-"))
        if isinstance(since, str):
            since = self._repository.revision(since)
        return [Landed(commit, paths) for commit, paths in self._history.landed(main, since)]

    # -- writing

    def publish(self, expected: Head, commit: Commit, claims: Sequence[Receipt] = ()) -> Published:
        """See `Forge.publish`. The same operation published again is found and returned, not repeated."""
        plan, record = commit.plan, record_name(commit.plan.record)
        operation_name(commit.operation)
        files = {book_path(path): data for path, data in plan.files.items()}
        write = _Write(commit, record, files, self.main if plan.straight else plan.branch)
        began = time.monotonic()
        try:
            done = self._publish(expected, write, claims)
        except LostRace:
            # Many who lose at the same moment must not all come back at the same moment.
            self._losses[record] = self._losses.get(record, 0) + 1
            if self.shared:
                looked = self._brought if began - self._brought < BREATH else began
                stand_back(self._losses[record], time.monotonic() - looked)
            raise
        finally:
            self._brought = float("-inf")
        self._losses.pop(record, None)
        return done

    def _publish(self, expected: Head, write: _Write, claims: Sequence[Receipt]) -> Published:
        commit, record = write.commit, write.record
        refs = self._refs(record)
        known = not self.shared or self._place.at(self.main) in refs
        if not known or self._desk is None or self._is_at(expected.main, commit.plan.path):
            # A desk says what main is at when it opens a pull request; of a record on main nobody says so.
            self._bring(now=True)
            refs = self._refs(record)
        main = self._main_commit(refs)
        if found := self._published(refs, record, commit.operation, look=False):
            if found.branch == self.main:
                return found
            if found.unpushed:
                found = self._deliver(write, found, refs)
            return self._propose(write, found, main, created=False)
        tip = None if commit.plan.straight else self._open(main, refs, [record])[record]
        replaced = expected.main != main and self._history.base(expected.main, main) is None
        paths = [commit.plan.path, *write.files]
        if (
            (tip != expected.branch and not commit.plan.straight)
            or replaced
            or not self._unmoved(expected.main, main, paths)
        ):
            raise _lost(record)
        self._check_main(refs, write)
        there = refs.get(self._place.at(write.branch))
        if self.shared and tip and there and tip != there.commit:
            self._check_copies(write.branch, tip, there.commit)
        parents = self._parents(expected.main, tip, there, write)
        if commit.plan.anonymous and tip and not self.shared and self._known.at(write.branch) not in refs:
            # A stub takes the place of facts that nobody else has: whoever pushes the branch must not push them too.
            parents = [self._history.base(expected.main, tip) or expected.main]
        new = self._commit(parents, commit, write.files)
        update = Update(write.branch, new, there.commit if there else None)
        claimed = self._send(update, claims, record)
        done = self._placed(refs, write.branch, new)
        if self._desk is None and not commit.plan.straight:
            done = done._replace(next=self._merge(main, new, self._named(write.branch, here=not self.shared)))
        done = done._replace(claimed=frozenset(claimed))
        if commit.plan.straight:
            self._follow(refs, new)
            return done
        if self.shared and self._desk is None:
            self._keep(write.branch, new)
        return self._propose(write, done, expected.main, created=there is None, tip=tip)

    def _deliver(self, write: _Write, found: Published, refs: Mapping[str, Ref]) -> Published:
        """Bring a branch of this repository to the remote: it was written while records were kept here."""
        there = refs.get(self._place.at(write.branch))
        tip = self._open(self._main_commit(refs), refs, [write.record])[write.record]
        if tip and there:
            self._check_copies(write.branch, tip, there.commit)
        self._send(Update(write.branch, tip, there.commit if there else None), (), write.record)
        return found._replace(unpushed="", shared=self._place.name)

    def _follow(self, refs: Mapping[str, Ref], new: str) -> None:
        """Move main of this repository along, and a working tree that has it, where that is a fast-forward."""
        local = refs.get(self._own.at(self.main))
        if self.shared and local and self._own in self._copies_at and self._repository.is_ancestor(local.commit, new):
            with suppress(ForgeError):
                self._own.push([Update(self.main, new, local.commit)])

    def _check_copies(self, branch: str, tip: str, there: str) -> None:
        """Refuse to put a branch of this repository in the place of one that holds other words."""
        if not self._repository.is_ancestor(there, tip):
            theirs = f"{self._known.name}/{branch}"
            raise ForgeError(
                f"{theirs} holds other words for the same lines than {branch} here.",
                f"Merge it into {branch} by hand, then run `opsbook reconcile`.",
            )

    def _check_main(self, refs: Mapping[str, Ref], write: _Write) -> None:
        """Refuse to go on from a main of this repository that lacks what the remote's has."""
        local, main = refs.get(self._own.at(self.main)), self._main_commit(refs)
        here = write.branch == self.main and self._place is self._own and local is not None
        if here and local and not self._repository.is_ancestor(local.commit, main):
            raise ForgeError(
                f"{self.main} here and at {self._known.name} have both moved on.",
                f"Merge {self._known.name}/{self.main}.",
            )

    def _send(self, update: Update, claims: Sequence[Receipt], what: str) -> set[str]:
        """Move a branch, and claim announcements in the same push where that is possible; the claimed keys.

        Raises:
            LostRace: the branch is not where it was seen. ForgeError: not done. ForgeUnknown: nobody knows.
        """
        from opsbook.adapters.git.claims import claims as claims_of
        from opsbook.adapters.git.outgoing import Parcel

        self._looked.clear()
        parcel = self._receipts.outgoing.send(Parcel(update, lambda known: claims_of(claims, {}, known), "Claim"))
        if parcel.moved.outcome == "failed":
            raise ForgeError(parcel.moved.reason, "`opsbook reconcile` finishes it when that works again.")
        if parcel.moved.outcome != "done":
            raise _lost(what)
        return set(parcel.made)

    def claim(self, receipts: Sequence[Receipt], *, expecting: Mapping[str, Receipt] | None = None) -> set[str]:
        """See `Forge.claim`."""
        try:
            return self._receipts.claim(receipts, expecting or {})
        finally:
            self._brought = float("-inf")

    def receipt(self, references: Mapping[str, str]) -> None:
        """See `Forge.receipt`. A pull request shows them in one comment; without it they are as true."""
        try:
            self._receipts.complete(references)
        finally:
            self._brought = float("-inf")
        for record in sorted({key.partition("/")[0] for key in references}):
            self._show(record_name(record))

    def receipts(self, record: str | None = None) -> Mapping[str, Receipt]:
        """See `Forge.receipts`."""
        self._bring()
        return self._receipts.all(record)

    def tidy(self) -> Sequence[str]:
        """See `Forge.tidy`. With a remote its main has to hold every operation: a local merge may still be undone."""
        self._bring(now=True)
        refs = self._refs(None)
        tracked = refs.get(self._known.at(self.main))
        main = tracked.commit if tracked else self._main_commit(refs)
        merged = self._history.merged(main, {ref.commit for ref in refs.values()})
        gone: list[str] = []
        places = [place for place in (*self._copies_at, self._kept) if place is not self._known or self.shared]
        for place in places:
            lead = place.at("")
            own = {name.removeprefix(lead): ref for name, ref in refs.items() if _is_record(name, place.at("opsbook/"))}
            for name, ref in own.items():
                step = Update(name, None, ref.commit)
                if ref.commit not in merged:
                    if place is self._kept and self._place.at(name) not in refs:  # deleted with what came too late
                        send(self._place, self._repository, [Update(name, ref.commit, None)])
                elif place.push([step])[name].outcome == "done" and place is not self._kept:
                    gone.append(name)
        self._brought = float("-inf")
        return sorted(set(gone))

    # -- what only a desk does

    def merge(self, record: str, expected: Head, inside: str) -> Published:
        """See `Host.merge`."""
        branch, tip, inside = f"opsbook/{record_name(record)}", expected.branch, book_path(inside)
        look = "Somebody has to look at it and merge it."
        if tip is None:
            raise Refused(f"{branch} is merged already, or does not exist.", "There is nothing to do.")
        if len(self._history.bases(expected.main, tip)) != 1:
            raise Refused(f"{branch} holds a merge that makes it unclear what it changes.", look)
        changed = self._history.differences(self._history.base(expected.main, tip), tip)
        outside = [path for path in changed if path != inside and not path.startswith(f"{inside}/")]
        if outside:
            raise Refused(f"{branch} changes {len(outside)} file{'s'[: len(outside) > 1]} outside of {inside}.", look)
        assert self._desk is not None
        pull = next((item for item in self._desk.of(branch) if item.open), None)
        if pull is None:
            raise ForgeError(
                f"There is no open pull request of {branch} into {self.main}.", "Run `opsbook reconcile` to open it."
            )
        if pull.head != tip:
            raise _lost(branch)
        try:
            return Published(branch, self._desk.merge(pull, branch, tip), url=pull.url)
        finally:
            self._brought = float("-inf")

    def unproposed(self) -> Sequence[str]:
        """See `Host.unproposed`. A call for each open record."""
        assert self._desk is not None
        newest = {record: next(iter(self._desk.of(f"opsbook/{record}")), None) for record in self.open_records()}
        return [record for record, pull in newest.items() if pull is None or (pull.merged and not pull.open)]

    def start(self, workflow: str, inputs: Mapping[str, str]) -> None:
        """See `Host.start`."""
        assert self._desk is not None
        self._desk.start(workflow, inputs)

    def _propose(
        self, write: _Write, done: Published, main: str, *, created: bool, tip: str | None = None
    ) -> Published:
        """See to it that an open pull request holds the commit, which is on the branch now.

        Args:
            main: what main was when the book was read; created: whether the branch was not there before.
            tip: the open branch before.
        """
        record, desk = write.record, self._desk
        if desk is None:
            return done
        from opsbook.adapters.git.pulls import Unrelated

        now = write.commit.when
        if tip is not None and (url := self._opened.seen(record, now, lambda old: self._is_merged(main, old))):
            self._keep(write.branch, done.commit)
            return done._replace(url=url)
        try:
            try:
                pull, opened = self._pull(desk, write, done.commit, created=created)
            except Unrelated:
                done = done._replace(commit=self._transplant(write))
                pull, opened = self._pull(desk, write, done.commit, created=created)
        except ForgeFault as error:
            return done._replace(unpushed=f"No pull request could be opened for it: {error.message}")
        if pull is None:
            return done
        if opened and created and not self._still_new(write, main, pull.base):
            raise _lost(record)
        if pull.open:
            self._opened.keep(record, now, pull.url, done.commit)
            self._keep(write.branch, None)
        if opened and not created:  # it comes late: people have been told by now, and nothing else would show it
            self._show(record)
        return done._replace(url=pull.url, unpushed="")

    def _keep(self, branch: str, commit: str | None) -> None:
        """Keep what was pushed without a look, or let it go; what the branch does not hold stays kept."""
        ref, refs = self._kept.at(branch), self._refs(branch.removeprefix("opsbook/"))
        there, at = refs.get(ref), refs.get(self._place.at(branch))
        holds = commit or (at.commit if at else None)
        if there is not None and not (holds and self._repository.is_ancestor(there.commit, holds)):
            return
        if commit is not None or there is not None:
            self._repository.put({ref: commit}, "opsbook: kept")

    def _pull(self, desk: Pulls, write: _Write, made: str, *, created: bool) -> tuple[Pull | None, bool]:
        """The pull request of a branch, and whether we opened it; none when main holds the commit already."""
        at = self._place.at(write.branch)
        if not created:
            tip = self._refs(write.record).get(at)
            for known in desk.of(write.branch):
                if known.open or (known.merged and known.head == (tip.commit if tip else made)):
                    return known, False

        def is_there() -> bool:
            self._bring(now=True)
            return at in self._refs(write.record)

        pull, opened = desk.propose(write.branch, write.commit.plan, is_there)
        if opened and not created and not is_there():
            raise _lost(write.record)
        return pull, opened

    def _still_new(self, write: _Write, old: str, new: str) -> bool:
        """Whether main, when the pull request of a new branch was opened, held of it what it held when it was read.

        It is the first look at main since then, and costs nothing unless main has moved. The commit is on record by
        now: a look that fails changes nothing about that.
        """
        if old == new:
            return True
        try:
            self._bring(now=True)
            return self._unmoved(old, new, [write.commit.plan.path, *write.files])
        except ForgeFault:
            return True

    def _transplant(self, write: _Write) -> str:
        """Begin the branch again on a main that has nothing in common with it, because somebody has replaced main.

        The record goes along with the names of all its operations. Nobody could merge the old commits.
        """
        commit, path = write.commit, write.commit.plan.path
        self._bring(now=True)
        refs = self._refs(write.record)
        tip, main = refs.get(self._place.at(write.branch)), self._main_commit(refs)
        found = self._objects.entry(self._objects.root(tip.commit), path) if tip else None
        if tip is None or found is None:
            raise _lost(write.record)
        files = {path: found}
        if found.is_folder:
            files = {f"{path}/{name}": entry for name, entry in self._objects.files(found.oid).items()}
        data = b"\n".join(self._objects.content(entry) for entry in files.values() if entry.kind == "file")
        text = message(commit.plan.subject or commit.plan.record, commit.operation)
        text += "".join(f"{TRAILER}: {name}\n" for name in named(data) if name != commit.operation)
        tree = self._writer.tree(self._objects.root(main), files)
        new = self._writer.commit(tree, [main], text, Person.parse(commit.author), commit.when)
        self._send(Update(write.branch, new, tip.commit), (), write.record)
        return new

    def _show(self, record: str) -> None:
        """Show the receipts of a record on its pull request; a desk that fails changes nothing about them."""
        if self._desk is not None:
            with suppress(ForgeFault):
                self._desk.show(record, f"opsbook/{record}", self._receipts.all(record))

    # -- the parts

    def _bring(self, *, now: bool = False) -> None:
        """Bring what is new, unless that was done in this breath.

        Raises:
            ForgeError: it cannot be reached.
        """
        if not self.shared or (not now and time.monotonic() - self._brought < BREATH):
            return
        self._looked.clear()
        if reason := self._place.fetch():
            raise ForgeError(reason, "`opsbook reconcile` finishes what is left when it can be reached.")
        self._brought = time.monotonic()

    def _refs(self, record: str | None, unseen: list[Unseen] | None = None) -> dict[str, Ref]:
        """Main and the branches of one record, or of all; Git leaves out those that it cannot read.

        Raises:
            GitFailed: one that is asked for by its name cannot be read.
        """
        # A remote's branches are where they were brought from a moment ago; a lease says whether they still are.
        lasts = self.shared and time.monotonic() - self._brought < BREATH
        if lasts and (known := self._looked.get(record)) is not None:
            return known
        name = record or ""
        broken: list[str] = []
        patterns = [place.at(branch) for place in self._copies_at for branch in (self.main, f"opsbook/{name}")]
        patterns.append(self._kept.at(f"opsbook/{name}"))
        refs = self._repository.refs(*patterns, broken=broken)
        for ref in broken:
            error = GitFailed(
                f"Git cannot read {ref}.", "See `git fsck` and `git reflog`; `git fetch` may bring it again."
            )
            if record is not None:
                raise error
            if unseen is not None:
                unseen.append(Unseen.of(ref.rpartition("/")[2], error))
        if lasts and not broken:
            self._looked[record] = refs
        return refs

    def _main_commit(self, refs: Mapping[str, Ref]) -> str:
        local = refs.get(self._own.at(self.main))
        tracked = refs.get(self._known.at(self.main))
        if local is None and tracked is None:
            raise ForgeError(
                f"This repository has no branch {self.main} yet.",
                f"Make a first commit on {self.main}, or name the main branch in opsbook.yml.",
            )
        if tracked is None or local is None:
            return (local or tracked or Ref("", "")).commit
        if local.commit == tracked.commit or self._repository.is_ancestor(tracked.commit, local.commit):
            return local.commit
        return tracked.commit

    def _copies(self, refs: Mapping[str, Ref], record: str) -> list[str]:
        """The branch of a record here and at the remote, and what is kept of it, those that exist; each commit once."""
        names = [place.at(f"opsbook/{record}") for place in (*self._copies_at, self._kept)]
        return list(dict.fromkeys(refs[name].commit for name in names if name in refs))

    def _is_merged(self, main: str, tip: str) -> bool:
        return not self._objects.is_commit(tip) or bool(self._history.merged(main, [tip]))

    def _open(self, main: str, refs: Mapping[str, Ref], records: Iterable[str]) -> dict[str, str | None]:
        """The open branch of each record, `None` where there is none."""
        copies = {record: self._copies(refs, record) for record in records}
        merged = self._history.merged(main, {tip for tips in copies.values() for tip in tips})
        found: dict[str, str | None] = {}
        for record, tips in copies.items():
            found[record] = None
            for tip in tips:
                if tip not in merged:
                    known = found[record]
                    found[record] = tip if known is None else self._history.join(known, tip) or known
        return found

    def _published(
        self, refs: Mapping[str, Ref], record: str, operation: str, *, look: bool = True
    ) -> Published | None:
        """Where an operation is.

        Args:
            look: look whether the pull request that should hold it is open.
        """
        main = self._main_commit(refs)
        copies = self._copies(refs, record)
        merged = self._history.merged(main, copies)
        for tip in copies:
            if tip not in merged and (commit := self._history.find(main, tip, operation)):
                return self._on_branch(refs, record, commit, tip, look=look)
        commit = self._history.find_on_main(main, record, operation)
        return self._placed(refs, self.main, commit) if commit else None

    def _on_branch(self, refs: Mapping[str, Ref], record: str, commit: str, tip: str, *, look: bool) -> Published:
        """Where an operation is that is on the open branch of a record."""
        branch = f"opsbook/{record}"
        there, main = refs.get(self._place.at(branch)), self._main_commit(refs)
        done = self._placed(refs, branch, commit)
        if self.shared and not (there and self._repository.is_ancestor(commit, there.commit)):
            return done._replace(unpushed=f"It was not pushed to {self._place.name} yet.", shared="")
        if self._desk is None:
            here = not self.shared and self._own.at(branch) in refs
            return done._replace(next=self._merge(main, tip, self._named(branch, here=here)))
        if not look:
            return done
        for pull in self._desk.of(branch):
            if pull.open or (pull.merged and pull.head == tip):
                return done._replace(url=pull.url)
        return done._replace(unpushed="There is no open pull request for it yet.")

    def _placed(self, refs: Mapping[str, Ref], branch: str, commit: str) -> Published:
        """Where a commit is, and how it is shared where this book does not do so by itself."""
        if self._desk is not None:
            return Published(branch, commit, url=f"{self._desk.site}/commit/{commit}" if branch == self.main else "")
        if self.shared:
            return Published(branch, commit, shared=self._place.name)
        share = f"git push {self._known.name} {branch}" if self._known.at(self.main) in refs else ""
        return Published(branch, commit, share=share)

    def _named(self, branch: str, *, here: bool) -> str:
        """A branch as a person names it in this repository."""
        return branch if here else f"{self._known.name}/{branch}"

    def _merge(self, main: str, tip: str, branch: str) -> str:
        """What a person runs to bring a branch into main; also where main was replaced since the branch left it."""
        unrelated = "" if self._history.base(main, tip) else " --allow-unrelated-histories"
        return f"git merge --no-ff{unrelated} {branch}"

    def _is_at(self, commit: str, path: str) -> bool:
        """Whether a commit holds something at a path, or may do so."""
        return not self._objects.is_commit(commit) or bool(self._objects.entry(self._objects.root(commit), path))

    def _unmoved(self, expected: str, main: str, paths: Iterable[str]) -> bool:
        """Whether main holds at these paths what it held when the book was read."""
        if expected == main:
            return True
        old, new = self._objects.root(expected), self._objects.root(main)
        return all(self._objects.entry(old, path) == self._objects.entry(new, path) for path in paths)

    def _parents(self, main: str, tip: str | None, there: Ref | None, write: _Write) -> list[str]:
        """What the new commit builds on: the open branch; or main, and what is left at the remote of a merged branch.

        Where main has since changed a file that is written now, main is joined into the open branch: the book that was
        read had its version, and a later merge would meet two unrelated edits.
        """
        if tip is None:
            left = self.shared and there is not None and write.branch != self.main
            if left and there and self._history.base(main, there.commit) != there.commit:
                return [self._leave(main, there.commit, write.commit)]
            return [main]
        base = self._history.base(main, tip)
        if base is None or base == main or self._unmoved(base, main, write.files):
            return [tip]
        return [self._join(base, main, tip, write.commit) or tip]

    def _leave(self, main: str, tip: str, commit: Commit) -> str:
        """What main holds, and what is left of a merged branch, in a commit without words of its own.

        So the branch moves forward, and no rule against rewriting it is met. Whoever rebases a branch drops its merges:
        one that also held the change would take it along.
        """
        root = self._objects.root(main)
        return self._writer.commit(root, [main, tip], "Begin again from main\n", JOINER, commit.when)

    def _join(self, base: str, main: str, tip: str, commit: Commit) -> str | None:
        """Bring main into a branch that changed other files; none where both changed the same one.

        What is written now is what the branch had, with the change: joined, it would take back what main has. Whoever
        merges the two sees them.
        """
        mine = self._history.differences(base, tip)
        yours = self._history.differences(base, main)
        if any(path in yours and yours[path] != entry for path, entry in mine.items()):
            return None
        tree = self._writer.tree(self._objects.root(main), mine)
        return self._writer.commit(tree, [tip, main], "Bring main into the branch\n", JOINER, commit.when)

    def _commit(self, parents: Sequence[str], commit: Commit, files: Mapping[str, bytes | None]) -> str:
        root = self._objects.root(parents[0])
        changes: dict[str, Entry | None] = {}
        for path, data in files.items():
            existing = self._objects.entry(root, path)
            mode = existing.mode if existing and existing.kind == "file" else "100644"
            changes[path] = None if data is None else Entry(mode, self._writer.blob(data))
        tree = self._writer.tree(root, changes)
        text = message(commit.plan.subject or commit.plan.record, commit.operation)
        return self._writer.commit(tree, parents, text, Person.parse(commit.author), commit.when)


def _lost(what: str) -> LostRace:
    return LostRace(f"{what} was changed by somebody else at this moment.", "Run the same command again.")


def _is_record(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and is_word(name.removeprefix(prefix))
