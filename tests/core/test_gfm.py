"""A page says here what it says on GitHub, whose own program for Markdown is the oracle, and so do its anchors."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import markdown as python_markdown
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core import gfm, markdown
from tests.core.github_html import github, ours

ROOT = Path(__file__).parents[2]

INLINE = st.sampled_from(
    ["a", "some words", "`code`", "`a|b`", "**strong**", "*weak*", "__strong__", "~~gone~~", "[link](x.md)",
     "[a `b`](<c d.md> 't')", "![picture](p.png)", "https://e.org/x?y=1", "www.e.org", "me@e.org", "note[^1]", "<br>",
     "&amp;", "AT&T", "\\*", "<kbd>x</kbd>", "snake_case_word", "2 * 3", "a_b", "[ref]", "é", "日本", "<https://z.y>", "x < y",
     "<pod-name>", "\\\n", "10.", "!", "#5"]
)  # fmt: skip
LINE = st.lists(INLINE, min_size=1, max_size=5).map(" ".join)
CELL = st.lists(INLINE.filter(lambda text: "|" not in text and "\n" not in text), min_size=1, max_size=3).map(" ".join)


def _indented(text: str, width: int) -> str:
    return text.replace("\n", "\n" + " " * width)


def _items(blocks: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    marks = st.sampled_from(["- ", "* ", "1. ", "3) ", "- [ ] ", "- [x] "])
    return st.tuples(marks, st.lists(blocks, min_size=1, max_size=3), st.sampled_from(["\n", "\n\n"])).map(
        lambda made: made[2].join(_item(made[0], block) for block in made[1])
    )


def _item(mark: str, block: str) -> str:
    mark = mark if "[" not in mark or block[0].isalpha() else "- "  # a task has words behind its box
    return mark + _indented(block, 3 if mark[0].isdigit() else 2)


def _table(rows: list[tuple[str, str]]) -> str:
    return "| a | b |\n|---|:-:|\n" + "\n".join(f"| {one} | {two} |" for one, two in rows)


BLOCK = st.recursive(
    st.one_of(
        LINE,
        st.tuples(st.integers(1, 6), CELL).map(lambda made: f"{'#' * made[0]} {made[1]}"),
        st.tuples(st.sampled_from(["```", "```sh", "~~~yaml"]), LINE).map(
            lambda made: f"{made[0]}\n{made[1]}\n{made[0][:3]}"
        ),
        LINE.map(lambda text: "    " + _indented(text, 4)),
        st.lists(st.tuples(CELL, CELL), min_size=1, max_size=3).map(_table),
        st.just("<details>\n<summary>more</summary>\n\nx\n\n</details>"),
    ),
    lambda inner: st.one_of(
        _items(st.lists(inner, min_size=1, max_size=2).map("\n\n".join)),
        inner.map(lambda text: "> " + re.sub(r"\[[ x]\] ", "", text).replace("\n", "\n> ")),
    ),
    max_leaves=5,
)
PAGE = st.lists(st.one_of(BLOCK, st.just("---")), min_size=1, max_size=4).map(
    lambda blocks: "\n\n".join([*blocks, "[^1]: the note", "[ref]: /r.md"])
)


@given(PAGE)
def test_a_page_says_what_it_says_on_github(text: str) -> None:
    assert ours(text) == github(text)


DIFFERENT = {
    "an address of a protocol that few use": "see ftp://e.org/x",
    "an address right behind a tag": "<b>https://e.org/x</b>",
    "a protocol without a host": "http:// and on",
    "a footnote right behind an address": "www.e.org[^1]\n\n[^1]: note",
    "an alert, which GitHub makes after its program": "> [!NOTE]\n> words",
    "a rule with words below it in an item, which GitHub's program takes for one block": "* ---\n\n  a",
    "a task in a quotation, which GitHub's program leaves as it is": "> - [ ] a",
    "a task whose words begin with another block": "- [ ] # heading",
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_is_listed(name: str) -> None:
    assert ours(DIFFERENT[name]) != github(DIFFERENT[name])


SHOWN = {
    "D1, a fence in a list": ("1. A\n\n   ```\n   x\n   ```\n2. B", ["ol", "li", "pre", "code", "li"]),
    "D2, a list in a list": ("1. Step\n   - sub\n2. Next", ["ol", "li", "ul", "li", "li"]),
    "D3, a list without a blank line": ("Text:\n- a", ["p", "ul", "li"]),
    "D3, a fence without a blank line": ("Text:\n```\na\n```", ["p", "pre", "code"]),
    "D4, an indented block": ("    oc logs <pod-name>", ["pre", "code"]),
    "D7, a bare address": ("https://e.org/x", ["p", "a"]),
    "D7, tasks": ("- [ ] a\n- [x] b", ["ul", "li", "input", "li", "input"]),
    "D7, what is struck out": ("~~x~~", ["p", "del"]),
    "D8, a bar in code in a table": ("| a |\n|---|\n| `a \\| b` |", ["table", "thead", "tr", "th", "tbody", "tr", "td", "code"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_what_pages_are_made_of_is_read_as_on_github(name: str) -> None:
    text, elements = SHOWN[name]
    assert ours(text) == github(text)
    found = [item[0] for item in ours(text) if isinstance(item, tuple) and item[0] != "end"]
    assert [tag for tag in found if tag != "p" or "p" in elements] == elements


HEADINGS = [
    "Plain", "Two  words", "two words", "Two Words", "Step 1: do it!", "What's up?", "a/b & c", "snake_case_name",
    "__init__.py", "Über café", "naïve façade", "日本語", "日本語", "Привет", "C#", "trailing -", "- dash", "--", "a--b",
    "a - b", "a-1", "a", "a", "a", "100%", "50 €", "(brackets)", "{braces}", "quote \"this\"", "dots...", "v1.2.3",
    "INC-20261121-7KQ4M", "10:05 UTC", "$HOME", "@here", "#channel", "a | b", "İstanbul", "ß", "é", "_1", "_1",
]  # fmt: skip
PARTS = ["a", "b", "A", "1", "-", "_1", "é", "日", "!", ":", ".", "(", "/", "&", "'", "ß", "Я"]


@pytest.fixture(scope="module")
def slugged() -> dict[str, list[str]]:
    """The anchors of some pages, by the program that is kept to GitHub's."""
    if shutil.which("node") is None or not (ROOT / "tests" / "node_modules" / "github-slugger").is_dir():
        pytest.skip("github-slugger is not installed: npm ci --prefix tests --ignore-scripts")
    pages = [HEADINGS, *([a + b, b + a, a, a] for a in PARTS if gfm.slug(a) for b in PARTS)]
    given = json.dumps([[" ".join(heading.split()) for heading in page] for page in pages])
    program = ["node", str(Path(__file__).with_name("slugger.mjs"))]
    done = subprocess.run(program, input=given, capture_output=True, text=True, check=True, timeout=60)
    return {json.dumps(page): anchors for page, anchors in zip(pages, json.loads(done.stdout), strict=True)}


def test_anchors_are_those_of_github(slugged: dict[str, list[str]]) -> None:
    for page, wanted in slugged.items():
        anchors = gfm.Anchors()
        found = [anchors.unique(" ".join(heading.split())) for heading in json.loads(page)]
        # GitHub gives a heading without letters the empty anchor, to which nothing can link.
        pairs = [(one, two) for one, two in zip(found, wanted, strict=True) if gfm.slug(one)]
        assert [one for one, two in pairs if two] == [two for _, two in pairs if two], page


def test_the_anchors_of_before_are_those_of_python_markdown() -> None:
    page = "\n\n".join(f"## x{text}" for text in [*HEADINGS, *reversed(HEADINGS)] if "#" not in text)
    converter = python_markdown.Markdown(extensions=["toc"])
    converter.convert(page)
    wanted = [token["id"] for token in converter.toc_tokens]
    assert [heading.former for heading in markdown.parse(page.encode()).headings] == wanted


def test_an_anchor_stays_when_a_heading_is_added_below() -> None:
    before = [heading.anchor for heading in markdown.parse("## 日本語\n\n## 日本語\n".encode()).headings]
    after = [heading.anchor for heading in markdown.parse("## 日本語\n\n## 日本語\n\n## 日本\n".encode()).headings]
    assert before == after[:2] == ["日本語", "日本語-1"]


COSTLY = {
    "colons": "a:" * 25_000,
    "addresses": "http://" * 7_000,
    "signs": "a@" * 25_000,
    "mails": "a@b" * 17_000,
    "www": "www." * 12_000,
    "notes": "[^a]" * 12_000 + "\n\n[^a]: x",
    "tildes": "~~a~" * 12_000,
    "alerts": "> [!NOTE]\n" * 5_000,
    "tasks": "- [ ] " * 8_000,
}


@pytest.mark.parametrize("name", COSTLY)
def test_no_text_takes_long(name: str) -> None:
    begin = time.process_time()
    gfm.parsed(COSTLY[name])
    assert time.process_time() - begin < 10
