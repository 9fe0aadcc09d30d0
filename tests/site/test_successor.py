"""The successor of MkDocs makes shells for the same site: the same words, links, contents and search."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from opsbook.site.build import build
from opsbook.site.page import address
from tests.site.test_render import dead_links
from tests.support.hostile import TEXTS
from tests.support.samples import ROOT, Content, pages


class Article(HTMLParser):
    """The words, links and headings in the article of a page, its title and its contents."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.marks: list[str] = []
        self.title = ""
        self.contents: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and self._inside != "article" and (dict(attrs).get("href") or "").startswith("#"):
            self.contents.append(dict(attrs)["href"] or "")
        if tag in ("article", "title"):
            self._inside = tag
        elif self._inside == "article":
            values = dict(attrs)
            if tag == "a" and values.get("id") == "__skip":
                return  # the successor's own anchor
            self.marks.append(f"{tag} {values.get('href', '')} {values.get('class', '')}")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "article":
            self.words += data.split()
        elif self._inside == "title":
            self.title += data


def article(page: Path) -> Article:
    reader = Article()
    reader.feed(page.read_text(encoding="utf-8"))
    reader.close()
    return reader


@pytest.fixture(scope="module")
def succeeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site, in the shells of Zensical."""
    folder = tmp_path_factory.mktemp("successor")
    (folder / "work").mkdir()
    site = Content(pages())
    build(site, ROOT, folder / "work", folder / "site", generator="zensical", on_progress=lambda _: None)
    return folder / "site"


def test_both_say_the_same_on_every_page(built: Path, succeeded: Path) -> None:
    made = pages()
    assert len(made) >= 6
    for page in made:
        ours, theirs = (article(site / address(page.path) / "index.html") for site in (built, succeeded))
        assert ours.words == theirs.words
        assert ours.marks == theirs.marks
        assert ours.title == theirs.title
        assert ours.contents == theirs.contents
        assert "opsbook-" not in " ".join([*ours.words, ours.title])


def test_both_have_the_same_search(built: Path, succeeded: Path) -> None:
    index = {path.relative_to(built).as_posix(): path.read_bytes() for path in (built / "pagefind").rglob("*.pf_*")}
    assert index == {name: (succeeded / name).read_bytes() for name in index}
    assert len(index) > len(pages())


def test_every_link_leads_to_a_page_there_too(succeeded: Path) -> None:
    assert dead_links(succeeded) == []


def test_both_use_our_style_and_our_search(built: Path, succeeded: Path) -> None:
    for site in (built, succeeded):
        page = (site / "index.html").read_text(encoding="utf-8")
        assert 'assets/home.css"' in page
        assert page.count('id="ob-search"') == page.count('class="md-header__button md-icon ob-search-open"') == 1
        assert "fonts.googleapis" not in page


def test_hostile_words_are_the_same_words_in_both(built: Path, succeeded: Path) -> None:
    for site in (built, succeeded):
        words = " ".join(article(site / "hostile" / "index.html").words)
        for text in TEXTS:
            if text.isascii() and text.isprintable() and len(text) < 400:
                assert " ".join(text.split()) in words
