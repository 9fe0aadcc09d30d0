"""What could not be seen: a read says so, shows the rest, and ends with exit code 7 (design: "Invariants")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from opsbook.core.errors import OpsbookError
from opsbook.core.text import sentence

EXIT = 7
"""The exit code of a read that could not see everything. Every other failure is worth more, and a write has others."""


class Unseen(NamedTuple):
    """One thing that a person could have seen here, and did not.

    Attributes:
        what: a record, a file, or what it would have told; why: a sentence; remedy: what to do, if anything.
    """

    what: str
    why: str
    remedy: str = ""

    @classmethod
    def of(cls, what: str, error: OpsbookError) -> Unseen:
        """What a failure kept from being seen."""
        return cls(what, error.message, error.remedy)

    def as_json(self) -> dict[str, str]:
        """The object for programs."""
        return self._asdict()

    def __str__(self) -> str:
        return " ".join(filter(None, (f"{self.what}: {sentence(self.why)}", self.remedy and sentence(self.remedy))))


def absent(words: str, unseen: Sequence[Unseen]) -> str:
    """Words of absence, which only whoever could look everywhere may say."""
    return "Nothing was found in what could be seen." if unseen else words
