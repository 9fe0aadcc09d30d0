"""People's words in somebody else's language: they stay words there, and mention nobody."""

from __future__ import annotations

import re

from opsbook.core.text import visible

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_BREAKS = re.compile(r"([@#])")


def github(text: str) -> str:
    """`text` for a GitHub body: no markup, no mention, no reference, no HTML.

    Every ASCII punctuation mark is escaped (CommonMark 2.4 allows that); `@` and `#` are also parted from what follows
    by an empty comment, because GitHub looks for mentions after it has read the escapes.
    """
    escaped = _PUNCTUATION.sub(r"\\\1", visible(text))
    return "<br>\n".join(_BREAKS.sub(r"\1<!-- -->", line) for line in escaped.split("\n"))
