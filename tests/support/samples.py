"""Pages of every kind with plainly made-up content, for tests of how the site looks and behaves."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from jinja2 import FileSystemLoader

from opsbook.core import markdown
from opsbook.core.config import SecurityAlert
from opsbook.core.front import Begin, Front, Urgent, Way
from opsbook.core.pages import Lead
from opsbook.core.times import Times
from opsbook.site.home import Home, OnCall, home_page
from opsbook.site.page import Page
from opsbook.site.prose import written
from opsbook.site.render import render, templates
from tests.support.hostile import TEXTS

SAMPLES = Path(__file__).parents[1] / "site" / "samples"
ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 16, 2, tzinfo=UTC)
ZONE = "Europe/London"

VENDORS = ("Confluence", "GitHub", "Jira", "Microsoft Azure", "Slack", "SonarCloud", "Statuspage")


def home(*urgent: Urgent) -> Home:
    """A home page of a book in which everything is configured."""
    return Home(
        now=NOW,
        timezone=ZONE,
        alert=SecurityAlert(who="Information Assurance", how="Phone the number on the restricted contact page"),
        breach="guide/prose.md",
        first=Front(
            one="open incident",
            several="open incidents",
            index="incidents/index.md",
            begin=Begin("opsbook declare", "guide/prose.md", ""),
        ),
        stuck="guide/prose.md",
        changing="runbooks/index.md",
        urgent=urgent,
        elsewhere=[Way(name, f"https://{name.lower().replace(' ', '-')}.example/") for name in VENDORS],
        on_call=[
            OnCall("On call", "on-call engineer B", NOW + timedelta(hours=65)),
            OnCall("Escalation, and incident comms out of hours", "delivery manager A", NOW + timedelta(hours=65)),
        ],
        browse=[
            Way("Runbooks", "runbooks/index.md", "Steps for common procedures"),
            Way("Services", "services/index.md", "Who owns what, and where to go"),
            Way("Reports", "incidents/index.md", "What happened, and what we learned"),
        ],
    )


BROKEN = Urgent(
    "INC-20261121-7KQ4M",
    "Checkout is down for all tenants",
    "P1",
    1,
    "investigating",
    "incidents/2026/components.md",
    NOW + timedelta(minutes=28),
)
SLOW = Urgent(
    "INC-20261121-8F3KD",
    "Search is slow and some pages of the developer console time out for a few people in the afternoon",
    "P2",
    2,
    "monitoring",
    "incidents/2026/components.md",
    NOW - timedelta(minutes=32),
    overdue=True,
)
DRILL = Urgent(
    "INC-20261121-2MX7Q", "Loss of a region", "P1", 1, "identified", "incidents/2026/components.md", drill=True
)


@dataclass(frozen=True)
class Entry:
    """One entry of a sample timeline."""

    at: datetime
    kind: str
    by: str
    text: str
    mark: bool = False


@dataclass(frozen=True)
class Step:
    """One step of a sample checklist."""

    number: int
    action: str
    owner: str
    words: str
    state: str


def components(path: str = "incidents/2026/components.md", title: str = "Checkout is down") -> Page:
    """A page with every part that the pages of records are made of."""
    entries = [
        Entry(NOW - timedelta(minutes=30), "Declared", "on call", "Users see **error 502** at checkout.", mark=True),
        Entry(NOW - timedelta(minutes=20), "Note", "on call", "`kubectl get pods` shows restarts:\n\n* api\n* worker"),
        Entry(NOW - timedelta(minutes=15), "Decision", "incident lead", "Roll back to the release of yesterday."),
        Entry(NOW - timedelta(minutes=9), "Update", "incident comms", "We are investigating problems with checkout."),
        Entry(NOW, "Change", "incident lead", "Rolled back, see [the log](https://logs.example/1).\n\n```\ndone\n```"),
    ]
    states = {1: "done", 2: "done", 3: "skipped", 4: "done", 5: "next"}
    words = {"done": "Done 15:41, on call", "skipped": "Left out: no such component", "next": "Next", "": "Open"}
    owners = ("on call", "security", "platform", "support", "operations")
    steps = [
        Step(
            number,
            f"Validate component {number} and collect logs.",
            owners[number % 5],
            words[states.get(number, "")],
            states.get(number, ""),
        )
        for number in range(1, 81)
    ]
    return render(
        templates([FileSystemLoader(SAMPLES)]),
        "components.html.j2",
        path,
        "incidents/2026/example/incident.yaml",
        Times(NOW, ZONE),
        title=title,
        entries=entries,
        steps=steps,
    )


HOSTILE = "<script>document.title = 'broken'</script><img src=x onerror=\"window.broken = 1\"> *x* {{ 7 * 7 }}"


def hostile() -> Page:
    """A page of everything that somebody might type to break it, in every place."""
    env = templates([FileSystemLoader(SAMPLES)])
    return render(env, "hostile.html.j2", "hostile/index.md", "hostile", Times(NOW, ZONE), title=HOSTILE, texts=TEXTS)


def prose(path: str, text: str, source: str, files: Collection[str] = ()) -> Page:
    """A page that somebody wrote; its links lead to pages of the site by their paths, and to files of a book."""
    read = markdown.parse(text.encode())
    links: set[str] = set()

    def lead(target: str) -> Lead:
        if ":" in target:
            return Lead(web=target)
        if target in files:
            return Lead(file=target)
        page, _, fragment = target.partition("#")
        if page.startswith("."):
            page = posixpath.normpath(posixpath.join(posixpath.dirname(path), page))
        links.add(page or path)
        return Lead(page=page or path, fragment=fragment)

    made = written(read, lead, "")
    return Page(path, read.headings[0].text, made.html, source, made.headings, "", frozenset(links), made.pictures)


@dataclass(frozen=True)
class Content:
    """What is on a site, in memory."""

    made: Sequence[Page]
    files: Mapping[str, bytes] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)

    def redirects(self) -> Mapping[str, str]:
        """See `opsbook.site.build.Content`."""
        return self.moved

    def pages(self, work: Path) -> Sequence[Page]:
        """See `opsbook.site.build.Content`."""
        return self.made

    def pictures(self) -> Collection[str]:
        """See `opsbook.site.build.Content`."""
        return self.files

    def read(self, path: str) -> bytes | None:
        """See `opsbook.site.build.Content`."""
        return self.files.get(path)


def pages(front: Home | None = None) -> list[Page]:
    """Every kind of page: the home page, hand-written prose, the parts of records, and the sections of the site."""
    words = (SAMPLES / "prose.md").read_text(encoding="utf-8")
    made = [
        home_page(front or home(BROKEN, SLOW, DRILL), templates()),
        prose("guide/prose.md", words, "tests/site/samples/prose.md"),
        components(),
        hostile(),
    ]
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    sections = {"incidents/index.md", "runbooks/index.md", "services/index.md", *_targets(nav)}
    taken = {page.path for page in made}
    return [*made, *(prose(path, "# A section\n\nText.\n", path) for path in sorted(sections - taken))]


def _targets(entry: object) -> Iterator[str]:
    """The pages that a navigation names."""
    if isinstance(entry, str):
        yield entry
    else:
        for part in entry.values() if isinstance(entry, dict) else entry:  # type: ignore[attr-defined]
            yield from _targets(part)
