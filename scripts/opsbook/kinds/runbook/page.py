"""The pages of runbooks: each one, and the index by area, by service and by what somebody sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from opsbook.core.book import Book
from opsbook.core.kind import Sheet
from opsbook.core.record import Record
from opsbook.core.rows import Row, Rows
from opsbook.core.times import Times
from opsbook.kinds.runbook.config import RunbooksConfig
from opsbook.kinds.runbook.model import Runbook

SHORT = 8
"""How many lines of the index are shown at once; a longer list is folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookRow(Row):
    """One line of the index."""

    area: str
    owner: str
    services: tuple[str, ...]
    goals: tuple[str, ...]
    symptoms: tuple[str, ...]
    reviewed: date | None
    due: date | None
    draft: bool


def sheet(record: Record, row: RunbookRow, rows: Rows, book: Book, now: datetime) -> Sheet:
    """The page of a runbook."""
    text = record.files[""].markdown if "" in record.files else None
    used = [group for group in rows.beside("runbook", record.id) if group.index]
    values = {"row": row, "today": _today(book, now), "services": _services(row, book), "used": used}
    values["readable"] = text is not None and bool(text.body)
    return Sheet("page.html.j2", values, record.path, body=text, found_by=(*row.symptoms, *row.goals))


def index(rows: Rows, book: Book, now: datetime) -> Sheet:
    """The page of all runbooks."""
    found = [row for row in rows.of("runbook") if isinstance(row, RunbookRow)]
    values = {**_index(found, book), "today": _today(book, now)}
    return Sheet("index.html.j2", values, "runbooks", "runbooks/index.md")


def _today(book: Book, now: datetime) -> date:
    return Times(now, book.config.core.timezone).local(now).date()


def row_of(record: Record, book: Book) -> RunbookRow:
    """What an index says of a runbook; a front matter that cannot be read leaves its id."""
    found = record.only("", Runbook)
    runbook = found[1] if found is not None else None
    within = (runbook.review_in if runbook is not None else None) or book.config.section(RunbooksConfig).review_in
    services = runbook.services if runbook is not None else ()
    return RunbookRow(
        id=record.id,
        path=record.shape.page(record.path),
        names=tuple(("service", name) for name in services),
        title=runbook.title if runbook is not None else record.id,
        area=record.id.partition("/")[0],
        owner=book.config.core.owner_title(runbook.owner) if runbook is not None else "nobody known",
        services=services,
        goals=runbook.goals if runbook is not None else (),
        symptoms=runbook.symptoms if runbook is not None else (),
        reviewed=runbook.reviewed if runbook is not None else None,
        due=runbook.reviewed + within if runbook is not None and runbook.reviewed is not None else None,
        draft=runbook is not None and runbook.reviewed is None,
    )


def _services(row: RunbookRow, book: Book) -> list[tuple[str, str | None]]:
    return [
        (title or name, f"services/{name}.md" if title is not None else None)
        for name in row.services
        for title in [book.title("service", name)]
    ]


def _index(rows: Sequence[RunbookRow], book: Book) -> dict[str, Any]:
    areas = {area.id: area for area in book.config.section(RunbooksConfig).areas}
    names = list(dict.fromkeys([*areas, *(row.area for row in rows)]))
    services = sorted({name for row in rows for name in row.services})
    return {
        "areas": [
            {
                "title": areas[name].title if name in areas else name,
                "description": areas[name].description if name in areas else None,
                "rows": [row for row in rows if row.area == name],
            }
            for name in names
        ],
        "services": [
            {
                "name": book.title("service", name) or name,
                "page": f"services/{name}.md" if book.find("service", name) is not None else None,
                "rows": [row for row in rows if name in row.services],
            }
            for name in services
        ],
        "goals": _signs((goal, row) for row in rows for goal in row.goals),
        "symptoms": _signs((sign, row) for row in rows for sign in row.symptoms),
        "short": SHORT,
    }


def _signs(found: Iterable[tuple[str, RunbookRow]]) -> list[tuple[str, list[RunbookRow]]]:
    """Each sign once, in order, with every runbook that names it."""
    signs: dict[str, list[RunbookRow]] = {}
    for sign, row in found:
        signs.setdefault(sign, []).append(row)
    return sorted(signs.items(), key=lambda item: item[0].lower())
