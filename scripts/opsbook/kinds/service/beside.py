"""What belongs beside a service: the records of other kinds that name it under `services`.

No kind is named here. What people work on under pressure is on the front of its kind, the rest of such a kind is many:
only the latest are read. Of any other kind all are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from opsbook.core.book import Book
from opsbook.core.front import Front, Urgent
from opsbook.core.kind import Kind
from opsbook.core.record import Ref

RECENT = 5
"""How many records that are over a page names, of a kind whose records are worked on and then are over."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A record that names the service."""

    title: str
    page: str


@dataclass(slots=True)
class Beside:
    """The records of one kind that name a service.

    Attributes:
        kind: its name; plural: what several are called.
        urgent: those that are open, the worst first; others: the rest, all of them or the latest.
        index: the page that lists all, where these are not all.
    """

    kind: str
    plural: str
    urgent: list[Urgent] = field(default_factory=list)
    others: list[Mention] = field(default_factory=list)
    index: str = ""


def mentions(book: Book, now: datetime, own: str) -> Mapping[str, list[Beside]]:
    """What belongs beside each record of the kind `own`, by its id."""
    names = list(book.refs(own))
    found: dict[str, list[Beside]] = {name: [] for name in names}
    if not names:
        return found
    name = re.compile(rb"(?<![\w-])(?:" + b"|".join(re.escape(name.encode()) for name in names) + rb")(?![\w-])")
    for kind in book.kinds.values():
        if isinstance(kind, Kind) and kind.name != own:
            groups = _of(kind, kind.front(book, now), book, name)
            for id_ in groups.keys() & found.keys():  # a name may be that of no service
                found[id_].append(groups[id_])
    return found


def _of(kind: Kind, front: Front, book: Book, name: re.Pattern[bytes]) -> dict[str, Beside]:
    groups: dict[str, Beside] = {}

    def group(id_: str) -> Beside:
        return groups.setdefault(id_, Beside(kind.name, kind.plural, index=front.index))

    refs, is_open = book.refs(kind.name), {item.id for item in front.urgent}
    for item in front.urgent:
        for id_ in _named(book, kind, refs[item.id]) if item.id in refs else ():
            group(id_).urgent.append(item)
    full: set[str] = set()
    part, suffix = kind.parts[0].pattern, kind.parts[0].suffix if kind.is_file else ""
    for ref in sorted(refs.values(), key=lambda ref: ref.id, reverse=bool(front.index)):
        text = b"" if ref.id in is_open else book.tree.read(f"{ref.path}/{part}" if part else ref.path) or b""
        # Most records name no service that still wants one: their text is looked at and nothing is made of it.
        wanted = {found.decode() for found in name.findall(text)} - full
        for id_ in (_named(book, kind, ref) & wanted) if wanted else ():
            others = group(id_).others
            others.append(Mention(book.title(kind.name, ref.id) or ref.id, f"{ref.path.removesuffix(suffix)}.md"))
            if front.index and len(others) == RECENT:
                full.add(id_)
        if wanted and front.index:
            book.forget(ref)
    return groups


def _named(book: Book, kind: Kind, ref: Ref) -> set[str]:
    """The services that a record names."""
    file = book.record(ref).files.get(kind.parts[0].pattern)
    value: Any = file.document.value if file is not None and file.document is not None else None
    named = value.get("services") if isinstance(value, dict) else None
    return {item for item in named if isinstance(item, str)} if isinstance(named, Iterable) else set()
