"""Every page of the site, from the book: the home page, the pages of each kind, what people wrote, the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, PrefixLoader

from opsbook.core.book import Book
from opsbook.core.check import check_record
from opsbook.core.finding import Finding
from opsbook.core.kind import Kinds, Sheet
from opsbook.core.markdown import Markdown
from opsbook.core.page_rules import PAGE_RULES, PageRule
from opsbook.core.pages import Pages, read
from opsbook.core.redirects import moved
from opsbook.core.times import Times
from opsbook.site.home import home_of, home_page
from opsbook.site.page import Page
from opsbook.site.prose import Written, written
from opsbook.site.reference import reference
from opsbook.site.render import render, templates


class Site:
    """The pages of a book at a moment.

    Args:
        book: as it is now, with open records laid over it.
        now: when the site is made.
        help_lines: command and help text of each command, for the reference.
    """

    def __init__(self, book: Book, kinds: Kinds, now: datetime, help_lines: list[tuple[str, str]]) -> None:
        self._book, self._kinds, self._now, self._help = book, kinds, now, help_lines
        self._places = Pages(book)
        self._times = Times(now, book.config.core.timezone)
        self._env = kind_templates(kinds)
        core = book.config.core
        self._repository = f"{core.site.repository.rstrip('/')}/blob/{core.forge.main}" if core.site.repository else ""

    def pages(self) -> Iterator[Page]:
        """Every page, one at a time."""
        yield home_page(home_of(self._book, self._kinds, self._now), self._env)
        for kind in self._kinds.values():
            for sheet in kind.sheets(self._book, self._now):
                yield self._sheet(kind.name, sheet)
        for path in self._places.written():
            yield self._prose(path)
        yield from reference(self._kinds, self._env, self._times, self._help)

    def pictures(self) -> Iterator[str]:
        """The pictures of `docs/`."""
        return self._places.pictures()

    def read(self, path: str) -> bytes | None:
        """A file of the book."""
        return self._book.tree.read(path)

    def redirects(self) -> Mapping[str, str]:
        """The page that each old address leads to."""
        return moved(self._book)

    def _sheet(self, kind: str, sheet: Sheet) -> Page:
        found = check_record(sheet.record, self._book, self._now, self._kinds) if sheet.record is not None else []
        values: Mapping[str, object] = {**sheet.values, "findings": found}
        page = render(self._env, f"{kind}/{sheet.template}", sheet.path, sheet.source, self._times, **values)
        page = replace(page, found_by=sheet.found_by)
        if sheet.record is not None:
            page = replace(page, noun=kind.capitalize())
        if sheet.body is not None:
            page = self._with(page, self._written(sheet.source, sheet.body, titled=False), found)
        return self._footed(page)

    def _prose(self, path: str) -> Page:
        text = read(self._book.tree.read(path) or b"")
        front = text.front.value if text.front is not None and isinstance(text.front.value, dict) else {}
        title = next((found.text for found in text.headings if found.level == 1), "")
        page = Page(
            path=self._places.of(path) or path,
            title=str(front.get("title") or title or path.rpartition("/")[2].removesuffix(".md")),
            html="",
            source=path,
            description=str(front.get("description") or ""),
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

    def _with(self, page: Page, more: Written, found: list[Finding]) -> Page:
        """A page with what somebody wrote, below what was found in it."""
        shown = [finding for finding in found if finding.severity == "error"]
        said = (
            render(self._env, "findings.md.j2", page.path, page.source, self._times, findings=shown) if shown else None
        )
        return replace(
            page,
            html="\n".join([page.html, *([said.html] if said is not None else []), more.html]),
            headings=(*page.headings, *more.headings),
            links=page.links | more.links,
            pictures=more.pictures,
        )

    def _footed(self, page: Page) -> Page:
        """A page with the way to its source, where it can be seen and edited."""
        address = f"{self._repository}/{page.source}" if self._repository else None
        foot = render(self._env, "source.md.j2", page.path, page.source, self._times, address=address)
        return replace(page, html=f"{page.html}\n{foot.html}")


def kind_templates(kinds: Kinds) -> Environment:
    """The templates of the site, and those of each kind as `<kind>/<name>`; each is compiled once."""
    return _templates(tuple((name, kind.package) for name, kind in kinds.items()))


@cache
def _templates(packages: tuple[tuple[str, str], ...]) -> Environment:
    return templates([PrefixLoader({name: PackageLoader(package, ".") for name, package in packages})])
