"""What is wrong with a YAML text, in words that help a person under stress."""

from __future__ import annotations

from typing import Any

ANCHOR = "Anchors (&name) are not used in records. Remove it; if the value begins with &, put it in quotes."
ALIAS = "Aliases (*name) are not used in records. Write the value out; if it begins with *, put it in quotes."
TAG = "Tags (!name) are not used in records. Remove it; if the value begins with !, put it in quotes."
MERGE = "Merge keys (<<) are not used in records. Write the keys out."
DIRECTIVE = "Directives (lines that begin with %) are not used in records. Remove the line."
DOCUMENTS = "A second document begins here (---). One file holds one record: remove it or move it to a file of its own."
COMPLEX_KEY = "A list or mapping cannot be a key. If the text begins with [ or {, put it in quotes."
FORBIDDEN = frozenset((ANCHOR, ALIAS, TAG, MERGE, DIRECTIVE, DOCUMENTS))


def duplicate(key: str) -> str:
    """The same key twice in one mapping."""
    return f"The key {_short(key)} is here twice. Keep one of them."


def not_a_string(key: str) -> str:
    """A key that YAML reads as a number, a boolean or nothing."""
    if not key:
        return "There is a colon without a key before it. Write the key, or put the text in quotes."
    return f"The key {key[:40]} is not a string in YAML. Put it in quotes."


def hidden_escape(name: str) -> str:
    """An escape in double quotes that makes a character nobody can see."""
    return f"The text holds the hidden character {name}, written as an escape. It can mislead: remove it."


def explain(error: Any, text: str) -> tuple[int, str]:
    """The offset and the message of an error of libyaml."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return (mark.index if mark else 0), f"This is not valid YAML: {problem}."


def _short(key: str) -> str:
    return key if len(key) <= 40 else key[:39] + "…"
