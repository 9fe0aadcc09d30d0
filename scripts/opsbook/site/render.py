"""Templates that become pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader
from jinja2.environment import TemplateModule
from markupsafe import Markup

from opsbook.core import gfm
from opsbook.core.markdown import Heading
from opsbook.core.text import visible
from opsbook.core.times import Times
from opsbook.site.page import ROOT, Page, address, heading
from opsbook.site.safe import environment


def templates(more: Iterable[BaseLoader] = ()) -> Environment:
    """The templates of the site, and `more` of others (a kind brings its own)."""
    return environment(ChoiceLoader([PackageLoader("opsbook.site"), *more]))


def render(env: Environment, name: str, path: str, source: str, times: Times, **values: Any) -> Page:
    """One page of the template `name`, which is HTML, with headings as Markdown writes them (`## Timeline`).

    At its top a template sets `title`, and may set `description` and `bare` (see `Page`). Besides `values` it sees
    `times`, `source` (what a person edits), and `link(target)`: the address of the page `target`, such as
    `services/index.md` or `runbooks/a/b.md#steps`, to use in `href="…"`.

    Args:
        path: where the page lies on the site.
    """
    links: set[str] = set()
    headings: list[Heading] = []
    anchors, former = gfm.Anchors(), gfm.FormerAnchors()

    def link(target: str) -> Markup:
        page, mark, fragment = target.partition("#")
        links.add(page)
        return Markup("{}{}{}{}").format(ROOT, address(page), mark, fragment)

    def titled(level: int, caller: Callable[[], Markup]) -> Markup:
        inner = caller()
        text = inner.striptags()
        found = Heading(level, text, anchors.unique(text), 0, former.unique(text))
        headings.append(found)
        return heading(found, inner)

    module = env.get_template(name).make_module(
        {"times": times, "source": source, "link": link, "heading": titled, **values}
    )
    return Page(
        path=path,
        title=_text(module, "title") or path,
        html=str(module).strip(),
        source=source,
        headings=tuple(headings),
        description=_text(module, "description"),
        links=frozenset(links),
        bare=bool(getattr(module, "bare", False)),
    )


def _text(module: TemplateModule, name: str) -> str:
    """A text that a template set; a block that it set is markup."""
    value = getattr(module, name, "")
    return " ".join(value.striptags().split()) if isinstance(value, Markup) else visible(str(value))
