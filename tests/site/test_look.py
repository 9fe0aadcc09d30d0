"""Every kind of page in a real browser: WCAG 2.2 AA, no other host, readable without script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from opsbook.core.front import Urgent
from opsbook.site.build import build
from tests.support.samples import BROKEN, DRILL, HOSTILE, ROOT, SLOW, Content, home, pages
from tests.support.site import DESKTOP, PHONE, SCREENS, Scheme, served, visit

KINDS = {
    "home": "",
    "record": "incidents/2026/components/",
    "prose": "guide/prose/",
    "section": "incidents/",
    "not found": "404.html",
}
COLOURS: dict[Scheme, str] = {"light": "default", "dark": "slate"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_page_passes_axe_fits_the_screen_and_asks_no_other_host(
    browser: Browser, site: str, kind: str
) -> None:
    with visit(browser, site + KINDS[kind]) as seen:
        for width, height in SCREENS.values():
            seen.page.set_viewport_size({"width": width, "height": height})
            for scheme, name in COLOURS.items():
                seen.page.emulate_media(color_scheme=scheme)
                seen.page.reload()
                seen.page.locator(f"body[data-md-color-scheme={name}]").wait_for()
                assert seen.axe() == [], f"{width} {scheme}"
                assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        assert (seen.strangers, seen.missing, seen.errors) == ([], [], [])


@pytest.mark.parametrize("open_part", ["search", "menu"])
@pytest.mark.parametrize("screen", SCREENS)
def test_the_search_and_the_menu_pass_axe_when_they_are_open(
    browser: Browser, site: str, screen: str, open_part: str
) -> None:
    with visit(browser, site, screen=SCREENS[screen]) as seen:
        if open_part == "search":
            seen.page.keyboard.press("/")
            seen.page.keyboard.type("checkout")
            seen.page.locator("#ob-search li").first.wait_for()
        elif screen == "phone":
            seen.page.locator("label[for=__drawer].md-header__button").click()
            seen.page.locator(".md-nav--primary").get_by_role("link", name="Runbooks", exact=True).wait_for()
        assert seen.axe() == []


def test_hostile_words_stay_words_on_the_page_and_in_the_search(browser: Browser, site: str) -> None:
    with visit(browser, site + "hostile/") as seen:
        assert seen.page.title().startswith(HOSTILE)
        assert seen.page.locator("article h1").inner_text().startswith(HOSTILE)
        meta = seen.page.locator("meta[name=description]").get_attribute("content")
        assert meta == HOSTILE
        seen.page.keyboard.press("/")
        seen.page.keyboard.type("onerror")
        seen.page.locator("#ob-search li").first.wait_for()
        elements = "script, img, iframe, object, embed, form, [onerror], [onclick], [onmouseover], [style]"
        assert seen.page.locator("article").locator(elements).count() == 0
        assert seen.page.locator("#ob-search li").locator(elements).count() == 0
        for link in seen.page.locator("article a").evaluate_all("links => links.map(link => link.protocol)"):
            assert link in ("http:", "https:", "mailto:")
        assert seen.page.evaluate("window.broken") is None
        assert (seen.strangers, seen.missing, seen.errors) == ([], [], [])


def test_without_script_the_page_follows_the_colours_of_the_system(browser: Browser, site: str) -> None:
    ground = "body => getComputedStyle(body).backgroundColor"
    with visit(browser, site, script=False) as plain, visit(browser, site) as scripted:
        grounds = set()
        for scheme, name in COLOURS.items():
            for seen in (plain, scripted):
                seen.page.emulate_media(color_scheme=scheme)
            scripted.page.locator(f"body[data-md-color-scheme={name}]").wait_for()
            grounds.add(plain.page.locator("body").evaluate(ground))
            assert plain.page.locator("body").evaluate(ground) == scripted.page.locator("body").evaluate(ground)
        assert len(grounds) == 2


def test_the_reader_can_choose_the_colours_by_name(browser: Browser, site: str) -> None:
    with visit(browser, site, scheme="light") as seen:
        for name, scheme in (
            ("Switch to the light colours", "default"),
            ("Switch to the dark colours", "slate"),
            ("Use the colours of the system", "default"),
        ):
            seen.page.get_by_title(name).click()
            assert seen.page.locator("body").get_attribute("data-md-color-scheme") == scheme


def test_the_focus_is_always_seen(browser: Browser, site: str) -> None:
    with visit(browser, site, screen=DESKTOP) as seen:
        for _ in range(24):
            seen.page.keyboard.press("Tab")
            shown = seen.page.evaluate(
                """() => {
                    const shown = node => { const s = getComputedStyle(node);
                        return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 };
                    const at = document.activeElement;
                    return at === document.body || shown(at) || shown(at.closest(".ob-way") || at)
                        ? "" : at.outerHTML;
                }"""
            )
            assert shown == ""


def test_a_diagram_is_drawn_and_its_text_stays_where_it_cannot_be(browser: Browser, site: str) -> None:
    with visit(browser, site + "guide/prose/") as seen:
        seen.page.locator(".ob-drawn svg").wait_for()
        assert "Help desk" in seen.page.locator(".ob-drawn").inner_text()
        assert seen.page.locator(".ob-drawn").get_attribute("role") == "img"
        assert seen.page.locator("pre.ob-diagram").all_inner_texts() == ["no diagram at all\n"]
        assert seen.strangers == []
    with visit(browser, site + "guide/prose/", script=False) as seen:
        assert "desk[Help desk] --> queue" in seen.page.locator("pre.ob-diagram").first.inner_text()
    with visit(browser, site) as seen:
        assert seen.page.locator("script[src*=mermaid]").count() == 0


# The home page

ORDER = [
    "open incident",
    "I suspect a security breach",
    "Something is broken for users",
    "Is it just me?",
    "I am stuck",
    "Who is on call now",
    "I am changing something",
]

FRONTS: dict[str, tuple[Urgent, ...]] = {
    "quiet": (),
    "one incident": (BROKEN,),
    "many incidents": (BROKEN, SLOW, DRILL, SLOW, SLOW),
}


@pytest.fixture(scope="module", params=FRONTS)
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The site on a quiet day, with one incident, with many."""
    folder = tmp_path_factory.mktemp("front")
    (folder / "work").mkdir()
    site = Content(pages(home(*FRONTS[request.param])))
    build(site, ROOT, folder / "work", folder / "site", on_progress=lambda _: None)
    return request.param, folder / "site"


SMALL_PHONE = (360, 740)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_seven_first_things_are_on_one_phone_screen_in_order(
    browser: Browser, front: tuple[str, Path], script: bool
) -> None:
    with served(front[1]) as address, visit(browser, address, screen=PHONE, script=script) as seen:
        sections = seen.page.locator(".ob-home > section")
        headings = sections.locator("h2").all_inner_texts()
        assert len(headings) == len(ORDER)
        assert all(expected in heading for expected, heading in zip(ORDER, headings, strict=True))
        for width, height in (PHONE, SMALL_PHONE):
            seen.page.set_viewport_size({"width": width, "height": height})
            box = sections.last.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= height, f"{front[0]}: the last row ends at {box}"
            if script:
                assert seen.clipped(width) == []


def test_every_row_is_a_target_for_a_thumb(browser: Browser, front: tuple[str, Path]) -> None:
    with served(front[1]) as address, visit(browser, address, screen=PHONE) as seen:
        for row in seen.page.locator(".ob-way:has(h2 > a)").all():
            box = row.bounding_box()
            assert box is not None
            assert box["height"] >= 44
            assert box["width"] >= PHONE[0] - 10
        for link in seen.page.locator(".ob-home :is(li a, summary):visible").all():
            box = link.bounding_box()
            assert box is not None
            assert box["height"] >= 24


def test_the_whole_row_leads_on(browser: Browser, site: str) -> None:
    with visit(browser, site, screen=PHONE) as seen:
        row = seen.page.locator(".ob-way", has_text="Something is broken")
        box = row.bounding_box()
        assert box is not None
        seen.page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
        seen.page.wait_for_url("**/guide/prose/")


def test_what_is_happening_now_is_told_with_the_time_of_the_page(browser: Browser, front: tuple[str, Path]) -> None:
    told = {
        "quiet": ["No open incidents", "None recorded at 16:02 GMT, Sat 21 Nov 2026"],
        "one incident": ["1 open incident", "P1 investigating, next update 16:30", "Recorded at 16:02 GMT"],
        "many incidents": ["4 open incidents, 1 drill", "update was due 15:30", "See all 5"],
    }
    with served(front[1]) as address, visit(browser, address, screen=PHONE, script=False) as seen:
        words = " ".join(seen.page.locator(".ob-now").inner_text().split())
        for part in told[front[0]]:
            assert part in words


# The tools of these tests


def test_axe_finds_what_is_wrong_and_strangers_are_seen(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><input><p style="color: #999">low</p>'
        '<button style="width: 9px; height: 9px; padding: 0">a</button><button style="width: 9px">b</button>'
        '<img alt="" src="http://stranger.example/x.png"><img alt="" src="missing.png"></main>'
    )
    with served(tmp_path) as address, visit(browser, address) as seen:
        found = {line.split(":")[0] for line in seen.axe()}
        assert {"label", "color-contrast", "target-size"} <= found
        assert seen.strangers == ["http://stranger.example/x.png"]
        assert [name.rsplit("/", 1)[1] for name in seen.missing if "favicon" not in name] == ["missing.png"]
