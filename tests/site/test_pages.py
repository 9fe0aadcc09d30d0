"""What people write is shown as they meant it: every page, whatever is wrong with it, with pictures and links."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from opsbook.core.book import Book
from opsbook.core.check import check_book, check_record
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from opsbook.site.page import Page
from opsbook.site.pages import Site
from tests.cases.cases import base

NOW = datetime(2026, 11, 21, 11, tzinfo=UTC)
RUNBOOK = "---\ntitle: Respond\nowner: platform\nreviewed: 2026-11-01\n---\n\n# Respond\n\n"


def book(**files: str | bytes) -> Book:
    return Book(MemoryTree({**base(), **files}), registry())


def shown(written: Book, path: str) -> Page:
    return next(page for page in Site(written, registry(), NOW, list).pages() if page.path == path)


def runbook(text: str, **files: str | bytes) -> Page:
    return shown(book(**{"runbooks/response/respond.md": RUNBOOK + text, **files}), "runbooks/response/respond.md")


def test_one_bad_tag_hides_nothing_and_is_named_on_the_page() -> None:
    page = runbook("Run `x`, then oc logs <pod-name> and <script>alert(1)</script>.\n\n## Next\n\nGo on.\n")
    assert "oc logs &lt;pod-name&gt; and &lt;script&gt;alert(1)&lt;/script&gt;." in page.html
    assert "Line 9: &lt;pod-name&gt; in a runbook" in page.html
    assert "Go on." in page.html
    assert [found.text for found in page.headings] == ["Next"]


def test_a_page_that_is_no_text_is_shown_with_what_is_wrong() -> None:
    broken = book(**{"docs/help.md": b"# Help \xff\n"})
    page = shown(broken, "help.md")
    assert page.title == "Help �"
    assert "help.md" in {found.path.removeprefix("docs/") for found in check_book(broken, NOW, registry())}


LINKS = {
    "./respond.md#next": "\ufdd0runbooks/response/respond/#next",
    "../../docs/help/index.md": "\ufdd0help/",
    "/docs/help/index.md": "\ufdd0help/",
    "../../help/index.md": "\ufdd0help/",
    "../../services/checkout.yaml": "\ufdd0services/checkout/",
    "../../services/checkout.md": "\ufdd0services/checkout/",
    "../../incidents/index.md": "\ufdd0incidents/",
    "../../incidents/2026/index.md": "\ufdd0incidents/2026/",
    "../index.md": "\ufdd0runbooks/",
    "../../reference/rules.md": "\ufdd0reference/rules/",
    "../../opsbook.yml": "https://hub.example/o/r/blob/main/opsbook.yml",
    "https://e.example/x?a=b&c=d": "https://e.example/x?a=b&amp;c=d",
    "mailto:help@desk.internal": "mailto:help@desk.internal",
}


@pytest.mark.parametrize("target", LINKS)
def test_a_link_leads_where_github_leads_it_or_where_the_site_led_it_before(target: str) -> None:
    config = base()["opsbook.yml"].decode() + "site: {repository: https://hub.example/o/r}\n"
    files = {"docs/help/index.md": "# Help\n", "opsbook.yml": config}
    page = runbook(f"## Next\n\nSee [it]({target}).\n", **files)
    assert f'See <a href="{LINKS[target]}">it</a>.' in page.html


@pytest.mark.parametrize(
    "target", ["gone.md", "../../../x.md", "javascript:alert(1)", "slack://channel", "#gone", "../../opsbook.yml"]
)
def test_of_a_link_that_leads_nowhere_the_words_stay(target: str) -> None:
    assert "<p>See it.</p>" in runbook(f"See [it]({target}).\n").html


def test_pictures_beside_a_runbook_and_in_docs_are_shown_and_published() -> None:
    files = {"runbooks/response/board.png": b"x", "docs/images/map.svg": b"<svg/>"}
    page = runbook("![The board](board.png) ![The map](../../docs/images/map.svg)\n", **files)
    assert page.pictures == set(files)
    assert '<img src="\ufdd0runbooks/response/board.png" alt="The board" loading="lazy">' in page.html
    assert '<img src="\ufdd0images/map.svg" alt="The map" loading="lazy">' in page.html
    assert not [found for found in _findings("![x](board.png)", **files) if found.endswith("RUN004")]


def test_a_picture_of_another_host_is_a_link_and_is_not_asked_for() -> None:
    page = runbook('![The graph](https://e.example/g.png) <img src="https://e.example/h.png" alt="Another">\n')
    assert '<a href="https://e.example/g.png">The graph</a> <a href="https://e.example/h.png">Another</a>' in page.html
    assert "<img" not in page.html


def test_what_github_shows_is_shown() -> None:
    page = runbook(
        "> [!WARNING]\n> Stop first.\n\n- [ ] look\n- [x] done\n\nSee https://e.example/x once.[^1]\n\n[^1]: Or ask.\n\n"
        "Text:\n- item\n\n| a | b |\n|---|--:|\n| `x \\| y` | ~~2~~ |\n\n<details><summary>More</summary>\n\nInside\n\n</details>\n"
    )
    for part in (
        '<div class="admonition warning">\n<p class="admonition-title">Warning</p>\n<p>Stop first.</p>',
        '<input type="checkbox" disabled="" aria-label="to do"> look',
        '<a href="https://e.example/x">https://e.example/x</a> once.<sup',
        "Or ask.",
        "<p>Text:</p>\n<ul>\n<li>item</li>",
        '<td role="cell" data-label="a"><code>x | y</code></td>',
        '<td role="cell" data-label="b" class="ob-right"><s>2</s></td>',
        "<details><summary>More</summary>\n<p>Inside</p>\n</details>",
    ):
        assert part in page.html, part


def test_an_anchor_of_before_goes_on_working() -> None:
    page = runbook("## Two -- words\n\n## Own {#mine}\n\n## 日本語\n")
    assert '<h2 id="two----words"><span id="two-words"></span>' in page.html
    assert '<span id="mine"></span>Own' in page.html
    assert [found.anchor for found in page.headings] == ["two----words", "own-mine", "日本語"]


def test_the_title_of_a_runbook_is_said_once() -> None:
    page = runbook("Words.\n")
    assert page.html.count("<h1") == 1
    assert page.title == "Respond"


def _findings(text: str, **files: str | bytes) -> list[str]:
    written = book(**{"runbooks/response/respond.md": RUNBOOK + text + "\n", **files})
    ref = written.refs("runbook")["response/respond"]
    return [f"{found.line} {found.code}" for found in check_record(ref, written, NOW, registry())]
