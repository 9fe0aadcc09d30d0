"""A site is built whole or not at all, what did not change is taken over, and nothing but its pages is in it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml

from opsbook.core.errors import OpsbookError, SiteFault
from opsbook.site.build import Built, build
from opsbook.site.page import Page
from tests.support.samples import Content, prose

CONFIG = """\
site_name: Test
nav: [{Home: index.md}]
theme: {name: material, font: false}
"""


class Book:
    """A book with a `mkdocs.yml` and nothing else, and where its site is made."""

    def __init__(self, root: Path) -> None:
        self.root, self.work, self.output = root / "book", root / "work", root / "site"
        for folder in (self.root, self.work):
            folder.mkdir()
        self.told: list[str] = []
        self.config(CONFIG)

    def config(self, text: str) -> None:
        """Write its `mkdocs.yml`."""
        (self.root / "mkdocs.yml").write_text(text)

    def build(self, *pages: Page, **files: bytes) -> Built:
        """Build the site of some pages."""
        self.told.clear()
        return build(Content(pages, files), self.root, self.work, self.output, on_progress=self.told.append)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """A book that was never built."""
    return Book(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A book for tests that leave its layout alone: the generator runs once for all of them."""
    return Book(tmp_path_factory.mktemp("shared"))


def home(text: str = "# Home\n") -> Page:
    return prose("index.md", text, "opsbook.yml")


def record(text: str = "# A\n") -> Page:
    return prose("incidents/2026/a.md", text, "incidents/2026/a")


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_site_is_built_and_progress_is_told(book: Book) -> None:
    assert book.build(home(), record()) == Built(2, 2)
    assert book.told[0] == "building 1 layout with mkdocs"
    assert book.told[-1] == "indexing 1 page"
    assert (book.output / "incidents/2026/a/index.html").is_file()
    assert (book.output / "404.html").is_file()


def test_a_lost_cache_changes_time_and_no_byte(book: Book, tmp_path: Path) -> None:
    book.build(home(), record())
    book.build(home(), record("# B\n"))
    again = tmp_path / "again"
    again.mkdir()
    fresh = Book(again)
    fresh.build(home(), record("# B\n"))
    assert digest(book.output) == digest(fresh.output)


def test_what_did_not_change_is_not_made_again(shared: Book) -> None:
    shared.build(home(), record())
    assert shared.build(home(), record()) == Built(2, 0)
    assert shared.told == []
    assert shared.build(home(), record("# Another\n")) == Built(2, 1)
    assert shared.told == ["indexing 1 page"]


def test_a_new_build_replaces_the_old_one(shared: Book) -> None:
    shared.build(home(), record())
    shared.build(home())
    assert not (shared.output / "incidents").exists()
    assert not list((shared.work / "search").rglob("a/index.html"))


def test_a_failed_build_leaves_the_site_of_before(shared: Book) -> None:
    shared.build(home())
    before = digest(shared.output)
    with pytest.raises(SiteFault, match=r"opsbook\.yml: links to 'nope\.md', where no page is"):
        shared.build(home("# Home\n\n[x](nope.md)\n"))
    assert digest(shared.output) == before
    assert not list(shared.output.parent.glob("site.*"))


def test_an_output_folder_that_holds_something_else_is_left_alone(shared: Book, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(SiteFault, match="holds something other than a built site"):
        build(Content([home()]), shared.root, shared.work, tmp_path, on_progress=lambda _: None)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_a_page_is_as_deep_as_it_lies_and_finds_everything_from_there(shared: Book) -> None:
    shared.build(home(), record("# A\n\n[Home](index.md)\n"))
    page = (shared.output / "incidents/2026/a/index.html").read_text()
    assert '<a href="../../../">Home</a>' in page
    assert 'href="../../../assets/colours.css"' in page
    assert '"base": "../../.."' in page
    assert "<title>A - Test</title>" in page


def test_a_page_stands_in_the_section_of_the_page_above_it(book: Book) -> None:
    book.config(CONFIG.replace("{Home: index.md}", "{Home: index.md}, {Incidents: incidents/index.md}"))
    book.build(home(), prose("incidents/index.md", "# Incidents\n", "incidents"), record())
    page = (book.output / "incidents/2026/a/index.html").read_text()
    active = page[page.index('class="md-nav__link md-nav__link--active"') :]
    assert active.split("md-ellipsis")[1].startswith('">')
    assert "Incidents" in active.split("</span>")[0]


def test_the_way_to_a_page_is_above_it(shared: Book) -> None:
    year = prose("incidents/2026/index.md", "# Year 2026\n", "incidents/2026")
    shared.build(home(), year, record())
    page = (shared.output / "incidents/2026/a/index.html").read_text()
    way = '<li><a href="../../../">Home</a></li><li><a href="../../../incidents/2026/">Year 2026</a></li>'
    assert f'<nav class="ob-trail" aria-label="Breadcrumb"><ol>{way}</ol></nav>' in page
    assert "ob-trail" not in (shared.output / "index.html").read_text()


def test_pictures_are_published_and_other_files_are_not(shared: Book) -> None:
    page = prose("a.md", "# A\n\n![plan](docs/images/plan.svg)\n", "a", ["docs/images/plan.svg"])
    shared.build(home(), page, **{"docs/images/plan.svg": b"<svg/>", "runbooks/a/b.png": b"png"})
    assert (shared.output / "images/plan.svg").read_bytes() == b"<svg/>"
    assert (shared.output / "runbooks/a/b.png").read_bytes() == b"png"
    assert '<img src="../images/plan.svg" alt="plan"' in (shared.output / "a/index.html").read_text()


def test_the_map_of_a_site_names_every_page(book: Book) -> None:
    book.config(CONFIG + "site_url: https://book.example/ops/\n")
    book.build(home(), record())
    places = (book.output / "sitemap.xml").read_text()
    assert "<loc>https://book.example/ops/</loc>" in places
    assert "<loc>https://book.example/ops/incidents/2026/a/</loc>" in places
    page = (book.output / "incidents/2026/a/index.html").read_text()
    assert '<link rel="canonical" href="https://book.example/ops/incidents/2026/a/">' in page


def test_a_navigation_to_nowhere_is_an_error(book: Book) -> None:
    book.config(CONFIG.replace("index.md}", "index.md}, {X: nope.md}"))
    with pytest.raises(SiteFault, match=r"nav names nope\.md"):
        book.build(home())


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("hooks: [evil.py]", "hooks"),
        ("extra_javascript: ['https://cdn.example/x.js']", "extra_javascript"),
        ("extra_css: ['https://cdn.example/x.css']", "extra_css"),
        ("extra: {analytics: {provider: google}}", "extra"),
        ("repo_url: https://github.com/example/book", "repo_url"),
        ("docs_dir: /etc", "docs_dir"),
        ("INHERIT: ../evil.yml", "INHERIT"),
        ("theme: {name: material, font: false, custom_dir: evil}", "theme.custom_dir"),
        ("theme: {name: material, font: {text: Roboto}}", "font: false"),
        ("theme: {name: material, font: false, features: [navigation.instant]}", "navigation.instant"),
        ("nav: []", "nav"),
        ("copyright: !!python/name:os.system x", "Tags"),
        ("copyright: [", "mkdocs.yml:"),
    ],
)
def test_mkdocs_yml_cannot_run_code_or_call_another_host(book: Book, line: str, named: str) -> None:
    config = {**yaml.safe_load(CONFIG), **yaml.safe_load(line)} if "!!" not in line and line[-1] != "[" else None
    book.config(yaml.safe_dump(config) if config else CONFIG + line)
    with pytest.raises(SiteFault) as caught:
        book.build(home())
    assert caught.value.message.startswith("mkdocs.yml:")
    assert named in caught.value.message


def test_what_only_the_generators_markdown_needed_is_left_out(book: Book) -> None:
    book.config(CONFIG + "plugins: [search, macros]\nmarkdown_extensions: [pymdownx.snippets]\nvalidation: {nav: {}}\n")
    assert book.build(home()) == Built(1, 1)


def test_a_configuration_that_the_generator_refuses_is_told(book: Book) -> None:
    book.config(CONFIG.replace("font: false", "font: false, palette: 3"))
    with pytest.raises(OpsbookError) as caught:
        book.build(home())
    assert "mkdocs cannot build what mkdocs.yml says" in caught.value.message


def test_a_book_without_mkdocs_yml_says_so(tmp_path: Path) -> None:
    with pytest.raises(SiteFault, match=r"mkdocs\.yml is missing"):
        build(Content([home()]), tmp_path, tmp_path, tmp_path / "out", on_progress=lambda _: None)
