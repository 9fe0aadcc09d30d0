"""Putting a review on record: one file, which names the words that were reviewed."""

from __future__ import annotations

from datetime import datetime

from opsbook.core import yaml
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.inert import github
from opsbook.core.kind import Kind
from opsbook.core.plan import Plan
from opsbook.core.reviews import FOLDER, words_of
from opsbook.core.text import one_line, shorten
from opsbook.kinds.review.model import How, Review
from opsbook.kinds.review.requests import ReviewRunbook

_DONE: dict[How, str] = {"read": "Read", "rehearsed": "Rehearsed", "used": "Used"}


def record(book: Book, request: ReviewRunbook, now: datetime, ids: Ids, operation: str) -> Plan:
    """One new file.

    Raises:
        Refused: it is not said how, or which runbook or incident is meant.
    """
    given: list[How] = [how for how in _DONE if getattr(request, how)]
    if len(given) != 1:
        raise Refused("How did you review it?", "Say one of --read, --rehearsed and --used ID.")
    runbook = _one(request.runbook, "runbook", book)
    incident = _one(request.used, "incident", book) if request.used else None
    found = book.resolve("runbook", runbook)
    text = found.files[""].markdown if found is not None and "" in found.files else None
    if text is None or not text.body.strip():
        raise Refused(f"runbooks/{runbook}.md cannot be read.", f"`opsbook check runbooks/{runbook}.md` says why.")
    review = Review(
        id=ids.record("REV", now),
        of=f"runbook/{runbook}",
        by=request.by,
        at=now.replace(microsecond=0),
        how=given[0],
        incident=incident,
        words=words_of(text.body),
        note=request.note,
        operation=operation,
    )
    path = f"{FOLDER}/runbook/{runbook}/{review.id}.yaml"
    schema = "../" * path.count("/") + "schemas/review.schema.json"
    data = yaml.dump(review.model_dump(mode="json", exclude_none=True), schema=schema).encode()
    title = book.title("runbook", runbook) or runbook
    done = f"{_DONE[review.how]}{f' in {incident}' if incident else ''}"
    summary = (("Runbook", title), ("Done", done), *([("Note", shorten(request.note, 200))] if request.note else []))
    body = "\n".join(f"* {label}: {github(value)}" for label, value in summary)
    subject = f"Review the runbook {runbook}"
    return Plan(review.id, path, {path: data}, subject, f"{review.id}: {subject}", f"{body}\n", summary, ("review",))


def _one(fragment: str | None, name: str, book: Book) -> str:
    kind = book.kinds[name]
    wanted = (fragment or "").removeprefix(f"{kind.folder}/").removesuffix(".md")
    found = kind.pick(wanted, book) if isinstance(kind, Kind) else []
    if len(found) == 1:
        return found[0]
    said = shorten(one_line(fragment or ""), 60)
    some = ", ".join(found[:5]) or ", ".join(list(book.refs(name))[:5]) or "none"
    raise Refused(f"“{said}” is {f'more than one {name}' if found else f'no {name}'}.", f"Name one: {some}.")
