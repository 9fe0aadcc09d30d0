"""The outline of a page is that of its headings, also where the page is not read for it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.core import markdown
from opsbook.core.markdown import Markdown

LINES = (
    "## Causes", "# Causes", "## Causes ##", "## *Causes*", "## Causes {#why}", " ## Causes", "##\tCauses", "##", "## ",
    "    ## Causes", "\t## Causes", "> ## Causes", "- # Causes", "- > # Causes", "12) # Causes", "##Causes", "#######  a",
    "Causes", "======", "------", "-  -", "> ---", "- ---", "1. ===", "text", "", "", "- item", "  more", "[x]: /y 'title",
    "```", "~~~", "`code", "`", "<div>", "</div>", "<!--", "-->", "| a | b |", "|---|---|", "| 1 | 2 |", "'", "---",
    "title: x", "## a & b", "## a &amp; b", "## a \\# b", "## a  b", "## it's [1]", "## a\u00a0b", "## a\u2028b", "+", "* * *",
)  # fmt: skip


def full(page: Markdown) -> list[tuple[int, str, int]]:
    """Level, text and line of each heading, of the page that was read."""
    return [(heading.level, heading.text, heading.line) for heading in page.headings]


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=10))
def test_the_outline_is_that_of_the_headings(lines: list[str]) -> None:
    page = markdown.parse("\n".join(lines).encode())
    assert list(page.outline) == full(page)


@settings(deadline=None)
@given(st.text(alphabet="#=->*+1.) \t\nab`<\\[]{}&_:|'\"~", max_size=40))
def test_so_it_is_for_any_text(text: str) -> None:
    page = markdown.parse(text.encode())
    assert list(page.outline) == full(page)


@pytest.mark.parametrize("text", ["```\n## Causes\n```\n", "<!--\n## Causes\n-->\n", "    ## Causes\n", "##Causes\n"])
def test_what_only_looks_like_a_heading_is_none(text: str) -> None:
    assert markdown.parse(text.encode()).outline == ()


def test_lines_are_those_of_the_file() -> None:
    page = markdown.parse(b"---\ntitle: x\n---\n\n# One\n\ntext\n\n### Two words\n")
    assert page.outline == ((1, "One", 5), (3, "Two words", 9))
