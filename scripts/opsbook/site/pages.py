"""Every page of the site, from the book: the home page, the pages of each kind, and the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from jinja2 import Environment, PackageLoader, PrefixLoader

from opsbook.core.book import Book
from opsbook.core.times import Times
from opsbook.site.front import front
from opsbook.site.home import home_page
from opsbook.site.page import Page
from opsbook.site.reference import reference
from opsbook.site.render import render, templates


def pages(book: Book, now: datetime, help_lines: list[tuple[str, str]]) -> Iterator[Page]:
    """Every generated page, one at a time: a book may have more records than fit into memory as pages.

    Args:
        book: as it is now, with open records laid over it.
        now: when the site is made.
        help_lines: command and help text of each command, for the reference.
    """
    times = Times(now, book.config.core.timezone)
    env = kind_templates(book)
    yield home_page(front(book, now), env)
    for kind in book.kinds.values():
        for sheet in kind.sheets(book, now):
            page = render(env, f"{kind.name}/{sheet.template}", sheet.path, sheet.source, times, **sheet.values)
            foot = render(env, "source.md.j2", sheet.path, sheet.source, times, address=_source(sheet.source, book))
            yield replace(page, markdown=f"{page.markdown}\n{sheet.body}\n\n{foot.markdown}")
    yield from reference(book, env, times, help_lines)


def _source(path: str, book: Book) -> str | None:
    """Where the source of a page can be seen and edited, if the configuration says where the repository is."""
    repository = book.config.core.site.repository
    return f"{repository.rstrip('/')}/blob/{book.config.core.forge.main}/{path}" if repository else None


def kind_templates(book: Book) -> Environment:
    """The templates of the site, and those of each kind as `<kind>/<name>`."""
    return templates([PrefixLoader({name: PackageLoader(f"opsbook.kinds.{name}", ".") for name in book.kinds})])
