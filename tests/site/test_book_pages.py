"""The pages of this book, with incidents in every state beside its own: accessible, private, honest, and inert."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.book import Book
from opsbook.core.ids import Ids
from opsbook.core.tree import Overlay, Tree
from opsbook.kinds import registry
from opsbook.site.build import build
from opsbook.site.page import Page, address
from opsbook.site.pages import Site
from tests.support.requests import ask
from tests.support.site import SCREENS, TALL, WIDTHS, Scheme, Visit, served, visit

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 16, 2, tzinfo=UTC)
HOSTILE = "<script>broken=1</script> {{ 7*7 }} `code` [x](javascript:alert(1)) <!channel> ::error:: \"q\" 'a'"
COMMANDS = [("declare", "usage: opsbook declare [-h]\n\n<b>`bold`</b>")]


class Scene:
    """The book of this repository with more incidents, made by the same actions that people use."""

    def __init__(self) -> None:
        self.tree: Tree = DirectoryTree(ROOT)
        self.drawn = 0

    def do(self, verb: str, at: datetime, record: str | None = None, **values: object) -> str:
        self.drawn += 1
        book = Book(self.tree, registry())
        request = ask(f"incident.{verb}", "oncall-a", values, record)
        plan = registry()["incident"].actions[type(request)](book, request, at, Ids(bytes([self.drawn]) * 32), "0" * 20)
        self.tree = Overlay(self.tree, plan.files)
        return plan.record


@pytest.fixture(scope="module")
def scene() -> dict[str, object]:
    """Every state that a page can show, and the ids of the incidents by state."""
    made = Scene()
    told = {"severity": "P1", "services": ["support-ticket-system"], "lead": "oncall-a"}
    ids = {"open": made.do("declare", NOW - timedelta(minutes=20), title="Support tickets cannot be opened", **told)}
    made.do("note", NOW - timedelta(minutes=5), ids["open"], text="The queue **stopped** growing.\n\n* one\n* two")
    made.do("step", NOW - timedelta(minutes=4), ids["open"], steps=[1, 2], runbook="incident-response/lead-an-incident")
    ids["late"] = made.do("declare", NOW - timedelta(hours=3), title="Old and late", severity="P1", lead="local:root")
    ids["hostile"] = made.do(
        "declare", NOW - timedelta(minutes=9), title=HOSTILE[:120], severity="P3", summary=HOSTILE, lead="oncall-a"
    )
    made.do("note", NOW - timedelta(minutes=8), ids["hostile"], text=HOSTILE)
    ids["drill"] = made.do("declare", NOW - timedelta(minutes=8), title="Pretend", severity="P2", drill=True)
    ids["security"] = made.do("declare", NOW - timedelta(minutes=7), security=True)
    broken = made.do("declare", NOW - timedelta(minutes=6), title="Broken by hand", severity="P3", lead="oncall-a")
    ids["broken"] = broken
    path = Book(made.tree, registry()).refs("incident")[broken].path
    made.tree = Overlay(made.tree, {f"{path}/incident.yaml": b"id: [\n"})
    return {"tree": made.tree, "ids": ids}


@pytest.fixture(scope="module")
def content(scene: dict[str, object]) -> Site:
    """What is on the site."""
    return Site(Book(scene["tree"], registry()), registry(), NOW, lambda: COMMANDS)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(content: Site) -> list[Page]:
    """Every page."""
    return list(content.pages())


@pytest.fixture(scope="module")
def where(scene: dict[str, object], made: list[Page]) -> dict[str, str]:
    """The address of one page of each kind."""
    found = {f"incident {name}": path for name, id_ in scene["ids"].items() for path in [_page(made, id_)]}  # type: ignore[attr-defined]
    found["incident closed"] = _page(made, "INC-20261103-4T8QN")
    found |= {
        "home": "index.md",
        "incidents": "incidents/index.md",
        "year": "incidents/2026/index.md",
        "reports": "incidents/reports.md",
        "process at a glance": "incident-process/at-a-glance.md",
        "runbook": "runbooks/incident-response/respond-to-an-incident.md",
        "runbook to lead": "runbooks/incident-response/lead-an-incident.md",
        "runbooks": "runbooks/index.md",
        "service of ours": "services/support-ticket-system.md",
        "service of others": "services/github.md",
        "services": "services/index.md",
        "rules": "reference/rules.md",
        "records": "reference/records.md",
        "configuration": "reference/configuration.md",
        "commands": "reference/cli.md",
        "prose": "help/index.md",
        "decision": "decisions/written-by-hand.md",
    }
    return {kind: address(path) for kind, path in found.items()}


KINDS = [
    *("incident open", "incident late", "incident hostile", "incident drill", "incident security", "incident broken"),
    *(
        "incident closed",
        "home",
        "incidents",
        "year",
        "reports",
        "process at a glance",
        "runbook",
        "runbook to lead",
        "runbooks",
    ),
    *("service of ours", "service of others", "services", "rules", "records", "configuration", "commands", "prose"),
    "decision",
]


def _page(made: list[Page], id_: str) -> str:
    (path,) = [page.path for page in made if id_ in page.path]
    return path


@pytest.fixture(scope="module")
def site(content: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "work").mkdir()
    build(content, ROOT, folder / "work", folder / "site", on_progress=lambda _: None)
    with served(folder / "site") as served_at:
        yield served_at


def test_no_kind_of_page_is_left_out(where: dict[str, str]) -> None:
    assert sorted(where) == sorted(KINDS)


BOTH = ("home", "incident open", "incident closed", "runbook", "service of ours", "prose")
SEEN_BY_AXE: tuple[tuple[str, Scheme, str], ...] = (("phone", "light", "default"), ("desktop", "dark", "slate"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_passes_axe_and_fits_every_screen_in_light_and_dark(
    browser: Browser, site: str, where: dict[str, str], kind: str
) -> None:
    with visit(browser, site + where[kind]) as seen:
        seen.page.evaluate("document.querySelectorAll('article details').forEach(part => part.open = true)")
        for width in WIDTHS:
            assert seen.clipped(width) == [], f"cut off at {width}"
        # Colours do not depend on the screen, nor names and roles on the colours.
        # Those that people read at night are judged both ways, the others by turns: they share elements and colours.
        ways = SEEN_BY_AXE if kind in BOTH else SEEN_BY_AXE[KINDS.index(kind) % 2 :][:1]
        for screen, scheme, name in ways:
            width, height = SCREENS[screen]
            seen.page.set_viewport_size({"width": width, "height": height})
            seen.page.emulate_media(color_scheme=scheme)
            seen.page.locator(f"body[data-md-color-scheme={name}]").wait_for()
            assert seen.axe() == [], f"{screen} {scheme}"
        assert (seen.strangers, seen.missing, seen.errors) == ([], [], [])
        assert seen.weight() < 150_000


def test_the_words_of_a_stranger_are_read_as_typed_and_do_nothing(
    browser: Browser, site: str, where: dict[str, str]
) -> None:
    with visit(browser, site + where["incident hostile"]) as seen:
        assert HOSTILE[:120].strip() in seen.page.title()
        assert seen.page.locator("article h1").inner_text() == HOSTILE[:120].strip()
        assert seen.page.evaluate("window.broken") is None
        foreign = "article script:not([src$='/assets/ticks.js']), article [onclick], article img"
        assert seen.page.locator(foreign).count() == 0
        assert "<script>broken=1</script> {{ 7*7 }}" in seen.page.locator(".ob-timeline").inner_text()


def test_the_home_page_says_what_is_open_and_when_the_next_update_is_due(browser: Browser, site: str) -> None:
    with visit(browser, site, script=False) as seen:
        now = seen.page.locator(".ob-now").inner_text()
    assert "5 open incidents, 1 drill" in now
    assert "16:42" in now
    assert "16:02 GMT, Sat 21 Nov 2026" in now


def test_a_security_incident_shows_nothing_but_whom_to_tell(browser: Browser, site: str, where: dict[str, str]) -> None:
    with visit(browser, site + where["incident security"]) as seen:
        text = seen.page.locator("article").inner_text()
    assert "Information Assurance" in text
    assert "Timeline" not in text
    assert "Declared" not in text


def test_a_broken_record_still_has_a_page_with_its_timeline_and_its_fault(
    browser: Browser, site: str, where: dict[str, str]
) -> None:
    with visit(browser, site + where["incident broken"]) as seen:
        text = seen.page.locator("article").inner_text()
    assert "cannot be read" in text
    assert "Broken by hand" in text
    assert "YML002" in text


def test_a_late_update_is_shown_as_late(browser: Browser, site: str, where: dict[str, str]) -> None:
    with visit(browser, site + where["incident late"]) as seen:
        text = seen.page.locator("article").inner_text()
    assert "was due" in text
    assert "INC008" in text


def test_pages_come_one_at_a_time(content: Site) -> None:
    first = next(iter(content.pages()))
    assert first.path == "index.md"


@pytest.mark.parametrize("kind", ["runbook", "incident open"])
def test_no_table_of_steps_is_much_taller_than_its_text(
    browser: Browser, site: str, where: dict[str, str], kind: str
) -> None:
    with visit(browser, site + where[kind]) as seen:
        seen.page.evaluate("document.querySelectorAll('article details').forEach(part => part.open = true)")
        for width in WIDTHS:
            seen.page.set_viewport_size({"width": width, "height": 844})
            times = seen.page.evaluate(TALL)
            assert times
            assert max(times) <= (2.5 if width < 768 else 4), width  # a row of one line has room around it


# What a screen reader is given: names, roles, order.

TREES = {
    "home": """
- heading "Start here" [level=1]
- heading "5 open incidents, 1 drill" [level=2]
- paragraph:
  - link "See all 6"
- list:
  - listitem:
    - link "Support tickets cannot be opened"
    - text: P1 investigating,
    - strong: next update 16:42
  - listitem:
    - link "Old and late"
    - text: P1 investigating,
    - strong: update was due 14:02
- paragraph:
  - text: Recorded at
  - time: 16:02 GMT, Sat 21 Nov 2026
- heading "I suspect a security breach" [level=2]:
  - link "I suspect a security breach"
- heading "Something is broken for users" [level=2]:
  - link "Something is broken for users"
- heading "Is it just me?" [level=2]
- list:
  - listitem:
    - link "Incidents"
- group: Status of 7 suppliers
- heading "I am stuck" [level=2]:
  - link "I am stuck"
- heading "Who is on call now" [level=2]
- heading "I am changing something" [level=2]:
  - link "I am changing something"
- navigation "Read":
  - list
""",
    "incident open": """
- heading "Support tickets cannot be opened" [level=1]
- term: Next update
- definition:
  - strong:
    - text: by
    - time: 16:42
  - text: (GMT)
- term: Lead
- definition: On-call engineer A
- term: Comms
- term: Service
- definition:
  - link "Support Ticket System"
- term: Channel
- definition:
  - link "#paas-incident"
- heading /What to do next/ [level=2]
- group: "Lead an incident 2 of 9 done Next: 3. Ask the people you need to join you. (Incident lead, On-call engineer A)"
- group: /Run incident comms 0 of 8 done/
- group: /Respond to an incident 0 of 80 done/
- heading /Timeline/ [level=2]
- list:
  - listitem: Saturday 21 November 2026
  - listitem:
    - paragraph:
      - time: 15:57
      - text: note On-call engineer A
    - paragraph:
      - text: The queue
      - strong: stopped
      - text: growing.
  - listitem
- heading /Times/ [level=2]
- term: Declared
- definition:
  - time: 15:42 GMT, Sat 21 Nov 2026
  - text: by On-call engineer A
""",
    "runbook": """
- heading "Respond to an incident" [level=1]
- term: Service
- definition:
  - link "Support Ticket System"
- term: Owner
- definition: PlatOps
- term: Reviewed
- definition:
  - time: 10 Nov 2026
  - text: ", again by"
  - time: 11 May 2027
- term: You may see
- definition:
  - list:
    - listitem: The Support Ticket System is down
- heading /When to use this/ [level=2]
- heading /Steps/ [level=2]
- list
- heading /Checklist/ [level=2]
""",
}


@pytest.mark.parametrize("kind", TREES)
def test_a_screen_reader_is_given_names_roles_and_order(
    browser: Browser, site: str, where: dict[str, str], kind: str
) -> None:
    with visit(browser, site + where[kind], screen=SCREENS["phone"]) as seen:
        expect(seen.page.locator("article")).to_match_aria_snapshot(TREES[kind])


TABLES = {
    "services": """
- table:
  - rowgroup:
    - row "Service What it does Run by":
      - columnheader "Service"
  - rowgroup:
    - row /^Jenkins/:
      - rowheader "Jenkins"
      - cell /^Builds/
      - cell "PlatOps"
""",
    "incident open": """
- table:
  - rowgroup:
    - row "Step Action Owner State":
      - columnheader "Step"
  - rowgroup:
    - row /^1 /:
      - rowheader "1"
      - cell /./
      - cell "Incident lead"
      - cell /^Done/
""",
    "runbook": """
- table:
  - rowgroup:
    - row "Step Action Owner":
      - columnheader "Step"
  - rowgroup:
    - row /^1 Validate component 1/:
      - rowheader "1"
""",
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_row_that_is_a_block_on_a_phone_is_still_a_row(
    browser: Browser, site: str, where: dict[str, str], kind: str
) -> None:
    with visit(browser, site + where[kind], screen=SCREENS["phone"]) as seen:
        seen.page.evaluate("document.querySelectorAll('article details').forEach(part => part.open = true)")
        expect(seen.page.get_by_role("table").first).to_match_aria_snapshot(TABLES[kind])


@pytest.mark.parametrize("kind", ["home", "incident open"])
def test_keys_alone_reach_everything(browser: Browser, site: str, where: dict[str, str], kind: str) -> None:
    with visit(browser, site + where[kind], screen=SCREENS["phone"]) as seen:
        page, wanted = seen.page, "article :is(a[href], summary, [tabindex='0']):not(.headerlink):visible"
        first = page.locator("article summary").first
        first.focus()
        page.keyboard.press("Enter")
        assert first.evaluate("node => node.parentElement.open")
        missed = set(page.locator(wanted).evaluate_all("nodes => nodes.map((node, i) => (node.id ||= `w${i}`))"))
        page.evaluate("document.activeElement.blur()")
        for _ in range(len(missed) + 80):
            page.keyboard.press("Tab")
            missed.discard(page.evaluate("document.activeElement.id"))
            if not missed:
                break
        assert not missed


# -- steps that are ticked on a page

LEAD = "runbook to lead"
"""A runbook of which open incidents have a copy."""


def _boxes(seen: Visit) -> Locator:
    seen.page.evaluate("document.querySelectorAll('article details').forEach(part => part.open = true)")
    return seen.page.locator("article .ob-checklist input")


def test_a_step_is_ticked_on_a_phone_by_keys_and_kept_and_the_command_that_records_it_is_offered(
    browser: Browser, site: str, where: dict[str, str], scene: dict[str, object]
) -> None:
    end = scene["ids"]["open"][-5:]  # type: ignore[index]
    with visit(browser, site + where["incident open"], screen=(360, 740)) as seen:
        boxes, told = _boxes(seen), seen.page.locator(".ob-ticks")
        assert boxes.count() == 95, "two of 97 are done"
        expect(told).to_be_hidden()
        seen.page.get_by_role("checkbox", name="3. Ask the people you need to join you.").focus()
        seen.page.keyboard.press("Space")
        for number in (7, 8, 9):
            seen.page.get_by_role("checkbox", name=f"{number}. ").first.check()
        expect(told.locator("code")).to_have_text(f"opsbook tick 3 7-9 -i {end}")
        expect(told.get_by_role("status")).to_have_text("4 ticked, in this browser only.")
        assert told.is_visible()
        assert seen.clipped(360) == []
        for scheme in ("light", "dark"):
            seen.page.emulate_media(color_scheme=scheme)
            assert seen.axe() == []
        seen.page.reload(wait_until="networkidle")
        expect(told.locator("code")).to_have_text(f"opsbook tick 3 7-9 -i {end}")
        seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        told.get_by_role("button", name="Copy").click()
        expect(told.get_by_role("button", name="Copied")).to_be_visible()
        assert seen.page.evaluate("navigator.clipboard.readText()") == f"opsbook tick 3 7-9 -i {end}"
        told.get_by_role("button", name="Clear").click()
        expect(told).to_be_hidden()
        assert seen.page.evaluate("localStorage.length && Object.keys(localStorage).filter(k => /ticks/.test(k))") in (
            0,
            [],
        )
        assert (seen.strangers, seen.missing, seen.errors) == ([], [], [])


def test_what_is_on_record_by_now_is_not_ticked_in_the_browser_any_more(
    browser: Browser, site: str, where: dict[str, str], scene: dict[str, object]
) -> None:
    name = f"opsbook ticks {scene['ids']['open']}"  # type: ignore[index]
    with visit(browser, site + where["incident open"]) as seen:
        seen.page.evaluate("name => localStorage.setItem(name, '[1, 4, 9999]')", name)
        seen.page.reload(wait_until="networkidle")
        expect(seen.page.locator(".ob-ticks code")).to_contain_text("opsbook tick 4 -i")
        assert seen.page.evaluate("name => localStorage.getItem(name)", name) == "[4]"


def test_a_runbook_keeps_ticks_too_and_offers_the_open_incidents_that_have_its_very_words(
    browser: Browser, site: str, where: dict[str, str], scene: dict[str, object]
) -> None:
    with visit(browser, site + where[LEAD]) as seen:
        _boxes(seen).nth(1).check()
        codes = seen.page.locator(".ob-ticks code").all_inner_texts()
        assert len(codes) == 3
        end = scene["ids"]["open"][-5:]  # type: ignore[index]
        assert f"opsbook tick 2 --runbook incident-response/lead-an-incident -i {end}" in codes
        assert seen.axe() == []
        assert seen.clipped(360) == []
    with visit(browser, site + "runbooks/change-management/release-a-change/") as seen:
        _boxes(seen).first.check()
        expect(seen.page.locator(".ob-ticks [role=status]")).to_have_text("1 ticked, in this browser only.")
        assert seen.page.locator(".ob-ticks code").count() == 0


@pytest.mark.parametrize("kind", ["incident closed", "incident security", "prose", "service of ours"])
def test_a_page_without_steps_to_do_asks_for_no_script_for_them(
    browser: Browser, site: str, where: dict[str, str], kind: str
) -> None:
    with visit(browser, site + where[kind]) as seen:
        assert seen.page.locator("script[src*=ticks]").count() == 0
        assert _boxes(seen).count() == 0


def test_without_a_script_a_checklist_is_what_is_on_record(browser: Browser, site: str, where: dict[str, str]) -> None:
    with visit(browser, site + where["incident open"], script=False) as seen:
        assert seen.page.locator("article input").count() == 0
        expect(seen.page.locator(".ob-ticks")).to_be_hidden()
        assert seen.page.locator(".ob-step--done").count() == 2
