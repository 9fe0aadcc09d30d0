"""The index is a cache: it can be lost, damaged, shared and out of date, and nobody notices but by the clock."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.book import Book
from opsbook.core.tree import MemoryTree
from opsbook.find.index import NAME, with_index
from opsbook.find.sources import sources
from opsbook.kinds import registry
from tests.find.finder import ALERTS, find, tree

QUESTIONS = ("etcd has no leader", "connection refused", "日本", "ceph osd is nearly full", "kafka lag", "vpn")
TREE = tree()


def told(words: str, tree: MemoryTree, folder: Path | None = None) -> list[tuple[str, int, str]]:
    """What is said of each answer."""
    return [(answer.path, answer.line, answer.text) for answer in find(words, tree, folder=folder)]


class Counting(MemoryTree):
    """A tree that knows what was read of it, and what need not be."""

    def __init__(self, tree: MemoryTree) -> None:
        self._files, self._modes = tree._files, tree._modes
        self.read_of: list[str] = []

    def quick(self, path: str) -> tuple[str, int] | None:
        """A file is as it was when its bytes are; it changed long ago."""
        return f"{hash(self._files.get(path))}", 0

    def read(self, path: str) -> bytes | None:
        """Notes what is read."""
        self.read_of.append(path)
        return super().read(path)


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    find("vpn", Counting(TREE), folder=tmp_path)
    same = Counting(TREE)
    assert find("vpn", same, folder=tmp_path)
    assert same.read_of == []
    other = Counting(tree({"docs/network/vpn.md": "# VPN\n\nAsk the wizard.\n"}))
    assert [answer.text for answer in find("wizard", other, folder=tmp_path)] == ["Ask the wizard."]
    assert set(other.read_of) == {"docs/network/vpn.md"}


def test_what_is_gone_is_found_no_more(tmp_path: Path) -> None:
    assert find("etcd has no leader", TREE, folder=tmp_path)
    files = {path: data for path, data in TREE._files.items() if "etcd" not in path}
    assert find("etcdNoLeader", MemoryTree(files), folder=tmp_path) == []


def test_the_index_is_for_its_owner_alone(tmp_path: Path) -> None:
    find("vpn", TREE, folder=tmp_path)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["cut", "zeros", "words", "empty", "foreign", "format", "folder", "link", "lines"])
def test_a_damaged_index_is_made_again(damage: str, tmp_path: Path) -> None:
    path, outside = tmp_path / NAME, tmp_path / "outside"
    right = [told(words, TREE, tmp_path) for words in QUESTIONS]
    data = path.read_bytes()
    outside.write_bytes(b"mine")
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage == "link":
        path.symlink_to(outside)
    elif damage == "foreign":
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE entry (something)")
        other.close()
    elif damage in ("format", "lines"):
        path.write_bytes(data)
        with sqlite3.connect(path) as other:
            other.execute("UPDATE format SET format = '0'" if damage == "format" else "UPDATE entry SET data = '['")
        other.close()
    else:
        half = len(data) // 2
        path.write_bytes(
            {"cut": data[:half], "zeros": data[:4096] + bytes(half), "words": b"no index", "empty": b""}[damage]
        )
    assert [told(words, TREE, tmp_path) for words in QUESTIONS] == right
    assert outside.read_bytes() == b"mine"


def test_an_index_of_an_interrupted_write_is_as_it_was_before(tmp_path: Path) -> None:
    right = told("vpn", TREE, tmp_path)
    index = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    index.execute("BEGIN IMMEDIATE")
    index.execute("DELETE FROM entry")
    index.close()
    assert told("vpn", TREE, tmp_path) == right


def test_where_nothing_can_be_kept_everything_is_found_all_the_same(tmp_path: Path) -> None:
    assert told("vpn", TREE, tmp_path / "missing") == told("vpn", TREE)


def test_two_at_once_both_find(tmp_path: Path) -> None:
    right = [told(words, TREE) for words in QUESTIONS]
    begin, found, count = Barrier(4), {}, 4

    def ask(number: int) -> None:
        begin.wait()
        found[number] = [told(words, TREE, tmp_path) for words in QUESTIONS]

    threads = [Thread(target=ask, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found.get(number) for number in range(count)] == [right] * count


def test_whoever_asks_while_another_writes_sees_what_was_before(tmp_path: Path) -> None:
    find("vpn", TREE, folder=tmp_path)
    writer = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert told("vpn", TREE, tmp_path) == told("vpn", TREE)
    writer.close()


def test_a_file_of_the_same_size_and_time_but_other_words_is_read_again(tmp_path: Path) -> None:
    page, work = tmp_path / "docs" / "vpn.md", tmp_path / "build"
    for folder in (page.parent, work):
        folder.mkdir()
    for word in ("wizard", "walrus"):
        page.write_text(f"# VPN\n\nAsk the {word}.\n")
        os.utime(page, ns=(10**18, 10**18))
        [answer] = find(f"{word}", DirectoryTree(tmp_path), folder=work)
        assert answer.text == f"Ask the {word}."


PAGES = st.dictionaries(
    st.sampled_from(sorted(ALERTS)), st.sampled_from(["", "# etcd\n\nleader\n", "# VPN\n\nzebra\n"]), max_size=6
)


@given(steps=st.lists(PAGES, max_size=4))
def test_an_index_built_in_steps_is_the_index_built_at_once(steps: list[dict[str, str]]) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        now = TREE
        for changes in steps:
            now = MemoryTree({**TREE._files, **{path: text.encode() for path, text in changes.items()}})
            find("etcd", now, folder=Path(one))
        find("etcd", now, folder=Path(two))
        assert rows(Path(one), now) == rows(Path(two), now)


def rows(folder: Path, tree: MemoryTree) -> list[object]:
    """All that an index holds."""
    kinds, queries = (
        registry(),
        ("SELECT * FROM entry ORDER BY id", "SELECT * FROM words ORDER BY rowid", "SELECT * FROM word"),
    )

    def read(index: sqlite3.Connection) -> list[object]:
        return [index.execute(query).fetchall() for query in queries]

    return with_index(folder, lambda: sources(Book(tree, kinds), kinds), tree, read)


@given(
    words=st.text(max_size=200)
    | st.lists(st.sampled_from(["NOT", '"', "*", "NEAR(", "etcd", "a:b", "-", "\ud800", "k=v"])).map(" ".join)
)
def test_any_words_are_answered_and_change_nothing(words: str) -> None:
    before = dict(TREE._files)
    for answer in find(words, TREE, folder=_kept()):
        assert answer.line >= 1
        assert TREE.read(answer.path) is not None
    assert TREE._files == before


def _kept() -> Path:
    """A folder for all inputs of a property, so that the pages are read once."""
    if not _FOLDERS:
        _FOLDERS.append(TemporaryDirectory(prefix="opsbook-find-"))
    return Path(_FOLDERS[0].name)


_FOLDERS: list[TemporaryDirectory[str]] = []
