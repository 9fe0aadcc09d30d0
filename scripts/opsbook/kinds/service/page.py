"""The pages of the service catalogue: each service, and the index of ours and of those that are not ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opsbook.core.book import Book
from opsbook.core.kind import Sheet
from opsbook.core.record import Record
from opsbook.kinds.service.beside import Beside, Mention, mentions
from opsbook.kinds.service.model import Service

_FIRST = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|\n\s*\n")
"""Where the first sentence of a description ends: an index says no more."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the index."""

    name: str
    path: str
    title: str
    description: str
    ours: bool
    owner: str
    lifecycle: str
    status_page: str | None


def sheets(book: Book, now: datetime) -> Iterator[Sheet]:
    """Every page of the kind."""
    records = [book.record(ref) for ref in sorted(book.refs("service").values())]
    needs: dict[str, list[str]] = {}
    for record in records:
        found = record.only("", Service)
        for name in found[1].depends_on if found is not None else ():
            needs.setdefault(name, []).append(record.id)
    rows: list[Row] = []
    beside = mentions(book, now, "service")
    for record in records:
        rows.append(_row(record, book))
        values = _values(record, rows[-1], needs, book) | {"beside": _groups(record, beside, book)}
        yield Sheet(f"services/{record.id}.md", "page.md.j2", values, record.path, record=record.ref)
    ordered = sorted(rows, key=lambda row: row.title.lower())
    index = {"ours": [row for row in ordered if row.ours], "others": [row for row in ordered if not row.ours]}
    yield Sheet("services/index.md", "index.md.j2", index, "services")


def _row(record: Record, book: Book) -> Row:
    found = record.only("", Service)
    if found is None:
        return Row(record.id, f"services/{record.id}.md", record.id, "", True, "", "live", None)
    service = found[1]
    teams = {team.id: team.title for team in book.config.core.teams}
    return Row(
        name=record.id,
        path=f"services/{record.id}.md",
        title=service.title,
        description=_FIRST.split(service.description.strip(), maxsplit=1)[0],
        ours=service.ours,
        owner=teams.get(service.owner or "", service.owner or ""),
        lifecycle=service.lifecycle,
        status_page=service.status_page,
    )


def _values(record: Record, row: Row, needs: dict[str, list[str]], book: Book) -> dict[str, Any]:
    found = record.only("", Service)
    service = found[1] if found is not None else None

    def pages(kind: str, names: tuple[str, ...] | list[str]) -> list[tuple[str, str | None]]:
        return [
            (title or name, f"{kind}s/{name}.md" if title is not None else None)
            for name in names
            for title in [book.title(kind, name)]
        ]

    return {
        "row": row,
        "service": service,
        "channel": book.config.core.channel(service.channel) if service is not None and service.channel else None,
        "component": getattr(
            book.config.vocabulary.get("components", {}).get(service.component or "" if service is not None else ""),
            "title",
            None,
        ),
        "depends_on": pages("service", service.depends_on if service is not None else ()),
        "needed_by": pages("service", needs.get(record.id, [])),
    }


def _groups(record: Record, beside: Mapping[str, list[Beside]], book: Book) -> list[Beside]:
    """What belongs beside a service, by kind: what names it, and the runbooks that it names itself."""
    groups = {group.kind: group for group in beside.get(record.id, ())}
    found = record.only("", Service)
    for name in found[1].runbooks if found is not None else ():
        title, path = book.title("runbook", name), f"runbooks/{name}.md"
        group = groups.setdefault("runbook", Beside("runbook", "runbooks"))
        if title is not None and all(item.page != path for item in group.others):
            group.others.append(Mention(title, path))
    return [group for group in groups.values() if group.urgent or group.others]
