"""Templates that become pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader

from opsbook.core.times import Times
from opsbook.site.page import Page, address
from opsbook.site.safe import Inert, environment, inert

FROM_ROOT = "site:"
"""Begins the address of a page in HTML: `site:services/x/`. The theme puts the way to the root of the site there.

Not a relative address, because MkDocs and its successor disagree about where one begins on a page `a/b.md`: the
first leaves HTML as it is, the second takes it to mean the folder of the file.
"""


def templates(more: Iterable[BaseLoader] = ()) -> Environment:
    """The templates of the site, and `more` of others (a kind brings its own)."""
    return environment(ChoiceLoader([PackageLoader("opsbook.site"), *more]))


def render(env: Environment, name: str, path: str, source: str, times: Times, **values: Any) -> Page:
    """One page of the template `name`.

    Besides `values` a template sees `times`, `source` (what a person edits), and `link(target)`: the address of the
    page `target`, such as `services/index.md` or `runbooks/a/b.md#steps`, to use in `href="…"`.

    Args:
        path: where the page is staged, below `docs/`.
    """

    links: set[str] = set()

    def link(target: str) -> Inert:
        page, mark, fragment = target.partition("#")
        links.add(page)
        return Inert(inert(f"{FROM_ROOT}{address(page)}{mark}{fragment}"))

    text = env.get_template(name).render(times=times, source=source, link=link, **values)
    return Page(path, text, source, frozenset(links))
