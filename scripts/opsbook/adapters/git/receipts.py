"""Receipts of announcements on the orphan branch `opsbook-receipts`: one small file each, so that nothing conflicts.

Creating a file is the claim, and a compare-and-swap of the branch decides who created it.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from opsbook.adapters.git.claims import claims, deliveries
from opsbook.adapters.git.history import JOINER, History
from opsbook.adapters.git.objects import Entry, Objects, Writer
from opsbook.adapters.git.outgoing import Make, Outgoing, Parcel
from opsbook.adapters.git.remote import Update
from opsbook.adapters.git.repository import Repository
from opsbook.adapters.git.sending import Place
from opsbook.adapters.machine.locks import stand_back
from opsbook.core.errors import ForgeError
from opsbook.core.names import record_name
from opsbook.core.ports import Receipt

BRANCH = "opsbook-receipts"

_TRIES = 60
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_DATED = re.compile(r"[A-Z]{3}-([0-9]{4})([0-9]{2})[0-9]{2}-")
_YEAR = re.compile(r"[0-9]{4}")


def folder_of(record: str) -> str:
    """Where the receipts of a record are kept: by the year and month of its id, if it has a date."""
    found = _DATED.match(record)
    return f"{found[1]}/{found[2]}/{record}" if found else record


def place_of(objects: Objects, root: str | None, key: str) -> str:
    """The file of a receipt. Before there were folders by year and month, records lay at the top; theirs stay there."""
    record, _, name = key.partition("/")
    old = f"{key}.json"
    if root is not None and objects.entry(root, old) is not None:
        return old
    return f"{folder_of(record)}/{name}.json"


def keys_of(objects: Objects, root: str, record: str | None) -> Iterator[str]:
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
    """The receipts of a book.

    Args:
        place: where they are kept; also: other places of this repository that may know some.

    Attributes:
        outgoing: sends them, and what goes along.
    """

    def __init__(
        self, repository: Repository, objects: Objects, history: History, place: Place, also: Sequence[Place] = ()
    ) -> None:
        self._repository = repository
        self._objects = objects
        self._history = history
        self._writer = Writer(repository, objects)
        self._place = place
        self._refs = [item.at(BRANCH) for item in (place, *also)]
        self.outgoing = Outgoing(repository, place, self._step)

    def claim(self, receipts: Sequence[Receipt], expecting: Mapping[str, Receipt]) -> set[str]:
        """See `Forge.claim`."""
        return set(self._change(lambda known: claims(receipts, expecting, known), "Claim"))

    def complete(self, references: Mapping[str, str]) -> None:
        """See `Forge.receipt`."""
        self._change(lambda known: deliveries(references, known), "Deliver")

    def all(self, record: str | None) -> dict[str, Receipt]:
        """See `Forge.receipts`."""
        tip = self._view()[1]
        if tip is None:
            return {}
        root = self._objects.root(tip)
        keys = keys_of(self._objects, root, record_name(record) if record else None)
        found = {key: self._read(root, key) for key in keys}
        return {key: receipt for key, receipt in found.items() if receipt is not None}

    def _change(self, make: Make, verb: str) -> Mapping[str, Receipt]:
        """Apply a change to the newest receipts until the compare-and-swap succeeds; what it wrote."""
        for lost in range(1, _TRIES):
            began = time.monotonic()
            parcel = self.outgoing.send(Parcel(None, make, verb))
            if parcel.kept.outcome == "done":
                return parcel.made
            if parcel.kept.outcome == "failed":
                raise ForgeError(parcel.kept.reason, "Run `opsbook reconcile` when it works again.")
            stand_back(lost, time.monotonic() - began)
            self._place.fetch()
        raise ForgeError("Too many others are writing receipts at this moment.", "Run `opsbook reconcile`.")

    def _made(self, makes: Sequence[Make]) -> tuple[str | None, str | None, list[Mapping[str, Receipt]]]:
        """Where the branch is, what is known of it, and what each writes, one after the other."""
        at, tip = self._view()
        root = self._objects.root(tip) if tip else None
        written: dict[str, Receipt] = {}
        made: list[Mapping[str, Receipt]] = []

        def known(key: str) -> Receipt | None:
            return written.get(key) or self._read(root, key)

        for make in makes:
            made.append(make(known))
            written.update(made[-1])
        return at, tip, made

    def _step(self, makes: Sequence[Make], verb: str) -> tuple[Update | None, list[Mapping[str, Receipt]]]:
        """The step of the branch by which all of it is written, if anything is."""
        at, tip, made = self._made(makes)
        written = {key: receipt for one in made for key, receipt in one.items()}
        return (Update(BRANCH, self._commit(tip, written, verb), at) if written else None), made

    def _view(self) -> tuple[str | None, str | None]:
        """Where the branch is, and one commit that holds what is known here of all its copies."""
        broken: list[str] = []
        refs = self._repository.refs(*self._refs, broken=broken)
        if broken:  # whoever took that for none would say everything again
            raise ForgeError(f"Git cannot read {broken[0]}.", "See `git fsck`; `git fetch` may bring it again.")
        at = refs[self._refs[0]].commit if self._refs[0] in refs else None
        tip = at
        for other in (refs[name].commit for name in self._refs[1:] if name in refs):
            joined = other if tip is None else self._history.join(tip, other, self._choose)
            if joined is None:
                raise ForgeError(
                    f"Two copies of {BRANCH} contradict each other.", f"Merge them by hand: {' '.join(self._refs)}."
                )
            tip = joined
        return at, tip

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
