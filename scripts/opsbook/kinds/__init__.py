"""The kinds of records: one folder each. A new folder with a `KIND` in it is a new kind; nothing else lists them."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any

from opsbook.core import request
from opsbook.core.kind import Kinds, requests_of
from opsbook.core.request import Request


@cache
def registry() -> Kinds:
    """Every kind by name, in the order of their folders' names."""
    found = [import_module(f"{__name__}.{module.name}").KIND for module in iter_modules(__path__) if module.ispkg]
    return MappingProxyType({kind.name: kind for kind in found})


def read_request(value: Any) -> Request:
    """The request that somebody stored as JSON values; raises `Refused` for what is none of this program's."""
    return request.read_request(value, requests_of(registry()))
