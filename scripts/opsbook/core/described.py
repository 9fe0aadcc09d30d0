"""What the models say about themselves: their docstrings and those of their fields, for schemas and reference pages.

The docstrings are read from the source when somebody asks, and not when a class is made: pydantic's own way of doing so
would cost every command a tenth of a second.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel


def models_in(model: Any) -> Iterator[type[BaseModel]]:
    """The model and every model in its fields, each once."""
    seen: set[Any] = set()
    queue: list[Any] = [model]
    while queue:
        item = queue.pop(0)
        if isinstance(item, type) and issubclass(item, BaseModel):
            if item in seen:
                continue
            seen.add(item)
            yield item
            queue += [field.annotation for field in item.model_fields.values()]
        else:
            queue += [arg for arg in get_args(item) if not isinstance(arg, str)]


@cache
def field_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Field to the text literal below it, its own class's before those of its bases."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not issubclass(base, BaseModel) or base is BaseModel or base.__module__.startswith("pydantic"):
            continue
        if base.__pydantic_generic_metadata__["origin"] is not None:
            continue  # `RootModel[…]`: pydantic made it in our module, and it has no source
        body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
                and isinstance(text.value.value, str)
            ):
                found[field.target.id] = " ".join(inspect.cleandoc(text.value.value).split())
    return found


@dataclass(frozen=True, slots=True)
class Described:
    """A model as its reference shows it: what it is, and name, type, whether required and text of each field."""

    name: str
    text: str
    fields: tuple[tuple[str, str, bool, str], ...]


def described_fields(model: type[BaseModel]) -> Iterator[Described]:
    """The model and every model inside it, for a reference page."""
    for item in models_in(model):
        if "root" in item.model_fields:
            continue
        texts = field_docstrings(item)
        yield Described(
            item.__name__,
            " ".join((inspect.getdoc(item) or "").split()),
            tuple(
                (name, _spoken_type(field.annotation), field.is_required(), texts.get(name, ""))
                for name, field in item.model_fields.items()
            ),
        )


def _spoken_type(annotation: Any) -> str:
    """A type in words that somebody who writes YAML understands."""
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            return annotation.__name__
        names = {"str": "text", "int": "whole number", "bool": "true or false", "datetime": "time", "date": "date"}
        return {**names, "timedelta": "length of time"}.get(annotation.__name__, annotation.__name__)
    arguments = [arg for arg in get_args(annotation) if arg is not type(None) and arg is not Ellipsis]
    origin = get_origin(annotation)
    if origin is Annotated:
        return _spoken_type(arguments[0])
    if origin is tuple:
        return f"list of {_spoken_type(arguments[0])}"
    if origin is Literal:
        return " or ".join(str(arg) for arg in arguments)
    if origin is not None and issubclass(origin if isinstance(origin, type) else object, Mapping):
        return "mapping"
    return " or ".join(_spoken_type(arg) for arg in arguments)
