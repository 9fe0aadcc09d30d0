"""The pages of the service catalogue: each service, and the index of ours and of those that are not ours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from opsbook.core.book import Book
from opsbook.core.kind import Sheet
from opsbook.core.record import Record
from opsbook.core.rows import Beside, Row, Rows
from opsbook.kinds.service.model import Service

_FIRST = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|\n\s*\n")
"""Where the first sentence of a description ends: an index says no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow(Row):
    """One line of the index."""

    description: str
    ours: bool
    owner: str
    lifecycle: str
    status_page: str | None


def sheet(record: Record, row: ServiceRow, rows: Rows, book: Book) -> Sheet:
    """The page of a service."""
    groups = {group.kind: group for group in rows.beside("service", record.id)}
    values = _values(record, row, groups.pop("service", None), book) | {"beside": _groups(record, groups, book)}
    return Sheet("page.html.j2", values, record.path)


def index(rows: Rows) -> Sheet:
    """The page of all services."""
    found = [row for row in rows.of("service") if isinstance(row, ServiceRow)]
    found.sort(key=lambda row: row.title.lower())
    values = {"ours": [row for row in found if row.ours], "others": [row for row in found if not row.ours]}
    return Sheet("index.html.j2", values, "services", "services/index.md")


def row_of(record: Record, book: Book) -> ServiceRow:
    """What an index says of a service; one that cannot be read leaves its id."""
    found, path = record.only("", Service), record.shape.page(record.path)
    if found is None:
        return ServiceRow(
            id=record.id, path=path, title=record.id, description="", ours=True, owner="", lifecycle="live",
            status_page=None,
        )  # fmt: skip
    service = found[1]
    teams = {team.id: team.title for team in book.config.core.teams}
    return ServiceRow(
        id=record.id,
        path=path,
        names=tuple(("service", name) for name in service.depends_on),
        title=service.title,
        description=_FIRST.split(service.description.strip(), maxsplit=1)[0],
        ours=service.ours,
        owner=teams.get(service.owner or "", service.owner or ""),
        lifecycle=service.lifecycle,
        status_page=service.status_page,
    )


def _values(record: Record, row: ServiceRow, needing: Beside | None, book: Book) -> dict[str, Any]:
    found = record.only("", Service)
    service = found[1] if found is not None else None

    def pages(names: Iterable[str]) -> list[tuple[str, str | None]]:
        return [
            (title or name, f"services/{name}.md" if title is not None else None)
            for name in names
            for title in [book.title("service", name)]
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
        "depends_on": pages(service.depends_on if service is not None else ()),
        "needed_by": [(other.title, other.path) for other in needing.others] if needing is not None else [],
    }


def _groups(record: Record, groups: dict[str, Beside], book: Book) -> list[Beside]:
    """What belongs beside a service, by kind: what names it, and the runbooks that it names itself."""
    found = record.only("", Service)
    for name in found[1].runbooks if found is not None else ():
        title = book.title("runbook", name)
        group = groups.setdefault("runbook", Beside("runbook", "runbooks"))
        if title is not None and all(row.id != name for row in group.others):
            group.others.append(Row(id=name, path=f"runbooks/{name}.md", title=title))
    return [group for group in groups.values() if group.urgent or group.others]
