"""A stage holds exactly what was approved, and nothing leaves it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from opsbook.core.errors import SiteFault
from opsbook.site.page import Page
from opsbook.site.stage import stage

CONFIG = """\
site_name: Test
nav: [{Home: index.md}]
theme: {name: material, font: false}
markdown_extensions: [tables]
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book with a `mkdocs.yml` and nothing else."""
    root = tmp_path / "book"
    root.mkdir()
    (root / "mkdocs.yml").write_text(CONFIG)
    return root


def write(root: Path, name: str, data: str = "# A page\n") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data)
    return path


def home(text: str = "# Home\n") -> Page:
    return Page("index.md", text, "opsbook.yml")


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_a_stage_holds_pages_documents_pictures_and_our_style(book: Path, tmp_path: Path) -> None:
    write(book, "docs/guide.md")
    write(book, "docs/decisions/0001-files.md")
    write(book, "docs/images/plan.svg", "<svg/>")
    write(book, "docs/.DS_Store")
    made = stage([home()], book, tmp_path / "out")
    staged = names(tmp_path / "out" / "docs")
    ours = {name for name in staged if name.startswith("assets/")}
    assert staged - ours == {"index.md", "guide.md", "decisions/0001-files.md", "images/plan.svg"}
    assert ours
    assert names(tmp_path / "out" / "theme") == {"main.html"}
    assert made.sources["index.md"] == "opsbook.yml"
    assert made.sources["decisions/0001-files.md"] == "docs/decisions/0001-files.md"


def test_only_what_changed_is_written_and_what_is_gone_is_removed(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    record = Page("incidents/2026/a.md", "# A\n", "incidents/2026/a/")
    stage([home(), record], book, out)
    before = (out / "docs/index.md").stat().st_mtime_ns

    again = stage([home(), record], book, out)
    assert (again.written, again.removed) == (0, 0)

    changed = stage([home(), Page(record.path, "# B\n", record.source)], book, out)
    assert (changed.written, changed.removed) == (1, 0)
    assert (out / "docs/index.md").stat().st_mtime_ns == before

    gone = stage([home()], book, out)
    assert (gone.written, gone.removed) == (0, 1)
    assert not (out / "docs/incidents").exists()


@pytest.mark.parametrize(
    "path",
    [
        *("../evil.md", "a/../../evil.md", "/etc/evil.md", "a//b.md", "./a.md", "a/./b.md", ".hidden.md", "a/.b.md"),
        *("a\\b.md", "a b.md", "a\nb.md", "a\0b.md", "C:evil.md", "~/a.md", "a?.md", "a#b.md", "é.md", "", ".md"),
        *("templates/a.md", "a.html", "a.md/", "x" * 300 + ".md", "/".join(["x" * 90] * 5) + ".md"),
    ],
)
def test_a_page_stays_in_its_folder(book: Path, tmp_path: Path, path: str) -> None:
    with pytest.raises(SiteFault, match="the path of a page"):
        stage([home(), Page(path, "# x\n", "incidents/x")], book, tmp_path / "out")
    assert names(tmp_path) - names(tmp_path / "out") == {
        name for name in names(tmp_path) if name.startswith(("book/", "out/"))
    }


@pytest.mark.parametrize("folder", [False, True])
def test_a_symlink_in_docs_is_refused(book: Path, tmp_path: Path, folder: bool) -> None:
    secret = tmp_path / "secret"
    write(secret, "a.md", "secret")
    (book / "docs").mkdir()
    (book / "docs" / "link.md").symlink_to(secret if folder else secret / "a.md")
    with pytest.raises(SiteFault, match=r"docs/link\.md is a symlink"):
        stage([home()], book, tmp_path / "out")


def test_a_symlink_in_the_stage_is_replaced_and_never_followed(book: Path, tmp_path: Path) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim"
    write(victim, "index.md", "precious")
    stage([home(), Page("a/b.md", "# b\n", "b")], book, out)
    (out / "docs/index.md").unlink()
    (out / "docs/index.md").symlink_to(victim / "index.md")
    (out / "docs/a/b.md").unlink()
    (out / "docs/a").rmdir()
    (out / "docs/a").symlink_to(victim)
    stage([home("# New\n"), Page("a/index.md", "# b\n", "b")], book, out)
    assert (victim / "index.md").read_text() == "precious"
    assert names(victim) == {"index.md"}
    assert (out / "docs/index.md").read_text() == "# New\n"


@pytest.mark.parametrize("name", ["docs/keys.txt", "docs/data.json", "docs/page.html", "docs/x.js", "docs/x.css"])
def test_other_types_of_files_are_refused_not_published(book: Path, tmp_path: Path, name: str) -> None:
    write(book, name)
    with pytest.raises(SiteFault, match="not published"):
        stage([home()], book, tmp_path / "out")


def test_two_pages_never_share_an_address(book: Path, tmp_path: Path) -> None:
    for other in ("Index.md", "README.md", "index.md"):
        taken = write(book, f"docs/{other}")
        with pytest.raises(SiteFault, match=rf"docs/{other} and opsbook.yml would both be at /"):
            stage([home()], book, tmp_path / "out")
        taken.unlink()
    with pytest.raises(SiteFault, match="would both be"):
        stage([home(), Page("a.md", "# a\n", "a"), Page("a/index.md", "# a\n", "b")], book, tmp_path / "out")


def test_a_folder_that_holds_something_else_is_left_alone(book: Path, tmp_path: Path) -> None:
    write(tmp_path / "out", "thesis.txt", "precious")
    with pytest.raises(SiteFault, match="holds something other"):
        stage([home()], book, tmp_path / "out")
    assert names(tmp_path / "out") == {"thesis.txt"}


def test_a_page_that_is_not_utf_8_is_named(book: Path, tmp_path: Path) -> None:
    write(book, "docs/a.md").write_bytes(b"# caf\xe9\n")
    with pytest.raises(SiteFault, match=r"docs/a\.md is not UTF-8 \(byte 5\)"):
        stage([home()], book, tmp_path / "out")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("hooks: [evil.py]", "hooks"),
        ("plugins: [search, macros]", "plugins: macros"),
        ("plugins: [{privacy: {}}]", "plugins: privacy"),
        ("extra_javascript: ['https://cdn.example/x.js']", "extra_javascript"),
        ("extra_css: ['https://cdn.example/x.css']", "extra_css"),
        ("extra: {analytics: {provider: google}}", "extra"),
        ("repo_url: https://github.com/example/book", "repo_url"),
        ("docs_dir: /etc", "docs_dir"),
        ("INHERIT: ../evil.yml", "INHERIT"),
        ("markdown_extensions: [pymdownx.snippets]", "markdown_extensions: pymdownx.snippets"),
        ("markdown_extensions: [md_in_html]", "markdown_extensions: md_in_html"),
        ("markdown_extensions: [{pymdownx.emoji: {}}]", "markdown_extensions: pymdownx.emoji"),
        ("theme: {name: material, font: false, custom_dir: evil}", "theme.custom_dir"),
        ("theme: {name: material, font: {text: Roboto}}", "font: false"),
        ("theme: {name: material, font: false, features: [navigation.instant]}", "navigation.instant"),
        ("nav: []", "nav"),
        ("site_name: !!python/name:os.system x", "could not determine a constructor"),
        ("site_name: [", "while parsing"),
    ],
)
def test_mkdocs_yml_cannot_run_code_or_call_another_host(book: Path, tmp_path: Path, line: str, named: str) -> None:
    config = {**yaml.safe_load(CONFIG), **yaml.safe_load(line)} if "!!" not in line and line[-1] != "[" else None
    (book / "mkdocs.yml").write_text(yaml.safe_dump(config) if config else CONFIG + line)
    with pytest.raises(SiteFault) as caught:
        stage([home()], book, tmp_path / "out")
    assert caught.value.message.startswith("mkdocs.yml: ")
    assert named in caught.value.message


def test_a_book_without_mkdocs_yml_says_so(tmp_path: Path) -> None:
    with pytest.raises(SiteFault, match=r"mkdocs\.yml is missing"):
        stage([home()], tmp_path, tmp_path / "out")


def test_a_dead_link_in_html_names_what_to_edit(book: Path, tmp_path: Path) -> None:
    links = frozenset({"index.md", "", "a/", "a.md", "Index.md", "services/x.md"})
    with pytest.raises(SiteFault) as caught:
        stage([home(), Page("a.md", "# A\n", "a/incident.yaml", links)], book, tmp_path / "out")
    assert sorted(caught.value.message.splitlines()) == [
        "a/incident.yaml: links to 'Index.md', where no page is",
        "a/incident.yaml: links to 'services/x.md', where no page is",
    ]
