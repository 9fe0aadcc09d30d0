"""The local forge: a plain Git repository, with a remote or without, and no token."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from opsbook.adapters.git.history import History, message
from opsbook.adapters.git.objects import Entry, Objects, Person, Writer
from opsbook.adapters.git.receipts import Receipts
from opsbook.adapters.git.remote import FRESH_SECONDS, Remote
from opsbook.adapters.git.repository import GitFailed, Ref, Repository
from opsbook.adapters.git.tree import GitTree
from opsbook.adapters.machine.locks import stand_back, turn
from opsbook.core.errors import ForgeError, LostRace, Refused
from opsbook.core.names import book_path, is_word, operation_name, record_name
from opsbook.core.ports import Commit, Head, Landed, Published, Receipt
from opsbook.core.tree import MemoryTree, Tree
from opsbook.core.unseen import Unseen

_BRANCH = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|[./](?=[A-Za-z0-9_-])){0,99}")
_PUSHES = 100
"""How often a push that came second is brought together with the first; of those who try, one always succeeds."""


class LocalForge:
    """Publishes plans as commits on `opsbook/<record>` and keeps receipts, with Git plumbing only.

    No working tree, index or checked-out branch is touched, with one exception: when the record's own branch is
    checked out somewhere, that working tree is moved along with the branch (as a fast-forward merge does), because
    moving the branch alone would stage the deletion of what was just written. Where that would overwrite an edit,
    nothing is written and the person is told what to commit first.

    **Main** is the remote's main as last fetched, else the local one. The local one counts when it contains the
    remote's: a record that was merged here and not yet pushed must not vanish. When the two have diverged the
    remote's counts, and a branch that was merged here shows as open again, so nothing vanishes either.

    **Open** is a branch of which main does not hold every operation (`History.merged`). The branch of a record is
    the local one or the remote's as last fetched, whichever contains the other; two that diverged are read as one
    commit that joins both, which the next publication keeps.

    Args:
        main: name of the main branch.
        push: exchange main, the record's branch and receipts with the remote around every publication.
        remote: the remote, or its name.
        own: whether branches of this clone count, and not only what it knows of the remote's.

    Attributes:
        main: name of the main branch.
    """

    name = "local"
    rest = 0.0

    def __init__(
        self,
        repository: Repository,
        *,
        main: str = "main",
        push: bool = False,
        remote: str | Remote = "origin",
        own: bool = True,
    ) -> None:
        if not _BRANCH.fullmatch(main) or main.endswith(".lock"):
            raise Refused(f"{main!r} cannot be the name of the main branch.", "Look at `forge:` in opsbook.yml.")
        self._repository = repository
        self._objects = Objects(repository)
        self._writer = Writer(repository, self._objects)
        self._history = History(repository, self._objects)
        self._known = Remote(repository, remote, main) if isinstance(remote, str) else remote
        self._remote = self._known if push else None
        self.shared = push
        self.main = main
        self._own = own
        self._receipts = Receipts(
            repository, self._objects, self._history, self._remote, repository.common / "opsbook", self._known
        )

    # -- reading

    def head(self, record: str | None) -> Head:
        """See `Forge.head`. With push the remote is asked for a record that has no branch here."""
        # A name that no branch of ours can have, where only main is asked for.
        refs = self._refs("-" if record is None else record_name(record))
        if record and self._remote and not self._copies(refs, record):
            self._remote.fetch(unless=FRESH_SECONDS)
            refs = self._refs(record)
        main = self._main_commit(refs)
        return Head(main, self._open(main, refs, [record])[record] if record else None)

    def read(self, head: Head) -> Tree:
        """See `Forge.read`."""
        if head.branch is None:
            return GitTree(self._repository, head.main, objects=self._objects)
        laid = self._history.differences(self._history.base(head.main, head.branch), head.branch)
        return GitTree(self._repository, head.main, laid=laid, objects=self._objects)

    def open_records(self, unseen: list[Unseen] | None = None) -> Mapping[str, Head]:
        """See `Forge.open_records`."""
        refs = self._refs(None, unseen)
        prefixes = ("refs/heads/opsbook/", self._known.tracking("opsbook/"))
        names = {name.removeprefix(prefix) for name in refs for prefix in prefixes if name.startswith(prefix)}
        records = sorted(filter(is_word, names))
        if unseen is not None and records and self._repository.is_shallow:
            why = "The history of this clone is cut off, so what main has by now may be shown as open."
            unseen.append(Unseen("main before that", why, "git fetch --unshallow"))
        try:
            main = self._main_commit(refs)
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
        """See `Forge.published`."""
        return self._published(self._refs(record_name(record)), record, operation_name(operation))

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

    def publish(self, expected: Head, commit: Commit) -> Published:
        """See `Forge.publish`. The same operation published again is found and returned, not repeated."""
        plan = commit.plan
        record = record_name(plan.record)
        operation_name(commit.operation)
        files = {book_path(path): data for path, data in plan.files.items()}
        if self._remote:
            self._remote.fetch()
            # Before the branch: whoever sees a change must see who has announced it. Where the receipts cannot be
            # brought together nobody can claim, and so nobody speaks; the record itself need not wait for that.
            with suppress(ForgeError):
                self._receipts.share()
        refs = self._refs(record)
        if plan.straight:
            return self._straight(expected, commit, files, refs)
        if found := self._published(refs, record, commit.operation):
            if found.branch != plan.branch:
                return found
            return self._placed(refs, found.branch, found.commit, self._deliver(plan.branch), next=found.next)
        main = self._main_commit(refs)
        tip = self._open(main, refs, [record])[record]
        replaced = expected.main != main and self._history.base(expected.main, main) is None
        if tip != expected.branch or replaced or not self._unmoved(expected.main, main, [plan.path, *files]):
            raise LostRace(f"{record} was changed by somebody else at this moment.", "Run the same command again.")
        parent = self._parent(expected.main, tip, files)
        new = self._commit(parent, commit, files)
        before = refs.get(f"refs/heads/{plan.branch}")
        self._move(plan.branch, before, new, f"opsbook: publish {commit.operation}")
        unpushed = self._deliver(plan.branch, made=(new, before))
        return self._placed(refs, plan.branch, new, unpushed, next=self._merge(main, parent, plan.branch))

    def _straight(
        self, expected: Head, commit: Commit, files: Mapping[str, bytes | None], refs: Mapping[str, Ref]
    ) -> Published:
        """Publish on main itself, which is then pushed like a branch of a record."""
        main, local = self._main_commit(refs), refs.get(f"refs/heads/{self.main}")
        if found := self._published(refs, commit.plan.record, commit.operation):
            return self._placed(refs, self.main, found.commit, self._deliver(self.main))
        if not self._unmoved(expected.main, main, [commit.plan.path, *files]):
            raise LostRace(f"{self.main} was changed by somebody else at this moment.", "Run the same command again.")
        if local is not None and not self._repository.is_ancestor(local.commit, main):
            raise ForgeError(
                f"{self.main} here and at {self._known.name} have both moved on.",
                f"Merge {self._known.name}/{self.main}.",
            )
        new = self._commit(main, commit, files)
        self._move(self.main, local, new, f"opsbook: publish {commit.operation}")
        return self._placed(refs, self.main, new, self._deliver(self.main, made=(new, local)))

    def claim(self, receipts: Sequence[Receipt], *, expecting: Mapping[str, Receipt] | None = None) -> set[str]:
        """See `Forge.claim`."""
        return self._receipts.claim(receipts, expecting or {})

    def receipt(self, references: Mapping[str, str]) -> None:
        """See `Forge.receipt`."""
        self._receipts.complete(references)

    def receipts(self, record: str | None = None) -> Mapping[str, Receipt]:
        """See `Forge.receipts`. Who asks for all, on whatever machine, is told what the remote knows."""
        if record is None and self._remote:
            self._remote.fetch(unless=FRESH_SECONDS)
        return self._receipts.all(record)

    def tidy(self) -> Sequence[str]:
        """See `Forge.tidy`. With a remote its main has to hold every operation: a local merge may still be undone."""
        if self._remote:
            if reason := self._remote.fetch():
                raise ForgeError(reason, "Run `opsbook reconcile` when it can be reached.")
            self._receipts.share()
        refs = self._refs(None)
        tracked = refs.get(self._known.tracking(self.main))
        main = tracked.commit if tracked else self._main_commit(refs)
        gone = []
        local = {name: ref for name, ref in refs.items() if _is_record(name, "refs/heads/opsbook/")}
        there = {name: ref for name, ref in refs.items() if _is_record(name, self._known.tracking("opsbook/"))}
        merged = self._history.merged(main, {ref.commit for ref in (*local.values(), *there.values())})
        for name, ref in there.items():
            branch = name.removeprefix(self._known.tracking(""))
            if self._remote and ref.commit in merged and self._remote.push(branch, None, ref.commit).outcome == "done":
                gone.append(branch)
        for name, ref in local.items():
            if ref.commit not in merged or _checked_out(ref):
                continue
            if self._repository.move(name, None, ref.commit, "opsbook: merged"):
                gone.append(name.removeprefix("refs/heads/"))
        return sorted(set(gone))

    # -- the parts

    def _refs(self, record: str | None, unseen: list[Unseen] | None = None) -> dict[str, Ref]:
        """Main and the branches of one record, or of all; Git leaves out those that it cannot read.

        Raises:
            GitFailed: one that is asked for by its name cannot be read.
        """
        name = record or ""
        own = (f"refs/heads/{self.main}", f"refs/heads/opsbook/{name}") if self._own else ()
        broken: list[str] = []
        refs = self._repository.refs(
            *own, self._known.tracking(self.main), self._known.tracking(f"opsbook/{name}"), broken=broken
        )
        for ref in broken:
            error = GitFailed(
                f"Git cannot read {ref}.", "See `git fsck` and `git reflog`; `git fetch` may bring it again."
            )
            if record is not None:
                raise error
            if unseen is not None:
                unseen.append(Unseen.of(ref.rpartition("/")[2], error))
        return refs

    def _main_commit(self, refs: Mapping[str, Ref]) -> str:
        local = refs.get(f"refs/heads/{self.main}")
        tracked = refs.get(self._known.tracking(self.main))
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
        """The branch of a record here and at the remote, those that exist."""
        names = (f"refs/heads/opsbook/{record}", self._known.tracking(f"opsbook/{record}"))
        return [refs[name].commit for name in names if name in refs]

    def _open(self, main: str, refs: Mapping[str, Ref], records: Iterable[str]) -> dict[str, str | None]:
        """The open branch of each record, `None` where there is none."""
        copies = {record: self._copies(refs, record) for record in records}
        merged = self._history.merged(main, {tip for tips in copies.values() for tip in tips})
        found: dict[str, str | None] = {}
        for record, tips in copies.items():
            alive = [tip for tip in tips if tip not in merged]
            if len(alive) > 1:
                found[record] = self._history.join(alive[0], alive[1]) or alive[0]
            else:
                found[record] = alive[0] if alive else None
        return found

    def _published(self, refs: Mapping[str, Ref], record: str, operation: str) -> Published | None:
        main = self._main_commit(refs)
        branch = f"opsbook/{record}"
        copies = self._copies(refs, record)
        merged = self._history.merged(main, copies)
        for tip in copies:
            if tip not in merged and (commit := self._history.find(main, tip, operation)):
                here = f"refs/heads/{branch}" in refs
                merge = self._merge(main, tip, branch if here else f"{self._known.name}/{branch}")
                return self._placed(refs, branch, commit, self._unpushed(refs, branch, commit), next=merge)
        commit = self._history.find_on_main(main, record, operation)
        return self._placed(refs, self.main, commit) if commit else None

    def _placed(
        self, refs: Mapping[str, Ref], branch: str, commit: str, unpushed: str = "", *, next: str = ""
    ) -> Published:
        """Where a commit is, and how it is shared where this book does not do so by itself."""
        shared, share = "", ""
        if self._remote is not None:
            shared = self._remote.name if not unpushed else ""
        elif self._known.tracking(self.main) in refs:
            share = f"git push {self._known.name} {branch}"
        return Published(branch, commit, next=next, unpushed=unpushed, shared=shared, share=share)

    def _merge(self, main: str, tip: str, branch: str) -> str:
        """What a person runs to bring a branch into main; also where main was replaced since the branch left it."""
        unrelated = "" if self._history.base(main, tip) else " --allow-unrelated-histories"
        return f"git merge --no-ff{unrelated} {branch}"

    def _unpushed(self, refs: Mapping[str, Ref], branch: str, commit: str) -> str:
        """Why the remote does not have a commit, as far as this clone knows."""
        tracked = refs.get(self._known.tracking(branch))
        if self._remote is None or (tracked and self._repository.is_ancestor(commit, tracked.commit)):
            return ""
        return self._remote.down or f"It was not pushed to {self._remote.name} yet."

    def _unmoved(self, expected: str, main: str, paths: Iterable[str]) -> bool:
        """Whether main holds at these paths what it held when the book was read."""
        if expected == main:
            return True
        old, new = self._objects.root(expected), self._objects.root(main)
        return all(self._objects.entry(old, path) == self._objects.entry(new, path) for path in paths)

    def _parent(self, main: str, tip: str | None, files: Iterable[str]) -> str:
        """What the new commit builds on: main, or the open branch.

        Where main has since changed a file that is written now, main is joined in: the book that was read had its
        version, and a later merge would meet two unrelated edits.
        """
        if tip is None:
            return main
        base = self._history.base(main, tip)
        if base is None or base == main or self._unmoved(base, main, files):
            return tip
        return self._history.join(tip, main) or tip

    def _commit(self, parent: str, commit: Commit, files: Mapping[str, bytes | None]) -> str:
        root = self._objects.root(parent)
        changes: dict[str, Entry | None] = {}
        for path, data in files.items():
            existing = self._objects.entry(root, path)
            mode = existing.mode if existing and existing.kind == "file" else "100644"
            changes[path] = None if data is None else Entry(mode, self._writer.blob(data))
        tree = self._writer.tree(root, changes)
        text = message(commit.plan.subject or commit.plan.record, commit.operation)
        return self._writer.commit(tree, [parent], text, Person.parse(commit.author), commit.when)

    def _move(self, branch: str, before: Ref | None, new: str, reason: str) -> None:
        """Move a branch from where we saw it, together with the working tree that has it checked out."""
        name = f"refs/heads/{branch}"
        moved = False
        if before is not None and (tree := _checked_out(before)):
            # Two that move files in one working tree at the same time would take each other's for a person's edits.
            with turn(self._repository.common / "opsbook" / "worktree.lock", seconds=30.0):
                at = self._repository.refs(name).get(name)
                if at is not None and at.commit == before.commit:
                    self._follow(branch, tree, before.commit, new)
                    moved = self._repository.move(name, new, before.commit, reason)
        else:
            moved = self._repository.move(name, new, before.commit if before else None, reason)
        if not moved:
            raise LostRace(f"{branch} was changed by somebody else at this moment.", "Run the same command again.")

    def _follow(self, branch: str, tree: Path, old: str, new: str) -> None:
        """Bring the files of a working tree from one commit to the next, keeping every edit in it.

        This comes before the branch moves: cut off in between, the new files are staged, and nothing is lost.
        """
        try:
            self._repository.git("read-tree", "-m", "-u", old, new, folder=tree)
        except GitFailed as error:
            if ".lock" in error.errors:
                raise
            raise ForgeError(
                f"{branch} is checked out in {tree}, with edits that this change would overwrite.",
                f"Commit or stash them there (`git -C {tree} status`), then run `opsbook reconcile`.",
            ) from None

    def _deliver(self, branch: str, made: tuple[str, Ref | None] | None = None) -> str:
        """Bring a branch to the remote; why not, when it stays here.

        Args:
            made: the commit that was just made, and the branch before it: taken back when it contradicts what
                somebody else pushed meanwhile.

        Raises:
            LostRace: it was taken back.
        """
        if self._remote is None:
            return ""
        with turn(self._repository.common / "opsbook" / "push.lock", seconds=30.0):
            for lost in range(1, _PUSHES + 1):
                looked = time.monotonic()
                reason = self._push(self._remote, branch, made)
                # Only what was fetched a moment ago is worth a push: we stand back before we look, not after.
                if reason is None:
                    stand_back(lost, time.monotonic() - looked)
                    reason = self._remote.fetch() or None
                if reason is not None:
                    return reason
        return f"Others keep writing to {branch} at {self._remote.name}."

    def _push(self, remote: Remote, branch: str, made: tuple[str, Ref | None] | None) -> str | None:
        """One attempt of `_deliver`: empty when done, why not when it cannot be done, `None` to look and try again."""
        refs = self._repository.refs(
            f"refs/heads/{branch}", self._known.tracking(branch), self._known.tracking(self.main)
        )
        local, tracked = refs.get(f"refs/heads/{branch}"), refs.get(self._known.tracking(branch))
        if local is None or (tracked and tracked.commit == local.commit):
            return ""
        new = local.commit
        if tracked and not self._contains(refs, local.commit, tracked.commit):
            joined = self._history.join(local.commit, tracked.commit)
            if joined is None:
                return self._contradicted(branch, local, tracked.commit, made)
            try:
                self._move(branch, local, joined, "opsbook: join")
            except LostRace:
                return None
            except ForgeError as error:
                return f"{error.message} {error.remedy}"
            new = joined
        pushed = remote.push(branch, new, tracked.commit if tracked else None)
        return None if pushed.outcome == "lost" else pushed.reason

    def _contains(self, refs: Mapping[str, Ref], new: str, old: str) -> bool:
        """Whether the remote loses nothing when `new` takes the place of `old`: it, or the main there, holds it."""
        main = refs.get(self._known.tracking(self.main))
        return self._repository.is_ancestor(old, new) or (
            main is not None and bool(self._history.merged(main.commit, [old]))
        )

    def _contradicted(self, branch: str, local: Ref, there: str, made: tuple[str, Ref | None] | None) -> str:
        """Take back a commit that contradicts what somebody pushed at the same moment, or say what contradicts what.

        A commit that only continues an older contradiction stays: taking it back would not help.
        """
        before = made[1].commit if made and made[1] else None
        if (
            made
            and local.commit == made[0]
            and not _checked_out(local)
            and (before is None or self._history.join(before, there))
            and self._repository.move(f"refs/heads/{branch}", before, local.commit, "opsbook: lost a race")
        ):
            raise LostRace(f"{branch} was changed by somebody else at this moment.", "Run the same command again.")
        theirs = f"{self._known.name}/{branch}"
        return f"{theirs} holds other words for the same lines: merge it into {branch} by hand, then push."


def _checked_out(ref: Ref) -> Path | None:
    """The working tree that has a branch checked out; one whose folder is gone does not count."""
    return ref.worktree if ref.worktree and ref.worktree.is_dir() else None


def _is_record(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and is_word(name.removeprefix(prefix))
