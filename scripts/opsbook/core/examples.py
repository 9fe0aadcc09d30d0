"""A wrong and a right example for each code, written from the cases that test it (`tests/cases/examples.py`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Example(NamedTuple):
    """Excerpts of files by path: as they are wrong, and as they are right; none where a file should not be."""

    wrong: Mapping[str, str]
    right: Mapping[str, str]


@cache
def examples() -> Mapping[str, Example]:
    """The example of each code."""
    found = json.loads((files(__package__) / "examples.json").read_text("utf-8"))
    return {code: Example(**both) for code, both in found.items()}
