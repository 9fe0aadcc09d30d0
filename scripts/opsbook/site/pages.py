"""Every page of the site, from the book: the home page, the pages of each kind, and the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from jinja2 import Environment, PackageLoader, PrefixLoader

from opsbook.core.book import Book
from opsbook.core.check import check_record
from opsbook.core.kind import Kinds
from opsbook.core.times import Times
from opsbook.site.home import home_of, home_page
from opsbook.site.page import Page
from opsbook.site.reference import reference
from opsbook.site.render import render, templates


def pages(book: Book, kinds: Kinds, now: datetime, help_lines: list[tuple[str, str]]) -> Iterator[Page]:
    """Every generated page, one at a time: a book may have more records than fit into memory as pages.

    Args:
        book: as it is now, with open records laid over it.
        now: when the site is made.
        help_lines: command and help text of each command, for the reference.
    """
    times = Times(now, book.config.core.timezone)
    env = kind_templates(kinds)
    yield home_page(home_of(book, kinds, now), env)
    for kind in kinds.values():
        for sheet in kind.sheets(book, now):
            found = {"findings": check_record(sheet.record, book, now, kinds)} if sheet.record is not None else {}
            values = {**sheet.values, **found}
            page = render(env, f"{kind.name}/{sheet.template}", sheet.path, sheet.source, times, **values)
            foot = render(env, "source.md.j2", sheet.path, sheet.source, times, address=_source(sheet.source, book))
            yield replace(page, markdown=f"{page.markdown}\n{sheet.body}\n\n{foot.markdown}")
    yield from reference(kinds, env, times, help_lines)


def _source(path: str, book: Book) -> str | None:
    """Where the source of a page can be seen and edited, if the configuration says where the repository is."""
    repository = book.config.core.site.repository
    return f"{repository.rstrip('/')}/blob/{book.config.core.forge.main}/{path}" if repository else None


def kind_templates(kinds: Kinds) -> Environment:
    """The templates of the site, and those of each kind as `<kind>/<name>`."""
    return templates([PrefixLoader({name: PackageLoader(kind.package, ".") for name, kind in kinds.items()})])
