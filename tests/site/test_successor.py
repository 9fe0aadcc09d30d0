"""The stage that MkDocs builds also builds with its successor, and says the same words."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree

import pytest

from opsbook.site.build import ENVIRONMENT
from opsbook.site.page import address
from opsbook.site.stage import Stage
from tests.site.test_render import dead_links
from tests.support.hostile import TEXTS


class Article(HTMLParser):
    """The words, links and headings in the article of a page, and its title."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.marks: list[str] = []
        self.title = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
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
def succeeded(staged: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site, built by Zensical from a copy of the stage."""
    folder = tmp_path_factory.mktemp("successor") / "stage"
    copytree(staged.root, folder)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(folder / "mkdocs.yml")]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def test_both_say_the_same_on_every_page(staged: Stage, built: Path, succeeded: Path) -> None:
    pages = [path for path in staged.sources if path.endswith(".md")]
    assert len(pages) >= 6
    for path in pages:
        ours, theirs = (article(site / address(path) / "index.html") for site in (built, succeeded))
        assert ours.words == theirs.words
        assert ours.marks == theirs.marks
        assert ours.title == theirs.title


def test_every_link_leads_to_a_page_there_too(succeeded: Path) -> None:
    assert dead_links(succeeded) == []


def test_both_use_our_style_and_name_the_search(built: Path, succeeded: Path) -> None:
    for site in (built, succeeded):
        page = (site / "index.html").read_text(encoding="utf-8")
        assert 'assets/home.css"' in page
        assert 'role="dialog" aria-label="Search"' in page
        assert "fonts.googleapis" not in page


def test_hostile_words_are_the_same_words_in_both(built: Path, succeeded: Path) -> None:
    for site in (built, succeeded):
        words = " ".join(article(site / "hostile" / "index.html").words)
        for text in TEXTS:
            if text.isascii() and text.isprintable() and len(text) < 400:
                assert " ".join(text.split()) in words
