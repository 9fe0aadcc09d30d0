"""YAML that others wrote for other programs, and that no book holds: read with a safe loader within limits."""

from __future__ import annotations

from typing import Any, Final

from yaml import CSafeLoader, YAMLError, load_all
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, SequenceEndEvent, SequenceStartEvent
from yaml.resolver import Resolver

_LEVELS: Final = 32


class _Loader(CSafeLoader):
    """Plain values; every scalar but nothing at all stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, shape) for tag, shape in resolvers if not tag.endswith((":timestamp", ":int", ":float", ":bool"))]
    for first, resolvers in Resolver.yaml_implicit_resolvers.items()
}


def documents(text: str, limit: int = 1 << 20) -> list[Any]:
    """The documents of a text, in which every scalar is text or nothing.

    Raises:
        ValueError: it is no YAML, larger than the limit, too deep, or holds aliases, which can stand for gigabytes.
    """
    if len(text) > limit:
        raise ValueError(f"it is larger than {limit // 1024} KB")
    level = 0
    try:
        events = _Loader(text)
        while events.check_event():
            event = events.get_event()
            level += isinstance(event, (MappingStartEvent, SequenceStartEvent))
            level -= isinstance(event, (MappingEndEvent, SequenceEndEvent))
            if level > _LEVELS or isinstance(event, AliasEvent):
                raise ValueError("it holds an alias" if level <= _LEVELS else "it is too deep")
        return list(load_all(text, _Loader))
    except (YAMLError, RecursionError, UnicodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        raise ValueError(f"{where}{getattr(error, 'problem', None) or 'it is no YAML'}") from None
