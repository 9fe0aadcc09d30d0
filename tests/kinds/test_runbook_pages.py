"""What the page of a runbook says about whether it can be relied on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.book import Book
from opsbook.core.tree import Overlay
from opsbook.kinds import registry
from opsbook.site.pages import Site
from tests.kinds.small import Desk

BASE = Path(__file__).parents[1] / "cases" / "base"
PATH = "runbooks/response/respond.md"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("reviewed: 2026-11-01", ""),
        ("reviewed: 2026-01-01", "its review is overdue since"),
        ("# not yet", "is a draft: nobody has reviewed it yet"),
        ("reviewed: last week", "nobody knows whether it was reviewed"),
    ],
)
def test_a_page_says_whether_it_was_reviewed_and_never_more(line: str, said: str) -> None:
    tree = DirectoryTree(BASE)
    text = (tree.read(PATH) or b"").replace(b"reviewed: 2026-11-01", line.encode())
    now = datetime(2026, 11, 21, 11, tzinfo=UTC)
    kinds = registry()
    made = Site(Book(Overlay(tree, {PATH: text}), kinds), kinds, now, list).pages()
    page = next(page for page in made if page.path == PATH)
    assert ("Check each step before you rely on it" in page.html) == bool(said)
    assert said in page.html


TICKED = b"""\
at: "2026-11-16T10:06:00Z"
by: oncall-a
kind: step
runbook: response/respond
step: 1
outcome: done
"""


@pytest.mark.parametrize("ticked", [False, True])
def test_a_page_says_where_it_was_used_last(ticked: bool) -> None:
    """A checklist that was frozen into an incident and of which no step was touched was not used."""
    now, kinds = datetime(2026, 11, 21, 11, tzinfo=UTC), registry()
    path = "incidents/2026/INC-20261116-3M8XD-payments-fail/timeline/20261116T100600Z-kkkkk.yaml"
    made = Site(Book(Overlay(DirectoryTree(BASE), {path: TICKED} if ticked else {}), kinds), kinds, now, list).pages()
    html = next(page.html for page in made if page.path == PATH)
    assert ">Checkout is down</a> (open)" in html
    assert ('>Payments fail</a> (<time datetime="2026-11-19">19 Nov 2026</time>)' in html) is ticked


def test_what_was_wrong_when_it_was_used_stands_on_the_page_until_the_words_change() -> None:
    desk = Desk()
    desk.do("step", "INC-20261121-7KQ4M", steps=[2], wrong="There are *no* pods any more.")
    path = "runbooks/response/respond"

    def page() -> str:
        (found,) = [page for page in Site(desk.book, registry(), desk.now, list).pages() if page.path == f"{path}.md"]
        return repr(found)

    assert "Somebody found this wrong when they used it" in page()
    assert "There are <em>no</em> pods any more." in page()
    assert "Checkout is down" in page()
    text = (desk.tree.read(f"{path}.md") or b"").replace(b"Restart the pods", b"Restart the machines")
    desk.tree = Overlay(desk.tree, {f"{path}.md": text})
    assert "Somebody found this wrong" not in page()
