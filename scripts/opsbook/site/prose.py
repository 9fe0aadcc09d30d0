"""Markdown as HTML: the pages that people write, and the words that they type, by the one parser (`core.gfm`).

Nothing that stands in a text can do more than say something: HTML that is not harmless is shown as it was typed,
addresses lead to the web or within the book, and what is left is closed by a second library before it is printed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache, lru_cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import nh3
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape

from opsbook.core import checklist, gfm
from opsbook.core.checklist import HEADER
from opsbook.core.markdown import Heading, Markdown
from opsbook.core.pages import FOLDER, SCHEMES, Lead, scheme
from opsbook.core.rawhtml import HARMLESS
from opsbook.core.shape import PICTURES
from opsbook.core.text import visible
from opsbook.site.page import ROOT, address, heading

DIAGRAM = "ob-diagram"
"""The class of a diagram, which the browser draws."""

Leads = Callable[[str], Lead]
"""Where the target of a link leads."""


@dataclass(frozen=True, slots=True)
class Written:
    """A page that somebody wrote, as HTML; see `Page` for what its parts are."""

    html: Markup
    headings: tuple[Heading, ...]
    pictures: frozenset[str]


def written(text: Markdown, lead: Leads, repository: str, *, titled: bool = True) -> Written:
    """A page that somebody wrote.

    Args:
        lead: where its links lead.
        repository: where files of the book can be seen that are no pages; empty when nobody knows.
        titled: its first heading is shown; else it is the title of a record, which the page says already.
    """
    tokens, headings = _steps(text), list(text.headings)
    if not titled and tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        tokens, headings = tokens[3:], headings[1:]
    printer = _Printer(lead, repository, headings)
    html = printer.page(tokens, text.parsed.env)
    return Written(html, tuple(headings), frozenset(printer.pictures))


@lru_cache(maxsize=1024)
def rich(text: str) -> Markup:
    """The Markdown that somebody typed, in `<div class="ob-text">`.

    Paragraphs, lists, tables, code, quotations and links survive. HTML is shown as typed, images become links,
    headings become bold paragraphs, so that the outline of the page around it holds. Links lead to `http`, `https` or
    `mailto`; of any other the words stay, also of a relative one: nobody can know what it was relative to.
    """
    read = gfm.parsed(visible(text), typed=True)
    return Markup('<div class="ob-text">{}</div>').format(_Printer(_elsewhere, "", None).page(read.tokens, read.env))


def line(text: str) -> Markup:
    """One line that somebody typed, with its `code`, *emphasis* and **strength**, to stand in a sentence or a cell."""
    parser = gfm.parser(typed=True)
    tokens = parser.parseInline(" ".join(visible(text).split()), {})
    html = nh3.clean(_Printer(_elsewhere, "", None).page(tokens, {}), tags={"code", "em", "strong"})
    return Markup(html)  # noqa: S704 (it was made by a closed list)


def _elsewhere(target: str) -> Lead:
    return Lead(web=target) if scheme(target) else Lead(fault="nobody knows what it was relative to")


class _Printer(RendererHTML):
    """Prints tokens.

    Args:
        headings: of the page, in order; `None` where a heading may not stand in the outline.
    """

    def __init__(self, lead: Leads, repository: str, headings: Sequence[Heading] | None) -> None:
        self.rules = {name: getattr(self, name) for name in _rules()} | _footnotes()
        self._lead = lead
        self._repository = repository
        self._headings = iter(headings) if headings is not None else None
        self._ends: list[str] = []
        self.pictures: set[str] = set()

    def page(self, tokens: Sequence[Token], env: Any) -> Markup:
        """The tokens as HTML in which every element ends."""
        _prepared(tokens)
        html = self.render(tokens, gfm.parser().options, env)
        return Markup(_cleaner().clean(html))  # noqa: S704 (it was made by a closed list)

    # Each of these is called by the name of its token.

    def heading_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        if self._headings is None:
            return '<p class="ob-heading">'
        found = next(self._headings)
        begin, end = heading(found, Markup("\0")).split("\0")
        self._ends.append(end)
        return str(begin)

    def heading_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return (self._ends.pop() if self._headings is not None else "</p>") + "\n"

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        where = self._where(str(token.attrs.get("href", "")))
        self._ends.append("</a>" if where else "")
        title = Markup(' title="{}"').format(token.attrs["title"]) if token.attrs.get("title") else ""
        return f'<a href="{escape(where)}"{title}>' if where else ""

    def link_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return self._ends.pop()

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        words = gfm.plain(token.children or [])
        target = str(token.attrs.get("src", ""))
        lead = self._lead(target)
        if self._headings is None or not lead.file:
            where = self._where(target)  # a picture from elsewhere is asked for by whoever wants to see it
            return str(Markup('<a href="{}">{}</a>').format(where, words or target) if where else escape(words))
        self.pictures.add(lead.file)
        where = ROOT + picture(lead.file)
        return str(Markup('<img src="{}" alt="{}" loading="lazy">').format(where, words))

    def html_inline(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return _harmless(tokens[idx].content, self._where)

    def html_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return _harmless(tokens[idx].content, self._where)

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        kind = tokens[idx].meta.get("kind", "")
        self._ends.append("</table>\n" if kind else "</table></div>\n")
        if kind:
            return f'<table class="{kind}" role="table">\n'
        return (
            '<div class="ob-scroll" tabindex="0" role="group" aria-label="Table">'
            '<table class="ob-table" role="table">\n'
        )

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return self._ends.pop()

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        if token.info.strip() == "mermaid":
            return f'<pre class="{DIAGRAM}"><code>{escapeHtml(token.content)}</code></pre>\n'
        return code(token.content, token.info.strip().split(maxsplit=1)[0] if token.info.strip() else "")

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return code(tokens[idx].content, "")

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        meta = tokens[idx].meta
        if "checked" not in meta:
            return self.renderToken(tokens, idx, options, env)
        state = ("to do", ""), ("done", " checked")
        label, checked = state[bool(meta["checked"])]
        box = f'<input type="checkbox" disabled{checked} aria-label="{label}"> '
        return self.renderToken(tokens, idx, options, env) + box

    def alert_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        kind = _ALERTS.get(str(tokens[idx].meta["kind"]).lower(), "note")
        return f'<div class="admonition {kind}">\n'

    def alert_title_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return '<p class="admonition-title">'

    def _where(self, target: str) -> str:
        """The address for `href`; nothing where the words stay and no link."""
        lead = self._lead(target)
        if lead.web:
            return visible(lead.web) if lead.web.startswith("//") or scheme(lead.web) in SCHEMES else ""
        if lead.page:
            return ROOT + address(lead.page) + (f"#{lead.fragment}" if lead.fragment else "")
        if lead.file and posixpath.splitext(lead.file)[1].lower() in PICTURES:
            self.pictures.add(lead.file)
            return ROOT + picture(lead.file)
        return f"{self._repository}/{quote(lead.file)}" if lead.file and self._repository else ""


@cache
def _rules() -> tuple[str, ...]:
    """The tokens that the printer has a method for; its own class would look for them each time."""
    return tuple(name for name in RendererHTML().rules) + tuple(
        name for name in vars(_Printer) if not name.startswith("_") and name != "page"
    )


@cache
def _footnotes() -> dict[str, Any]:
    """How footnotes are printed, as the parser's own printer does it."""
    rules = gfm.parser().renderer.rules  # type: ignore[attr-defined]
    return {name: rule for name, rule in rules.items() if name.startswith("footnote")}


_ALERTS = {"note": "note", "tip": "tip", "important": "info", "warning": "warning", "caution": "danger"}
"""GitHub's alerts, by the class for which the theme has a colour and a picture."""


def picture(file: str) -> str:
    """Where a picture of the book lies on the site."""
    return file.removeprefix(FOLDER + "/")


@lru_cache(maxsize=1024)
def code(text: str, language: str) -> str:
    """A block of code in colours; one in a language that nobody knows is shown as it is."""
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language.lower(), stripnl=False) if language else None
    except ClassNotFound:
        lexer = None
    inner = highlight(text, lexer, HtmlFormatter(nowrap=True)) if lexer is not None else escapeHtml(text)
    name = f"language-{escape(language)} " if language else ""
    return f'<div class="{name}highlight"><pre><code>{inner}</code></pre></div>\n'


_ROLES = {"thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "th": "columnheader", "td": "cell"}
_MANY = 4
"""So many columns do not fit on a phone: each row is a block there, which begins with its first cell."""


def _steps(text: Markdown) -> list[Token]:
    """The tokens of a page, with each task list that is a checklist as the table that it might have been.

    Only a page with an owner has checklists: somebody who does what nobody else is named for.
    """
    tokens = text.parsed.tokens
    front = text.front.value if text.front is not None and isinstance(text.front.value, dict) else {}
    found = list(checklist.task_lists(tokens)) if "owner" in front else []
    if not found:
        return tokens
    tasks = iter([line for line in checklist.lines_of(text) if line.task])
    made, at = list[Token](), 0
    for start, end in found:
        items = [(next(tasks), item) for item in checklist.items(tokens[start:end])]
        heads = (*HEADER, *([checklist.WHEN] if any(line.when for line, _ in items) else []))
        made += [*tokens[at:start], Token("table_open", "table", 1), Token("thead_open", "thead", 1)]
        made += [*_row("th", [[_inline(head.capitalize())] for head in heads]), Token("thead_close", "thead", -1)]
        made.append(Token("tbody_open", "tbody", 1))
        for line, item in items:
            rest = [_action(item[2], line.action), *item[4:-1]] if item[1].type == "paragraph_open" else item[1:-1]
            cells = [[_inline(line.step)], rest, [_inline(line.owner)], [_inline(", ".join(line.when))]]
            made += _row("td", cells[: len(heads)])
        made += [Token("tbody_close", "tbody", -1), Token("table_close", "table", -1)]
        at = end
    return made + tokens[at:]


def _row(tag: str, cells: Sequence[Sequence[Token]]) -> list[Token]:
    made = [Token("tr_open", "tr", 1)]
    for cell in cells:
        made += [Token(f"{tag}_open", tag, 1), *cell, Token(f"{tag}_close", tag, -1)]
    return [*made, Token("tr_close", "tr", -1)]


def _inline(text: str) -> Token:
    return Token("inline", "", 0, content=text, children=[Token("text", "", 0, content=text)])


def _action(token: Token, action: str) -> Token:
    """The line of a task without its owner and condition, which are the end of its last words."""
    children = [copy(child) for child in token.children or []]
    box = checklist.BOX.match(token.content)
    if children and children[-1].type == "text":
        last = children[-1].content
        children[-1].content = checklist.said(f" {last}").action.removeprefix(" ")
    if box and children and children[0].type == "text":
        children[0].content = checklist.BOX.sub("", children[0].content)
    return Token("inline", "", 0, content=action, children=children)


def _prepared(tokens: Sequence[Token]) -> None:
    """Make hidden characters visible, and give tables what a phone and a screen reader need."""
    start = -1
    for index, token in enumerate(tokens):
        for one in (token, *(token.children or ())):
            one.content = visible(one.content)
        if token.type == "table_open":
            start = index
        elif token.type == "table_close":
            _table(tokens[start:index])


def _table(tokens: Sequence[Token]) -> None:
    """Give the cells of a table roles, and the words of their columns, which a phone shows before them."""
    heads = [
        " ".join(gfm.plain(tokens[index + 1].children or []).split())
        for index, token in enumerate(tokens)
        if token.type == "th_open" and not token.meta.get("row")
    ]
    if [head.lower() for head in heads[:3]] == [*HEADER]:
        tokens[0].meta["kind"] = "ob-checklist"
    elif len(heads) >= _MANY:
        tokens[0].meta["kind"] = "ob-rows"
    column = 0
    for token in tokens:
        if token.tag == "tr":
            column = 0
        if token.nesting == 1 and token.tag in _ROLES:
            token.attrSet("role", _ROLES[token.tag])
        if token.type == "td_open" and column < len(heads):
            token.attrSet("data-label", heads[column])
        if token.type in ("td_open", "td_close") and column == 0 and "kind" in tokens[0].meta:
            token.tag, token.meta["row"] = "th", True
            if token.nesting == 1:
                token.attrSet("role", "rowheader")
                token.attrSet("scope", "row")
        column += token.type in ("td_close", "th_close")
        if style := token.attrs.pop("style", None):
            token.attrSet("class", f"ob-{str(style).rpartition(':')[2]}")


class _Harmless(HTMLParser):
    """Prints HTML that somebody wrote: tags that can only say something, and the others as text."""

    def __init__(self, where: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self._where = where
        self.out: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in HARMLESS:
            self.out.append(escapeHtml(self.get_starttag_text() or f"<{tag}>"))
            return
        values = {name: value if value is not None else name for name, value in attrs if name in HARMLESS[tag]}
        if "name" in values:
            values.setdefault("id", values.pop("name"))
        if values.get("id", "").startswith("_"):
            del values["id"]  # the theme's own
        if "href" in values:
            values["href"] = self._where(values["href"])
        if tag == "img":
            values["src"] = where = self._where(values.get("src", ""))
            if not where.startswith(ROOT):
                link = Markup('<a href="{}">{}</a>').format(where, values.get("alt") or where)
                self.out.append(str(link) if where else "")
                return
        kept = [str(Markup(' {}="{}"').format(name, visible(value))) for name, value in values.items() if value]
        self.out.append(f"<{tag}{''.join(kept)}>")

    def handle_endtag(self, tag: str) -> None:
        self.out.append(f"</{tag}>" if tag in HARMLESS else f"&lt;/{escapeHtml(tag)}&gt;")

    def handle_data(self, data: str) -> None:
        self.out.append(escapeHtml(visible(data)))

    def handle_decl(self, decl: str) -> None:
        self.out.append(escapeHtml(f"<!{decl}>"))

    def unknown_decl(self, data: str) -> None:
        self.out.append(escapeHtml(f"<![{data}]>"))

    def handle_pi(self, data: str) -> None:
        self.out.append(escapeHtml(f"<?{data}>"))


def _harmless(html: str, where: Callable[[str], str]) -> str:
    printer = _Harmless(where)
    printer.feed(html)
    printer.close()
    return "".join(printer.out)


@cache
def _cleaner() -> nh3.Cleaner:
    """Closes what is open, and lets through what this module prints and nothing else."""
    own = {"div", "h1", "h2", "h3", "h4", "h5", "h6", "img", "input", "section", "span"}
    table = {"table", "thead", "tbody", "tr", "th", "td"}
    prose = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "sup", "ul"}
    shared = {"aria-label", "class", "id", "role", "tabindex"}
    return nh3.Cleaner(
        tags=own | table | prose | set(HARMLESS),
        attributes={
            "*": shared,
            "a": {"href", "title"},
            "details": {"open"},
            "img": {"src", "alt", "loading", "width", "height"},
            "input": {"type", "disabled", "checked"},
            "ol": {"start"},
            "td": {"data-label"},
            "th": {"data-label", "scope"},
        },
        url_schemes=set(SCHEMES),
        link_rel=None,
    )
