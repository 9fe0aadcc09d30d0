"""A tree laid over another is what a dictionary updated with another would be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from opsbook.core.tree import MemoryTree, Mode, Overlay, Tree, below

NAMES = st.sampled_from(["a", "b", "ab", "a.b", "ä"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
PREFIXES = st.one_of(st.just(""), PATHS, st.just("a/"), st.just("gone"))
FILES = st.dictionaries(PATHS, st.binary(max_size=3), max_size=8)
CHANGES = st.dictionaries(PATHS, st.one_of(st.none(), st.binary(max_size=3)), max_size=8)
MODES = st.dictionaries(PATHS, st.sampled_from(["symlink", "other"]), max_size=2)


def everything(tree: Tree, prefixes: list[str]) -> list[object]:
    """All that a tree says about some places."""
    return [
        (prefix, list(tree.paths(prefix)), list(tree.folders(prefix)), tree.read(prefix)) for prefix in ["", *prefixes]
    ]


@given(FILES, MODES, CHANGES, st.lists(PREFIXES, max_size=6))
def test_an_overlay_is_a_dictionary_updated(
    files: dict[str, bytes], modes: dict[str, Mode], changes: dict[str, bytes | None], prefixes: list[str]
) -> None:
    merged = {path: data for path, data in {**files, **changes}.items() if data is not None}
    left = {path: mode for path, mode in modes.items() if path not in changes}
    overlay = Overlay(MemoryTree(files, modes), changes)
    assert everything(overlay, prefixes) == everything(MemoryTree(merged, left), prefixes)


@given(FILES, CHANGES, CHANGES, st.lists(PREFIXES, max_size=4))
def test_two_overlays_are_one(
    files: dict[str, bytes], first: dict[str, bytes | None], second: dict[str, bytes | None], prefixes: list[str]
) -> None:
    twice = Overlay(Overlay(MemoryTree(files), first), second)
    once = Overlay(MemoryTree(files), {**first, **second})
    assert everything(twice, prefixes) == everything(once, prefixes)


@given(FILES, PREFIXES)
def test_the_names_in_a_folder_are_the_first_steps_of_the_paths_below_it(files: dict[str, bytes], prefix: str) -> None:
    tree = MemoryTree(files)
    start = len(prefix) + 1 if prefix else 0
    steps = {path[start:].split("/")[0] for path, _ in tree.paths(prefix) if path != prefix}
    assert tree.folders(prefix) == sorted(steps)
    assert [path for path, _ in tree.paths(prefix)] == sorted(path for path in files if below(path, prefix))


def test_a_folder_is_no_prefix_of_a_word() -> None:
    assert below("a/b", "a")
    assert below("a", "a")
    assert below("a", "")
    assert not below("ab", "a")
    assert not below("a", "a/b")


def test_only_plain_files_have_a_content() -> None:
    tree = MemoryTree({"a": "text", "b": "target"}, {"b": "symlink"})
    assert tree.read("a") == b"text"
    assert tree.read("b") is None
    assert tree.read("c") is None
    assert list(tree.paths()) == [("a", "file"), ("b", "symlink")]
    assert Overlay(tree, {"b": b"now a file"}).read("b") == b"now a file"
