"""Pages link to each other from wherever they are, on both site generators."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader

from opsbook.core.times import Times
from opsbook.site.page import address
from opsbook.site.render import render, templates
from tests.support.samples import NOW, ZONE

NAME = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,5}", fullmatch=True)
PATHS = st.lists(NAME, min_size=1, max_size=4).map(lambda names: "/".join(names) + ".md")


class Links(HTMLParser):
    """The addresses of all links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if tag == "a" and name == "href"]


def dead_links(site: Path) -> list[str]:
    """Every link within a built site that leads to no file, as `page -> address`."""
    dead = []
    for page in site.rglob("*.html"):
        if page.name == "404.html" or "hostile" in page.parts:
            continue
        reader = Links()
        reader.feed(page.read_text(encoding="utf-8"))
        here = f"http://site/{page.parent.relative_to(site).as_posix()}/".replace("/./", "/")
        for link in reader.found:
            there = urlsplit(urljoin(here, link))
            if there.netloc != "site" or there.scheme != "http":
                assert there.scheme in ("http", "https", "mailto"), link
                continue
            target = site / unquote(there.path).lstrip("/")
            if not (target / "index.html" if there.path.endswith("/") else target).is_file():
                dead.append(f"{page.relative_to(site)} -> {link}")
    return dead


def test_every_link_leads_to_a_page(built: Path) -> None:
    assert dead_links(built) == []


@given(path=PATHS)
def test_a_page_has_the_address_that_its_path_says(path: str) -> None:
    place = address(path)
    if path.rsplit("/", 1)[-1] == "index.md":
        assert f"{place}index.md" == path
    else:
        assert f"{place.rstrip('/')}.md" == path


def test_a_page_knows_where_its_template_links() -> None:
    env = templates(
        [DictLoader({"a.html.j2": '<a href="{{ link("b/c.md#d") }}">x</a> <a href="{{ link("index.md") }}">y</a>'})]
    )
    page = render(env, "a.html.j2", "a.md", "a", Times(NOW, ZONE))
    assert page.links == {"b/c.md", "index.md"}


def test_a_heading_of_a_template_has_an_anchor_and_no_value_becomes_one() -> None:
    env = templates([DictLoader({"a.html.j2": "{% set title = words %}\n# {{ words }}\n\n<p>{{ words }}</p>\n"})])
    page = render(env, "a.html.j2", "a.md", "a", Times(NOW, ZONE), words="One\n# Two\n## <b>Three")
    assert [(found.level, found.text) for found in page.headings] == [(1, "One # Two ## <b>Three")]
    assert page.html.count("<h") == 1
    assert page.title == "One\n# Two\n## <b>Three"
