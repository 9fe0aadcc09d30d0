"""The values of the files of a book, and what its models and its schemas say about them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import ValidationError

from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.book import Book
from opsbook.core.config import CoreConfig
from opsbook.core.shape import Part
from opsbook.core.tree import MemoryTree, Tree
from opsbook.kinds import registry
from opsbook.report.schemas import schemas

ROOT = Path(__file__).parents[2]


@cache
def repository() -> Book:
    """The book of this repository."""
    return Book(DirectoryTree(ROOT), registry())


def values(book: Book) -> Iterator[tuple[str, str, Any]]:
    """Path, name of the schema and value of every file that has one and can be read."""
    if isinstance(book.config.document.value, dict):
        yield "opsbook.yml", "opsbook", book.config.document.value
    for ref in book.everything():
        for file in book.record(ref).files.values():
            document = file.document
            if file.part.schema and document is not None and (document.value is not None or not document.faults):
                yield file.path, file.part.schema, document.value


@cache
def _parts() -> dict[str, Part]:
    return {part.schema: part for kind in registry().values() for part in kind.parts if part.schema}


@cache
def _compiled(configuration: bytes | None) -> tuple[Book, dict[str, Draft202012Validator]]:
    tree: Tree = MemoryTree({} if configuration is None else {"opsbook.yml": configuration})
    book = Book(tree, registry())
    checker = Draft202012Validator.FORMAT_CHECKER
    texts = schemas(book)
    return book, {name: Draft202012Validator(json.loads(text), format_checker=checker) for name, text in texts.items()}


def fits_model(configuration: bytes | None, schema: str, value: Any) -> bool:
    """Whether the models take a value, with a configuration as context."""
    book, _ = _compiled(configuration)
    vocabulary: Mapping[str, Any] = book.config.vocabulary
    try:
        if schema != "opsbook":
            model = _parts()[schema].model
            assert model is not None
            model.model_validate(value, context=vocabulary)
        else:
            sections = {kind.plural: kind.section for kind in registry().values()}
            core = {key: item for key, item in value.items() if key not in sections}
            CoreConfig.model_validate(core, context=vocabulary)
            for name, section in sections.items():
                section.model_validate(value.get(name, {}), context=vocabulary)
    except ValidationError:
        return False
    return True


def fits_schema(configuration: bytes | None, schema: str, value: Any) -> bool:
    """Whether the published schema takes a value."""
    return _compiled(configuration)[1][schema].is_valid(value)


def errors_of_schema(configuration: bytes | None, schema: str, value: Any) -> list[tuple[str, str]]:
    """Place and message of each error of the schema."""
    errors = _compiled(configuration)[1][schema].iter_errors(value)
    return [(error.json_path, error.message) for error in errors]
