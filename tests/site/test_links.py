"""The check and the site agree on every link: what it accepts leads somewhere, and what leads nowhere it names."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsbook.core.book import Book
from opsbook.core.page_rules import PAG001, PAG002
from opsbook.core.pages import Pages, read
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from opsbook.site.page import ROOT
from opsbook.site.pages import Site
from opsbook.site.prose import picture, written
from tests.cases.cases import base

NOW = datetime(2026, 11, 21, 11, tzinfo=UTC)
PAGE = b"# Here\n\n## Next steps\n\n<a id='own'></a>\n"
FILES = (
    "docs/here/page.md",
    "docs/here/README.md",
    "docs/here/index.md",
    "docs/README.md",
    "docs/a b.md",
    "docs/caf\u00e9.md",
    "docs/plan.png",
    "docs/here/plan.svg",
    "docs/notes.txt",
    "docs/reference/rules.md",
    "docs/runbooks/index.md",
    "runbooks/response/Bad Name.md",
    "runbooks/response/plan.png",
    "runbooks/stray.md",
    "services/x/y.yaml",
    "incidents/2026/notes.md",
    "README.md",
    "mkdocs.yml",
)
NAMES = st.sampled_from(
    sorted(
        {part for path in (*FILES, *base()) for part in path.split("/")}
        | {
            "..",
            ".",
            "",
            "index.md",
            "README.md",
            "payments.md",
            "2026",
            "reports.md",
            "INC-20261121-7KQ4M-checkout-down",
        }
    )
)
FRAGMENTS = st.sampled_from(["", "#", "#next-steps", "#own", "#nowhere", "#Next-Steps", "?x=1", "#_1"])
TARGETS = st.builds(lambda parts, end: "/".join(parts) + end, st.lists(NAMES, max_size=5), FRAGMENTS) | st.text(
    alphabet="ab./#?%20:\\\u202e", max_size=12
)


@settings(max_examples=300)
@given(there=st.sets(st.sampled_from(FILES)), target=TARGETS)
@example(there={"runbooks/response/Bad Name.md"}, target="../../runbooks/response/Bad%20Name.md")
@example(there={"docs/README.md", "docs/here/index.md"}, target="../README.md")
def test_the_check_and_the_site_agree_on_a_link(there: set[str], target: str) -> None:
    path = "docs/here/page.md"
    text = read(PAGE + f"\n[x](<{target}>)\n".encode())
    files = {**base(), **dict.fromkeys(there, PAGE), path: PAGE}
    book = Book(MemoryTree(files), registry())
    places = Pages(book)
    made = written(text, lambda link: places.lead(path, link, text), "https://hub.example")
    printed = re.findall(r'<p><a href="([^"]*)"', made.html)
    rules = (PAG001(), PAG002())  # where it leads, and with which scheme
    faults = [fault for rule in rules for fault in rule.page(path, text, book)] if text.links else []
    assert bool(printed) is (bool(text.links) and not faults)
    for href in printed:
        if href.startswith(ROOT):
            where = href[len(ROOT) :].partition("#")[0]
            pictures = {picture(name): name for name in made.pictures}
            lead = places.lead(path, target, text)
            assert book.tree.read(pictures[where]) is not None if where in pictures else places.has(lead.page)


def test_a_page_is_there_where_a_link_may_lead_and_nowhere_else() -> None:
    files = {**base(), **dict.fromkeys(FILES, PAGE)}
    book = Book(MemoryTree(files), registry())
    made = {page.path for page in Site(book, registry(), NOW, list).pages()}
    assert [path for path in made if not Pages(book).has(path)] == []
    names = {re.sub(r"(\.\w+)?$", ".md", name.removeprefix("docs/")) for name in files}
    names |= {f"{folder}/index.md" for name in files for folder in [name.rpartition("/")[0].removeprefix("docs/")]}
    assert [name for name in sorted(names - made) if Pages(book).has(name)] == []
