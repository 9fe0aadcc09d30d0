"""The JSON Schemas of the record files: from the models, the configuration and the models' own docstrings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from opsbook.core.book import Book
from opsbook.core.config import CoreConfig
from opsbook.core.described import field_docstrings, models_in
from opsbook.core.text import one_line
from opsbook.core.types import MEANINGS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


Words = Mapping[str, Mapping[str, str]]
"""Name of a vocabulary to its words and what each stands for."""


def schemas(book: Book) -> dict[str, str]:
    """The text of every schema by name: one for each sort of YAML file, and one for `opsbook.yml`.

    Words that the book defines are listed in them with what they mean, so that an editor completes a severity, a person
    or a service.
    """
    words = {name: _meanings(entries) for name, entries in book.config.vocabulary.items()}
    for kind in book.kinds.values():
        if kind.is_file and not kind.is_page:
            titles = {id_: book.title(kind.name, id_) for id_ in sorted(book.refs(kind.name))}
            words[kind.name] = {id_: f"{one_line(title or id_)}." for id_, title in titles.items()}
    found = {}
    for kind in book.kinds.values():
        for part in kind.parts:
            if part.model is not None and part.schema:
                schema = part.model.model_json_schema()
                describe(schema, part.model)
                found[part.schema] = _write(schema, words, part.schema, part.noun)
    found["opsbook"] = _write(_configuration(book), words, "opsbook", "configuration")
    return dict(sorted(found.items()))


_SAYING = ("title", "name", "meaning", "description", "purpose", "use_when")
"""Fields of an entry that tell somebody who has to choose one what it is."""


def _meanings(entries: Mapping[str, Any]) -> dict[str, str]:
    """What each entry stands for, as `opsbook.yml` says."""
    found = {}
    for id_, entry in entries.items():
        said = (getattr(entry, name, None) for name in _SAYING)
        text = ". ".join(one_line(item).rstrip(".") for item in said if item)
        found[id_] = f"{text}{' (retired)' if getattr(entry, 'retired', None) else ''}."
    return found


def _configuration(book: Book) -> dict[str, Any]:
    schema = CoreConfig.model_json_schema()
    describe(schema, CoreConfig)
    for kind in book.kinds.values():
        section = kind.section.model_json_schema()
        describe(section, kind.section)
        schema.setdefault("$defs", {}).update(section.pop("$defs", {}))
        schema["properties"][kind.plural] = section
    return schema


def _write(schema: dict[str, Any], words: Words, name: str, noun: str) -> str:
    done = _with_words(_finish(schema, words), words)
    head = {"$schema": DIALECT, "$id": f"urn:opsbook:schema:{name}", "title": f"Opsbook {noun}"}
    return json.dumps({**head, **{k: v for k, v in done.items() if k != "title"}}, indent=2, ensure_ascii=False) + "\n"


def _finish(node: Any, words: Words) -> Any:
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
        listed = {"$ref": f"#/$defs/{vocabulary}"}
        other = {"pattern": otherwise, "not": {"pattern": "\\n"}}
        done.update(listed if otherwise is None else {"anyOf": [listed, other]})
    if "discriminator" in done:
        done.update(_by_kind(done.pop("discriminator"), done.pop("oneOf"), done.get("$defs", {})))
    if (choice := tuple(done.get("enum", ()))) in MEANINGS:
        done.update(_choice(dict(zip(choice, MEANINGS[choice], strict=True)), done.get("description", "")))
    return done


def _choice(meanings: Mapping[str, str], description: str = "") -> dict[str, Any]:
    """Some words and what each means: beside it where an editor knows how to show that, and in the description."""
    listed = [f"{word}: {meaning}" for word, meaning in meanings.items()]
    return {
        "enum": list(meanings),
        "markdownEnumDescriptions": [_MARKUP.sub(r"\\\1", meaning) for meaning in meanings.values()],
        "description": "\n".join([description, *listed]).lstrip("\n"),
    }


_MARKUP = re.compile(r"([\\`*_\[\]<>|~])")


def _with_words(schema: dict[str, Any], words: Words) -> dict[str, Any]:
    """The schema with the words that it refers to, each list once."""
    text = json.dumps(schema)
    used = {name: words[name] for name in sorted(words) if f'"#/$defs/{name}"' in text}
    # An empty `enum` is not allowed by every tool: nothing fits where nothing is defined.
    listed: dict[str, Any] = {name: _choice(entries) if entries else {"not": {}} for name, entries in used.items()}
    return {**schema, "$defs": {**schema.get("$defs", {}), **listed}} if listed else schema


def _by_kind(discriminator: Any, members: Any, defs: Mapping[str, Any]) -> dict[str, Any]:
    """A choice of models by one of their fields, as conditions.

    With `oneOf` a tool can only say that none of the members fits; this way it says what is wrong with the one meant.
    """
    name, mapping = discriminator["propertyName"], discriminator["mapping"]
    assert {member["$ref"] for member in members} == set(mapping.values())
    said = {value: defs.get(ref.rpartition("/")[2], {}).get("description", value) for value, ref in mapping.items()}
    return {
        "type": "object",
        "required": [name],
        "properties": {name: _choice(said, "What sort of entry this is.")},
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
