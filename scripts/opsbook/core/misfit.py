"""Turns pydantic's errors into sentences with a place: what does not fit the model, and what would."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel, RootModel, ValidationError

from opsbook.core import codes
from opsbook.core.code import Code
from opsbook.core.places import models_at
from opsbook.core.text import one_line, shorten
from opsbook.core.types import PATTERNS

Misfit = tuple[type[Code], str, tuple[str | int, ...], bool]
"""Code, message, place of the value, and whether the key is meant."""

_TYPES = {
    "string_type": "must be text; put it in quotes",
    "string_sub_type": "must be text; put it in quotes",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "tuple_type": "must be a list: one line for each, beginning with -",
    "list_type": "must be a list: one line for each, beginning with -",
    "dict_type": "must be a mapping: lines of the form key: value",
    "mapping_type": "must be a mapping: lines of the form key: value",
    "model_type": "must be a mapping: lines of the form key: value",
    "model_attributes_type": "must be a mapping: lines of the form key: value",
}


def explain(
    error: ValidationError, model: type[BaseModel], value: Any, noun: str, also: Iterable[str] = ()
) -> Iterator[Misfit]:
    """One misfit for each error: code, sentence, place, and whether the place is a key.

    Args:
        also: keys that may stand beside the fields of the model and belong to another one.
    """
    tagged = issubclass(model, RootModel)
    for detail in error.errors(include_url=False):
        # The first step below a choice of models names the member (`step`), and fields may have the same name.
        where = detail["loc"][1:] if tagged else detail["loc"]
        loc = _existing(where, value)
        kind = detail["type"]
        if kind == "too_short" and detail["ctx"]["min_length"] <= len(detail["input"]):
            continue  # it counts the entries that fit, and the others are reported one by one
        name = _name(loc)
        if kind == "missing":
            yield codes.MOD001, f"{name} is missing in this {noun}", loc, False
        elif kind == "extra_forbidden":
            yield codes.MOD002, _unknown(loc, _known(model, value, loc[:-1], also), noun), loc, True
        elif kind in ("union_tag_not_found", "union_tag_invalid"):
            known = str(detail.get("ctx", {}).get("expected_tags", "")).replace("'", "")
            yield codes.MOD003, f"kind must be one of {known or 'the kinds of entry'}", (*loc, "kind"), False
        elif kind == "vocabulary":
            yield codes.MOD004, f"{name}: {_quote(detail['input'])} {detail['msg']}", loc, False
        else:
            yield codes.MOD003, f"{name} {_sentence(kind, detail)}", loc, False


def _sentence(kind: str, detail: Any) -> str:
    context = detail.get("ctx", {})
    if kind in _TYPES:
        return _TYPES[kind]
    if kind == "literal_error":
        return f"must be one of {str(context['expected']).replace(chr(39), '')}, and is {_quote(detail['input'])}"
    if kind == "string_pattern_mismatch":
        known = PATTERNS.get(context["pattern"], f"must match {context['pattern']}")
        return f"{known}, and is {_quote(detail['input'])}" if detail["input"].strip() else known
    if kind == "string_too_long":
        return f"must have at most {context['max_length']} characters, and has {len(detail['input'])}"
    if kind == "string_too_short":
        return "must not be empty"
    if kind == "too_short":
        return "must not be an empty list"
    if kind == "too_long":
        return f"must have at most {context['max_length']} entries, and has {context['actual_length']}"
    if kind == "greater_than_equal":
        return f"must be at least {context['ge']}, and is {_quote(detail['input'])}"
    if kind == "less_than_equal":
        return f"must be at most {context['le']}, and is {_quote(detail['input'])}"
    if kind in ("time", "date", "duration"):
        return f"{_quote(detail['input'])} {detail['msg']}"
    message = str(detail["msg"])
    return f"{_quote(detail['input'])}: {message[:1].lower()}{message[1:]}"


def _existing(loc: Sequence[str | int], value: Any) -> tuple[str | int, ...]:
    """`loc` as far as the file goes; its last step may be what is missing. Pydantic adds steps of its own (`[key]`)."""
    found: list[str | int] = []
    for step in loc:
        if isinstance(value, dict):
            found.append(step)
            if step not in value:
                break
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            found.append(step)
            value = value[step]
        else:
            break
    return tuple(found)


def _unknown(loc: tuple[str | int, ...], known: Iterable[str], noun: str) -> str:
    key = str(loc[-1])
    near = difflib.get_close_matches(key, sorted(known), n=1, cutoff=0.7)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{_quote(key)} is not a field of this {noun}{hint}"


def _known(model: type[BaseModel], value: Any, place: tuple[str | int, ...], also: Iterable[str]) -> set[str]:
    """The fields that belong at a place, and not those of an entry that is near."""
    return {name for item in models_at(model, value, place) for name in item.model_fields} | set(() if place else also)


def _name(loc: Sequence[str | int]) -> str:
    text = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in loc).lstrip(".")
    return shorten(one_line(text), 80) or "the file"


def _quote(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return f"“{shorten(one_line(text), 60)}”"
