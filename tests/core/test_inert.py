"""People's words stay words in a GitHub body: as its Markdown reads them, they are text and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from opsbook.core.inert import github
from opsbook.core.text import visible
from tests.support.hostile import TEXTS

HTML = re.compile(r"<br>|<!-- -->")


def shown(text: str) -> str:
    """What a reader sees: our own breaks and comments taken away, everything else as CommonMark shows it."""
    tokens = MarkdownIt("commonmark", {"html": True}).parse("x" + text + "x")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    parts = []
    for token in tokens[1].children or []:
        assert token.type in ("text", "text_special", "softbreak", "html_inline"), token
        if token.type == "html_inline":
            assert HTML.fullmatch(token.content), token
        parts.append({"softbreak": "\n", "html_inline": ""}.get(token.type, token.content))
    return "".join(parts)[1:-1]


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_words_are_shown_as_they_were_typed(text: str) -> None:
    # Markdown takes the white space at both ends of a line away, and nothing else.
    lines = [line.strip(" \t") for line in visible(text).split("\n")]
    assert [line.strip(" \t") for line in shown(github(text)).split("\n")] == lines


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1))
def test_words_are_shown_as_they_were_typed(text: str) -> None:
    assert shown(github(text)) == visible(text)


@given(st.text())
def test_nobody_is_mentioned_and_nothing_is_referred_to(text: str) -> None:
    assert not re.search(r"[@#](?!<!-- -->)", github(text))


@pytest.mark.parametrize("text", ["GH-12", "see gh-1.", "(Gh-7)", "GH-1 GH-2"])
def test_the_other_way_to_refer_to_an_issue_refers_to_none(text: str) -> None:
    assert shown(github(text)) == text
    # What lies between two pieces of HTML is one text, and it is there that GitHub looks.
    assert not re.search(r"(?i)\bGH-\d", re.sub(r"\\(.)", r"\1", github(text)))
