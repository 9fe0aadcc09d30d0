"""People's words in pages: always text, never markup.

A page is Markdown that holds HTML, so a word that somebody typed passes two parsers before it is read. Both
leave a numeric character reference alone (`&#42;`), therefore every character that could mean anything to
either is written as one. The result may stand anywhere in a page: prose, a heading, a table cell, an
attribute, an HTML block. Not in a code span or block of Markdown, which show the references: write
`<code>{{ value }}</code>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from html.parser import HTMLParser
from typing import Any

import nh3
from jinja2 import BaseLoader, Environment, StrictUndefined
from jinja2.exceptions import TemplateSyntaxError
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markdown_it import MarkdownIt
from markdown_it.token import Token as Block
from markupsafe import Markup

from opsbook.core.text import visible

EXTENSIONS = frozenset(
    {
        "admonition",
        "attr_list",
        "def_list",
        "footnotes",
        "pymdownx.highlight",
        "pymdownx.superfences",
        "sane_lists",
        "tables",
        "toc",
    }
)
"""The Markdown extensions that a book may switch on: what `inert` promises is tested with all of them."""

_ACTIVE = re.compile(r"(?<!\S) | (?!\S)|[^\w ]|_")
"""All but letters and digits of any script, and single spaces between other characters."""


def inert(text: str) -> str:
    """`text` as character references, so that neither Markdown nor HTML sees anything but text.

    Hidden characters are made visible first. Line feeds, and spaces at the ends or in runs, are references
    too: an indented or a blank line means something in Markdown.
    """
    return _ACTIVE.sub(lambda match: f"&#{ord(match.group())};", visible(text))


class Inert(Markup):
    """Markup that stays safe when text is added to it: what is added becomes inert, not only HTML-escaped."""

    __slots__ = ()

    @classmethod
    def escape(cls, s: Any) -> Inert:
        """See `markupsafe.Markup.escape`."""
        return finalize(s) if not hasattr(s, "__html__") else cls(s.__html__())


def finalize(value: Any) -> Any:
    """What a template prints for a value: nothing for `None`, markup as it is, anything else inert."""
    if value is None:
        return Inert("")
    return value if hasattr(value, "__html__") else Inert(inert(str(value)))


_TAGS = frozenset(
    {
        *("a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "strong"),
        *("table", "tbody", "td", "th", "thead", "tr", "ul"),
    }
)
_INLINE = frozenset({"code", "em", "strong"})
_VOID = frozenset({"br", "hr"})
_SCHEMES = frozenset({"http", "https", "mailto"})
_REL = "nofollow noopener"
_HEADING = "ob-heading"
_SCROLL = '<div class="ob-scroll" tabindex="0" role="group" aria-label="Table">'

_COMMONMARK = (
    MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"]).disable("image")
)


def rich(text: str) -> Inert:
    """The Markdown that somebody typed as one line of harmless HTML in `<div class="ob-text">`.

    Paragraphs, lists, tables, code, quotations and links survive. HTML is shown as typed, images become
    links, headings become bold paragraphs, so that the outline of the page around it holds. Links lead to
    `http`, `https` or `mailto`; of any other the words stay, also of a relative one: nobody can know what it was
    relative to.
    """
    html = _COMMONMARK.renderer.render(list(_flattened(_COMMONMARK.parse(visible(text)))), _COMMONMARK.options, {})
    return Inert(f'<div class="ob-text">{_printed(html, _TAGS)}</div>')


def line(text: str) -> Inert:
    """One line that somebody typed, with its `code`, *emphasis* and **strength**, to stand in a sentence or a cell."""
    return _printed(_COMMONMARK.renderInline(" ".join(visible(text).split())), _INLINE)


def _printed(html: str, tags: Set[str]) -> Inert:
    """Rendered Markdown cleaned of everything but `tags`, and made safe to stand in Markdown again."""
    clean = nh3.clean(
        html,
        tags=set(tags),
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
        allowed_classes={"p": {_HEADING}},
        url_schemes=set(_SCHEMES),
        url_relative="deny",
        link_rel=_REL,
    )
    printer = _Printer()
    printer.feed(clean)
    printer.close()
    return Inert("".join(printer.out))


def _flattened(blocks: Iterable[Block]) -> Iterator[Block]:
    """Turn headings into paragraphs of a class."""
    for block in blocks:
        if block.type in ("heading_open", "heading_close"):
            block.tag = "p"
            if block.nesting == 1:
                block.attrSet("class", _HEADING)
        yield block


class _Printer(HTMLParser):
    """Prints cleaned HTML again with every text and attribute inert, so that it may stand in Markdown.

    A second, closed list: it leaves out any tag or attribute that it does not know, whatever came through.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._link_open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._link_open = any(name == "href" for name, _ in attrs)
        if tag == "table":
            self.out.append(_SCROLL)
        if tag in _TAGS and (tag != "a" or self._link_open):
            self.out.append(f"<{tag}{''.join(_attribute(tag, name, value or '') for name, value in attrs)}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _TAGS - _VOID and (tag != "a" or self._link_open):
            self.out.append(f"</{tag}>")
        if tag == "table":
            self.out.append("</div>")

    def handle_data(self, data: str) -> None:
        self.out.append(inert(data))


def _attribute(tag: str, name: str, value: str) -> str:
    if (tag, name) == ("a", "href"):
        return f' href="{href(value)}"'
    if (tag, name, value) in (("a", "rel", _REL), ("p", "class", _HEADING)):
        return f' {name}="{value}"'
    if (tag, name) == ("ol", "start") and value.isdecimal():
        return f' start="{value}"'
    return ""


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_DROPPED_BY_BROWSERS = re.compile(r"[\x00-\x1f\x7f]+")


def href(address: str) -> Inert:
    """An address for `href="…"`: relative, or of an allowed scheme; anything else becomes `#`.

    Browsers drop control characters, and spaces at the ends, before they read the scheme: so does this.
    """
    bare = _DROPPED_BY_BROWSERS.sub("", address).strip()
    scheme = _SCHEME.match(bare)
    if scheme and scheme.group(1).lower() not in _SCHEMES:
        return Inert("#")
    return Inert(inert(bare.replace(" ", "%20")))


def yaml(value: Any) -> Inert:
    """A value of front matter: quoted for YAML, and inert: titles reach `<title>` and `<meta>` unescaped.

    White space is folded: a title has one line.
    """
    return Inert('"' + inert(" ".join(str(value).split())) + '"')


def join(values: Iterable[Any], separator: str = ", ") -> Inert:
    """Values one after another, each inert; the built-in filter would only HTML-escape them beside markup."""
    return Inert(separator and inert(separator)).join(values)


_FILTERS = frozenset(
    {
        *(
            "batch",
            "capitalize",
            "count",
            "d",
            "default",
            "first",
            "groupby",
            "int",
            "items",
            "last",
            "length",
        ),
        *("list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round", "select"),
        *("selectattr", "slice", "sort", "sum", "trim", "unique", "upper"),
    }
)
_OPERATORS = frozenset({"add", "mod", "tilde"})


class _NoGluing(Extension):
    """Refuses `~`, `+` and `%` in templates: they paste text to markup with HTML escaping only."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        for token in stream:
            if token.type in _OPERATORS:
                raise TemplateSyntaxError(
                    f"no {token.value!r} in page templates: print the parts in turn, or compute in Python",
                    token.lineno,
                    stream.name,
                    stream.filename,
                )
            yield token


def environment(loader: BaseLoader) -> Environment:
    """Where page templates are rendered: any value that they print is inert.

    Filters: `rich` (Markdown that somebody typed), `line` (one line of it), `href` (an address),
    `yaml` (front matter), `join`, and those built-in ones that leave markup alone. There is no `safe`.
    """
    env = Environment(
        loader=loader,
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        extensions=[_NoGluing],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters = {name: env.filters[name] for name in _FILTERS}
    env.filters.update(rich=rich, line=line, href=href, yaml=yaml, join=join)
    return env
