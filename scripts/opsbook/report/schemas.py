"""The JSON Schemas of the record files: from the models, the configuration and the models' own docstrings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from opsbook.core.book import Book
from opsbook.core.config import CoreConfig
from opsbook.core.described import field_docstrings, models_in

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
    done: dict[str, Any] = {
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
    listed: dict[str, Any] = {name: {"enum": entries} if entries else {"not": {}} for name, entries in used.items()}
    return {**schema, "$defs": {**schema.get("$defs", {}), **listed}} if listed else schema


def _by_kind(discriminator: Any, members: Any) -> dict[str, Any]:
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
