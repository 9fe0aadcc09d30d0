"""The pages of the service catalogue: each service, and the index of ours and of those that are not ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opsbook.core.book import Book
from opsbook.core.kind import Sheet
from opsbook.core.record import Record
from opsbook.kinds.service.model import Service


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


def sheets(book: Book) -> Iterator[Sheet]:
    """Every page of the kind."""
    records = [book.record(ref) for ref in sorted(book.refs("service").values())]
    needs: dict[str, list[str]] = {}
    for record in records:
        found = record.only("", Service)
        for name in found[1].depends_on if found is not None else ():
            needs.setdefault(name, []).append(record.id)
    rows: list[Row] = []
    for record in records:
        rows.append(_row(record, book))
        yield Sheet(f"services/{record.id}.md", "page.md.j2", _values(record, rows[-1], needs, book), record.path)
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
        description=service.description.strip().split("\n\n")[0],
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
        "runbooks": pages("runbook", service.runbooks if service is not None else ()),
        "depends_on": pages("service", service.depends_on if service is not None else ()),
        "needed_by": pages("service", needs.get(record.id, [])),
    }
