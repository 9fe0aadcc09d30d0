"""Contact details that somebody keeps: each with a comment above it that says why, as people write it by hand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from opsbook.core.comment import SIGN
from opsbook.core.secrets import contacts, mask
from opsbook.core.text import one_line, shorten

CODE: Final = "LEK002"
_REASON: Final = 200


def kept(data: bytes, shared: Collection[str], reason: str) -> bytes:
    """The text of a YAML file with a comment above each value that holds contact details.

    Args:
        shared: mailboxes that need no comment.
        reason: what the comment says; contact details in it are masked.
    """
    from opsbook.core.yaml.nodes import nodes

    text = data.decode()
    found = [leak.start for leak in contacts(text, shared)]
    root = nodes(text) if found else None
    if root is None:
        return data
    values = [leaf for leaf in root.leaves() if any(leaf.start <= at < leaf.end for at in found)]
    sign = f"# {SIGN} {CODE} because "
    because = shorten(mask(one_line(reason), shared)[0], _REASON)
    for start in sorted({text.rfind("\n", 0, leaf.start) + 1 for leaf in values}, reverse=True):
        line = text[start:]
        indent = line[: len(line) - len(line.lstrip(" "))]
        if not text[:start].endswith("\n") or sign not in text[:start].splitlines()[-1]:
            text = f"{text[:start]}{indent}{sign}{because}\n{line}"
    return text.encode()
