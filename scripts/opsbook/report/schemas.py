"""The JSON Schemas of the record files: from the models, the configuration and the models' own docstrings."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from opsbook.core.book import Book
from opsbook.core.config import CoreConfig

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas(book: Book) -> dict[str, str]:
    """The text of every schema by name: one for each sort of YAML file, and one for `opsbook.yml`.

    Words that the configuration defines are listed in them, so that an editor completes a severity or a service.
    """
    words = {name: list(entries) for name, entries in book.config.vocabulary.items()}
    found = {}
    for kind in book.kinds.values():
        for part in kind.parts:
            if part.model is not None and part.schema:
                found[part.schema] = _text(part.model, part.noun, words)
    found["opsbook"] = _configuration(book, words)
    return dict(sorted(found.items()))


def _text(model: type[BaseModel], noun: str, words: Mapping[str, list[str]]) -> str:
    schema = model.model_json_schema()
    describe(schema, model)
    return _write(_with_words(_finish(schema, words), words), f"Opsbook {noun}")


def _configuration(book: Book, words: Mapping[str, list[str]]) -> str:
    schema = CoreConfig.model_json_schema()
    describe(schema, CoreConfig)
    for kind in book.kinds.values():
        section = kind.section.model_json_schema()
        describe(section, kind.section)
        schema.setdefault("$defs", {}).update(section.pop("$defs", {}))
        schema["properties"][kind.plural] = section
    return _write(_with_words(_finish(schema, words), words), "Opsbook configuration")


def _write(schema: dict[str, Any], title: str) -> str:
    head = {"$schema": DIALECT, "title": title}
    return (
        json.dumps({**head, **{k: v for k, v in schema.items() if k != "title"}}, indent=2, ensure_ascii=False) + "\n"
    )


def _finish(node: Any, words: Mapping[str, list[str]]) -> Any:
    """Say what the models say in words that every JSON Schema tool knows: no marks, titles and keywords of ours."""
    if isinstance(node, list):
        return [_finish(item, words) for item in node]
    if not isinstance(node, dict):
        return node
    node = dict(node)
    vocabulary, otherwise = node.pop("x-opsbook-vocabulary", None), node.pop("x-opsbook-otherwise", None)
    done = {
        key: (
            {name: _finish(item, words) for name, item in value.items()}
            if key in ("properties", "$defs")
            else _finish(value, words)
        )
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
    }
    if str(done.get("pattern", "")).endswith("$"):
        done["not"] = {"pattern": "\\n"}  # in Python `$` also matches before a line feed at the end
    if vocabulary in words:
        choice = {"$ref": f"#/$defs/{vocabulary}"}
        other = {"pattern": otherwise, "not": {"pattern": "\\n"}}
        done.update(choice if otherwise is None else {"anyOf": [choice, other]})
    if "discriminator" in done:
        done.update(_by_kind(done.pop("discriminator"), done.pop("oneOf")))
    return done


def _with_words(schema: dict[str, Any], words: Mapping[str, list[str]]) -> dict[str, Any]:
    """The schema with the words that it refers to, each list once: a new person is one more line."""
    text = json.dumps(schema)
    used = {name: words[name] for name in sorted(words) if f'"#/$defs/{name}"' in text}
    # An empty `enum` is not allowed by every tool: nothing fits where nothing is defined.
    listed = {name: {"enum": entries} if entries else {"not": {}} for name, entries in used.items()}
    return {**schema, "$defs": {**schema.get("$defs", {}), **listed}} if listed else schema


def _by_kind(discriminator: Mapping[str, Any], members: list[dict[str, Any]]) -> dict[str, Any]:
    """A choice of models by one of their fields, as conditions.

    With `oneOf` a tool can only say that none of the members fits; this way it says what is wrong with the one meant.
    """
    name, mapping = discriminator["propertyName"], discriminator["mapping"]
    assert {member["$ref"] for member in members} == set(mapping.values())
    return {
        "type": "object",
        "required": [name],
        "properties": {name: {"enum": list(mapping), "description": "What sort of entry this is."}},
        "allOf": [
            {"if": {"properties": {name: {"const": value}}, "required": [name]}, "then": {"$ref": ref}}
            for value, ref in mapping.items()
        ],
    }


def describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Put the docstrings of the fields into a schema, in place: pydantic reads only those of classes."""
    for name, texts in _all_docstrings(model).items():
        target = schema if name == model.__name__ else schema.get("$defs", {}).get(name, {})
        for field, text in texts.items():
            properties = target.get("properties", {})
            if field in properties:
                properties[field].setdefault("description", text)


def _all_docstrings(model: type[BaseModel]) -> dict[str, dict[str, str]]:
    return {item.__name__: field_docstrings(item) for item in models_in(model)}


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
