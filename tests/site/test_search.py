"""The search of the site in a real browser: what somebody needs comes first, and nothing is fetched before they type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from opsbook.site import search
from opsbook.site.build import build
from opsbook.site.page import Page
from tests.support.samples import ROOT, Content, pages, prose
from tests.support.site import Visit, served, visit

PROCESS = (
    """# How we work on incidents

Somebody sees a gateway answer 502, or a bad page: they declare. Pods that crash and loop are an incident too.
"""
    + "A bad gateway is not the fault of whoever sees it. The pod may crash. " * 20
)


def runbook(path: str, title: str, *found_by: str) -> Page:
    page = prose(path, f"# {title}\n\nLook at the logs, then start it again.\n", path)
    return replace(page, noun="Runbook", found_by=found_by)


def over(path: str, title: str, month: str) -> Page:
    page = prose(path, f"# {title}\n\n`{path[15:33]}`\n", path)
    return replace(page, noun="Incident", month=month)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with runbooks, a page about the process, and incidents of earlier years."""
    folder = tmp_path_factory.mktemp("searched")
    (folder / "work").mkdir()
    made = [
        *pages(),
        prose("incident-process/index.md", PROCESS, "docs/incident-process/index.md"),
        runbook("runbooks/web/gateway.md", "The front door does not answer", "502 Bad Gateway"),
        runbook("runbooks/pods/loops.md", "A container starts again and again", "KubePodCrashLooping"),
        over("incidents/2024/INC-20240302-AB3DE-lamp.md", "The lighthouse was dark", "2024-03"),
        over("incidents/2023/INC-20230302-AB3DF-lamp.md", "The lighthouse was green", "2023-03"),
    ]
    made += [over(f"incidents/2025/{number}.md", "A day like any other", "2025-01") for number in range(search.MANY)]
    build(Content(made), ROOT, folder / "work", folder / "site", on_progress=lambda _: None)
    with served(folder / "site") as address:
        yield address


def found(seen: Visit, words: str) -> list[str]:
    """The titles that the search shows, the first one first."""
    seen.page.locator("#ob-search input").fill(words)
    seen.page.wait_for_function(
        "words => document.querySelector('#ob-search ol').dataset.words === words", arg=words, timeout=10_000
    )
    return seen.page.locator("#ob-search li a").all_inner_texts()


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("502 Bad Gateway", "The front door does not answer"),
        ("bad gateway", "The front door does not answer"),
        ("KubePodCrashLooping", "A container starts again and again"),
        ("pod crash looping", "A container starts again and again"),
        ("lighthouse dark", "The lighthouse was dark"),
        ("INC-20230302-AB3DF", "The lighthouse was green"),
    ],
)
def test_what_somebody_needs_comes_first(browser: Browser, searched: str, words: str, first: str) -> None:
    with visit(browser, searched) as seen:
        seen.page.keyboard.press("/")
        assert found(seen, words)[0] == first
        assert (seen.strangers, seen.missing, seen.errors) == ([], [], [])


def test_nothing_is_fetched_before_somebody_types(browser: Browser, searched: str) -> None:
    with visit(browser, searched) as seen:
        asked: list[str] = []
        seen.page.on("request", lambda request: asked.append(request.url))
        seen.page.keyboard.press("/")
        seen.page.locator("#ob-search input").wait_for()
        assert asked == []
        found(seen, "gateway")
        assert any("pagefind.js" in url for url in asked)
        assert not any("/2024/" in url or "/2023/" in url for url in asked)


def test_older_records_are_searched_when_somebody_asks(browser: Browser, searched: str) -> None:
    with visit(browser, searched) as seen:
        seen.page.keyboard.press("/")
        assert "The lighthouse was dark" not in found(seen, "again dark")
        seen.page.get_by_role("button", name="Search older records too").click()
        seen.page.locator("#ob-search li a", has_text="The lighthouse was dark").wait_for()
        assert not seen.page.get_by_role("button", name="Search older").is_visible()


def test_no_index_grows_beyond_what_one_search_can_ask_for(tmp_path: Path) -> None:
    months = {f"{year}-{number:02}": count for year, count in ((2024, 30), (2023, 3)) for number in range(1, 13)}
    months |= {f"2022-{number:02}": 40 for number in range(1, 13)}
    some = [
        over(f"incidents/{month}-{count}.md", "x", month) for month, many in months.items() for count in range(many)
    ]
    with search.indexed({page.path: page for page in some}, "en", tmp_path, print) as files:
        names = {made.name.split("/")[1] for made in files() if made.name.count("/") > 1}
    # The latest eight months are in the index that every search asks.
    assert {name for name in names if name[:2] == "20"} == {"2024", "2023", *(f"2022-{n:02}" for n in range(1, 13))}
