"""The kinds of records: one folder each. A new folder with a `KIND` in it is a new kind; nothing else lists them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from opsbook.core.kind import Kind


@cache
def registry() -> Mapping[str, Kind]:
    """Every kind by name, in the order of their folders' names."""
    found = [import_module(f"{__name__}.{module.name}").KIND for module in iter_modules(__path__) if module.ispkg]
    return MappingProxyType({kind.name: kind for kind in found})
