"""Where page templates are rendered: people's words in them are always text, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup, escape

from opsbook.core.pages import SCHEMES
from opsbook.core.text import visible
from opsbook.site.prose import line, rich


def finalize(value: Any) -> Any:
    """What a template prints for a value: nothing for `None`, markup as it is, of anything else its visible text."""
    if value is None:
        return ""
    return value if hasattr(value, "__html__") else visible(str(value))


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_DROPPED_BY_BROWSERS = re.compile(r"[\x00-\x1f\x7f]+")


def href(address: str) -> Markup:
    """An address for `href="…"`: relative, or of an allowed scheme; anything else becomes `#`.

    Browsers drop control characters, and spaces at the ends, before they read the scheme: so does this.
    """
    bare = _DROPPED_BY_BROWSERS.sub("", visible(address)).strip()
    scheme = _SCHEME.match(bare)
    if scheme and scheme.group(1).lower() not in SCHEMES:
        return Markup("#")
    return escape(bare.replace(" ", "%20"))


def join(values: Iterable[Any], separator: str = ", ") -> Markup:
    """Values one after another, each as `finalize` prints it."""
    return escape(separator).join(finalize(value) for value in values)


_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)


class _Headings(Extension):
    """Lets a template write its headings as Markdown does; see `render` for `heading`.

    It is done to the template, before there are any values in it: no text of anybody becomes a heading.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _HEADING.sub(lambda found: f"{{% call heading({len(found[1])}) %}}{found[2]}{{% endcall %}}", source)


def environment(loader: BaseLoader) -> Environment:
    """Where page templates are rendered: any value that they print is text.

    Filters beside Jinja's own: `rich` (Markdown that somebody typed), `line` (one line of it), `href` (an address);
    `join` prints values as they would be printed alone. There is no `safe`.
    """
    env = Environment(
        loader=loader,
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        extensions=[_Headings],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    del env.filters["safe"]
    env.filters.update(rich=rich, line=line, href=href, join=join)
    return env
