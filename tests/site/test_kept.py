"""Pages that are kept from one build to the next are those that would be made: a lost store changes time, never bytes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.book import Book
from opsbook.core.tree import MemoryTree, Overlay, quick
from opsbook.kinds import registry
from opsbook.site.page import Page
from opsbook.site.pages import Site
from tests.support.small_book import SITE

NOW = datetime(2026, 11, 21, 11, 2, tzinfo=UTC)
BASE = Path(__file__).parents[1] / "cases" / "base"
GUIDE = "docs/help/index.md"
OPEN = "incidents/2026/INC-20261121-7KQ4M-checkout-down"
OVER = "incidents/2026/INC-20261116-3M8XD-payments-fail"
BOOK = {path.relative_to(BASE).as_posix(): path.read_text() for path in BASE.rglob("*") if path.is_file()} | SITE
BOOK[GUIDE] = "# Help\n\n[Pay](../../services/payments.yaml), [respond](../../runbooks/response/respond.md#steps)\n"

Edit = tuple[str, str, str]
"""A file, a text in it, and what is written in its place; a file that is to go has neither."""

EDITS: Mapping[str, Edit] = {
    "the title of a service": ("services/payments.yaml", "title: ", "title: New "),
    "its description": ("services/payments.yaml", "description: ", "description: More. "),
    "a service that is gone": ("services/payments.yaml", "", ""),
    "a service that is nothing": ("services/payments.yaml", "name:", "nothing: ["),
    "a runbook that is gone": ("runbooks/response/respond.md", "", ""),
    "its heading": ("runbooks/response/respond.md", "## ", "## On "),
    "the review of a runbook": ("runbooks/response/respond.md", "reviewed: 2026", "reviewed: 2024"),
    "an incident that is worse": (f"{OPEN}/incident.yaml", "severity: P1", "severity: P2"),
    "its title": (f"{OPEN}/incident.yaml", "Checkout is down", "Checkout is slow"),
    "an incident that is over": (f"{OVER}/incident.yaml", "The key had expired", "The key was lost"),
    "one that is open again": (f"{OVER}/incident.yaml", "status: closed", "status: investigating"),
    "one that is gone": (f"{OVER}/incident.yaml", "", ""),
    "a page": (GUIDE, "# Help", "# Help is here"),
    "a page that is gone": ("docs/change/index.md", "", ""),
    "the book": ("opsbook.yml", "title: ", "title: Our "),
    "who somebody is": ("opsbook.yml", "name: On-call engineer A", "name: Somebody else"),
}


def after(edits: list[str]) -> dict[str, str]:
    """The files of the book after edits, in their order."""
    files = dict(BOOK)
    for name in edits:
        path, old, new = EDITS[name]
        if old:
            files[path] = files.get(path, "").replace(old, new)
        else:
            files.pop(path, None)
    return files


def made(files: Mapping[str, str], work: Path | None = None, now: datetime = NOW) -> tuple[dict[str, Page], set[str]]:
    """Every page by its path, and which of them had to be made."""
    site = Site(Book(MemoryTree(files), registry()), registry(), now, list)
    return {page.path: page for page in site.pages(work)}, set(site.made)


@settings(max_examples=15)
@given(
    steps=st.lists(
        st.tuples(st.lists(st.sampled_from(sorted(EDITS)), max_size=3), st.integers(0, 3 * 24 * 60)),
        min_size=1,
        max_size=3,
    )
)
def test_a_page_that_is_kept_is_the_one_that_would_be_made(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[list[str], int]]
) -> None:
    work, now = tmp_path_factory.mktemp("work"), NOW
    for edits, minutes in steps:
        now += timedelta(minutes=minutes)
        assert made(after(edits), work, now)[0] == made(after(edits), None, now)[0]


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_is_seen(tmp_path: Path, edit: str) -> None:
    before = made(BOOK, tmp_path)[0]
    assert made(after([edit]), tmp_path)[0] != before


def test_only_what_lives_is_made_when_nothing_changed(tmp_path: Path) -> None:
    made(BOOK, tmp_path)
    assert made(BOOK, tmp_path)[1] == set()
    _, again = made(BOOK, tmp_path, NOW + timedelta(minutes=1))
    assert again == {f"{OPEN}.md", "incidents/2026/INC-20261119-9ZQ2A.md", "incidents/index.md"}


def test_an_edit_makes_its_page_and_those_that_say_it_too(tmp_path: Path) -> None:
    made(BOOK, tmp_path)
    files = after(["its description"])
    assert made(files, tmp_path)[1] == {"services/payments.md", "services/index.md"}
    files["services/payments.yaml"] = files["services/payments.yaml"].replace("title: ", "title: New ")
    assert {"services/payments.md", "services/index.md", f"{OVER}.md"} <= made(files, tmp_path)[1]


def test_a_record_that_is_over_tells_of_the_day_and_one_that_is_not_of_the_minute() -> None:
    morning, evening = datetime(2026, 12, 1, 0, 5, tzinfo=UTC), datetime(2026, 12, 2, 0, 4, tzinfo=UTC)
    late = evening - timedelta(minutes=5)
    first, last, next_day = (made(BOOK, None, now)[0] for now in (morning, late, evening))
    assert first[f"{OVER}.md"] == last[f"{OVER}.md"]
    assert first[f"{OVER}.md"] != next_day[f"{OVER}.md"]  # a follow-up was due on the first of December
    assert first[f"{OPEN}.md"] != last[f"{OPEN}.md"]


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 100, "cut"])
def test_a_damaged_store_is_made_again(tmp_path: Path, damage: bytes | str) -> None:
    before = made(BOOK, tmp_path)[0]
    store = tmp_path / "pages.sqlite"
    store.write_bytes(damage if isinstance(damage, bytes) else store.read_bytes()[:5000])
    assert made(BOOK, tmp_path)[0] == before
    assert made(BOOK, tmp_path)[1] == set()


def test_two_builds_at_once_do_not_meet(tmp_path: Path) -> None:
    first = Site(Book(MemoryTree(BOOK), registry()), registry(), NOW, list).pages(tmp_path)
    one = next(first)
    assert made(BOOK, tmp_path)[0] == {page.path: page for page in (one, *first)}


def test_a_file_that_was_touched_is_another_one_and_one_that_was_not_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "x.md"
    file.write_text("one")
    tree = DirectoryTree(tmp_path)
    before = quick(tree, "a")
    assert before is not None
    assert quick(tree, "a") == before
    assert quick(tree, "a/x.md") != before
    assert quick(Overlay(tree, {"b": b"1"}), "a") == before
    assert quick(Overlay(tree, {"a/y.md": b"1"}), "a") is None
    os.utime(file, ns=(0, 0))
    assert quick(tree, "a") != before
    assert quick(tree, "nowhere") is None
    assert quick(MemoryTree({}), "a") is None


def test_a_build_that_was_cut_off_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    made(BOOK, tmp_path)
    pages = Site(Book(MemoryTree(BOOK), registry()), registry(), NOW, list).pages(tmp_path)
    next(pages)
    pages.close()
    assert made(BOOK, tmp_path)[1] == set()


def test_what_is_gone_is_let_go_of(tmp_path: Path) -> None:
    made(BOOK, tmp_path)
    made(after(["a runbook that is gone"]), tmp_path)
    assert "runbooks/response/respond.md" in made(BOOK, tmp_path)[1]
