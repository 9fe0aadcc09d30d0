"""Pages that were written for other programs become runbooks: nothing is lost, and what is left is said."""

from __future__ import annotations

import re
from argparse import Namespace
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core import gfm, markdown
from opsbook.core.book import Book
from opsbook.core.check import check_record
from opsbook.core.checklist import lines_of
from opsbook.core.command import Brought
from opsbook.core.errors import Refused, UsageError
from opsbook.core.pages import Pages
from opsbook.core.redirects import Moved, moved, redirects
from opsbook.core.tidy import tidy
from opsbook.core.tree import MemoryTree, Overlay, Tree
from opsbook.core.types import parse_time
from opsbook.kinds import registry
from opsbook.kinds.runbook.foreign.plan import plan
from tests.cases.cases import NOW, base

SAMPLES = Path(__file__).parent / "collections"
CONFIG = "# the words of this team\n" + base()["opsbook.yml"].decode()
CONFIG = CONFIG.replace("title: Platform team", "title: Platform team\n    channel: drill")
EMPTY = Book(MemoryTree({**base(), "opsbook.yml": CONFIG.encode()}), registry())


def sample(name: str) -> dict[str, bytes]:
    root = SAMPLES / name
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def brought(files: dict[str, bytes] | dict[str, str] | Tree, book: Book = EMPTY, **options: str | None) -> Brought:
    given = {"owner": "platform", "area": None, "name": None, **options}
    return plan(book, MemoryTree(files) if isinstance(files, dict) else files, "old", Namespace(**given))


def after(done: Brought, book: Book = EMPTY) -> Book:
    return Book(Overlay(book.tree, done.files), registry())


def text(done: Brought, path: str) -> str:
    return done.files[path].decode()


def listed(done: Brought, words: str) -> list[str]:
    return [line for heading, lines in done.listed if words in heading for line in lines]


def entry(done: Brought, to: str) -> Moved:
    return next(one for _, item in redirects(after(done)) for one in item.pages if one.to == to)


def test_tech_docs() -> None:
    done = brought(sample("tech-docs"))
    home, index, page = "runbooks/old/index.md", "runbooks/database/index.md", "runbooks/database/restore-a-backup.md"
    assert {home, index, page, "runbooks/database/images-console.png"} < set(done.files)
    begin = "---\ntitle: Databases\nowner: platform\nreviewed: 2026-10-05\nreview_in: 26w\n---\n\n# Databases\n"
    assert text(done, index).startswith(begin)
    assert "> [!WARNING]\n> Nobody restores production alone." in text(done, index)
    assert "(restore-a-backup.md)" in text(done, index)
    assert "(restore-a-backup.md#steps)" in text(done, index), "its own site is no other site"
    assert "[restoring it](../database/restore-a-backup.md#whats-needed)" in text(done, home), "an anchor of its rule"
    assert "- [Databases](../database/index.md)\n" in text(done, home), "a list of the pages below it"
    restored = text(done, page)
    assert "# Restore a backup\n\n## What's needed" in restored, "a page without a title above it gets one"
    assert "![The console](images-console.png)" in restored
    assert "Ask for **access** first." in restored
    assert "<%= left_alone %>" in restored
    assert "`<%= code %>`" in restored, "code stays as it is"
    assert "[Ask us](../old/index.md)" in restored
    assert '`<%= rake_task("restore") %>`' in restored
    assert listed(done, "Not translated") == [
        'source/database/restore-a-backup.html.md.erb:23: <%= rake_task("restore") %> stays as it is'
    ]
    assert listed(done, "Owners") == ["#somebody-else ×1"]
    assert entry(done, page).was == ("/database/restore-a-backup", "/manual/restore")
    assert entry(done, page).kept == {"owner_slack": "#somebody-else"}
    found = check_record(
        after(done).refs("runbook")["database/restore-a-backup"], after(done), parse_time(NOW), registry()
    )
    assert [item.message for item in found] == ["there is no runbooks/database/nowhere.html"]


def test_hugo() -> None:
    done = brought(sample("hugo"))
    page = text(done, "runbooks/etcd/etcdnoleader.md")
    assert "symptoms:\n  - etcdNoLeader\n" in page
    assert "[its members](etcdmembersdown.md)" in page
    assert "[edit](https://git.example/alerts/edit)" in page
    assert "> [!CAUTION]\n> Do not **restart** it.\n>\n> ```sh\n> etcdctl {{< kept >}}\n> ```" in page
    assert "![Leader](img-leader.png)\n\nWho leads" in page or "![Leader](leader.png)\n\nWho leads" in page
    assert '`{{< graph "leader" >}}`' in page
    assert "[the leader](etcdnoleader.md)" in text(done, "runbooks/etcd/etcdmembersdown.md")
    made = entry(done, "runbooks/etcd/etcdnoleader.md")
    assert made.was == ("/runbooks/etcd/etcdNoLeader", "/etcd/leader", "/runbooks/etcd/etcdnoleader")
    assert made.kept == {"weight": "20", "tags": '["etcd"]'}


def test_mkdocs() -> None:
    done = brought(sample("mkdocs"))
    page = text(done, "runbooks/queues/full.md")
    assert "The queue team helps." in page
    assert "> [!WARNING]\n> **Careful**\n>\n> It loses messages." in page
    assert "**Linux**\n\nRun `drain`.\n\n**macOS**\n\nRun `gdrain`.\n\nDone." in page
    assert "(../queues/full.md#too-full)" in text(done, "runbooks/old/index.md")
    assert [line for line in listed(done, "Not translated") if "[TOC]" in line]


def test_docusaurus() -> None:
    done = brought(sample("docusaurus"))
    page = text(done, "runbooks/deploy/roll-back.md")
    assert "Connect to the VPN." in page
    assert "> [!TIP]\n> **Quickly**\n>\n> Take [the last release](release.md)." in page
    assert "<!-- nobody sees this -->" in page
    assert "[undo it](roll-back.md)" in text(done, "runbooks/deploy/release.md")
    assert entry(done, "runbooks/deploy/roll-back.md").was[0] == "/undo"
    assert entry(done, "runbooks/deploy/release.md").was == ("/docs/deploy/release",)


def test_plain_markdown() -> None:
    done = brought(sample("plain"))
    page = text(done, "runbooks/disk/diskisfull.md")
    assert "![the graph](graph.png)" in page
    assert "(helpers-clean.md#free-space)" in page
    assert text(done, "runbooks/disk/helpers-clean.md").count("Clean up") == 2, "front matter and title"
    assert "(../disk/diskisfull.md)" in text(done, "runbooks/old/index.md")
    assert entry(done, "runbooks/disk/diskisfull.md").was == ("/alerts/disk/DiskIsFull",)


def test_what_is_written_is_as_fmt_leaves_it() -> None:
    done = brought({"a.md": "# A  \n\nSpace   \nbreaks.\n\t\n\nEnd\t\n\n\n"})
    data = done.files["runbooks/old/a.md"]
    assert tidy(data, registry()["runbook"].parts[0]).data == data


@pytest.mark.parametrize("name", ["tech-docs", "hugo", "mkdocs", "docusaurus", "plain"])
def test_a_second_run_does_nothing_and_no_address_is_lost(name: str) -> None:
    done = brought(sample(name))
    book = after(done)
    assert brought(sample(name), book).files == {}
    assert brought(sample(name), book, owner=None).files == {}, "who keeps the pages is remembered"
    leads, pages = moved(book), Pages(book)
    for _, item in redirects(book):
        for one in item.pages:
            assert all(pages.has(leads[address.strip("/")]) for address in one.was)
    assert b"# the words of this team\n" in (book.tree.read("opsbook.yml") or b"")
    areas = book.config.vocabulary["areas"]
    assert {ref.id.partition("/")[0] for ref in book.refs("runbook").values()} <= set(areas)


def test_what_changed_at_the_source_is_written_again_unless_somebody_edited_it_here() -> None:
    files = sample("plain")
    book = after(brought(files))
    page, other = "alerts/disk/DiskIsFull.md", "alerts/disk/helpers/clean.md"
    files[page] += b"\nMore.\n"
    files[other] += b"\nMore.\n"
    here = {"runbooks/disk/helpers-clean.md": (book.tree.read("runbooks/disk/helpers-clean.md") or b"") + b"\nOurs.\n"}
    edited = Book(Overlay(book.tree, here), registry())
    done = brought(files, edited)
    assert {path for path in done.files if path.startswith("runbooks")} == {"runbooks/disk/diskisfull.md"}
    assert "More." in text(done, "runbooks/disk/diskisfull.md")
    assert [line for line in listed(done, "Changed here and at the source") if "helpers-clean.md" in line]
    assert brought(files, after(done, edited)).files == {}


def test_a_page_that_is_gone_here_stays_gone_and_one_that_is_gone_there_stays() -> None:
    files = sample("plain")
    book = after(brought(files))
    without = Book(Overlay(book.tree, {"runbooks/disk/diskisfull.md": None}), registry())
    files["alerts/disk/DiskIsFull.md"] += b"\nMore.\n"
    gone = files.pop("alerts/disk/helpers/clean.md")
    assert gone
    done = brought(files, without)
    assert "runbooks/disk/diskisfull.md" not in done.files
    assert listed(done, "gone here") == ["alerts/disk/DiskIsFull.md → runbooks/disk/diskisfull.md"]
    assert listed(done, "gone at the source") == ["alerts/disk/helpers/clean.md"]


def test_whose_pages_they_are_is_not_guessed() -> None:
    with pytest.raises(UsageError) as told:
        brought(sample("plain"), owner=None)
    assert "3 pages name no owner" in told.value.message
    with pytest.raises(UsageError):
        brought(sample("plain"), owner="nobody")
    with pytest.raises(Refused):
        brought({"notes.txt": b"x"})


def test_nothing_leads_out_of_the_collection_and_whatever_is_odd_is_listed() -> None:
    tree = MemoryTree(
        {
            "source/a.html.md.erb": '<%= partial "../../../etc/passwd" %>\n\n<%= partial "loop" %>\n\n![x](../../../x.png)\n',
            "source/_loop.md.erb": '<%= partial "loop" %>\n' * 3,
            "source/wide.html.md": "Größe\n".encode("utf-16"),
            "source/west.html.md": "Größe – Maß\n".encode("cp1252"),
            "source/hidden.html.md": "a\u200bb\n",
            "source/huge.html.md": b"x" * 1_000_000,
            "source/front.html.md": "---\ntitle: [\n---\n\nWords.\n",
            "source/alias.html.md": "---\na: &a [1]\nb: *a\n---\n\nWords.\n",
            "source/link.html.md": "",
            "source/gone.html.erb": "<h1>x</h1>",
        },
        {"source/link.html.md": "symlink"},
    )
    done = brought(tree)
    assert all(path.startswith(("runbooks/", "operations/")) or path == "opsbook.yml" for path in done.files)
    page = text(done, "runbooks/old/a.md")
    assert '`<%= partial "../../../etc/passwd" %>`' in page
    assert len(page) < 10_000
    assert "(../../../x.png)" in page
    assert "Größe" in text(done, "runbooks/old/wide.md")
    assert "Größe – Maß" in text(done, "runbooks/old/west.md")
    assert "a⟨U+200B⟩b" in text(done, "runbooks/old/hidden.md")
    assert "title: [" in text(done, "runbooks/old/front.md")
    left = "\n".join(listed(done, "Not imported"))
    assert "source/huge.html.md: larger than" in left
    assert "source/link.html.md: a symbolic link" in left
    assert "source/gone.html.erb: no page of Markdown" in left
    notes = "\n".join(listed(done, "Not translated"))
    for words in ("read as utf-16", "read as cp1252", "U+200B", "it holds an alias", "front matter cannot be read"):
        assert words in notes


def test_pages_of_the_same_name_both_get_a_place() -> None:
    done = brought({"a/x.md": "# One\n", "a/X y.md": "# Two\n", "a/x-y.md": "# Three\n", "b/y.md": "# Four\n"})
    titles = {text(done, path).split("\n")[1] for path in done.files if path.startswith("runbooks/")}
    assert titles == {"title: One", "title: Two", "title: Three", "title: Four"}


def test_everything_may_go_into_one_area() -> None:
    done = brought(sample("plain"), area="response")
    assert "runbooks/response/disk-diskisfull.md" in done.files
    assert "opsbook.yml" not in done.files


LINES = st.sampled_from(
    [
        "# Title one", "## Part <b>two</b>", "Some *words* here.", "", "", "- item", "1. step", "    indented", "```",
        "~~~ sh", "`code`", "`` a ` b ``", "<%= current_page.data.title %>", '<%= partial "part" %>', "<% if x %>",
        "<% end %>", '<%= warning_text("Take care") %>', "{{< hint info >}}", "{{< /hint >}}", '{{< ref "b.md" >}}',
        "[link](b.html)", "![picture](p.png)", "[ref]: b.html", "> quoted", "!!! note", '=== "Tab"', ":::tip", ":::",
        "| a | b |", "| - | - |", "<div>raw</div>", "<!-- remark -->", "---", "+++", "import X from './b.md'", "<X />",
        "{{ value }}", "word" * 3, "a <% b", "c %> d", "\\`<%= odd %>`", "Setext", "======",
    ]
)  # fmt: skip
ENDINGS = {"source/a.html.md.erb": "tech-docs", "content/a.md": "Hugo", "docs/a.mdx": "Docusaurus", "a.md": "plain"}


def words(body: str) -> Counter[str]:
    """The words of a page, with those in addresses left out: they are written anew."""
    body = re.sub(r"\]\([^)\s]*\)|\]:[ ]*\S+", "]", body)
    return Counter(re.findall(r"[a-z]{3,}", body.lower()))


MADE = set(words("current page data title partial part warning text hint info ref html note tab tip import from"))


@given(lines=st.lists(LINES, max_size=25), path=st.sampled_from(sorted(ENDINGS)))
def test_no_word_of_a_page_is_lost(lines: list[str], path: str) -> None:
    body = "\n".join(lines) + "\n"
    config = {"hugo.toml": ""} if ENDINGS[path] == "Hugo" else {}
    config |= {"docusaurus.config.js": ""} if ENDINGS[path] == "Docusaurus" else {}
    folder = path.rpartition("/")[0]
    other = f"{folder}/b.html.md" if path.endswith(".erb") else f"{folder}/b.md".strip("/")
    parts = {f"{folder}/_part.md": "included words\n", other: "# Other\n"}
    done = brought({path: body, **config, **parts})
    made = next(data for to, data in done.files.items() if re.fullmatch(r"runbooks/[a-z]+/a(-2)?\.md", to)).decode()
    shown = markdown.parse(made.encode())
    assert not shown.faults
    assert not [word for word in words(body) - words(made) if word not in MADE], made
    gfm.parsed(shown.body)


def test_a_task_list_below_a_checklist_is_one_after_the_import_too() -> None:
    page = "# Restart it\n\n## Checklist\n\n- [ ] Stop it\n- [ ] Start it -- ops (only P1)\n"
    done = brought({"docs/restart-it.md": page})
    (made,) = [data for path, data in done.files.items() if b"Stop it" in data]
    lines = lines_of(markdown.parse(made))
    assert [(line.step, line.action, line.owner, line.when) for line in lines] == [
        ("1", "Stop it", "platform", ()),
        ("2", "Start it", "ops", ("P1",)),
    ]
