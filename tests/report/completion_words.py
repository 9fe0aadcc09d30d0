"""Writes what completion knows of the command line from the parsers of the commands, the kinds and the configuration.

`python -m tests.report.completion_words` writes it into the package: asking the parsers at each press of Tab would take
longer than people wait.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from opsbook.commands import commands
from opsbook.commands.helping import add_arguments
from opsbook.core.book import Book
from opsbook.core.check import all_codes
from opsbook.core.config import Entry
from opsbook.core.tree import MemoryTree
from opsbook.core.types import MEANINGS, Model
from opsbook.kinds import registry
from opsbook.report import completion
from tests.cases.cases import base

PATH = completion.FOLDER / "words.json"


def written() -> str:
    """The table as the package holds it."""
    table = {
        "commands": {name: _command(found.module, found.summary) for name, found in commands().items()},
        "kinds": {
            kind.name: {
                "folder": kind.folder,
                "path": kind.path.pattern,
                "depth": kind.depth,
                "branches": bool(kind.actions) and kind.published == "branch",
            }
            for kind in registry().values()
        },
        "vocabularies": _vocabularies(),
    }
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def _command(module: str, summary: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_arguments(import_module(module), parser, helping=True)
    options: dict[str, Any] = {}
    words = []
    for action in parser._actions:
        found = _argument(action)
        if not action.option_strings:
            words.append(found)
        for name in action.option_strings:
            options[name] = found
    return {"help": summary, "options": options, "words": words}


def _argument(action: argparse.Action) -> dict[str, Any]:
    choices = {name: code.title() for name, code in all_codes(registry()).items()} if _of(action) == "code" else None
    if action.choices is not None:
        meanings = MEANINGS.get(tuple(action.choices), ("",) * len(tuple(action.choices)))
        choices = dict(zip(action.choices, meanings, strict=True))
    return {
        "help": (action.help or "").replace("%%", "%"),
        **({"takes": True} if action.option_strings and action.nargs != 0 else {}),
        **({"many": True} if action.nargs in ("*", "+") else {}),
        **({"choices": choices} if choices is not None else {"of": _of(action)} if _of(action) else {}),
    }


def _of(action: argparse.Action) -> str:
    return getattr(action, "of", "")


def _vocabularies() -> dict[str, list[list[str]]]:
    """Name of a vocabulary to the lists of `opsbook.yml` that its words are in."""
    config = Book(MemoryTree(base()), registry()).config
    lists = [*_lists(config.core, [])]
    for name, section in config.sections.items():
        lists += _lists(section, [name])
    return {
        name: [place for place, entries in lists if all(entry in words.values() for entry in entries)]
        for name, words in config.vocabulary.items()
    }


def _lists(model: Model, above: list[str]) -> Iterator[tuple[list[str], list[Entry]]]:
    for field in type(model).model_fields:
        value = getattr(model, field)
        if isinstance(value, Model):
            yield from _lists(value, [*above, field])
        elif value and isinstance(value, tuple) and all(isinstance(item, Entry) for item in value):
            yield [*above, field], list(value)


if __name__ == "__main__":
    PATH.write_text(written(), "utf-8")
