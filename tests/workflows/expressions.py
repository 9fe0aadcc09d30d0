"""GitHub's expressions, as far as our workflows use them; whatever else is asked for is an error.

`expressions.json` holds what GitHub's own evaluator answers, and `test_expressions.py` compares.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Functions = Mapping[str, Callable[..., Any]]

STATUS = ("success", "failure", "cancelled", "always")
"""The functions that replace the `success()` which every other condition implies."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|'(?P<string>(?:[^']|'')*)'|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[!<>().,\[\]*]))"
)


class Unknown(Exception):
    """Not an expression, or one that this evaluator does not know."""


def fill(text: str, contexts: Mapping[str, Any], functions: Functions | None = None) -> str:
    """A string of a workflow, with the value of each `${{ … }}` in its place."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: text_of(evaluate(found[1], contexts, functions)), text, flags=re.S)


def holds(condition: str, contexts: Mapping[str, Any], functions: Functions) -> bool:
    """Whether an `if:` holds. Without a function of `STATUS` in it, everything before must have succeeded."""
    inner = re.fullmatch(r"\s*\$\{\{(.*)\}\}\s*", condition, re.S)
    source = inner[1] if inner else condition
    if "${{" in source:
        raise Unknown(condition)
    if not re.search(rf"\b({'|'.join(STATUS)})\s*\(", source):
        source = f"success() && ({source})"
    return truth(evaluate(source, contexts, functions))


def evaluate(source: str, contexts: Mapping[str, Any], functions: Functions | None = None) -> Any:
    """The value of an expression: None, a boolean, a number, a string, a list or a mapping.

    Raises:
        Unknown: it cannot be read, or it names a context or a function that is not given.
    """
    parser = _Parser(source, contexts, {**_FUNCTIONS, **(functions or {})})
    value = parser.either()
    parser.end()
    return value


def truth(value: Any) -> bool:
    """Whether a value counts as true."""
    return not (
        value is None or value is False or value == "" or (_is_number(value) and (value == 0 or value != value))
    )


def text_of(value: Any) -> str:
    """A value as it stands in a string."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if _is_number(value):
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, str):
        return value
    return "Array" if isinstance(value, list) else "Object"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> float:
    if value is None:
        return 0
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return (
                float(value.strip() or 0) if re.fullmatch(r"\s*[-+]?[\d.]*(?:e[-+]?\d+)?\s*", value, re.I) else math.nan
            )
        except ValueError:
            return math.nan
    return math.nan


def _pair(left: Any, right: Any) -> tuple[Any, Any]:
    """Two values as they are compared: strings without case, values of different kinds as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.upper(), right.upper()
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return (0, 0) if left is right else (math.nan, math.nan)
    return _number(left), _number(right)


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _contains(where: Any, what: Any) -> bool:
    if isinstance(where, list):
        return any(_COMPARE["=="](*_pair(item, what)) for item in where)
    return text_of(what).upper() in text_of(where).upper()


_FUNCTIONS: Functions = {
    "contains": _contains,
    "startswith": lambda text, start: text_of(text).upper().startswith(text_of(start).upper()),
    "endswith": lambda text, end: text_of(text).upper().endswith(text_of(end).upper()),
}


class _Parser:
    """Reads and computes in one go; `||` binds least, then `&&`, comparisons, `!` and access."""

    def __init__(self, source: str, contexts: Mapping[str, Any], functions: Functions) -> None:
        self._source, self._contexts, self._functions = source, contexts, functions
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while source[at:].strip():
            found = _TOKEN.match(source, at)
            if found is None or found.lastgroup is None:
                raise Unknown(source)
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()

    def end(self) -> None:
        if self._tokens:
            raise Unknown(self._source)

    def _take(self, *signs: str) -> str | None:
        if self._tokens and self._tokens[0][0] == "sign" and self._tokens[0][1] in signs:
            return self._tokens.pop(0)[1]
        return None

    def _need(self, sign: str) -> None:
        if self._take(sign) is None:
            raise Unknown(self._source)

    def either(self) -> Any:
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = value if truth(value) else other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._take("&&"):
            other = self._compared()
            value = other if truth(value) else value
        return value

    def _compared(self) -> Any:
        value = self._single()
        while sign := self._take(*_COMPARE):
            value = _COMPARE[sign](*_pair(value, self._single()))
        return value

    def _single(self) -> Any:
        if self._take("!"):
            return not truth(self._single())
        if self._take("("):
            value = self.either()
            self._need(")")
        else:
            value = self._atom()
        return self._inside(value)

    def _atom(self) -> Any:
        if not self._tokens:
            raise Unknown(self._source)
        kind, text = self._tokens.pop(0)
        if kind == "number":
            return float(text)
        if kind == "string":
            return text.replace("''", "'")
        if kind == "sign":
            raise Unknown(self._source)
        if text in ("null", "true", "false"):
            return {"null": None, "true": True, "false": False}[text]
        if self._take("("):
            return self._call(text)
        return _get_or_fail(self._contexts, text, self._source)

    def _call(self, name: str) -> Any:
        arguments = []
        if not self._take(")"):
            arguments.append(self.either())
            while self._take(","):
                arguments.append(self.either())
            self._need(")")
        return _get_or_fail(self._functions, name.lower(), self._source)(*arguments)

    def _inside(self, value: Any) -> Any:
        spread = False
        while sign := self._take(".", "["):
            if sign == "." and self._take("*"):
                value, spread = list(value.values() if isinstance(value, dict) else value or []), True
                continue
            if sign == ".":
                if not self._tokens or self._tokens[0][0] != "name":
                    raise Unknown(self._source)
                key: Any = self._tokens.pop(0)[1]
            else:
                key = self.either()
                self._need("]")
            value = [_get(item, key) for item in value if _get(item, key) is not None] if spread else _get(value, key)
        return value


def _get(value: Any, key: Any) -> Any:
    """A member, whatever the case of its name; None when there is none."""
    if isinstance(value, list) and _is_number(key):
        return value[int(key)] if 0 <= key < len(value) else None
    if isinstance(value, Mapping):
        return next((member for name, member in value.items() if name.lower() == text_of(key).lower()), None)
    return None


def _get_or_fail(values: Mapping[str, Any], name: str, source: str) -> Any:
    if name not in values:
        raise Unknown(f"{name} in {source}")
    return values[name]
