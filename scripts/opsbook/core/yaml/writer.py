"""Plain values to canonical YAML text: equal values give equal bytes, and every YAML tool reads them alike.

Block style, two spaces, lists indented below their key, keys in the order of the mapping, no wrapping. A
string stays plain only if no YAML 1.1 or 1.2 reader takes it for anything else; text of several lines is a
literal block where that is exact; all other strings are in double quotes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from opsbook.core.text import one_line, visible

_SIMPLE_KEY: Final = 1000
"""Characters of a key on its own line; YAML stops looking for the colon after 1,024."""

_LEVELS: Final = 16

_WORDS: Final = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"))
"""Read as a boolean or as nothing by some YAML reader, in some spelling of upper and lower case."""

_LIKE_NUMBER: Final = re.compile(
    r"[-+.]?[0-9][0-9A-Fa-f_.,:xXoO+-]*"  # integers of any base, floats, 10:05
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?"  # dates and times
    r"|\.(?:inf|nan)",
    re.IGNORECASE,
)
_FIRST_PUNCTUATION: Final = frozenset("/_($.")
_BREAKS_PLAIN: Final = re.compile(r"[\n\t]|: | #|:\Z|\A\.\.\.")
_FLOW_UNSAFE: Final = frozenset(",[]{}")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})
"""Nothing else needs an escape in text without hidden characters; letters of every language stay readable."""


def dump(value: Mapping[str, Any], *, schema: str | None = None) -> str:
    """The canonical text of a mapping, ending with a line feed.

    Hidden characters in strings are made visible, so that `load` takes without a fault whatever this wrote.

    Args:
        value: strings, integers, finite floats, booleans, None, dates, aware datetimes, and mappings with
            string keys and sequences of them, at most 16 levels.
        schema: address or path of the JSON Schema that editors shall use; it becomes the first line.

    Raises:
        ValueError: for a value that cannot be written so that it is read back the same.
    """
    lines = [] if schema is None else [f"# yaml-language-server: $schema={one_line(schema)}"]
    lines += block(value, 0) if value else ["{}"]
    return "\n".join(lines) + "\n"


def block(
    value: Mapping[str, Any] | Sequence[Any], indent: int, level: int = 1, *, following: bool = False
) -> list[str]:
    """The lines of a mapping or list that is not empty, at a column.

    Args:
        following: see `literal_block`.
    """
    if level > _LEVELS:
        raise ValueError(f"more than {_LEVELS} levels")
    lines: list[str] = []
    pad = " " * indent
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"a key must be a string, not {key!r}")  # noqa: TRY004 - the contract of dump
            name = string(key)
            lead = [f"{pad}{name}:"] if len(name) <= _SIMPLE_KEY else [f"{pad}? {name}", f"{pad}:"]
            lines += lead[:-1] + _entry(lead[-1], item, indent, level, following)
    else:
        for item in value:
            if collection(item) and item:
                inner = block(item, indent + 2, level + 1, following=following)
                lines += [f"{pad}- {inner[0][indent + 2 :]}", *inner[1:]]
            else:
                lines += _entry(f"{pad}-", item, indent, level, following)
    return lines


def _entry(lead: str, item: Any, indent: int, level: int, following: bool) -> list[str]:
    if collection(item) and item:
        return [lead, *block(item, indent + 2, level + 1, following=following)]
    if isinstance(item, str) and (literal := literal_block(item, indent + 2, following=following)):
        return [f"{lead} {literal[0]}", *literal[1:]]
    return [f"{lead} {scalar(item)}"]


class Inline(str):
    """A string that must stay on one line, whatever is in it."""

    __slots__ = ()


def inline(value: Any) -> Any:
    """A value of `normal` with every string of several lines on one line."""
    if isinstance(value, dict):
        return {name: inline(item) for name, item in value.items()}
    if isinstance(value, list):
        return [inline(item) for item in value]
    return Inline(value) if isinstance(value, str) and "\n" in value else value


class _Stamp(str):
    """A date or time as it is written: plain, though a string that looks like one is quoted."""

    __slots__ = ()


def collection(value: object) -> bool:
    """Whether a value is a mapping or a list."""
    return isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str | bytes))


def scalar(value: Any, *, flow: bool = False) -> str:
    """A value on one line: a scalar, or an empty collection."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Stamp):
        return str(value)
    if isinstance(value, str):
        return string(str.__str__(value), flow=flow)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"a time needs a zone: {value}")
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if collection(value) and not value:
        return "{}" if isinstance(value, Mapping) else "[]"
    raise ValueError(f"cannot write {type(value).__name__} as YAML")


def flow(value: Any) -> str:
    """A value of any depth in brackets on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{string(key, flow=True)}: {flow(item)}" for key, item in value.items()) + "}"
    if collection(value):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value, flow=True)


def key(name: str, *, flow: bool = False) -> str:
    """A key on one line."""
    return string(name, flow=flow)


def normal(value: Any) -> Any:
    """The plain value that is read back when `value` was written.

    Raises:
        ValueError: it cannot be written.
    """
    if isinstance(value, str):
        return visible(str.__str__(value))
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise ValueError("keys must be strings")
        return {visible(str.__str__(name)): normal(item) for name, item in value.items()}
    if collection(value):
        return [normal(item) for item in value]
    text = scalar(value)
    return _Stamp(text) if isinstance(value, date) else value


def string(text: str, *, flow: bool = False) -> str:
    """A string on one line, plain or in double quotes."""
    text = visible(text)
    return text if _plain(text) and not (flow and _FLOW_UNSAFE & set(text)) else quoted(text)


def quoted(text: str) -> str:
    """A visible string in double quotes."""
    return '"' + text.translate(_ESCAPES) + '"'


def literal_block(text: str, indent: int, *, following: bool = False) -> list[str] | None:
    """The lines of a literal block, its header first; None if the text has one line or YAML would change it.

    Args:
        following: blank lines that are not ours may follow, so a block that keeps them cannot be used.
    """
    if "\n" not in text or isinstance(text, Inline):
        return None
    text = visible(text)
    body = text.rstrip("\n")
    if not body:
        return None
    lines = body.split("\n")
    if body.lstrip("\n")[0] in " \t" or any(line and not line.strip(" \t") for line in lines):
        return None
    ends = len(text) - len(body)
    if following and ends > 1:
        return None
    header = "|" + ("-" if ends == 0 else "" if ends == 1 else "+")
    return [header, *((" " * indent + line) if line else "" for line in lines), *([""] * (ends - 1))]


def _plain(text: str) -> bool:
    if not text or text != text.strip() or _BREAKS_PLAIN.search(text):
        return False
    if text[0].isascii() and not text[0].isalnum() and text[0] not in _FIRST_PUNCTUATION:
        return False
    return text.lower() not in _WORDS and _LIKE_NUMBER.fullmatch(text) is None


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number that a record can hold")
    text = float.__repr__(value)
    mantissa, mark, exponent = text.partition("e")
    # YAML 1.1 reads `1e-07` as a string: it wants the point.
    return text if not mark or "." in mantissa else f"{mantissa}.0e{exponent}"
