"""Pages are read with places: headings, links, tables, HTML, front matter. What they say is in `test_gfm.py`."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core import markdown
from opsbook.core.markdown import Heading, Link, Row, Table

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
        Heading(1, "Checkout is down", "checkout-is-down", 5, "checkout-is-down"),
        Heading(2, "Steps", "steps", 13, "steps"),
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
            (
                Row(("1", "do | it, [z](z1)", "**lead** [z](z2)"), 20, (3, 7, 27)),
                Row(("2", "[z](z3)", ""), 21, (3, 7, 17)),
            ),
            "Steps",
            18,
        ),
    )
    assert page.anchors == {"checkout-is-down", "steps", "anch"}
    assert page.html == ((16, "<a>"), (23, "<!--"))


@pytest.mark.parametrize(
    "text",
    ["Title {#own}", "Title {: #own }", "Title {.x #own}", "Title { #own }", "Title {id=own}"],
)
def test_an_anchor_that_a_page_chose_itself_goes_on_working(text: str) -> None:
    heading = markdown.parse(f"# Own\n\n## {text}\n\n## Title\n".encode()).headings[1]
    assert (heading.text, heading.former) == ("Title", "own")


def test_the_anchor_of_today_is_known_for_one_of_before() -> None:
    page = markdown.parse(b"## a_b -- c\n\n## Same\n\n## Same\n")
    assert dict(page.former_anchors) == {"a_b-c": "a_b----c", "same_1": "same-1"}


def test_headings_of_both_styles_are_read_and_those_in_code_are_not() -> None:
    page = "One\n===\n\nTwo\n---\n\n    # no\n\n```\n# no\n```\n\n### Three ###\n"
    found = [(heading.level, heading.text, heading.line) for heading in markdown.parse(page.encode()).headings]
    assert found == [(1, "One", 1), (2, "Two", 4), (3, "Three", 13)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<div>\nx\n</div>", [(1, "<div>")]),
        ("x <b>y</b>", [(1, "<b>")]),
        ("x </div>", [(1, "</div>")]),
        ("a\n\n<!-- c -->", [(3, "<!--")]),
        ("<script>alert(1)</script>", [(1, "<script>")]),
        ("<img src=x onerror=alert(1)>", [(1, "<img>"), (1, "onerror attribute")]),
        ("x <svg/onload=alert(1)>", []),
        ("[x](javascript:alert(1))", [(1, "javascript: link")]),
        ("[x](<JavaScript:alert(1)>)", [(1, "javascript: link")]),
        ("[x](java&#115;cript:alert)", [(1, "javascript: link")]),
        ("a\n[x]\n\n[x]: javascript:alert(1)", [(2, "javascript: link")]),
        ("<javascript:alert(1)>", [(1, "javascript: link")]),
        ('<a href=" java&#10;script:x">', [(1, "<a>"), (1, "javascript: link")]),
        ("![x](data:image/svg+xml,x)", [(1, "data: link")]),
        ("[x](file:///etc/passwd)", [(1, "file: link")]),
        ("[x](vbscript:x)", [(1, "vbscript: link")]),
        ("`<b>` and\n\n```\n<b>\n```\n\n~~~sh\n<b>\n~~~", []),
        ("    <b>", []),
        ("```\n<b>\n", []),
        ("- ```\n  <b>\n  ```", []),
        ("`x`{onclick=alert(1)}", []),
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


@given(st.lists(SNIPPETS, max_size=40).map("".join))
def test_places_point_at_what_they_name(text: str) -> None:
    page = markdown.parse(text.encode())
    lines = text.split("\n")
    for heading in page.headings:
        assert heading.anchor in page.anchors
        assert re.search(r"#|[=-]", text)
        assert 1 <= heading.line <= len(lines)
    for link in page.links:
        assert lines[link.line - 1][link.column - 1] in "[!<"
