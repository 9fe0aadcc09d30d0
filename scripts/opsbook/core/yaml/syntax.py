"""What is wrong with a YAML text, in words that help a person under stress, and what to write instead."""

from __future__ import annotations

import re
from typing import Any, Final

from yaml import MarkedYAMLError, YAMLError

from opsbook.core.text import one_line, shorten

ANCHOR: Final = "Anchors (&name) are not used here. Remove it; if the text begins with &, put it in quotes."
ALIAS: Final = "Aliases (*name) are not used here. Write the value out; if the text begins with *, put it in quotes."
TAG: Final = "Tags (!name) are not used here. Remove it; if the text begins with !, put it in quotes."
MERGE: Final = "Merge keys (<<) are not used here. Write the keys out."
DIRECTIVE: Final = "Directives (lines that begin with %) are not used here. Remove the line."
DOCUMENTS: Final = "A second document begins here. One file holds one record: remove this, or move it to its own file."
FORBIDDEN: Final = frozenset((ANCHOR, ALIAS, TAG, MERGE, DIRECTIVE, DOCUMENTS))

COMPLEX_KEY: Final = "A list or mapping cannot be a key. If the text begins with [ or {, put it in quotes."
COMMENT: Final = (
    "The text from # on is read as a comment. Put the value in quotes; for a comment write a space after #."
)
GLUED: Final = "A comment needs a space before #. If # belongs to the text, put the whole value in quotes."
QUESTION: Final = "A question mark in brackets is read as a sign of YAML. If the text begins with ?, put it in quotes."

_TAB: Final = "A tab is used for indentation. Use spaces."
_CONFLICT: Final = (
    "An unresolved merge conflict. Choose one version, and remove the lines with <<<<<<<, ======= and >>>>>>>."
)
_COLON: Final = "A colon and a space inside the value. Put the whole value in quotes."
_NO_SPACE: Final = "A colon without a space after it. Write a space between the colon and the value."
_DEEPER: Final = "This line is indented further than the keys above, but the line above already has a value. Align it."
_ALIGN: Final = (
    "This line is not aligned with any line above. Indent it like the keys (or list items) that it belongs to."
)
_ITEM_HERE: Final = (
    "A list item where a key is expected. Indent the list below its key, and write nothing else on the key's line."
)
_KEY_HERE: Final = "A list is above, and this line is not an item of it. Begin it with a dash and a space, or move it."
_AFTER_QUOTE: Final = (
    "Text after a closing quote. Put the whole value in quotes; write an apostrophe in single quotes twice. "
    "Or a quote on a line above is not closed."
)
_AFTER_BRACKET: Final = (
    "Text after a closing bracket. If the brackets belong to the text, put the whole value in quotes."
)
_OPEN_QUOTE: Final = "The quote that opens here is never closed."
_OPEN_BRACKET: Final = (
    "The bracket that opens here is not closed, or a comma is missing in it. "
    "If it belongs to the text, put the whole value in quotes."
)
_BLOCK: Final = (
    "Behind | or > the line must end, and the text follows on indented lines. If the text begins so, put it in quotes."
)
_NO_COLON: Final = "No colon on this line: it is neither a key with a value, nor indented as text of the value above."
_LIST_ON_LINE: Final = (
    "A list cannot begin on the line of its key. Begin it on the next line; if the text begins with -, "
    "put it in quotes."
)
_ESCAPE: Final = "In double quotes a backslash begins an escape. Write two backslashes, or use single quotes."
_LONG_KEY: Final = "A key longer than 1,000 characters. Shorten it, or put the text in a value."
_LOOSE_COLON: Final = "A colon in brackets that does not follow a key. Put the text in quotes."
_NO_DOCUMENT: Final = "The end of a document (...) and no document before it. Remove the line."
_NO_KEY: Final = "A colon without a key before it. Write the key, or put the text in quotes."

_MARKER: Final = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)
_GLUED: Final = re.compile(r"[ -]*[\w.-]+:[^\s:/]")


def duplicate(key: str) -> str:
    """The same key twice in one mapping."""
    return f"The key {shorten(one_line(key), 40)} is here twice. Keep one of them."


def not_a_string(key: str) -> str:
    """A key that YAML reads as a number, a boolean or nothing."""
    return f"The key {shorten(one_line(key), 40)} is not text in YAML. Put it in quotes." if key else _NO_KEY


def hidden_escape(name: str) -> str:
    """An escape in double quotes that makes a character nobody can see."""
    return f"The text holds the hidden character {name}, written as an escape. It can mislead: remove it."


def too_large(limit: int) -> str:
    """A file of more bytes than its kind may have."""
    return f"The text is larger than {limit // 1024} KB. Long text and data have files of their own."


def too_deep(levels: int) -> str:
    """More mappings and lists inside one another than are allowed."""
    return f"More than {levels} levels of indentation or brackets. Write it flatter."


def explain(error: YAMLError, text: str) -> tuple[int, str]:
    """The offset in `text` and the message for an error of libyaml."""
    conflict = _MARKER.search(text)
    if conflict:
        return conflict.start(), _CONFLICT
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return 0, f"This is not valid YAML: {one_line(str(error))}"
    at: int = error.problem_mark.index
    since: int = error.context_mark.index if error.context_mark is not None else at
    problem, context = error.problem or "", error.context or ""
    for words, place, message in _ROWS:
        if words in problem or words in context:
            return (since if place == "context" else at), message(text, at, since) if callable(message) else message
    return (
        at,
        f"This is not valid YAML ({problem}). Compare indentation, quotes and brackets with the lines above.",
    )


def _token(text: str, at: int, _since: int) -> str:
    char = text[at : at + 1]
    return _TAB if char == "\t" else f"A value cannot begin with {char}. Put it in quotes."


def _second_colon(text: str, at: int, _since: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    line = text[start:at]
    if len(line) > 1000:
        return _LONG_KEY
    if re.search(r":[ \t]", line):
        return _COLON
    above = text[: max(start - 1, 0)].rpartition("\n")[2]
    if _GLUED.match(above):
        return f"On the line above: {_NO_SPACE[0].lower()}{_NO_SPACE[1:]}"
    return _DEEPER if ": " in above or line.startswith(" ") else _NO_COLON.replace("this line", "the line above")


def _no_key(text: str, at: int, _since: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    before = text[start:at].rstrip()
    if text[at : at + 1] == ":":
        return _NO_KEY
    if before.endswith(('"', "'")):
        return _AFTER_QUOTE
    if before.endswith(("]", "}")):
        return _AFTER_BRACKET
    return _ITEM_HERE if text[at : at + 2] in ("- ", "-\n") and not before and start == at else _ALIGN


def _content(text: str, at: int, _since: int) -> str:
    char = text[at : at + 1]
    if not char.strip():
        return _OPEN_BRACKET
    return _NO_DOCUMENT if char == "." else f"A value cannot begin with {char}. Put it in quotes."


def _no_colon(text: str, _at: int, since: int) -> str:
    return _NO_SPACE if _GLUED.match(text, text.rfind("\n", 0, since) + 1) else _NO_COLON


def _document(text: str, _at: int, _since: int) -> str:
    return DIRECTIVE if re.search(r"^%", text, re.MULTILINE) else DOCUMENTS


def _sign(text: str, _at: int, since: int) -> str:
    return f"A value cannot begin with {text[since : since + 1]}. Put it in quotes."


_ROWS: Final[tuple[tuple[str, str, Any], ...]] = (
    ("directive", "context", DIRECTIVE),
    ("incompatible YAML document", "problem", DIRECTIVE),
    ("expected <document start>", "problem", _document),
    ("tab character", "problem", _TAB),
    ("cannot start any token", "problem", _token),
    ("mapping values are not allowed", "problem", _second_colon),
    ("block sequence entries are not allowed", "problem", _LIST_ON_LINE),
    ("did not find expected key", "problem", _no_key),
    ("did not find expected '-' indicator", "problem", _KEY_HERE),
    ("could not find expected ':'", "context", _no_colon),
    ("scanning a block scalar", "context", _BLOCK),
    ("scanning an anchor", "context", _sign),
    ("scanning an alias", "context", _sign),
    ("a tag", "context", _sign),
    ("end of stream", "context", _OPEN_QUOTE),
    ("document indicator", "context", _OPEN_QUOTE),
    ("parsing a quoted scalar", "problem", _ESCAPE),
    ("expected ',' or", "context", _OPEN_BRACKET),
    ("unexpected ':'", "problem", _LOOSE_COLON),
    ("expected node content", "problem", _content),
)
"""Words of libyaml's problem or context, which of its two marks is the helpful place, and the message.

The first row whose words occur decides. A message is a text, or a function of the text and both offsets.
"""
