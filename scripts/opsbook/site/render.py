"""Templates that become pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader

from opsbook.core.times import Times
from opsbook.site.page import Page, relative
from opsbook.site.safe import Inert, environment, inert


def templates(more: Iterable[BaseLoader] = ()) -> Environment:
    """The templates of the site, and `more` of others (a kind brings its own)."""
    return environment(ChoiceLoader([PackageLoader("opsbook.site"), *more]))


def render(env: Environment, name: str, path: str, source: str, times: Times, **values: Any) -> Page:
    """One page of the template `name`.

    Besides `values` a template sees `times`, `source` (what a person edits), and `link(target)`: the address of the
    page `target`, such as `services/index.md` or `runbooks/a/b.md#steps`, as seen from this page.

    Args:
        path: where the page is staged, below `docs/`.
    """

    def link(target: str) -> Inert:
        return Inert(inert(relative(target, path)))

    return Page(path, env.get_template(name).render(times=times, source=source, link=link, **values), source)
