"""Identifiers that need no counter and no network: kind, UTC date and random Crockford base-32 characters."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (no I, L, O or U), so that an id survives being read aloud."""

RECORD_ID = re.compile(r"(?P<prefix>[A-Z]{3})-(?P<day>[0-9]{8})-(?P<token>[0-9A-HJKMNP-TV-Z]{5})")


class Ids:
    """A source of ids that draws the same sequence again for the same seed.

    The seed is part of an intent, so that a command that was cut off draws the same id when it is run again.

    Args:
        seed: at least 16 random bytes, drawn by the wiring.
    """

    def __init__(self, seed: bytes) -> None:
        if len(seed) < 16:
            raise ValueError("an id seed needs at least 16 bytes")
        self._seed = seed
        self._drawn = 0

    def token(self, length: int = 5) -> str:
        """Draw `length` random characters of the alphabet."""
        self._drawn += 1
        digest = hashlib.blake2b(self._drawn.to_bytes(8, "big"), key=self._seed[:64], digest_size=32).digest()
        return "".join(ALPHABET[byte & 31] for byte in digest[:length])

    def record(self, prefix: str, now: datetime) -> str:
        """Draw a record id such as `INC-20261121-7KQ4M` for the UTC day of `now`."""
        return f"{prefix}-{now.astimezone(UTC):%Y%m%d}-{self.token()}"


def operation_key(seed: bytes) -> str:
    """The marker of one operation (20 characters): in its commit's trailer and inside what it wrote."""
    return hashlib.blake2b(b"operation", key=seed[:64], digest_size=10).hexdigest()
