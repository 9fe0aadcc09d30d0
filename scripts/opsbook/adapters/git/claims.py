"""Which receipts a claim and a delivery may write: the same rules wherever receipts are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from opsbook.core.errors import ForgeError
from opsbook.core.names import receipt_name
from opsbook.core.ports import Receipt

Known = Callable[[str], Receipt | None]
"""The receipt of a key as it is now; none when nobody has claimed it."""


def claims(receipts: Sequence[Receipt], expecting: Mapping[str, Receipt], known: Known) -> dict[str, Receipt]:
    """Those that nobody has claimed, or whose claim is still the expected one (see `Forge.claim`)."""
    wanted = {receipt_name(receipt.key): receipt for receipt in receipts}
    found = {key: known(key) for key in wanted}
    return {key: wanted[key] for key, there in found.items() if there is None or there == expecting.get(key)}


def deliveries(references: Mapping[str, str], known: Known) -> dict[str, Receipt]:
    """The claims with their references (see `Forge.receipt`).

    One that has a reference keeps it: both are true, the first is known already.

    Raises:
        ForgeError: nobody has claimed one of them.
    """
    made = {}
    for key, reference in references.items():
        there = known(receipt_name(key))
        if there is None:
            raise ForgeError(f"Nobody claimed {key}.", "Run `opsbook reconcile`.")
        if not there.reference:
            made[key] = Receipt(key, there.operation, there.claimed_at, reference)
    return made
