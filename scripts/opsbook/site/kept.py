"""Pages that are kept from one build to the next, each with the questions that it asked of the book.

A page is made of answers: what a record says, whether a file is there, the title of a service. `Asked` is a book that
writes the questions down, `Kept` keeps a page with them and a digest of each answer. While all answers are the same, so
is the page: a store that was lost changes time, never bytes.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import opsbook
from opsbook.core.book import Book
from opsbook.core.markdown import Heading
from opsbook.core.record import Record, Ref
from opsbook.core.rows import Rows
from opsbook.core.tree import Mode, Tree, quick
from opsbook.site.page import Page
from opsbook.site.work import settled

Question = tuple[str, ...]
Answer = Callable[[Question], str]
"""The digest of the answer to a question, as the book is now."""

_TOLD: Final = tuple(field.name for field in fields(Page) if field.name not in ("path", "html"))

_LIBRARIES: Final = (
    *("icalendar", "jinja2", "markdown-it-py", "markupsafe", "mdit-py-plugins", "nh3", "pydantic", "pygments"),
    "recurring-ical-events",
)

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS stamp (quick TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS row
    (path TEXT PRIMARY KEY, key TEXT NOT NULL, title TEXT, row TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS page
    (path TEXT PRIMARY KEY, key TEXT NOT NULL, asked TEXT NOT NULL, told TEXT NOT NULL, html TEXT NOT NULL);
"""


def made_by() -> str:
    """What makes pages: this program, as its files are, and the libraries that print them."""
    root = Path(opsbook.__file__).parent
    files = (path for path in root.rglob("*") if path.suffix != ".pyc" and path.is_file())
    own = sorted((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)
    return digest(sys.version, own, [(name, version(name)) for name in _LIBRARIES])


def digest(*parts: object) -> str:
    """A short name of a value, by what it prints as."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Asked(Book):
    """A book that writes down what it is asked.

    Args:
        book: which one; stamp: a digest of all that is at or below a path.
    """

    def __init__(self, book: Book, stamp: Callable[[str], str]) -> None:
        super().__init__(book.tree, book.kinds)
        self.tree = _AskedTree(book.tree, self.ask)
        self.unrecorded = book.unrecorded
        self.titles: dict[tuple[str, str], str | None] = {}
        self.rows = Rows({}, {}, {})  # of the kinds, as soon as they are known
        self._stamp = stamp
        self._questions: dict[Question, None] | None = None
        self._answers: dict[Question, str] = {}

    def ask(self, *question: str) -> None:
        """Write a question down, if somebody wants to know."""
        if self._questions is not None:
            self._questions[question] = None

    @contextmanager
    def questions(self) -> Iterator[dict[Question, None]]:
        """What is asked meanwhile."""
        found: dict[Question, None] = {}
        self._questions = found
        try:
            yield found
        finally:
            self._questions = None

    def answer(self, question: Question) -> str:
        """See `Answer`."""
        if question not in self._answers:
            self._answers[question] = self._answer(*question)
        return self._answers[question]

    def _answer(self, what: str, first: str, second: str = "") -> str:
        # Nobody writes down what is asked here: an answer is looked for after the page is made.
        if what == "record":
            return self._stamp(first)
        if what == "beside":
            return digest(self.rows.beside(first, second))
        if what == "remarks":
            return digest(self.rows.remarks(first, second))
        if what == "rows":
            return digest(self.rows.of(first))
        if what == "title":
            known = self.titles
            return digest(known[first, second] if (first, second) in known else super().title(first, second))
        if what == "find":
            return digest(super().find(first, second))
        if what == "refs":
            return digest(dict(super().refs(first)))
        if what == "there":
            return digest(super().has(first))
        if what == "read":
            return digest(self._tree.read(first))
        return digest(list(self._tree.paths(first) if what == "paths" else self._tree.folders(first)))

    # What a book can be asked; see there.

    def record(self, ref: Ref) -> Record:
        self.ask("record", ref.path)
        return super().record(ref)

    def refs(self, kind: str) -> Any:
        self.ask("refs", kind)
        return super().refs(kind)

    def find(self, kind: str, id_: str) -> Ref | None:
        self.ask("find", kind, id_)
        return super().find(kind, id_)

    def has(self, path: str) -> bool:
        self.ask("there", path)
        return super().has(path)

    def title(self, kind: str, id_: str) -> str | None:
        self.ask("title", kind, id_)
        asked, self._questions = self._questions, None  # that it reads the record is no question of the page
        try:
            return super().title(kind, id_)
        finally:
            self._questions = asked


class _AskedTree:
    def __init__(self, tree: Tree, ask: Callable[..., None]) -> None:
        self._tree, self._ask = tree, ask

    def paths(self, prefix: str = "") -> Iterable[tuple[str, Mode]]:
        self._ask("paths", prefix)
        return self._tree.paths(prefix)

    def folders(self, prefix: str) -> Iterable[str]:
        self._ask("folders", prefix)
        return self._tree.folders(prefix)

    def read(self, path: str) -> bytes | None:
        self._ask("read", path)
        return self._tree.read(path)


class Kept:
    """The pages of the build before.

    Args:
        folder: where they lie, if they are to; what cannot be read there is as if it had never been.
        made_by: changes whenever the program makes other pages of the same book.

    Attributes:
        made: the pages that could not be taken over.
    """

    def __init__(self, folder: Path | None, made_by: str) -> None:
        self.made_by, self.made = made_by, list[str]()
        self._settled = 0
        if folder is None:
            self._store = self._opened(":memory:")
        else:
            path = folder / "pages.sqlite"
            try:
                self._store = self._opened(path)
            except sqlite3.OperationalError:  # another build is at work in it
                self._store = self._opened(":memory:")
            except sqlite3.DatabaseError:
                path.unlink()
                self._store = self._opened(path)
            self._settled = settled(folder)
        self._seen: dict[str, set[str]] = {"page": set(), "row": set(), "stamp": set()}

    def _opened(self, path: Path | str) -> sqlite3.Connection:
        store = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            store.execute("PRAGMA journal_mode = MEMORY")
            store.execute("PRAGMA synchronous = OFF")  # what is lost is made again
            store.executescript(_TABLES)
            store.execute("BEGIN IMMEDIATE")
            self._stamps: dict[str, str] = dict(store.execute("SELECT quick, content FROM stamp"))
            rows = store.execute("SELECT path, key, title, row FROM row")
            self._known: dict[str, tuple[str, tuple[str | None, str]]] = {
                path: (key, (title, row)) for path, key, title, row in rows
            }
        except sqlite3.DatabaseError:
            store.close()
            raise
        return store

    def stamp(self, tree: Tree, path: str) -> str:
        """A digest of all that is at or below a path; without reading it, where it is as it was."""
        looked = quick(tree, path)
        if looked is not None:
            self._seen["stamp"].add(looked[0])
            if (known := self._stamps.get(looked[0])) is not None:
                return known
        content = digest(*((name, mode, tree.read(name)) for name, mode in tree.paths(path)))
        if looked is not None and looked[1] < self._settled:
            self._stamps[looked[0]] = content
            self._store.execute("INSERT INTO stamp VALUES (?, ?)", (looked[0], content))
        return content

    def row(self, path: str, key: str) -> tuple[str | None, str] | None:
        """The title of a record and its row as JSON, if they were kept under this key."""
        self._seen["row"].add(path)
        known = self._known.get(path)
        return known[1] if known is not None and known[0] == key else None

    def keep_row(self, path: str, key: str, title: str | None, row: str) -> None:
        """Keep what `row` gives."""
        self._store.execute("REPLACE INTO row VALUES (?, ?, ?, ?)", (path, key, title, row))

    def page(self, path: str, key: str, book: Asked) -> Page | None:
        """The page of before, where its key and the answers to its questions are the same."""
        self._seen["page"].add(path)
        found = self._store.execute("SELECT asked, told, html FROM page WHERE path = ? AND key = ?", (path, key))
        for asked, told, html in found:
            if all(book.answer(tuple(question)) == answer for question, answer in json.loads(asked)):
                return _page(path, json.loads(told), html)
        return None

    def keep(self, path: str, key: str, page: Page, questions: Iterable[Question], book: Asked) -> Page:
        """Keep a page that had to be made, with what it asked."""
        self.made.append(path)
        asked = json.dumps([(question, book.answer(question)) for question in questions])
        page = replace(page, known=page.word)
        told = json.dumps({name: _plain(getattr(page, name)) for name in _TOLD})
        self._store.execute("REPLACE INTO page VALUES (?, ?, ?, ?, ?)", (path, key, asked, told, page.html))
        return page

    def forget(self) -> None:
        """Let go of what was not asked for, when all was."""
        for (table, seen), name in zip(self._seen.items(), ("path", "path", "quick"), strict=True):
            gone = [(key,) for (key,) in self._store.execute(f"SELECT {name} FROM {table}") if key not in seen]  # noqa: S608 (a closed list)
            self._store.executemany(f"DELETE FROM {table} WHERE {name} = ?", gone)  # noqa: S608

    def close(self) -> None:
        """Keep what was made, also by a build that did not end well."""
        self._store.execute("COMMIT")
        self._store.close()


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [asdict(item) if isinstance(item, Heading) else item for item in value]
    return value


def _page(path: str, told: dict[str, Any], html: str) -> Page:
    told["headings"] = tuple(Heading(**found) for found in told["headings"])
    told |= {name: frozenset(told[name]) for name in ("links", "pictures")} | {"found_by": tuple(told["found_by"])}
    return Page(path=path, html=html, **told)
