"""The rules of runbooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from opsbook.core import checklist, page_rules
from opsbook.core.book import Book
from opsbook.core.code import Problem
from opsbook.core.drafting import LeftToFillIn
from opsbook.core.markdown import Markdown
from opsbook.core.record import File, Record
from opsbook.core.reviews import reviews_of
from opsbook.core.rule import RecordRule
from opsbook.core.types import write_duration
from opsbook.kinds.runbook.config import RunbooksConfig
from opsbook.kinds.runbook.model import Runbook
from opsbook.kinds.runbook.page import row_of, standing_of


def _runbook(record: Record) -> Iterator[tuple[File, Runbook]]:
    found = record.only("", Runbook)
    if found is not None:
        yield found


class RUN001(RecordRule):
    """A runbook whose review is overdue.

    Follow it once, correct what is no longer true, and say so: `opsbook runbook review NAME --read`. Until then people
    are told that it may be out of date.
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """The last review of its words plus `review_in` (its own, else the book's) against today, UTC.

        Where no review is on record, `reviewed` counts.
        """
        for file, runbook in _runbook(record):
            within = runbook.review_in or book.config.section(RunbooksConfig).review_in
            found = standing_of(row_of(record, book), reviews_of("runbook", record.id, book))
            if found.changed is not None:
                yield Problem(f"changed after its last review, on {found.changed.isoformat()}", path=file.path)
            elif found.reviewed is not None and found.due is not None and found.due < now.astimezone(UTC).date():
                message = (
                    f"last reviewed on {found.reviewed.isoformat()}, and is reviewed every {write_duration(within)}"
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


COLUMNS = (*checklist.HEADER, checklist.WHEN)


COLUMNS = (*checklist.HEADER, checklist.WHEN)


class RUN003(RecordRule):
    """A checklist that is not in order.

    Number the steps of a table from 1 without gaps, and give each an action and an owner that `opsbook.yml` knows. A
    task is `- [ ] action — owner (only P1)`. A condition is a severity or `users notice`.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Every table with the columns Step, Action and Owner, and every task list below a checklist's heading."""
        text = _text(record)
        if text is None:
            return
        words, lines = book.config.vocabulary, checklist.lines_of(text)
        for line in lines:
            if line.fault:
                message = f"step {line.step} {line.fault}"
                yield Problem(message, path=record.path, line=line.line, column=line.columns[0])
        rows = [(line.step, line.action, line.owner, line.when) for line in lines]
        for index, what, message in checklist.faults(rows, words.get("owners", {}), words.get("severities", {})):
            column = lines[index].columns[COLUMNS.index(what)]
            yield Problem(message, path=record.path, line=lines[index].line, column=column)


class RUN004(RecordRule):
    """A link that leads nowhere.

    Correct the path or the anchor. Paths are relative to the file, as on GitHub; an anchor is the heading in lower
    case, with hyphens for spaces.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Every link within the book: the file exists, and has the anchor."""
        text = _text(record)
        return page_rules.dead_links(record.path, text, book) if text is not None else ()


class RUN005(RecordRule):
    """Markup that a runbook does not use.

    Write it in Markdown, or put it between backquotes where it is to be read as it stands. The site shows such a tag
    as text, and GitHub leaves out whatever it does not know.
    """

    always = True

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Raw HTML but for tags that only say something (`<br>`, `<details>`, `<kbd>` …), and other schemes."""
        text = _text(record)
        return page_rules.markup(record.path, text, "runbook") if text is not None else ()


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


class RUN009(RecordRule):
    """A link in a runbook that only the site finds.

    Write it as the message says: relative to the file that you edit, so that GitHub follows it too. The site goes on
    following both. `opsbook migrate` rewrites all of them.
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Links from page to page of the site, and anchors as the site made them before it followed GitHub."""
        text = _text(record)
        return page_rules.former_links(record.path, text, book) if text is not None else ()


class RUN010(RecordRule):
    """A block of another Markdown in a runbook.

    Write a note as an alert: `> [!NOTE]`, and the text below it behind `>`. `opsbook migrate` rewrites `!!!` blocks.
    """

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Lines that begin such a block, outside code."""
        text = _text(record)
        return page_rules.foreign_blocks(record.path, text) if text is not None else ()


class RUN011(RecordRule):
    """A day of review that no review stands for.

    Take the change of `reviewed` back and say what you did: `opsbook runbook review NAME --read`. A date alone says
    neither who found the runbook true nor which words it had.
    """

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """`reviewed` against the reviews on record; of a runbook that has none, the date is all that there is."""
        for file, runbook in _runbook(record):
            days = [review.at.date() for review in reviews_of("runbook", record.id, book) if review.at is not None]
            if days and runbook.reviewed is not None and runbook.reviewed > max(days):
                message = f"no review is of {runbook.reviewed.isoformat()}; the last one is of {max(days).isoformat()}"
                yield Problem(message, file, ("reviewed",))


def _text(record: Record) -> Markdown | None:
    return record.files[""].markdown if "" in record.files else None


RULES: tuple[type[RecordRule], ...] = (
    *(RUN001, RUN002, RUN003, RUN004, RUN005),
    *(RUN006, RUN007, RUN008, RUN009, RUN010, RUN011),
)
