"""Receipts of announcements on the orphan branch `opsbook-receipts`: one small file each, so that nothing conflicts.

Creating a file is the claim, and a compare-and-swap of the branch decides who created it. With a remote the claim
counts once the remote has it; when the remote cannot be reached, it counts in this clone.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from opsbook.adapters.git.claims import claims, deliveries
from opsbook.adapters.git.history import JOINER, History
from opsbook.adapters.git.objects import Entry, Objects, Writer
from opsbook.adapters.git.remote import Remote
from opsbook.adapters.git.repository import Repository
from opsbook.adapters.machine.locks import stand_back, turn
from opsbook.core.errors import ForgeError
from opsbook.core.names import record_name
from opsbook.core.ports import Receipt

BRANCH = "opsbook-receipts"
REF = f"refs/heads/{BRANCH}"

_TRIES = 60
_TURN_SECONDS = 60.0
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_DATED = re.compile(r"[A-Z]{3}-([0-9]{4})([0-9]{2})[0-9]{2}-")
_YEAR = re.compile(r"[0-9]{4}")

Make = Callable[[str | None], Mapping[str, Receipt]]


class Folders(Protocol):
    """What reads the trees of commits: a clone's objects, or GitHub's."""

    def entry(self, root: str, path: str) -> Entry | None:
        """What is at a path."""
        ...

    def tree(self, oid: str) -> Mapping[str, Entry]:
        """What is in a folder."""
        ...


def folder_of(record: str) -> str:
    """Where the receipts of a record are kept: by the year and month of its id, if it has a date."""
    found = _DATED.match(record)
    return f"{found[1]}/{found[2]}/{record}" if found else record


def place_of(objects: Folders, root: str | None, key: str) -> str:
    """The file of a receipt. Before there were folders by year and month, records lay at the top; theirs stay there."""
    record, _, name = key.partition("/")
    old = f"{key}.json"
    if root is not None and objects.entry(root, old) is not None:
        return old
    return f"{folder_of(record)}/{name}.json"


def keys_of(objects: Folders, root: str, record: str | None) -> Iterator[str]:
    """The keys of a record's receipts, or of all."""

    def below(folder: str) -> list[str]:
        entry = objects.entry(root, folder) if folder else None
        return sorted(objects.tree(entry.oid if entry else root)) if not folder or (entry and entry.is_folder) else []

    if record is not None:
        folders = [folder_of(record), record]
    else:
        top = below("")
        folders = [name for name in top if not _YEAR.fullmatch(name)]
        months = (f"{year}/{month}" for year in top if _YEAR.fullmatch(year) for month in below(year))
        folders += [f"{month}/{name}" for month in months for name in below(month)]
    found = (
        f"{folder.rpartition('/')[2]}/{name.removesuffix('.json')}" for folder in folders for name in below(folder)
    )
    yield from dict.fromkeys(found)


class Receipts:
    """The receipts of one clone.

    Args:
        remote: where receipts are shared; `None` for this clone only.
        state: the state folder, for the lock that gives every process its turn.
    """

    def __init__(
        self,
        repository: Repository,
        objects: Objects,
        history: History,
        remote: Remote | None,
        state: Path,
        known: Remote,
    ) -> None:
        self._repository = repository
        self._objects = objects
        self._history = history
        self._writer = Writer(repository, objects)
        self._remote = remote
        self._tracking = known.tracking(BRANCH)
        self._lock = state / "receipts.lock"

    def claim(self, receipts: Sequence[Receipt], expecting: Mapping[str, Receipt]) -> set[str]:
        """See `Forge.claim`."""
        claimed: dict[str, Receipt] = {}

        def make(root: str | None) -> Mapping[str, Receipt]:
            nonlocal claimed
            claimed = claims(receipts, expecting, lambda key: self._read(root, key))
            return claimed

        self._change(make, "Claim")
        return set(claimed)

    def complete(self, references: Mapping[str, str]) -> None:
        """See `Forge.receipt`."""
        self._change(lambda root: deliveries(references, lambda key: self._read(root, key)), "Deliver")

    def all(self, record: str | None) -> dict[str, Receipt]:
        """See `Forge.receipts`."""
        tip = self._view()[2]
        if tip is None:
            return {}
        root = self._objects.root(tip)
        keys = keys_of(self._objects, root, record_name(record) if record else None)
        found = {key: self._read(root, key) for key in keys}
        return {key: receipt for key, receipt in found.items() if receipt is not None}

    def share(self) -> None:
        """Bring to the remote what was claimed and delivered while it could not be reached, if it can be now."""
        if self._remote is not None:
            self._change(lambda _: {}, "Share")

    def _change(self, make: Make, verb: str) -> None:
        """Apply a change to the newest receipts until the compare-and-swap succeeds."""
        with turn(self._lock, seconds=_TURN_SECONDS):
            for lost in range(_TRIES):
                began = time.monotonic()
                local, tracked, tip = self._view()
                made = make(self._objects.root(tip) if tip else None)
                # With nothing to add, what was claimed while the remote was away may still have to be brought there.
                new = self._commit(tip, made, verb) if made else tip
                if new is None or (not made and (self._remote is None or new == tracked)):
                    return
                if self._remote is not None:
                    pushed = self._remote.push(BRANCH, new, tracked)
                    if pushed.outcome == "lost":
                        self._remote.fetch()
                        stand_back(lost + 1, time.monotonic() - began)
                        continue
                    if pushed.outcome == "done":
                        # Decided. The own branch may lag behind: whoever reads joins both.
                        self._repository.move(REF, new, local, f"opsbook: {verb.lower()}")
                        return
                if self._repository.move(REF, new, local, f"opsbook: {verb.lower()}"):
                    return
                stand_back(lost + 1, time.monotonic() - began)
        raise ForgeError("Too many others are writing receipts at this moment.", "Run `opsbook reconcile`.")

    def _view(self) -> tuple[str | None, str | None, str | None]:
        """Our branch, the remote's as last seen, and one commit that holds both."""
        broken: list[str] = []
        refs = self._repository.refs(REF, self._tracking, broken=broken)
        if broken:  # whoever took that for none would say everything again
            raise ForgeError(f"Git cannot read {broken[0]}.", "See `git fsck`; `git fetch` may bring it again.")
        local = refs[REF].commit if REF in refs else None
        tracked = refs[self._tracking].commit if self._tracking in refs else None
        if local is None or tracked is None:
            return local, tracked, local or tracked
        joined = self._history.join(local, tracked, self._choose)
        if joined is None:
            raise ForgeError(
                f"{BRANCH} here and at the remote contradict each other.", f"Merge them by hand: {self._tracking}."
            )
        return local, tracked, joined

    def _choose(self, base: str | None, path: str, mine: Entry | None, yours: Entry | None) -> Entry | None:
        """Of two receipts for one announcement the delivered one, else the earlier claim."""
        del base
        key = "/".join(path.removesuffix(".json").split("/")[-2:])

        def rank(entry: Entry | None) -> tuple[bool, bool, datetime, str]:
            data = self._objects.blob(entry.oid) if entry else None
            receipt = parse_receipt(key, data or b"")
            return entry is None, not receipt.reference, receipt.claimed_at, entry.oid if entry else ""

        return min(mine, yours, key=rank)

    def _commit(self, tip: str | None, made: Mapping[str, Receipt], verb: str) -> str:
        root = self._objects.root(tip) if tip else None
        changes = {
            place_of(self._objects, root, key): Entry("100644", self._writer.blob(receipt_bytes(receipt)))
            for key, receipt in made.items()
        }
        message = claim_message(verb, made)
        tree = self._writer.tree(root, changes)
        when = max(receipt.claimed_at for receipt in made.values())
        return self._writer.commit(tree, [tip] if tip else [], message, JOINER, when)

    def _read(self, root: str | None, key: str) -> Receipt | None:
        entry = self._objects.entry(root, place_of(self._objects, root, key)) if root else None
        if entry is None:
            return None
        return parse_receipt(key, self._objects.blob(entry.oid) or b"")


def claim_message(verb: str, keys: Collection[str]) -> str:
    """The message of a commit of receipts, different each time.

    Two processes that claim the same must not make the same commit: both would find theirs on the remote.
    """
    records = ", ".join(sorted({key.split("/")[0] for key in keys}))
    return f"{verb} {len(keys)} announcement(s) of {records}\n\nOpsbook-Claim: {secrets.token_hex(8)}\n"


def receipt_bytes(receipt: Receipt) -> bytes:
    """The file of a receipt, the same in every forge."""
    value = {
        "key": receipt.key,
        "operation": receipt.operation,
        "claimed_at": receipt.claimed_at.astimezone(UTC).isoformat(),
        "reference": receipt.reference,
    }
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def parse_receipt(key: str, data: bytes) -> Receipt:
    """A receipt; one that cannot be read counts as claimed by nobody, long ago, outcome unknown."""
    try:
        value = json.loads(data)
        when = datetime.fromisoformat(value["claimed_at"]).astimezone(UTC)
        return Receipt(key, str(value["operation"]), when, str(value["reference"]))
    except (ValueError, TypeError, KeyError):
        return Receipt(key, "", _NEVER)
