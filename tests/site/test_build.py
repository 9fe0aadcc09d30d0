"""A site is built whole or not at all, and every warning of MkDocs is an error with a place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from opsbook.core.errors import OpsbookError, SiteFault
from opsbook.site.build import build
from opsbook.site.page import Page
from opsbook.site.stage import stage
from tests.site.test_stage import CONFIG, home


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book with a `mkdocs.yml` and nothing else."""
    root = tmp_path / "book"
    root.mkdir()
    (root / "mkdocs.yml").write_text(CONFIG + "validation: {links: {anchors: warn, absolute_links: warn}}\n")
    return root


def make(pages: Iterable[Page], book: Path, output: Path) -> list[str]:
    told: list[str] = []
    build(stage(pages, book, book / "build" / "stage"), output, on_progress=told.append)
    return told


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".gz"
    }


def test_a_site_is_built_and_progress_is_told(book: Path, tmp_path: Path) -> None:
    told = make([home(), Page("a/b.md", "# B\n", "b")], book, tmp_path / "site")
    assert told[0] == "building 2 pages"
    assert all(line.startswith("still building after ") for line in told[1:])
    assert (tmp_path / "site/a/b/index.html").is_file()


def test_the_same_stage_makes_the_same_bytes(book: Path, tmp_path: Path) -> None:
    make([home()], book, tmp_path / "one")
    make([home()], book, tmp_path / "two")
    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def test_every_broken_link_and_anchor_is_told_with_the_file_to_edit(book: Path, tmp_path: Path) -> None:
    page = Page("runbooks/a.md", "# A\n\n[x](nope.md) [y](../index.md#nope) [z](#here)\n", "runbooks/a-source.md")
    with pytest.raises(SiteFault) as caught:
        make([home(), page], book, tmp_path / "site")
    lines = caught.value.message.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("runbooks/a-source.md: contains a link") for line in lines)
    assert caught.value.exit_code == 1


def test_a_failed_build_leaves_the_site_of_before(book: Path, tmp_path: Path) -> None:
    output = tmp_path / "site"
    make([home()], book, output)
    before = digest(output)
    with pytest.raises(SiteFault):
        make([home("# Home\n\n[x](nope.md)\n")], book, output)
    assert digest(output) == before
    assert not list(tmp_path.glob("site.*"))


def test_a_new_build_replaces_the_old_one(book: Path, tmp_path: Path) -> None:
    output = tmp_path / "site"
    make([home(), Page("a.md", "# A\n", "a")], book, output)
    make([home()], book, output)
    assert not (output / "a").exists()


def test_an_output_folder_that_holds_something_else_is_left_alone(book: Path, tmp_path: Path) -> None:
    output = tmp_path / "home"
    output.mkdir()
    (output / "thesis.txt").write_text("precious")
    with pytest.raises(SiteFault, match="holds something other than a built site"):
        make([home()], book, output)
    assert (output / "thesis.txt").read_text() == "precious"


def test_a_navigation_to_nowhere_is_an_error(book: Path, tmp_path: Path) -> None:
    (book / "mkdocs.yml").write_text(CONFIG.replace("index.md}", "index.md}, {X: nope.md}"))
    with pytest.raises(SiteFault, match=r"nope\.md"):
        make([home()], book, tmp_path / "site")


def test_a_configuration_that_mkdocs_refuses_is_told(book: Path, tmp_path: Path) -> None:
    (book / "mkdocs.yml").write_text(CONFIG + "markdown_extensions: [{toc: {nonsense: true}}]\n")
    with pytest.raises(OpsbookError) as caught:
        make([home()], book, tmp_path / "site")
    assert "Failed to load extension 'toc'" in caught.value.message
