"""The pages of runbooks: each one, and the index by area, by service and by what somebody sees."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from opsbook.core.book import Book
from opsbook.core.checklist import condition, lines_of, only
from opsbook.core.kind import Sheet
from opsbook.core.markdown import Markdown
from opsbook.core.record import Record
from opsbook.core.reviews import ReviewRow, latest_last, standing, words_of
from opsbook.core.rows import Row, Rows
from opsbook.core.times import Times
from opsbook.kinds.runbook.config import RunbooksConfig
from opsbook.kinds.runbook.model import Runbook

SHORT = 8
"""How many lines of the index are shown at once; a longer list is folded."""
FEW = 3
"""For how many open incidents, the worst first, a page offers to record the steps that were ticked on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookRow(Row):
    """One line of the index."""

    area: str
    owner: str
    services: tuple[str, ...]
    goals: tuple[str, ...]
    symptoms: tuple[str, ...]
    dated: date | None
    every: timedelta
    readable: bool
    words: str


class Standing(NamedTuple):
    """Whether a runbook can be relied on.

    Attributes:
        row: what it is; review: the last one of its words, if there is any.
        reviewed: when it was found true last, by a review or, without any, as it says itself.
        due: by when it is reviewed again; `None` where nobody knows.
        changed: when other words of it were reviewed, where nobody reviewed these.
    """

    row: RunbookRow
    review: ReviewRow | None
    reviewed: date | None
    due: date | None
    changed: date | None

    @property
    def draft(self) -> bool:
        """Nobody has reviewed it yet."""
        return self.row.readable and self.reviewed is None and self.changed is None


def standing_of(row: RunbookRow, reviews: Sequence[ReviewRow]) -> Standing:
    """What its reviews make of a runbook; they come in the order of time."""
    review = standing(reviews, row.words)
    at = [found.at.date() for found in (reviews[-1:] if review is None else [review]) if found.at is not None]
    reviewed = at[0] if review is not None else None if reviews else row.dated
    due = reviewed + row.every if reviewed is not None else None
    return Standing(row, review, reviewed, due, at[0] if at and review is None else None)


def sheet(record: Record, row: RunbookRow, rows: Rows, book: Book, now: datetime) -> Sheet:
    """The page of a runbook."""
    text = record.files[""].markdown if "" in record.files else None
    used = [group for group in rows.beside("runbook", record.id) if group.index]
    found = standing_of(row, latest_last(row for group in rows.beside("runbook", record.id) for row in group.others))
    values: dict[str, Any] = {"row": row, "today": _today(book, now), "services": _services(row, book), "used": used}
    values |= {"standing": found, **_reviewed(found, book)}
    values |= {
        "when": only(condition(text)) if text is not None and condition(text) else "",
        **_ticks(record, rows, text),
    }
    values["wrong"] = _wrong(record, rows, book)
    values["readable"] = text is not None and bool(text.body)
    return Sheet("page.html.j2", values, record.path, body=text, found_by=(*row.symptoms, *row.goals))


def _wrong(record: Record, rows: Rows, book: Book) -> list[dict[str, Any]]:
    """What was wrong when it was used, of the words that it still has: whoever changes them has answered it."""
    file = record.files.get("")
    revision = hashlib.sha256(file.data).hexdigest() if file is not None and file.data is not None else ""
    return [
        {"step": said.step, "text": said.text, "who": book.config.core.person_name(said.by), "at": said.at, "in": row}
        for row, said in rows.remarks("runbook", record.id)
        if said.revision == revision
    ]


def _ticks(record: Record, rows: Rows, text: Markdown | None) -> dict[str, Any]:
    """Whether there are steps to tick, and the open incidents that have a copy of these very words."""
    if text is None or not lines_of(text):
        return {"steps": False, "ends": []}
    same = rows.beside("checklist", f"{record.id}@{hashlib.sha256(record.files[''].data or b'').hexdigest()}")
    ends = [f"--runbook {record.id} -i {item.id[-5:]}" for group in same for item in group.urgent[:FEW]]
    return {"steps": True, "ends": ends}


def index(rows: Rows, book: Book, now: datetime) -> Sheet:
    """The page of all runbooks."""
    reviews: dict[str, list[ReviewRow]] = {}
    for review in latest_last(rows.of("review")):
        for _, name in review.names:
            reviews.setdefault(name, []).append(review)
    found = [standing_of(row, reviews.get(row.id, [])) for row in rows.of("runbook") if isinstance(row, RunbookRow)]
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
    text = record.files[""].markdown if "" in record.files else None
    return RunbookRow(
        id=record.id,
        path=record.shape.page(record.path),
        names=tuple(("service", name) for name in services),
        title=runbook.title if runbook is not None else record.id,
        area=record.id.partition("/")[0],
        owner=book.config.core.owner_title(runbook.owner) if runbook is not None else "nobody known",
        dated=runbook.reviewed if runbook is not None else None,
        every=within,
        readable=runbook is not None,
        words=words_of(text.body) if text is not None else "",
        services=services,
        goals=runbook.goals if runbook is not None else (),
        symptoms=runbook.symptoms if runbook is not None else (),
    )


def _reviewed(found: Standing, book: Book) -> dict[str, Any]:
    """Who reviewed it, and the incident in which that was."""
    if found.review is None:
        return {"reviewer": "", "incident": None}
    id_ = found.review.incident
    ref = book.find("incident", id_) if id_ is not None else None
    page = book.kinds["incident"].page(ref.path) if ref is not None else None
    incident = (book.title("incident", id_) or id_, page) if id_ is not None else None
    return {"reviewer": book.config.core.person_name(found.review.by), "incident": incident}


def _services(row: RunbookRow, book: Book) -> list[tuple[str, str | None]]:
    return [
        (title or name, f"services/{name}.md" if title is not None else None)
        for name in row.services
        for title in [book.title("service", name)]
    ]


def _index(found: Sequence[Standing], book: Book) -> dict[str, Any]:
    rows, at = [standing.row for standing in found], {standing.row.id: standing for standing in found}
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
        "standing": at,
        "short": SHORT,
    }


def _signs(found: Iterable[tuple[str, RunbookRow]]) -> list[tuple[str, list[RunbookRow]]]:
    """Each sign once, in order, with every runbook that names it."""
    signs: dict[str, list[RunbookRow]] = {}
    for sign, row in found:
        signs.setdefault(sign, []).append(row)
    return sorted(signs.items(), key=lambda item: item[0].lower())
