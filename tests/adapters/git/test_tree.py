"""A folder, a commit and an overlay of either are the same kind of tree, and none follows a symlink."""

from __future__ import annotations

import os
import socket
import tempfile
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsbook.adapters.git.history import History
from opsbook.adapters.git.objects import Entry, Objects, Writer
from opsbook.adapters.git.tree import GitTree
from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.errors import UsageError
from opsbook.core.tree import MemoryTree, Mode, Overlay, Tree
from tests.support.repos import Clone, make_repo

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
    lambda name: not name.startswith(".") and not name.lower().startswith("git~")
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes]:
    """Files of which no path is a folder of another."""
    files = draw(st.dictionaries(PATHS, st.binary(max_size=20), max_size=8))
    return {
        path: data
        for path, data in files.items()
        if not any(other != path and other.startswith(path + "/") for other in files)
    }


def assert_same(tree: Tree, other: Tree, *prefixes: str) -> None:
    """Both trees answer alike, at the root, at each given prefix and for each file."""
    for prefix in ("", *prefixes):
        assert list(tree.paths(prefix)) == list(other.paths(prefix)), prefix
        assert list(tree.folders(prefix)) == list(other.folders(prefix)), prefix
        assert tree.read(prefix) == other.read(prefix)
    for path, _ in other.paths():
        assert tree.read(path) == other.read(path)


def prefixes_of(*trees: dict[str, bytes]) -> list[str]:
    """Every folder and file, and some that are none."""
    found = {"missing", "a/../b", "/", "a//b"}
    for tree in trees:
        for path in tree:
            parts = path.split("/")
            found |= {"/".join(parts[: at + 1]) for at in range(len(parts))}
    return sorted(found)


@given(files=trees(), other=trees())
@settings(max_examples=40, deadline=None)
def test_a_folder_and_a_dictionary_are_the_same_tree(files: dict[str, bytes], other: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for path, data in files.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        assert_same(DirectoryTree(folder), MemoryTree(files), *prefixes_of(files, other))


@given(files=trees(), other=trees())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_commit_and_a_dictionary_are_the_same_tree(
    clone: Clone, files: dict[str, bytes], other: dict[str, bytes]
) -> None:
    assert_same(GitTree(clone.repository(), _store(clone, files)), MemoryTree(files), *prefixes_of(files, other))


@given(files=trees(), later=trees())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_differences_lead_from_one_commit_to_the_other(
    clone: Clone, files: dict[str, bytes], later: dict[str, bytes]
) -> None:
    repository = clone.repository()
    objects = Objects(repository)
    old, new = _store(clone, files), _store(clone, later)
    changes = History(repository, objects).differences(old, new)
    assert set(changes) == {path for path in files.keys() | later.keys() if files.get(path) != later.get(path)}
    assert Writer(repository, objects).tree(objects.root(old), changes) == objects.root(new)
    laid = GitTree(repository, old, laid=changes, objects=objects)
    overlay = Overlay(MemoryTree(files), {path: later.get(path) for path in changes})
    assert_same(laid, overlay, *prefixes_of(files, later))


def _store(clone: Clone, files: dict[str, bytes]) -> str:
    repository = clone.repository()
    writer = Writer(repository, Objects(repository))
    root = writer.tree(None, {path: Entry("100644", writer.blob(data)) for path, data in files.items()})
    return clone.git("commit-tree", root, "-m", "x").strip()


# -- what is no regular file


def _odd(folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (folder / "real").mkdir(parents=True)
    (folder / "real" / "file").write_text("x")
    (folder / "link").symlink_to(outside / "secret")
    (folder / "folder").symlink_to(outside)
    (folder / "inner").symlink_to(folder / "real")
    (folder / "dangling").symlink_to("nowhere")


ODD: dict[str, Mode] = {
    "dangling": "symlink",
    "folder": "symlink",
    "inner": "symlink",
    "link": "symlink",
    "real/file": "file",
}


def test_a_symlink_in_a_folder_is_reported_and_never_followed(tmp_path: Path) -> None:
    _odd(tmp_path / "book")
    _assert_odd(DirectoryTree(tmp_path / "book"), ODD)


def test_a_symlink_in_a_commit_is_reported_and_never_followed(tmp_path: Path) -> None:
    clone = make_repo(tmp_path / "book")
    _odd(clone.path / "odd")
    clone.git("add", "odd")
    clone.git("update-index", "--add", "--cacheinfo", f"160000,{clone.at('HEAD')},odd/module")
    clone.git("commit", "--quiet", "-m", "Odd")
    expected: dict[str, Mode] = {f"odd/{path}": mode for path, mode in ODD.items()}
    _assert_odd(GitTree(clone.repository(), "HEAD"), {**expected, "odd/module": "other"}, "odd")


def _assert_odd(tree: Tree, expected: dict[str, Mode], prefix: str = "") -> None:
    assert dict(tree.paths(prefix)) == expected
    for path, mode in expected.items():
        assert (tree.read(path) is None) == (mode != "file"), path
        assert dict(tree.paths(path)) == {path: mode}
        assert list(tree.folders(path)) == []
    lead = prefix + "/" if prefix else ""
    for path in (f"{lead}folder/secret", f"{lead}inner/file", f"{lead}real/../../outside/secret", f"{lead}link/x"):
        assert tree.read(path) is None
        assert list(tree.paths(path)) == []


def test_special_files_are_reported_and_do_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        tree = DirectoryTree(tmp_path)
        assert dict(tree.paths()) == {"pipe": "other", "socket": "other"}
        assert tree.read("pipe") is None
        assert tree.read("socket") is None


def test_hidden_folders_are_left_out_of_a_folder(tmp_path: Path) -> None:
    clone = make_repo(tmp_path / "book")
    clone.write({".venv/x.yaml": "1", "services/.cache/x.yaml": "1", ".gitattributes": "x"})
    tree = DirectoryTree(clone.path)
    assert [path for path, _ in tree.paths()] == [".gitattributes", "opsbook.yml", "services/checkout.yaml"]
    assert list(tree.folders("")) == [".gitattributes", "opsbook.yml", "services"]
    assert list(tree.folders("services")) == ["checkout.yaml"]


def test_names_that_are_no_text_survive(tmp_path: Path) -> None:
    clone = make_repo(tmp_path / "book")
    name = "services/\udcff\udcfe.yaml"
    Path(os.fsdecode(os.fsencode(clone.path / name))).write_text("x")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "-m", "Odd")
    for tree in (DirectoryTree(clone.path), GitTree(clone.repository(), "HEAD")):
        assert (name, "file") in list(tree.paths("services"))
        assert tree.read(name) == b"x"


@pytest.mark.parametrize("path", ["/etc/hostname", "../outside", "..", ".", "", "x\0y", "\ud800", "services/", "/"])
def test_a_path_that_leads_elsewhere_holds_nothing(clone: Clone, path: str) -> None:
    (clone.path.parent / "outside").write_text("secret")
    for tree in (DirectoryTree(clone.path), GitTree(clone.repository(), "HEAD")):
        assert tree.read(path) is None
        if path:
            assert list(tree.paths(path)) == []
            assert list(tree.folders(path)) == []


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    tree = DirectoryTree(tmp_path / "missing")
    assert list(tree.paths()) == []
    assert list(tree.folders("")) == []
    assert tree.read("x") is None


def test_a_file_without_permission_is_listed_without_content(tmp_path: Path) -> None:
    (tmp_path / "file").symlink_to("file")
    assert DirectoryTree(tmp_path).read("file") is None


def test_a_revision_that_is_none_is_refused(clone: Clone) -> None:
    with pytest.raises(UsageError):
        GitTree(clone.repository(), "--help")


# -- one reader for many


def _read_all(tree: GitTree, count: int = 300) -> list[bytes | None]:
    return [tree.read(f"files/{number}") for number in range(count)]


_inherited: list[GitTree] = []


def _read_inherited(_: int) -> list[bytes | None]:
    return _read_all(_inherited[-1])


def test_forked_processes_each_read_for_themselves(clone: Clone) -> None:
    clone.commit("Many", {f"files/{number}": f"{number}\n" * 200 for number in range(300)})
    tree = GitTree(clone.repository(), "HEAD")
    expected = [f"{number}\n".encode() * 200 for number in range(300)]
    assert _read_all(tree) == expected
    _inherited.append(tree)
    with get_context("fork").Pool(4) as pool:
        results = pool.map_async(_read_inherited, range(8), chunksize=1)
        assert _read_all(tree) == expected
        assert results.get(timeout=30) == [expected] * 8
    _inherited.clear()
    assert _read_all(tree) == expected
