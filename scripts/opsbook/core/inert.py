"""People's words in somebody else's language: they stay words there, and mention nobody."""

from __future__ import annotations

import re

from opsbook.core.text import shorten, visible

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_BREAKS = re.compile(r"([@#]|\bGH(?=\\-[0-9]))", re.IGNORECASE)


def github(text: str) -> str:
    """`text` for a GitHub body: no markup, no mention, no reference, no HTML.

    Every ASCII punctuation mark is escaped (CommonMark 2.4 allows that); `@`, `#` and the `GH` of `GH-12`
    are also parted from what follows by an empty comment: GitHub looks for references after it has read the escapes.
    """
    escaped = _PUNCTUATION.sub(r"\\\1", visible(text))
    return "<br>\n".join(_BREAKS.sub(r"\1<!-- -->", line) for line in escaped.split("\n"))


def github_line(text: str) -> str:
    """`text` for a title on GitHub, which is no Markdown and becomes the message of the merge.

    There are no escapes in it, so the signs of mentions, references and addresses are replaced by their wide forms:
    “fixes #12” in a message would close an issue, and “@team” would call people.
    """
    return _REFERENCE.sub(lambda found: _WIDE.get(found[0], f"{found[0][:2]}‑"), " ".join(visible(text).split()))


_WIDE = {"@": "＠", "#": "＃", "://": "：//"}
_REFERENCE = re.compile(r"[@#]|://|\bGH-(?=\d)", re.IGNORECASE)


def plain(text: str, limit: int = 200) -> str:
    """Words of the configuration as a line of a form, which is no Markdown there and becomes some in an issue.

    GitHub reads `${{` in a workflow as the beginning of an expression.
    """
    return shorten(github_line(text).replace("${{", "$ {{"), limit)
