"""Receipts on GitHub: the branch `opsbook-receipts`, the same files as in a clone, written by compare-and-swap."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from opsbook.adapters.git.claims import claims, deliveries
from opsbook.adapters.git.history import JOINER
from opsbook.adapters.git.receipts import BRANCH, claim_message, keys_of, parse_receipt, place_of, receipt_bytes
from opsbook.adapters.github.api import Api, Step, Text
from opsbook.adapters.github.objects import HubObjects
from opsbook.adapters.github.session import GitHubRefused
from opsbook.adapters.machine.locks import stand_back
from opsbook.core.errors import ForgeError, ForgeUnknown
from opsbook.core.names import record_name
from opsbook.core.ports import Receipt

_TRIES = 60

Make = Callable[[str | None], Mapping[str, Receipt]]


class HubReceipts:
    """The receipts of a repository on GitHub."""

    def __init__(self, api: Api, objects: HubObjects) -> None:
        self._api = api
        self._objects = objects
        self._tip: Step | None = None

    def claim(self, receipts: Sequence[Receipt], expecting: Mapping[str, Receipt]) -> set[str]:
        """See `Forge.claim`."""
        claimed: dict[str, Receipt] = {}

        def make(root: str | None) -> Mapping[str, Receipt]:
            nonlocal claimed
            claimed = claims(receipts, expecting, lambda key: self._read(root, key))
            return claimed

        if receipts:
            self._change(make, "Claim", self._look())
        return set(claimed)

    def complete(self, references: Mapping[str, str]) -> None:
        """See `Forge.receipt`."""
        if references:
            # Whoever has just claimed knows where the branch is; if it has moved, the compare-and-swap says so.
            known = self._tip if self._knows(references) else None
            self._change(
                lambda root: deliveries(references, lambda key: self._read(root, key)), "Deliver", known or self._look()
            )

    def all(self, record: str | None) -> dict[str, Receipt]:
        """See `Forge.receipts`."""
        tip = self._look()
        if tip is None:
            return {}
        keys = keys_of(self._objects, tip.tree, record_name(record) if record else None)
        found = {key: self._read(tip.tree, key) for key in keys}
        return {key: receipt for key, receipt in found.items() if receipt is not None}

    def known(self, record: str) -> dict[str, Receipt]:
        """The receipts of a record as this process last wrote or saw them, without asking where the branch is."""
        tip = self._tip
        found = {key: self._read(tip.tree, key) for key in keys_of(self._objects, tip.tree, record)} if tip else {}
        return {key: receipt for key, receipt in found.items() if receipt is not None}

    def _knows(self, keys: Mapping[str, str]) -> bool:
        return self._tip is not None and all(self._read(self._tip.tree, key) for key in keys)

    def _look(self) -> Step | None:
        self._tip = self._api.branch(BRANCH)
        if self._tip is not None:
            self._objects.learn(self._tip)
        return self._tip

    def _change(self, make: Make, verb: str, tip: Step | None) -> None:
        """Apply a change to the newest receipts until the compare-and-swap succeeds."""
        for lost in range(_TRIES):
            began = time.monotonic()
            made = make(tip.tree if tip else None)
            if not made:
                return
            new = self._commit(tip, made, verb)
            if self._swap(tip, new):
                self._tip = self._objects.learn(new)
                return
            stand_back(lost + 1, time.monotonic() - began)
            tip = self._look()
        raise ForgeError("Too many others are writing receipts at this moment.", "Run `opsbook reconcile`.")

    def _commit(self, tip: Step | None, made: Mapping[str, Receipt], verb: str) -> Step:
        root = tip.tree if tip else None
        files = {place_of(self._objects, root, key): Text(receipt_bytes(item)) for key, item in made.items()}
        tree = self._api.create_tree(root, files)
        parents = (tip.commit,) if tip else ()
        message = claim_message(verb, made)
        when = max(receipt.claimed_at for receipt in made.values())
        self._objects.grow(root, tree, files)
        return Step(self._api.create_commit(tree, parents, message, JOINER, when), tree, parents, message)

    def _swap(self, tip: Step | None, new: Step) -> bool:
        """Move the branch; whether it moved. An unknown outcome is read back, and made certain by doing it again."""
        unknown: ForgeUnknown | None = None
        try:
            for _ in range(2):
                try:
                    if tip is None:
                        self._api.create_branch(BRANCH, new.commit)
                    else:
                        self._api.move_branch(BRANCH, new.commit)
                except GitHubRefused as error:
                    if error.status != 422:
                        raise
                    # At the first attempt somebody else was there before us: no other has this very commit.
                    return unknown is not None and self._holds(new)
                except ForgeUnknown as error:
                    unknown = error
                    if self._holds(new):
                        return True
                else:
                    return True
        except ForgeError:
            # What cannot be read back is not known, whatever the last answer was.
            if unknown is None:
                raise
        assert unknown is not None
        raise unknown

    def _holds(self, new: Step) -> bool:
        """Whether the branch contains our commit, perhaps below what others have written since."""
        there = self._api.branch(BRANCH)
        if there is None:
            return False
        return there.commit == new.commit or any(step.commit == new.commit for step in self._api.commits(there.commit))

    def _read(self, root: str | None, key: str) -> Receipt | None:
        entry = self._objects.entry(root, place_of(self._objects, root, key)) if root else None
        if entry is None:
            return None
        return parse_receipt(key, self._objects.blob(entry.oid) or b"")
