"""What is written is what Git would have written, to the byte, and Git finds nothing wrong with it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.adapters.git.objects import Entry, Objects, Person, Writer
from opsbook.adapters.git.repository import GitFailed
from tests.support.repos import Clone, make_repo

NAMES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="/\0"), min_size=1, max_size=12).filter(
    lambda name: name.lower() not in (".", "..", ".git") and len(name.encode()) < 100
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
FILES = st.dictionaries(PATHS, st.binary(max_size=60), min_size=1, max_size=6).filter(
    lambda files: not any(other.startswith(f"{path}/") for path in files for other in files)
)
WHEN = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)


@pytest.fixture(scope="module", params=["sha1", "sha256"])
def clone(request: pytest.FixtureRequest) -> Clone:
    """An empty repository in which settings ask for other line ends."""
    made = Clone(Path(mkdtemp()))
    made.git("init", "--quiet", f"--object-format={request.param}", "--initial-branch=main")
    made.git("config", "core.autocrlf", "true")
    made.write({".gitattributes": "* text eol=crlf filter=odd\n"})
    return made


@given(files=FILES)
def test_files_and_folders_have_the_names_that_git_gives_them(clone: Clone, files: dict[str, bytes]) -> None:
    repository = clone.repository()
    objects = Objects(repository)
    writer = Writer(repository, objects)
    blobs = {path: writer.blob(data) for path, data in files.items()}
    tree = writer.tree(None, {path: Entry("100644", oid) for path, oid in blobs.items()})
    rows = "".join(f"100644 {oid}\t{path}\0" for path, oid in blobs.items())
    index = {"GIT_INDEX_FILE": str(clone.path / "index"), **clone.environment}
    (clone.path / "index").unlink(missing_ok=True)
    theirs = Clone(clone.path, index)
    theirs.git("update-index", "-z", "--add", "--index-info", stdin=rows)
    assert theirs.git("write-tree").strip() == tree
    assert {path: objects.blob(oid) for path, oid in blobs.items()} == files
    assert {path: entry.oid for path, entry in objects.files(tree).items()} == blobs


@pytest.mark.parametrize(
    "text", ["Words\n", "Words", "Words\n\nOpsbook-Operation: x\n", "é\n", "a\r\nb\n", "trailing  \n\n\n"]
)
def test_a_commit_has_the_name_that_git_gives_it(clone: Clone, text: str) -> None:
    repository = clone.repository()
    writer = Writer(repository, Objects(repository))
    tree = writer.tree(None, {"a": Entry("100644", writer.blob(b"a"))})
    first = writer.commit(tree, [], "First\n", Person("A", "a@x.invalid"), WHEN)
    ours = writer.commit(tree, [first], text, Person("Zoë Ä.", "a@x.invalid"), WHEN)
    who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in (
        ("NAME", "Zoë Ä."), ("EMAIL", "a@x.invalid"), ("DATE", f"@{int(WHEN.timestamp())} +0000"),
    )}  # fmt: skip
    theirs = Clone(clone.path, {**clone.environment, **who})
    assert theirs.git("commit-tree", tree, "-p", first, "-F", "-", stdin=text).strip() == ours
    assert clone.git("fsck", "--strict", "--no-dangling", ours) == ""


def test_what_cannot_be_stored_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    clone = make_repo(tmp_path / "book")
    repository = clone.repository()
    writer = Writer(repository, Objects(repository))
    objects = clone.path / ".git" / "objects"
    shutil.rmtree(objects)
    objects.write_text("in the way")
    with pytest.raises(GitFailed):
        writer.blob(b"x")
    objects.unlink()
    objects.mkdir()
    oid = writer.blob(b"x")
    assert writer.blob(b"x") == oid
    assert [path.name for path in objects.rglob("*") if path.is_file()] == [oid[2:]]
    assert (objects / oid[:2] / oid[2:]).stat().st_mode & 0o777 == 0o444
