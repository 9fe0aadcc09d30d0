"""A comment in a file that people write, and the sign by which one of them allows a finding."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SIGN: Final = "opsbook: allow"
"""What a comment begins with that allows a finding. Files without these bytes are never searched for comments."""

_ALLOWS: Final = re.compile(rf"#*[ \t]*{SIGN}(?![\w-])")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment.

    Attributes:
        line: where it begins; column: both 1-based, in characters.
        text: what it says, from its `#` on; of a comment in HTML what stands between its signs.
        about: the line that it is about: its own, or where it stands alone the next one that is no comment.
        ends: the last line of what it is about, where that is a text of several lines.
        torn: it does not end on its line, or something follows it there. Only in HTML.
    """

    line: int
    column: int
    text: str
    about: int
    ends: int = 0
    torn: bool = False

    @property
    def alone(self) -> bool:
        """Whether it has a line of its own."""
        return self.about != self.line


def allows(text: str) -> str | None:
    """What follows the sign in the text of a comment; `None` when the comment says something else."""
    found = _ALLOWS.match(text.strip())
    return text.strip()[found.end() :].strip() if found else None
