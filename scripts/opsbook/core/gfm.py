"""The one Markdown: GitHub's. The check, the terminal and the site read a page by this parser, and by no other.

CommonMark with tables, task lists, struck-out text, bare addresses, footnotes and alerts; see
https://github.github.com/gfm/ and https://docs.github.com/get-started/writing-on-github.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

Rule = Callable[["StateInline", bool], bool]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text that was read: its tokens, and what its footnotes and references are, which printing it needs.

    Of links, pictures and code in a line `meta` has `offset` and `end`: where they stand in the text of the line.
    """

    tokens: list[Token]
    env: dict[str, Any]


def parsed(text: str, *, typed: bool = False) -> Parsed:
    """Read a text.

    Args:
        typed: it is words that somebody typed, as a note, and no page: HTML is text like any other, and footnotes
            have no foot to stand at.
    """
    env: dict[str, Any] = {}
    return Parsed(parser(typed=typed).parse(text, env), env)


@cache
def parser(*, typed: bool = False) -> MarkdownIt:
    """The parser; see `parsed`.

    Addresses stay as they were written: whoever prints or judges one looks at its scheme.
    """
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import autolink, backtick, image, link
    from mdit_py_plugins.gfm import gfm_plugin
    from mdit_py_plugins.gfm_autolink import index as bare

    made = MarkdownIt("commonmark", {"html": not typed}).use(gfm_plugin)
    if typed:
        made.disable(["footnote_def", "footnote_ref"])
    made.validateLink = lambda url: bool(url) or True  # type: ignore[method-assign]
    made.normalizeLink = lambda url: url  # type: ignore[method-assign]
    made.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    for name, rule in (("link", link), ("image", image), ("autolink", autolink), ("backticks", backtick)):
        made.inline.ruler.at(name, _recording(rule))
    for name, rule, before in (
        ("gfm_autolink_www", bare._www_inline_rule, None),
        ("gfm_autolink_protocol", bare._protocol_rule, _SCHEME_BEFORE),
        ("gfm_autolink_email", bare._email_rule, _LOCAL_BEFORE),
    ):
        made.inline.ruler.at(name, _recording(_behind(rule, before)))
    return made


_SCHEME_BEFORE: Final = re.compile(r"(?:https?|mailto|xmpp)\Z")
_LOCAL_BEFORE: Final = re.compile(r"[\w.+-]\Z")
_NEAR: Final = 8
"""How far back a rule looks before it reads all that stands before it, which a line of colons would make slow."""


def _behind(rule: Rule, before: re.Pattern[str] | None) -> Rule:
    """A rule that is tried only behind what it needs."""
    if before is None:
        return rule
    return lambda state, silent: before.search(state.pending[-_NEAR:]) is not None and rule(state, silent)


def _recording(rule: Rule) -> Rule:
    """A rule that also notes the extent of what it found."""

    def recorded(state: StateInline, silent: bool) -> bool:
        offset, count = state.pos, len(state.tokens)
        matched = rule(state, silent)
        if matched and not silent:
            for index in range(count, len(state.tokens)):
                token = state.tokens[index]
                if token.type in ("link_open", "image", "code_inline"):
                    if token.info == "auto" and state.src[offset] != "<":
                        # A bare address began before the sign by which it was found.
                        offset = state.pos - len(state.tokens[index + 1].content)
                    token.meta.setdefault("offset", offset)
                    token.meta.setdefault("end", state.pos)
                    break
        return matched

    return recorded


def plain(tokens: list[Token]) -> str:
    """The text of inline tokens without markup; pictures, raw HTML and marks of footnotes have none."""
    return "".join(
        token.content if token.type in ("text", "code_inline") else "\n"
        for token in tokens
        if token.type in ("text", "code_inline", "softbreak", "hardbreak")
    )


# -- anchors

_WORDS: Final = frozenset(("L", "M"))


def _in_an_anchor(character: str) -> bool:
    category = unicodedata.category(character)
    return character in "- " or category[0] in _WORDS or category in ("Nd", "Nl", "Pc")


def slug(text: str) -> str:
    """The anchor of a heading before it is counted: lower case, without punctuation, hyphens for spaces."""
    return "".join(filter(_in_an_anchor, text.strip().lower())).replace(" ", "-")


class Anchors:
    """The anchors of one page: `steps`, and `steps-1`, `steps-2` … when the same heading comes again."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def unique(self, text: str) -> str:
        """The anchor of the next heading; one without a letter has none of its own, and gets a number."""
        base = anchor = slug(text)
        while anchor in self._given or not anchor:
            self._given[base] += 1
            anchor = f"{base}-{self._given[base]}"
        self._given.setdefault(anchor, 0)
        return anchor


def former_slug(text: str) -> str:
    """The anchor that the site gave a heading before it followed GitHub (Python-Markdown's `slugify`)."""
    value = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    value = re.sub(r"[^\w\s-]", "", value).strip().lower()
    return re.sub(r"[-\s]+", "-", value)


_COUNTED: Final = re.compile(r"(.*)_([0-9]+)", re.DOTALL)


class FormerAnchors:
    """The former anchors of one page, as Python-Markdown's `toc` counted them: `_1`, `_2` … behind the first."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._runs: dict[str, int] = {}  # base to the highest n for which base_1 to base_n are all taken

    def unique(self, text: str) -> str:
        """The former anchor of the next heading."""
        anchor = former_slug(text)
        if anchor in self._taken or not anchor:
            found = _COUNTED.fullmatch(anchor)
            base, count = (found[1], int(found[2])) if found else (anchor, 0)
            run = self._runs.get(base, 0)
            within = count <= run
            count = (run if within else count) + 1
            while f"{base}_{count}" in self._taken:
                count += 1
            if within:
                self._runs[base] = count
            anchor = f"{base}_{count}"
        self._taken.add(anchor)
        return anchor
