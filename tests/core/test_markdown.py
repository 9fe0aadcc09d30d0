"""Runbooks and reports are read with the anchors that the site will have, and with places."""

from __future__ import annotations

import re
import time
from typing import Any

import markdown as python_markdown
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core import markdown
from opsbook.core.markdown import Heading, Link, Row, Table

EXTENSIONS = ["admonition", "tables", "toc", "pymdownx.superfences"]

PAGE = """\
---
title: Checkout
area: no
---
# Checkout *is* `down`

> See [a *runbook*](x.md#y "t") and ![a graph](i.png)
> then <https://e.org/> or [the list][list],
> or [list].

[list]: ../z.md#part

## Steps

- first
  <a id="anch" href="q.md">q</a> and [p](<p q.md>)

| Step | Action | [Owner](o.md) |
|--|--|--|
| 1 | do \\| it, [z](z1) | **lead** [z](z2) |
| 2 | [z](z3) | |

<!-- guidance -->

```sh
[no](no.md) <b>
```

`[no](no)` \\[no](no) [no][nowhere]
"""


def test_everything_on_a_page_has_its_place() -> None:
    page = markdown.parse(PAGE.encode())
    assert page.front is not None
    assert page.front.value == {"title": "Checkout", "area": "no"}
    assert page.front.place(("area",)) == (3, 7)
    assert page.body == PAGE.split("---\n", 2)[2]
    assert page.faults == ()
    assert page.headings == (
        Heading(1, "Checkout is down", "checkout-is-down", 5),
        Heading(2, "Steps", "steps", 13),
    )
    assert page.links == (
        Link("x.md#y", "a runbook", 7, 7),
        Link("i.png", "a graph", 7, 37, image=True),
        Link("https://e.org/", "https://e.org/", 8, 8),
        Link("../z.md#part", "the list", 8, 28),
        Link("../z.md#part", "list", 9, 6),
        Link("q.md", "", 16, 3),
        Link("p q.md", "p", 16, 38),
        Link("o.md", "Owner", 18, 19),
        Link("z1", "z", 20, 17),
        Link("z2", "z", 20, 36),
        Link("z3", "z", 21, 7),
    )
    assert page.tables == (
        Table(
            ("Step", "Action", "[Owner](o.md)"),
            (Row(("1", "do | it, [z](z1)", "**lead** [z](z2)"), 20), Row(("2", "[z](z3)", ""), 21)),
            "Steps",
            18,
        ),
    )
    assert page.anchors == {"checkout-is-down", "steps", "anch"}
    assert page.html == ((16, "<a>"), (23, "<!--"))


def site_anchors(text: str, *extensions: str) -> list[str]:
    """The anchors that the site's own converter gives the headings of a page."""
    converter: Any = python_markdown.Markdown(extensions=[*EXTENSIONS, *extensions])
    converter.convert(text)
    found: list[str] = []
    waiting = list(converter.toc_tokens)
    while waiting:
        token = waiting.pop(0)
        found.append(token["id"])
        waiting = [*token["children"], *waiting]
    return found


HEADINGS = [
    "Plain", "Two  words", "two words", "Two Words", "Step 1: do it!", "What's up?", "a/b & c", "AT&amp;T",
    "AT&T", "x &lt; y", "1 < 2", "`code`", "The `opsbook check` command", "`<b>`", "`a_b`", "`&amp;`",
    "*emphasis* and **strong**", "snake_case_name", "__init__.py", "[link](x.md)", "[a *b*](x.md) c",
    "![image](x.png)", "![image](x.png) text", "<https://e.org/x>", "<b>bold</b> text", "a <!-- b --> c",
    "Über café", "naïve façade", "日本語", "日本語", "Привет", "ﬁne ligature", "Ⅳ", "½ done", "😀",
    "😀 smile", "👩‍💻 at work", "Å", "C#", "C# ##", "trailing ###", "- dash", "--", "a--b", "a - b", "a_1", "a", "a",
    "a_1", "_", "_1", "__", "100%", "50 €", "(brackets)", "{braces}", "\\*escaped\\*", "\\_",
    "quote \"this\"", "'single'", "tab\there", "dots...", "a.b.c", "v1.2.3", "INC-20261121-7KQ4M",
    "10:05 UTC", "~~old~~", "x^2", "$HOME", "@here", "#channel", "`", "a | b", "ſ", "İstanbul", "ß", "é",
    "_1", "_1", "__1",
]  # fmt: skip


@pytest.mark.parametrize("text", HEADINGS)
def test_an_anchor_is_the_one_of_the_site(text: str) -> None:
    page = f"# Title\n\n## {text}\n\nwords\n\n## {text}\n"
    assert [heading.anchor for heading in markdown.parse(page.encode()).headings] == site_anchors(page)


def test_repeated_headings_are_counted_as_on_the_site() -> None:
    page = "\n\n".join(f"## {text}" for text in [*HEADINGS, *reversed(HEADINGS)])
    assert [heading.anchor for heading in markdown.parse(page.encode()).headings] == site_anchors(page)


PARTS = st.sampled_from(
    ["a", "b", "A", "1", " ", " ", "-", "_1", "é", "日", "😀", "`x y`", "`<i>`", " *e* ", " **s** ",
    "[l](m.md)", "&amp;", "&", "<b>", "!", ":"]
)  # fmt: skip


@given(st.lists(st.lists(PARTS, min_size=1, max_size=6).map("".join), min_size=1, max_size=8))
def test_anchors_of_any_headings_are_those_of_the_site(texts: list[str]) -> None:
    page = "\n\n".join(f"## x{text}\n\nwords" for text in texts)
    assert [heading.anchor for heading in markdown.parse(page.encode()).headings] == site_anchors(page)


@pytest.mark.parametrize(
    "text",
    ["Title {#own}", "Title {: #own }", "Title {.x #own}", "Title { #own }", "Title {id=own}", "Title"],
)
def test_an_anchor_of_an_attribute_list_counts_where_the_site_reads_it(text: str) -> None:
    page = f"# Own\n\n## {text}\n\n## Title\n"
    assert [heading.anchor for heading in markdown.parse(page.encode()).headings] == site_anchors(page)
    read = markdown.parse(page.encode(), attributes=True)
    assert [heading.anchor for heading in read.headings] == site_anchors(page, "attr_list")
    assert read.headings[1].text == "Title"


def test_headings_of_both_styles_are_read_and_those_in_code_are_not() -> None:
    page = "One\n===\n\nTwo\n---\n\n    # no\n\n```\n# no\n```\n\n### Three ###\n"
    found = [(heading.level, heading.text, heading.line) for heading in markdown.parse(page.encode()).headings]
    assert found == [(1, "One", 1), (2, "Two", 4), (3, "Three", 13)]
    assert [heading.anchor for heading in markdown.parse(page.encode()).headings] == site_anchors(page)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<div>\nx\n</div>", [(1, "<div>")]),
        ("x <b>y</b>", [(1, "<b>")]),
        ("x </div>", [(1, "</div>")]),
        ("a\n\n<!-- c -->", [(3, "<!--")]),
        ("<script>alert(1)</script>", [(1, "<script>")]),
        ("<img src=x onerror=alert(1)>", [(1, "<img>"), (1, "onerror attribute")]),
        ("x <svg/onload=alert(1)>", [(1, "<svg>"), (1, "onload attribute")]),
        ("[x](javascript:alert(1))", [(1, "javascript: link")]),
        ("[x](<JavaScript:alert(1)>)", [(1, "javascript: link")]),
        ("[x](java&#115;cript:alert)", [(1, "javascript: link")]),
        ("a\n[x]\n\n[x]: javascript:alert(1)", [(2, "javascript: link")]),
        ("<javascript:alert(1)>", [(1, "javascript: link")]),
        ('<a href=" java&#10;script:x">', [(1, "<a>"), (1, "javascript: link")]),
        ("![x](data:image/svg+xml,x)", [(1, "data: link")]),
        ("[x](file:///etc/passwd)", [(1, "file: link")]),
        ("[x](vbscript:x)", [(1, "vbscript: link")]),
        ("`x`{onclick=alert(1)}", [(1, "onclick attribute")]),
        ("text\n{: onMouseOver='x' }", [(2, "onmouseover attribute")]),
        ("``` { .sh onclick=x }\n```", [(1, "onclick attribute")]),
        ("`<b>` and\n\n```\n<b>\n```\n\n~~~sh\n<b>\n~~~", []),
        ("!!! note\n\n    <b>", [(3, "<b>")]),
        ("```\n<b>\n", [(2, "<b>")]),
        ("- ```\n  <b>\n  ```", [(2, "<b>")]),
        ("1 < 2 and {x=1} and on = off", []),
        ("<?php ?> <!DOCTYPE x>", [(1, "<?"), (1, "<!")]),
    ],
)
def test_what_could_run_in_a_browser_is_named_with_its_line(text: str, what: list[tuple[int, str]]) -> None:
    assert list(markdown.parse(text.encode()).html) == what


def test_ids_and_links_of_raw_html_count() -> None:
    page = markdown.parse(
        b'<a name="one"></a>\n<p id="two">\n  <a\n  href="x.md">y</a> <img alt="z" src="z.png">\n</p>\n'
    )
    assert page.anchors == {"one", "two"}
    assert page.links == (Link("x.md", "", 3, 3), Link("z.png", "z", 4, 21, image=True))


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (b"\xef\xbb\xbf# a\n", ["YML001 1:1"]),
        (b"# a\r\n", ["YML001 1:1"]),
        (b"# a\n\nb\xff\n", ["YML001 3:2"]),
        ("---\na: 1\n---\nx\u202ey\n".encode(), ["YML001 4:2"]),
        ("---\na: x\u200by\n---\n".encode(), ["YML001 2:5"]),
        (b"\x00", ["YML001 1:1"]),
        (b"x" * 1_000_001, ["YML001 1:1"]),
        (b"---\na: 1\n\n# Title\n", ["YML002 1:1"]),
        (b"---", ["YML002 1:1"]),
        (b"---\n- a\n---\n", ["YML002 1:1"]),
        (b"---\n---\n", ["YML002 1:1"]),
    ],
)
def test_faults_of_the_text_are_named_in_their_place(data: bytes, faults: list[str]) -> None:
    page = markdown.parse(data)
    assert [f"{fault.code} {fault.line}:{fault.column}" for fault in page.faults] == faults


def test_faults_of_the_front_matter_are_in_the_lines_of_the_file() -> None:
    page = markdown.parse(b"---\na: 1\na: 2\nb: *x\n---\n# T\n")
    assert page.front is not None
    assert [(fault.code, fault.line) for fault in page.front.faults] == [("YML003", 3), ("YML004", 4)]
    assert page.headings[0].line == 6
    assert markdown.parse(b"# T\n\n---\nx\n---\n").front is None
    empty = markdown.parse(b"---\n---\n# T\n")
    assert empty.front is not None
    assert (empty.front.value, empty.headings[0].line) == (None, 3)


HOSTILE = {
    "brackets": "[" * 50_000,
    "images": "![" * 25_000,
    "quotes": ">" * 50_000,
    "lists": "- " * 25_000,
    "stars": "*" * 50_000,
    "nested stars": "*a " * 20_000,
    "backquotes": "".join("`" * i + " " for i in range(1, 300)),
    "angles": "<" * 50_000,
    "comments": "<!--" * 12_000,
    "links": "[a](b" * 10_000,
    "bars": "|" * 50_000 + "\n|-|\n",
    "table": "|a|\n|-|\n" + "|x|\n" * 10_000,
    "headings": "# a\n" * 5_000,
    "references": "[a]: b\n" * 10_000,
    "uses": "[a]: b\n\n" + "[a] " * 10_000,
    "entities": "&#x;" * 12_000,
    "underscores": "a_b_" * 12_000,
    "braces": "{" * 50_000,
    "attributes": "{:" + " on" * 15_000,
    "html": "<a " * 15_000,
    "front": "---\n" * 12_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_page_takes_long(name: str) -> None:
    begin = time.process_time()
    markdown.parse(HOSTILE[name].encode())
    assert time.process_time() - begin < 10


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    markdown.parse(data)


SNIPPETS = st.sampled_from(
    ["a", "[", "](", ")", "![", "<a href='x'>", "</a>", "<!--", "-->", "|", "|-|\n", "\n", "\n\n", "# ",
    "> ", "- ", "1. ", "    ", "`", "```\n", "*", "_", "[a]: b\n", "[a]", "&amp;", "\\", "{#i}", "---\n",
    "===\n", "<https://x.y>", "é", "\t", "<div>\n"]
)  # fmt: skip


HOSTILE_SNIPPETS = st.sampled_from(
    ["a", " ", "\n", "\n\n", "<xss>", "<xss a=b>", "<xss/a=b>", "</xss>", "`", "``", "```\n", "```sh\n",
    "``` x y z\n", "````\n", "~~~\n", "    ", "  ", "- ", "1. ", "> ", "\\", "*", "[", "](", ")", "<!--",
    "-->", "| ", "|-|\n", "# ", "===\n", "---\n", "<div>", "</div>", "&lt;", '"', "'", "!!! note\n"]
)  # fmt: skip


@given(st.lists(HOSTILE_SNIPPETS, max_size=30).map("".join))
def test_html_that_the_site_would_let_through_is_named(text: str) -> None:
    published = python_markdown.markdown(text, extensions=EXTENSIONS)
    published = re.sub(r"<!--(?:-?>|.*?--!?>)", "", published, flags=re.DOTALL)
    if re.search(r"<xss[\s/>]", published):
        page = markdown.parse(text.encode())
        assert page.faults or (page.front and page.front.faults) or "<xss>" in {what for _, what in page.html}


@given(st.lists(SNIPPETS, max_size=40).map("".join))
def test_places_point_at_what_they_name(text: str) -> None:
    page = markdown.parse(text.encode(), attributes=True)
    lines = text.split("\n")
    for heading in page.headings:
        assert heading.anchor in page.anchors
        assert re.search(r"#|[=-]", text)
        assert 1 <= heading.line <= len(lines)
    for link in page.links:
        assert lines[link.line - 1][link.column - 1] in "[!<"
