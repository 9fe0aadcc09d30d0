"""The options of a command that carries out a request: made from the fields of the request, and read back into it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Container, Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from opsbook.core.checklist import numbers
from opsbook.core.errors import UsageError
from opsbook.core.request import Given, Request
from opsbook.core.text import visible

_LONGEST = 100_000
"""Characters that are read from standard input: an endless stream must not fill the memory, and is refused later."""


def completes(action: argparse.Action, of: str) -> None:
    """Say what an argument is one of: a kind of record, a vocabulary, `record` for any kind, `code`."""
    action.of = of  # type: ignore[attr-defined]


def add_options(
    parser: argparse.ArgumentParser, model: type[Request], *, helping: bool, only: Container[str] | None = None
) -> None:
    """One argument for each field that a person gives.

    Args:
        helping: whether somebody reads the help: its texts are in the source, and take a moment to find.
        only: the fields to ask for, of a command that asks for the others in its own way.
    """
    texts: dict[str, str] = {}
    if helping:
        from opsbook.core.described import field_docstrings

        texts = field_docstrings(model)
    for name, field, given in _fields(model):
        if only is not None and name not in only:
            continue
        text = texts.get(name, "")
        words = (text[:1].lower() + text[1:]).rstrip(".").replace("%", "%%")
        _add(parser, name, field, given, words)


def _add(parser: argparse.ArgumentParser, name: str, field: FieldInfo, given: Given, words: str) -> None:
    flag = given.flag or f"--{name.replace('_', '-')}"
    choices = get_args(_bare(field.annotation)) if get_origin(_bare(field.annotation)) is Literal else None
    if given.off:
        group = parser.add_mutually_exclusive_group()
        if given.flag != "-":
            group.add_argument(flag, dest=name, action="store_const", const=True, help=words)
        group.add_argument(
            given.off, dest=name, action="store_const", const=False, help=words if given.flag else "not so"
        )
    elif not flag.startswith("-"):
        completes(parser.add_argument(flag, nargs=given.many or None, help=words), given.of)
    elif given.const is not None or field.annotation is bool:
        const = True if given.const is None else given.const
        parser.add_argument(flag, dest=name, action="store_const", const=const, help=words)
    elif get_origin(field.annotation) is tuple:
        completes(parser.add_argument(flag, dest=name, action="append", metavar=given.metavar, help=words), given.of)
    else:
        metavar, names = given.metavar or None, filter(None, (given.short, flag))
        if given.words:
            parser.add_argument(f"{name}_words", nargs="*", metavar=name.upper(), help=words)
        completes(parser.add_argument(*names, dest=name, choices=choices, metavar=metavar, help=words), given.of)


def values_of(args: argparse.Namespace, model: type[Request], need: tuple[str, str]) -> dict[str, Any]:
    """The values that were given, by field.

    Args:
        need: what is said when words that are needed are empty.

    Raises:
        UsageError: what was typed is no value of the field.
    """
    values: dict[str, Any] = {}
    for name, field, given in _fields(model):
        value = getattr(args, name)
        if given.many and field.annotation is str:
            value = " ".join(value) or ("" if sys.stdin.isatty() else sys.stdin.read(_LONGEST))
            if not visible(value).strip():  # what cannot be seen is shown as what it is, and so is something
                raise UsageError(*need)
        elif given.many:
            value = tuple(numbers(value))
        elif isinstance(value, list):
            value = tuple(value)
        elif given.words:
            value = value or " ".join(getattr(args, f"{name}_words")) or None
        if value not in (None, ()):
            values[name] = value
    return values


def request_of(model: type[Request], by: str, record: str | None, values: dict[str, Any]) -> Request:
    """The request with these values.

    Raises:
        UsageError: one of them does not fit.
    """
    try:
        return model(by=by, record=record, **values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(f"{first['loc'][0]}: {first['msg']}.") from None


def _fields(model: type[Request]) -> Iterator[tuple[str, FieldInfo, Given]]:
    """The fields that a person gives, in their order; `by` and `record` are given in ways of their own."""
    for name, field in model.model_fields.items():
        given = next((item for item in field.metadata if isinstance(item, Given)), Given())
        if name not in ("by", "record") and (given.flag != "-" or given.off):
            yield name, field, given


def _bare(annotation: Any) -> Any:
    """A type without the possibility that there is nothing."""
    found = [item for item in get_args(annotation) if item is not type(None)]
    return found[0] if type(None) in get_args(annotation) and len(found) == 1 else annotation
