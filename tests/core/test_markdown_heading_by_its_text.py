"""A heading is found by its text without reading the page where that is safe, and with the same answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.core import markdown

PIECES = (
    "## Causes", "# Causes", "### causes", "## Causes ##", "## *Causes*", "## Causes {#why}", " ## Causes",
    "    ## Causes", "\t## Causes", "> ## Causes", "Causes", "======", "------", "text", "", "", "- item",
    "```", "~~~", "`code", "`", "<div>", "</div>", "<!--", "-->", "| a | b |", "|---|---|", "| 1 | 2 |",
    "[x]: /y 'title", "'", "---", "title: x",
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_the_quick_answer_is_that_of_the_page(lines: list[str]) -> None:
    page = markdown.parse("\n".join(lines).encode())
    assert page.has_heading("Causes") == any(heading.text.lower() == "causes" for heading in page.headings)


@pytest.mark.parametrize("text", ["```\n## Causes\n```\n", "<!--\n## Causes\n-->\n", "    ## Causes\n", "##Causes\n"])
def test_what_only_looks_like_a_heading_is_none(text: str) -> None:
    assert not markdown.parse(text.encode()).has_heading("Causes")


@pytest.mark.parametrize("text", ["## Causes", "# CAUSES\n", "Causes\n======\n", "text\n## Causes\ntext\n"])
def test_every_form_of_a_heading_counts(text: str) -> None:
    assert markdown.parse(text.encode()).has_heading("Causes")
