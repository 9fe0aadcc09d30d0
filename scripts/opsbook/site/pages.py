"""Every page of the site, from the book: the home page, the pages of each kind, what people wrote, the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeVar
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, PrefixLoader
from pydantic import TypeAdapter

from opsbook.core.baseline import FOLDER as BASELINES
from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.check import check_record
from opsbook.core.finding import Finding
from opsbook.core.kind import Kind, Kinds, Sheet
from opsbook.core.markdown import Markdown
from opsbook.core.page_rules import PAGE_RULES, PageRule
from opsbook.core.pages import Pages, read
from opsbook.core.record import Ref
from opsbook.core.redirects import moved
from opsbook.core.rows import ALWAYS, Row, Rows
from opsbook.core.text import visible
from opsbook.core.times import Times
from opsbook.site.counting import counted
from opsbook.site.home import home_of, home_page
from opsbook.site.kept import Asked, Kept, Question, digest, made_by
from opsbook.site.page import Page
from opsbook.site.prose import Written, written
from opsbook.site.reference import reference
from opsbook.site.render import render, templates

T = TypeVar("T")
R = TypeVar("R")


class Spread(Protocol):
    """Shares work among processors."""

    def __call__(self, work: Callable[[Sequence[T]], list[R]], items: Sequence[T], piece: int) -> list[R]:
        """`work(items)`, so many items at a time; results in the order of the items."""
        ...


AT_ONCE: Final = 400
"""How many pages are looked for before those that are missing are made."""

PIECE: Final = 50
"""How many missing pages a process makes at a time: enough that starting one is worth it."""


class _Job(NamedTuple):
    """A page that may have to be made.

    Attributes:
        as_of: the moment of which it tells.
        make: makes it; depends: on what beside the answers to what it asks.
    """

    path: str
    as_of: datetime
    make: Callable[[], Page]
    depends: object = None


def alone(work: Callable[[Sequence[T]], list[R]], items: Sequence[T], piece: int) -> list[R]:  # noqa: ARG001
    """See `Spread`: in this process."""
    return work(items)


class Site:
    """The pages of a book at a moment.

    Args:
        book: as it is now, with open records laid over it.
        now: when the site is made.
        help_lines: gives command and help text of each command, for the reference.
        on_progress: is told how far it is.
        spread: shares work among the processors of this machine.

    Attributes:
        made: the pages that had to be made, and were not those of before.
    """

    def __init__(
        self,
        book: Book,
        kinds: Kinds,
        now: datetime,
        help_lines: Callable[[], list[tuple[str, str]]],
        on_progress: Callable[[str], None] = lambda _line: None,
        spread: Spread = alone,
    ) -> None:
        self._book, self._kinds, self._now, self._help = book, kinds, now, help_lines
        self._tell, self._spread = on_progress, spread
        self.made: Sequence[str] = ()

    def pages(self, work: Path | None = None) -> Iterator[Page]:
        """Every page, one at a time.

        Args:
            work: a folder in which pages are kept: of those that would be the same, the one of before is taken.
        """
        # What rules look up once for the whole book is no question of any page.
        shared = [(path, self._book.tree.read(path)) for path, _ in self._book.tree.paths(BASELINES)]
        config = self._book.tree.read(CONFIG_PATH)
        with closing(Kept(work, digest(made_by(), config, sorted(self._kinds), shared))) as kept:
            self.made = kept.made
            book = Asked(self._book, partial(kept.stamp, self._book.tree))
            yield from _Making(book, kept, self._kinds, self._now, self._help, self._tell, self._spread).pages()
            kept.forget()

    def pictures(self) -> Iterator[str]:
        """The pictures of `docs/`."""
        return Pages(self._book).pictures()

    def read(self, path: str) -> bytes | None:
        """A file of the book."""
        return self._book.tree.read(path)

    def redirects(self) -> Mapping[str, str]:
        """The page that each old address leads to."""
        return moved(self._book)


class _Making:
    """Makes the pages of a book that writes down what it is asked."""

    def __init__(
        self,
        book: Asked,
        kept: Kept,
        kinds: Kinds,
        now: datetime,
        help_lines: Callable[[], list[tuple[str, str]]],
        tell: Callable[[str], None],
        spread: Spread,
    ) -> None:
        self._book, self._kept, self._kinds, self._now = book, kept, kinds, now
        self._help, self._tell, self._spread = help_lines, tell, spread
        self._readers = {kind.name: TypeAdapter[Row](kind.row_type) for kind in kinds.values()}
        self._places = Pages(book)
        self._env = kind_templates(kinds)
        core = book.config.core
        self._repository = f"{core.site.repository.rstrip('/')}/blob/{core.forge.main}" if core.site.repository else ""
        local = Times(now, core.timezone).local(now)
        midnights = (at.replace(hour=0, minute=0, second=0, microsecond=0) for at in (now.astimezone(UTC), local))
        self._day = max(midnight.astimezone(UTC) for midnight in midnights)

    def pages(self) -> Iterator[Page]:
        """See `Site.pages`."""
        records = [(kind, ref) for kind in self._kinds.values() for ref in sorted(self._book.refs(kind.name).values())]
        known: dict[str, list[Row]] = {kind: [] for kind in self._kinds}
        for kind, ref in counted(records, len(records), "records read", self._tell):
            known[kind.name].append(self._row(kind, ref))
        self._book.over = frozenset(row.id for some in known.values() for row in some if row.quiet_since is not None)
        fronts = {kind.name: kind.front(self._book, self._now) for kind in self._kinds.values()}
        yield home_page(home_of(self._book, fronts.values(), self._now), self._env)
        plurals = {kind.name: kind.plural for kind in self._kinds.values()}
        rows = self._book.rows = Rows(known, plurals, fronts, self._book.ask)
        some_rows = (row for some in known.values() for row in some)
        jobs = chain(
            (
                _Job(row.path, self._as_of(row), partial(self._record, kind, ref, row, rows))
                for (kind, ref), row in zip(records, some_rows, strict=True)
                if row.path
            ),
            self._indexes(rows),
            (
                _Job(self._places.of(path) or path, self._day, partial(self._prose, path))
                for path in self._places.written()
            ),
            (
                _Job(path, self._day, make)
                for path, make in reference(self._kinds, self._env, self._times(self._day), self._help).items()
            ),
        )
        yield from counted(self._done(jobs), len(records), "pages", self._tell)

    def _indexes(self, rows: Rows) -> Iterator[_Job]:
        for kind in self._kinds.values():
            for sheet in kind.indexes(rows, self._book, self._now):
                as_of = self._now if sheet.lives else self._day
                yield _Job(sheet.path, as_of, partial(self._sheet, kind, sheet, sheet.path, as_of), sheet)

    def _done(self, jobs: Iterator[_Job]) -> Iterator[Page]:
        """The pages that jobs make, in their order: those of before, and the others on all processors."""
        while some := list(islice(jobs, AT_ONCE)):
            keys = [digest(self._kept.made_by, job.as_of, job.depends) for job in some]
            found = [self._kept.page(job.path, key, self._book) for job, key in zip(some, keys, strict=True)]
            missing = [job for job, page in zip(some, found, strict=True) if page is None]
            # A process that is forked has the jobs already: it is told which.
            made = iter(self._spread(partial(self._make, missing), range(len(missing)), PIECE))
            for job, key, page in zip(some, keys, found, strict=True):
                yield page if page is not None else self._kept.keep(job.path, key, *next(made), self._book)

    def _make(self, jobs: Sequence[_Job], numbers: Sequence[int]) -> list[tuple[Page, list[Question]]]:
        """The pages of these jobs, each with what it asked."""
        made = []
        for number in numbers:
            with self._book.questions() as questions:
                page = jobs[number].make()
            made.append((page, list(questions)))
        return made

    def _as_of(self, row: Row) -> datetime:
        """The moment of which a page tells: of the day begun, where nothing happened since, so that it can be kept."""
        return self._now if row.quiet_since is None or row.quiet_since >= self._day else self._day

    def _row(self, kind: Kind, ref: Ref) -> Row:
        """What other pages say of a record, and its title, for whoever asks for that."""
        reader = self._readers[kind.name]
        key = digest(self._kept.made_by, self._book.answer(("record", ref.path)))
        known = self._kept.row(ref.path, key)
        if known is None:
            row = reader.dump_json(kind.row(self._book.record(ref), self._book)).decode()
            known = self._book.title(kind.name, ref.id), row
            self._kept.keep_row(ref.path, key, *known)
            self._book.forget(ref)
        self._book.titles[kind.name, ref.id] = known[0]
        return reader.validate_json(known[1])

    def _record(self, kind: Kind, ref: Ref, row: Row, rows: Rows) -> Page:
        as_of = self._as_of(row)
        sheet = kind.sheet(self._book.record(ref), row, rows, self._book, as_of)
        found = check_record(ref, self._book, as_of, self._kinds)
        page = self._sheet(kind, sheet, row.path, as_of, found)
        self._book.forget(ref)
        return replace(page, noun=kind.name.capitalize(), month=self._month(row))

    def _month(self, row: Row) -> str:
        """See `Page.month`."""
        since = row.quiet_since
        return f"{self._times(self._now).local(since):%Y-%m}" if since is not None and since != ALWAYS else ""

    def _sheet(self, kind: Kind, sheet: Sheet, path: str, as_of: datetime, found: Sequence[Finding] = ()) -> Page:
        values: Mapping[str, object] = {**sheet.values, "findings": found}
        page = render(self._env, f"{kind.name}/{sheet.template}", path, sheet.source, self._times(as_of), **values)
        page = replace(page, found_by=sheet.found_by)
        if sheet.body is not None:
            page = self._with(page, self._written(sheet.source, sheet.body, titled=False), found)
        return self._footed(page)

    def _prose(self, path: str) -> Page:
        text = read(self._book.tree.read(path) or b"")
        front = text.front.value if text.front is not None and isinstance(text.front.value, dict) else {}
        title = next((found.text for found in text.headings if found.level == 1), "")
        page = Page(
            path=self._places.of(path) or path,
            title=visible(str(front.get("title") or title or path.rpartition("/")[2].removesuffix(".md"))),
            html="",
            source=path,
            description=visible(str(front.get("description") or "")),
        )
        found = [
            rule.finding(problem)
            for rule in PAGE_RULES
            if issubclass(rule, PageRule)
            for problem in rule().page(path, text, self._book)
        ]
        return self._footed(self._with(page, self._written(path, text, titled=True), found))

    def _written(self, path: str, text: Markdown, *, titled: bool) -> Written:
        return written(text, lambda target: self._places.lead(path, target, text), self._repository, titled=titled)

    def _with(self, page: Page, more: Written, found: Sequence[Finding]) -> Page:
        """A page with what somebody wrote, below what was found in it."""
        shown = [finding for finding in found if finding.severity == "error"]
        said = self._part("findings.html.j2", page, findings=shown) if shown else ""
        return replace(
            page,
            html="\n".join(part for part in (page.html, said, more.html) if part),
            headings=(*page.headings, *more.headings),
            pictures=more.pictures,
        )

    def _footed(self, page: Page) -> Page:
        """A page with the way to its source, where it can be seen and edited."""
        address = f"{self._repository}/{quote(page.source)}" if self._repository else None
        return replace(page, html=f"{page.html}\n{self._part('source.html.j2', page, address=address)}")

    def _part(self, template: str, page: Page, **values: object) -> str:
        return render(self._env, template, page.path, page.source, self._times(self._day), **values).html

    def _times(self, as_of: datetime) -> Times:
        return Times(as_of, self._book.config.core.timezone)


def kind_templates(kinds: Kinds) -> Environment:
    """The templates of the site, and those of each kind as `<kind>/<name>`; each is compiled once."""
    return _templates(tuple((name, kind.package) for name, kind in kinds.items()))


@cache
def _templates(packages: tuple[tuple[str, str], ...]) -> Environment:
    return templates([PrefixLoader({name: PackageLoader(package, ".") for name, package in packages})])
