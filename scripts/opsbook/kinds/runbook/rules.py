"""The rules of runbooks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import unquote

from opsbook.core import checklist, markdown
from opsbook.core.book import Book
from opsbook.core.code import Problem
from opsbook.core.drafting import LeftToFillIn
from opsbook.core.record import File, Record
from opsbook.core.rule import RecordRule
from opsbook.core.types import write_duration
from opsbook.kinds.runbook.config import RunbooksConfig
from opsbook.kinds.runbook.model import Runbook


def _runbook(record: Record) -> Iterator[tuple[File, Runbook]]:
    found = record.only("", Runbook)
    if found is not None:
        yield found


class RUN001(RecordRule):
    """A runbook whose review is overdue.

    Follow it once, correct what is no longer true, and set `reviewed` to today. Until then people are told that it may
    be out of date.
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`reviewed` plus `review_in` (its own, else the book's) against today, UTC."""
        for file, runbook in _runbook(record):
            within = runbook.review_in or book.config.section(RunbooksConfig).review_in
            today = now.astimezone(UTC).date()
            if runbook.reviewed is not None and runbook.reviewed + within < today:
                message = (
                    f"last reviewed on {runbook.reviewed.isoformat()}, and is reviewed every {write_duration(within)}"
                )
                yield Problem(message, file, ("reviewed",))


class RUN002(RecordRule):
    """A runbook that was reviewed in the future.

    Write the day on which somebody really followed or read it.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`reviewed` against today, UTC."""
        for file, runbook in _runbook(record):
            if runbook.reviewed is not None and runbook.reviewed > now.astimezone(UTC).date():
                yield Problem(f"{runbook.reviewed.isoformat()} is in the future", file, ("reviewed",))


class RUN003(RecordRule):
    """A checklist that is not in order.

    Number the steps from 1 without gaps, and give each an action and an owner that `opsbook.yml` knows.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Every table with the columns Step, Action and Owner."""
        text = record.files[""].markdown if "" in record.files else None
        if text is None:
            return
        owners = frozenset(book.config.vocabulary.get("owners", {}))
        lines = checklist.lines_of(text)
        for index, _, message in checklist.faults([(line.step, line.action, line.owner) for line in lines], owners):
            yield Problem(message, path=record.path, line=lines[index].line)


class RUN004(RecordRule):
    """A link that leads nowhere.

    Correct the path or the anchor. Paths are relative to the file; an anchor is the heading in lower case with hyphens.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Every link within the book: the file exists, and has the anchor."""
        text = record.files[""].markdown if "" in record.files else None
        if text is None:
            return
        for link in text.links:
            message = _broken(record.path, link.target, text, book)
            if message is not None:
                yield Problem(message, path=record.path, line=link.line, column=link.column)


class RUN005(RecordRule):
    """Markup that a runbook does not use.

    Write it in Markdown. Raw HTML and script addresses could do on a page what no reviewer sees in the text.
    """

    always = True

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Raw HTML, and addresses with a scheme other than http, https and mailto."""
        text = record.files[""].markdown if "" in record.files else None
        if text is None:
            return
        for line, what in text.html:
            if not what.endswith(" link"):  # reported below, with its column
                yield Problem(f"{what} in a runbook", path=record.path, line=line)
        for link in text.links:
            scheme = link.target.partition(":")[0].strip().lower() if ":" in link.target.partition("/")[0] else ""
            if scheme not in ("", "http", "https", "mailto"):
                yield Problem(
                    f"an address that begins with {scheme}:", path=record.path, line=link.line, column=link.column
                )


class RUN006(RecordRule):
    """A service that is not in the catalogue.

    Correct the name, or add the service: `opsbook new service`.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Each service of a runbook."""
        for file, runbook in _runbook(record):
            for index, name in enumerate(runbook.services):
                if book.find("service", name) is None:
                    yield Problem(f"there is no services/{name}.yaml", file, ("services", index))


class RUN007(RecordRule):
    """An area that opsbook.yml does not define.

    Move the runbook into the folder of a known area, or add the area to `opsbook.yml`: one line in one file.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """The folder against `runbooks.areas`."""
        areas = book.config.vocabulary.get("areas")
        area = record.id.partition("/")[0]
        if areas is not None and area not in areas:
            yield Problem(f"{area} is not an area; known: {', '.join(areas) or 'none'}", path=record.path)


class RUN008(LeftToFillIn):
    """Something in a runbook that its draft left to fill in.

    Put what it asks for in place of the words that begin with `TODO:`, or take the line out. Whoever follows a runbook
    at night cannot fill it in.
    """


def _broken(path: str, target: str, text: markdown.Markdown, book: Book) -> str | None:
    """What is wrong with a link, or `None`. Addresses of the web are not asked."""
    if ":" in target.partition("/")[0] or target.startswith("//"):
        return None
    where, _, anchor = target.partition("#")
    where = unquote(where.partition("?")[0])
    anchors = text.anchors
    if where:
        if where.startswith("/"):
            return f"{where} begins with /, and paths are relative to this file"
        full = posixpath.normpath(posixpath.join(posixpath.dirname(path), where))
        if full.startswith(".."):
            return f"{where} leads out of the book"
        source = _source(full, book)
        if source is None:
            return f"there is no {full}"
        if not anchor or not full.endswith(".md"):
            return None
        anchors = markdown.parse(source).anchors
    if anchor and unquote(anchor) not in anchors:
        return f"there is no heading for #{anchor} in {where or 'this runbook'}"
    return None


def _source(full: str, book: Book) -> bytes | None:
    """The file behind a path of the site: runbooks lie beside `docs/`, and pages of services are made from YAML."""
    for candidate in (full, f"docs/{full}", f"{full[:-3]}.yaml" if full.endswith(".md") else full):
        data = book.tree.read(candidate)
        if data is not None:
            return data if candidate.endswith(".md") == full.endswith(".md") else b""
    return None


RULES: tuple[type[RecordRule], ...] = (RUN001, RUN002, RUN003, RUN004, RUN005, RUN006, RUN007, RUN008)
