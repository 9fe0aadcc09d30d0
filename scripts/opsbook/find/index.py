"""The index: a file of SQLite beside what the site is made in, which can be thrown away at any time."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from opsbook import __version__
from opsbook.core.entry import Entry, Passage
from opsbook.core.tree import quick
from opsbook.find.words import indexed, joined

if TYPE_CHECKING:
    from opsbook.core.tree import Tree

R = TypeVar("R")

NAME: Final = "find.sqlite"
"""The name of the file."""

_FORMAT: Final = f"1 {__version__}"
"""What is written, and by whom; an index of another is made anew. What changes in `words.py` changes this too."""

_WAIT: Final = 10.0
"""Seconds that one process waits for another that writes; then it makes an index of its own, in memory."""

_TABLES: Final = """
CREATE TABLE format (format TEXT);
CREATE TABLE entry (id INTEGER PRIMARY KEY, source TEXT UNIQUE, stamp TEXT, kind TEXT, weight REAL, data TEXT);
CREATE VIRTUAL TABLE words USING fts5 (signs, title, headings, body, tokenize = 'ascii');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);
CREATE TABLE word (word TEXT PRIMARY KEY, many INTEGER) WITHOUT ROWID;
"""


_UNSEEN: Final = re.compile(r"\]\([^()\s]*\)|<[^<>\n]*>")


class Source(NamedTuple):
    """Something that can be found.

    Attributes:
        path: by which the index knows it; kind: the name of its kind, empty of a page of `docs/`.
        files: what its entry is made of.
        entry: makes it; `None` of what nobody may find.
    """

    path: str
    kind: str
    files: Sequence[str]
    entry: Callable[[], Entry | None]


def with_index(
    folder: Path | None,
    sources: Callable[[], Iterable[Source]],
    tree: Tree,
    work: Callable[[sqlite3.Connection], R],
    reading: Callable[[int], None] = lambda _many: None,
    settled: int = 0,
) -> R:
    """What `work` makes of the index of these sources, in which only what changed is read again.

    Args:
        folder: where it lies; `None` for one in memory, which also stands in where the file cannot be used.
        reading: is told how many sources are read before they are.
        settled: see `opsbook.site.work.settled`; without it every file is read.
    """
    for _ in range(2 if folder is not None else 0):
        assert folder is not None
        try:
            with closing(_open(folder / NAME)) as index:
                _update(index, sources(), tree, reading, settled)
                return work(index)
        except (sqlite3.Error, ValueError, OSError):  # lost, damaged, or of somebody else: it holds nothing of its own
            for name in (f"{NAME}-journal", NAME):
                with suppress(OSError):
                    (folder / name).unlink()
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as index:
        _update(index, sources(), tree, reading, settled)
        return work(index)


def _open(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    return sqlite3.connect(path, timeout=_WAIT, isolation_level=None)


def _prepare(index: sqlite3.Connection) -> None:
    """Make the tables anew in what was written in another format, or not at all."""
    if _format(index) == _FORMAT:
        return
    index.execute("BEGIN IMMEDIATE")
    if _format(index) != _FORMAT:  # else another process was faster
        for name in ("vocabulary", "words", "word", "entry", "format"):
            index.execute(f"DROP TABLE IF EXISTS {name}")
        for statement in filter(str.strip, _TABLES.split(";")):
            index.execute(statement)
        index.execute("INSERT INTO format VALUES (?)", (_FORMAT,))
    index.execute("COMMIT")


def _format(index: sqlite3.Connection) -> str:
    tables = index.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return str(index.execute("SELECT max(format) FROM format").fetchone()[0]) if tables else ""


def _update(
    index: sqlite3.Connection, sources: Iterable[Source], tree: Tree, reading: Callable[[int], None], settled: int
) -> None:
    """Bring the index up to date, and see it as it is now until it is closed, whatever others write.

    Whoever finds nothing changed writes nothing, and waits for nobody.
    """
    _prepare(index)
    found = {source.path: (source, _stamp(tree, source.files, settled)) for source in sources}
    index.execute("BEGIN")
    if not _changed(index, found)[0]:
        return
    index.execute("ROLLBACK")
    index.execute("BEGIN IMMEDIATE")
    changed, gone = _changed(index, found)  # another process may have been faster
    for id_ in gone:
        index.execute("DELETE FROM words WHERE rowid = ?", (id_,))
        index.execute("DELETE FROM entry WHERE id = ?", (id_,))
    reading(len(changed & found.keys()))
    for path in sorted(changed & found.keys()):
        _add(index, *found[path])
    index.execute("DELETE FROM word")  # asking the words themselves would count through all that holds one, each time
    index.execute("INSERT INTO word SELECT term, doc FROM vocabulary")
    index.execute("COMMIT")
    index.execute("BEGIN")


def _changed(index: sqlite3.Connection, found: dict[str, tuple[Source, str]]) -> tuple[set[str], list[int]]:
    """The paths of what is new, another or gone; and the rows of what is another or gone."""
    known = index.execute("SELECT source, stamp, id FROM entry").fetchall()
    same = {path for path, stamp, _ in known if path in found and found[path][1] == stamp}
    another = [(path, row) for path, _, row in known if path not in same]
    return (found.keys() - same) | {path for path, _ in another}, [row for _, row in another]


def _add(index: sqlite3.Connection, source: Source, stamp: str) -> None:
    entry = source.entry()
    data = json.dumps(entry) if entry is not None else ""
    # Made of the path, so that an index is the same in whatever order it came about.
    row = int.from_bytes(sha256(source.path.encode()).digest()[:7], "big")
    weight = entry.weight if entry is not None else 0.0
    values: tuple[object, ...] = (row, source.path, stamp, source.kind, weight, data)
    index.execute("INSERT INTO entry (id, source, stamp, kind, weight, data) VALUES (?, ?, ?, ?, ?, ?)", values)
    if entry is not None:
        # A line for each sign and each passage: what was asked is compared with one at a time.
        signs = "\n".join(map(indexed, entry.signs))
        body = "\n".join(indexed(f"{passage.heading} . {_plain(passage.text)}") for passage in entry.passages)
        headings = indexed(" . ".join(passage.heading for passage in entry.passages))
        headings = f"{indexed(entry.names)} {joined(entry.title)}\n{headings}"
        values = (row, signs, indexed(entry.title), headings, body)
        index.execute("INSERT INTO words (rowid, signs, title, headings, body) VALUES (?, ?, ?, ?, ?)", values)


def _plain(text: str) -> str:
    """A text without what nobody sees of it: where its links lead, and its tags."""
    return _UNSEEN.sub(" ", text)


def _stamp(tree: Tree, files: Sequence[str], settled: int) -> str:
    """What is another when one of the files is."""
    stamps = []
    for path in files:
        looked = quick(tree, path)
        if looked is None or looked[1] >= settled:
            data = tree.read(path)
            stamps.append(sha256(data).hexdigest() if data is not None else "-")
        else:
            stamps.append(looked[0])
    return " ".join(stamps)


def entry_of(data: str) -> Entry:
    """An entry as the index keeps it; raises ValueError for what is none."""
    path, title, parts, signs, names, reviewed, note, weight = json.loads(data)
    return Entry(path, title, tuple(Passage(*part) for part in parts), tuple(signs), names, reviewed, note, weight)
