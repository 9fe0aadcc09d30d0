"""Pages written to one folder that a site generator builds.

The folder holds everything: `mkdocs.yml`, `docs/` and `theme/`, so that MkDocs and its successor build the
same site from it. Only changed files are written, so a folder can be staged again while MkDocs watches it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from opsbook.core.errors import SiteFault
from opsbook.site.config import staged_config
from opsbook.site.page import Page, address

ASSETS = frozenset({".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})
"""Types of files beside Markdown that a book's `docs/` may publish."""

MARK = ".opsbook-stage"
"""The file that says: this folder is made by `stage`, which may delete what is in it."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True, slots=True)
class Stage:
    """A staged site.

    Attributes:
        root: the folder with `mkdocs.yml`, `docs/` and `theme/`.
        sources: what a person edits, by path of the page below `docs/`.
        written: how many files changed; removed: how many were stale.
    """

    root: Path
    sources: Mapping[str, str]
    written: int
    removed: int


@contextmanager
def staging(root: Path, *, elsewhere: bool) -> Iterator[Path]:
    """The folder in which a book is staged: one of the book's own, or where that cannot be written one that goes again.

    Args:
        elsewhere: whether another folder than the book's own will do.

    Raises:
        SiteFault: the folder has to be the book's own, and cannot be written.
    """
    folder = root / "build" / "stage"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        if not elsewhere:
            message = f"{folder} cannot be written: {error.strerror}"
            raise SiteFault(message, "Make it writable; or build into another folder: --output DIR") from None
    else:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="opsbook-stage-") as made:
        yield Path(made)


def stage(pages: Iterable[Page], root: Path, out: Path) -> Stage:
    """Write the pages and the book's own `docs/` and `mkdocs.yml` into the folder `out`.

    Args:
        pages: everything that is generated; read once, one at a time.
        root: the book's folder.
        out: the folder to make or to bring up to date.

    Raises:
        SiteFault: a path that leaves the folder or is taken, a symlink, a type of file that is not published,
            an unsafe `mkdocs.yml`, or an `out` that holds something else.
    """
    folder = _Folder(out)
    folder.put(PurePosixPath("mkdocs.yml"), staged_config(root / "mkdocs.yml"))
    for name in ("assets", "theme"):
        below = PurePosixPath("docs/assets" if name == "assets" else "theme")
        for path, data in _packaged(files("opsbook.site") / name):
            folder.put(below / path, data)
    sources: dict[str, str] = {}
    places: dict[str, str] = {}
    there: set[str] = set()
    wanted: dict[str, str] = {}
    for page in _everything(pages, root):
        path, source = page.path, page.source
        _refuse_unsafe(path, source)
        place = _place(path)
        for name in {place, path.casefold()}:
            if name in places:
                raise SiteFault(f"{source} and {places[name]} would both be at /{place}", "Rename one of them.")
            places[name] = source
        sources[path] = source
        there |= {path, address(path)}
        wanted |= dict.fromkeys(page.links, source)
        folder.put(PurePosixPath("docs") / path, page.data)
    _refuse_dead(wanted, there)
    return Stage(out, sources, folder.written, folder.sweep())


class _Folder:
    """A folder brought up to date: unchanged files are left alone, the others replaced, the rest removed."""

    def __init__(self, root: Path) -> None:
        if root.exists() and any(root.iterdir()) and not (root / MARK).is_file():
            raise SiteFault(f"{root} holds something other than a staged site", "Name an empty or a new folder.")
        root.mkdir(parents=True, exist_ok=True)
        (root / MARK).write_text("Made by `opsbook site`; everything in here is replaced.\n", encoding="utf-8")
        self._root = root
        self._stale: set[Path] = set()
        for path in (*_files(root / "docs"), *_files(root / "theme")):
            if path.is_symlink():
                path.unlink()  # else a later file could be written through it
            else:
                self._stale.add(path)
        self.written = 0

    def put(self, path: PurePosixPath, data: bytes) -> None:
        target = self._root / path
        self._stale.discard(target)
        if target.is_file() and not target.is_symlink() and target.read_bytes() == data:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_bytes(data)
        self.written += 1

    def sweep(self) -> int:
        for path in self._stale:
            path.unlink()
            folder = path.parent
            while folder != self._root and not any(folder.iterdir()):
                folder.rmdir()
                folder = folder.parent
        return len(self._stale)


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder; a symlink, also one to a folder, is a file and is never followed."""
    if folder.is_symlink():
        yield folder
    elif folder.is_dir():
        for entry in sorted(folder.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                yield from _files(entry)
            else:
                yield entry


def _packaged(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _packaged(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_bytes()


@dataclass(frozen=True, slots=True)
class _Published:
    """A file to publish; see `Page`."""

    path: str
    data: bytes
    source: str
    links: frozenset[str] = frozenset()


def _everything(pages: Iterable[Page], root: Path) -> Iterator[_Published]:
    """Everything to publish: the pages, then the files of the book's `docs/`."""
    for page in pages:
        if not page.path.endswith(".md"):
            raise SiteFault(f"{page.source}: the path of a page ends in .md, not {page.path!r}")
        yield _Published(page.path, page.markdown.encode(), page.source, page.links)
    for path in _files(root / "docs"):
        name = path.relative_to(root / "docs").as_posix()
        if path.name.startswith("."):
            continue
        if path.is_symlink():
            raise SiteFault(f"docs/{name} is a symlink", "Put the file itself there.")
        if path.suffix != ".md" and path.suffix not in ASSETS:
            allowed = ", ".join([".md", *sorted(ASSETS)])
            raise SiteFault(f"docs/{name} is of a type that is not published ({allowed} are)", "Move it out of docs/.")
        data = path.read_bytes()
        if path.suffix == ".md":
            _refuse_other_text(data, f"docs/{name}")
        yield _Published(name, data, f"docs/{name}")


def _place(path: str) -> str:
    """Where a file is served, by a name that is the same on systems that tell capitals apart and on others."""
    if not path.endswith(".md"):
        return path.casefold()
    return address(re.sub(r"(^|/)README\.md$", r"\1index.md", path)).casefold()


def _refuse_other_text(data: bytes, source: str) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise SiteFault(f"{source} is not UTF-8 (byte {error.start})", "Save it as UTF-8.") from None


def _refuse_dead(wanted: Mapping[str, str], there: Set[str]) -> None:
    dead = [
        f"{source}: links to {target!r}, where no page is" for target, source in wanted.items() if target not in there
    ]
    if dead:
        raise SiteFault("\n".join(dead), "Repair the links named above.")


def _refuse_unsafe(path: str, source: str) -> None:
    """Refuse a path that leaves the folder, that MkDocs leaves out, or that two systems read differently."""
    names = path.split("/")
    if not all(_NAME.fullmatch(name) for name in names) or names[0] == "templates" or len(path) > 400:
        raise SiteFault(
            f"{source}: {path!r} cannot be the path of a page",
            "Use letters, digits, dots, hyphens and underscores; no folder called templates at the top.",
        )
