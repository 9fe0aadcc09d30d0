"""The pages of a book, and where the links between them lead: on GitHub, in the check and on the site alike."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from opsbook.core import markdown
from opsbook.core.book import Book
from opsbook.core.markdown import Markdown
from opsbook.core.shape import PICTURES

FOLDER: Final = "docs"
"""The folder of pages that belong to no record; on the site they lie at its root."""

MADE: Final = (
    "index.md",
    "reference/cli.md",
    "reference/configuration.md",
    "reference/records.md",
    "reference/requests.md",
    "reference/rules.md",
)
"""Pages that the site makes for every book, by where they lie on it."""

SCHEMES: Final = frozenset(("http", "https", "mailto"))
"""What an address of the web may begin with."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_LENGTH: Final = 400

_SCHEME: Final = re.compile(r"[\x00-\x20]*([A-Za-z][A-Za-z0-9+.\x00-\x20-]*):")


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a link leads.

    Attributes:
        page: the page on the site, such as `services/desk.md`; fragment: the place on it.
        file: another file of the book, by its path: a picture, or one that only the repository shows.
        web: an address elsewhere.
        fault: why it leads nowhere.
        write: how to write it so that GitHub finds it too, where only the site does.
    """

    page: str = ""
    fragment: str = ""
    file: str = ""
    web: str = ""
    fault: str = ""
    write: str = ""


def scheme(target: str) -> str:
    """What an address begins with, as a browser reads it; nothing for one within the book."""
    found = _SCHEME.match(target)
    return re.sub(r"[\x00-\x20]", "", found[1]).lower() if found else ""


class Pages:
    """The pages of a book. Nothing is listed or read before somebody asks."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def written(self) -> Iterator[str]:
        """Every page below `docs/`, by the path of its file."""
        return (
            path
            for path, mode in self._book.tree.paths(FOLDER)
            if path.endswith(".md")
            and not self.unfit(path, mode)
            and not self.is_made(_indexed(path[len(FOLDER) + 1 :]))
        )

    def pictures(self) -> Iterator[str]:
        """Every picture below `docs/`."""
        return (
            path
            for path, mode in self._book.tree.paths(FOLDER)
            if not path.endswith(".md") and not self.unfit(path, mode)
        )

    def unfit(self, path: str, mode: str) -> str:
        """Why the site cannot show a file of `docs/`; nothing when it can."""
        if mode != "file":
            return "this is a symbolic link; put the file itself here" if mode == "symlink" else "this is no plain file"
        if not path.endswith(".md") and posixpath.splitext(path)[1].lower() not in PICTURES:
            return f"files of this type are not published; {', '.join(sorted(PICTURES))} and .md are"
        if not all(_NAME.fullmatch(name) for name in path.split("/")) or len(path) > _LENGTH:
            return "its name cannot be the address of a page"
        return ""

    def of(self, path: str) -> str | None:
        """The page on which a file or a folder of the book is shown."""
        if path == FOLDER or path.startswith(FOLDER + "/"):
            inside = path[len(FOLDER) + 1 :]
            if path.endswith(".md"):
                return None if self.unfit(path, "file") else _indexed(inside)
            page = posixpath.join(inside, "index.md")
            return page if self.file(page) or self.is_made(page) else None
        ref = self._book.at(path)
        if ref is not None:
            return self._book.kinds[ref.kind].page(ref.path) if self._book.has(ref.path) else None
        page = posixpath.join(path, "index.md")
        return page if self.is_made(page) else None

    def file(self, page: str) -> str | None:
        """The file that a person edits to change a page; `None` of a page that is made, or not there."""
        for name in (page, re.sub(r"(^|/)index\.md$", r"\1README.md", page)):
            if self._book.has(f"{FOLDER}/{name}"):
                return f"{FOLDER}/{name}"
        ref = self._book.at(page)
        if ref is None:
            return None
        kind, stem = self._book.kinds[ref.kind], page.removesuffix(".md")
        paths = (stem + kind.parts[0].suffix, stem) if kind.is_file else (stem,)
        return next((path for path in paths if kind.page(path) == page and self._book.has(path)), None)

    def has(self, page: str) -> bool:
        """Whether the site has a page."""
        file = self.file(page)
        return self.is_made(page) or (file is not None and self.of(file) == page)

    def lead(self, source: str, target: str, text: Markdown) -> Lead:
        """Where a link leads.

        Args:
            source: the file in which it stands; text: what the file says.
            target: the address as it was written.
        """
        if scheme(target) or target.startswith("//"):
            return Lead(web=target)
        where, _, fragment = target.partition("#")
        where, fragment = unquote(where.partition("?")[0]), unquote(fragment)
        if not where:
            return self._on(self.of(source) or "", fragment, text, "this page", target)
        folder = "" if where.startswith("/") else posixpath.dirname(source)
        path = posixpath.normpath(posixpath.join(folder, where.lstrip("/")))
        if path.startswith(".."):
            # Pages of `docs/` lie at the root of the site, so that this may have been right there.
            path = ""
        page = self.of(path) if path else None
        if page is not None and self._book.has(path):
            return self._on(page, fragment, self._text(path), where, target)
        if path and self._book.has(path):
            return Lead(file=path)
        made = path[len(FOLDER) + 1 :] if path.startswith(FOLDER + "/") else path
        if made and self.is_made(made):
            return Lead(page=made, fragment=fragment)
        return self._former(source, where, fragment) or Lead(
            fault=f"there is no {path}" if path else f"{where} leads out of the book"
        )

    def _former(self, source: str, where: str, fragment: str) -> Lead | None:
        """A link that is written as from page to page on the site, which was the way before GitHub's was."""
        here = self.of(source) or ""
        page = posixpath.normpath(posixpath.join(posixpath.dirname(here), where))
        file = self.file(page) if self.has(page) else f"{FOLDER}/{page}" if self._book.has(f"{FOLDER}/{page}") else None
        if file is None:
            return Lead(page=page, fragment=fragment) if self.is_made(page) else None
        better = posixpath.relpath(file, posixpath.dirname(source) or ".") + (f"#{fragment}" if fragment else "")
        if not self.has(page):
            return Lead(file=file, write=better)
        found = self._on(page, fragment, self._text(file), where, better)
        return found if found.fault or found.write else replace(found, write=better)

    def _on(self, page: str, fragment: str, text: Markdown | None, where: str, target: str) -> Lead:
        """A place on a page; one that is made of data has places that nobody knows before it is made."""
        if not fragment or text is None or fragment in text.anchors:
            return Lead(page=page, fragment=fragment)
        now = text.former_anchors.get(fragment)
        if now is not None:
            return Lead(page=page, fragment=fragment, write=f"{target.partition('#')[0]}#{now}")
        return Lead(fault=f"there is no heading for #{fragment} in {where}")

    def _text(self, path: str) -> Markdown | None:
        data = self._book.tree.read(path) if path.endswith(".md") else None
        return read(data) if data is not None else None

    def is_made(self, page: str) -> bool:
        """Whether the site makes a page: an index, the reference."""
        if page in MADE:
            return True
        for kind in self._book.kinds.values():
            for pattern in kind.pages:
                found = re.fullmatch(re.escape(pattern).replace(r"\*", "([^/]+)"), page)
                if found and all(self._book.has(f"{kind.folder}/{name}") for name in found.groups()):
                    return True
        return False


def _indexed(path: str) -> str:
    """GitHub shows `README.md` for its folder, as the site does `index.md`."""
    return re.sub(r"(^|/)README\.md$", r"\1index.md", path)


@lru_cache(maxsize=256)
def read(data: bytes) -> Markdown:
    """A page, taken apart once for all who ask about it."""
    return markdown.parse(data)
