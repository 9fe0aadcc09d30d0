"""A collection of pages as it lies in a folder: for which program it was written, and what each page says of itself."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

from opsbook.core import markdown
from opsbook.core.gfm import slug
from opsbook.core.redirects import stem
from opsbook.core.text import hidden_characters, one_line, shorten, visible
from opsbook.core.tree import Tree
from opsbook.core.types import write_duration
from opsbook.core.yaml import foreign

LARGEST: Final = 900_000
"""Bytes of a page: a book takes 1 MB, and the page still grows a little."""

_PAGE: Final = re.compile(r"(?P<name>.+?)(?P<ending>(?:\.html)?\.(?:md|mdx|markdown)(?P<erb>\.erb)?)$", re.IGNORECASE)
_NO_PAGE: Final = re.compile(r"\.(?:html?|erb|rst|adoc|asciidoc|org|textile|ipynb)$", re.IGNORECASE)
_FRONT: Final = re.compile(r"\s*^(---|\+\+\+)[ \t]*\n(.*?)^\1[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FOREIGN: Final = frozenset(("node_modules", "vendor", "archetypes"))
"""Folders of what others made, and of what pages are made from."""


@dataclass
class Page:
    """A page of a collection.

    Attributes:
        path: in the collection.
        place: its address without what varies, seen from the root of its site.
        front: its front matter; body: what is below it, from the line `first`.
        erb: whether Ruby runs in it.
        notes: what was not translated: line, and what it is.
        room: characters of parts that it may still include.
    """

    path: str
    place: str
    index: bool
    erb: bool
    front: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""
    first: int = 1
    notes: list[tuple[int, str]] = field(default_factory=list)
    room: int = LARGEST // 2

    def note(self, what: str, snippet: str = "") -> None:
        """Keep what was not translated, with its line where the body holds it."""
        at = self.body.find(snippet) if snippet else -1
        item = (self.first + self.body.count("\n", 0, at) if at >= 0 else 1, what)
        if item not in self.notes:
            self.notes.append(item)

    @cached_property
    def title(self) -> str:
        """As its front matter says, else its first heading, else its name."""
        for key in ("title", "sidebar_label"):
            if isinstance(self.front.get(key), str) and "<%" not in self.front[key] and one_line(self.front[key]):
                return one_line(self.front[key])
        headings = markdown.parse(self.body.encode()).headings
        first = next((found.text for found in headings if found.level == 1 and "<%" not in found.text), "")
        name = posixpath.basename(posixpath.dirname(self.path) if self.index else self.path).partition(".")[0]
        return one_line(first) or re.sub(r"[-_]+", " ", name).strip().capitalize() or "Untitled"

    @property
    def addresses(self) -> list[str]:
        """Where it was: its own place, as its program may have written it, and those that it names as older ones."""
        # A page that is called `x.html` already was at `x.html.html`.
        places = [f"/{self.place}" + ".html" * self.place.endswith(".html")] if self.place else []
        for key in ("url", "slug") if str(self.front.get("slug", "")).startswith("/") else ("url",):
            places += [str(self.front[key])] if isinstance(self.front.get(key), str) else []
        for key in ("aliases", "old_paths", "redirect_from"):
            given = self.front.get(key)
            places += [str(item) for item in ([given] if isinstance(given, str) else given or ())]
        above = f"/{posixpath.dirname(self.place)}"
        stems = (stem(place if place.startswith("/") else f"{above}/{place}") for place in places)
        found = dict.fromkeys(f"/{name}{'.html' * name.endswith('.html')}" for name in stems)
        fit = (place for place in found if len(place) > 1 and re.fullmatch(r"/[^\s<>\"'\\]{1,380}", place))
        return [place for place in fit if ".." not in place and "//" not in place]


class Collection:
    """The files of a collection.

    Attributes:
        dialect: the program for which it was written.
        root: the folder of its pages; base: the path of its site above them.
        left: files that are not imported, and why.
    """

    def __init__(self, tree: Tree, name: str) -> None:
        self.tree, self.name = tree, name
        modes = [item for item in tree.paths() if not any(part.startswith(".") for part in item[0].split("/")[:-1])]
        self.left: list[tuple[str, str]] = [
            (path, "a symbolic link" if mode == "symlink" else "no plain file")
            for path, mode in modes
            if mode != "file"
        ]
        self.files = {path: None for path, mode in modes if mode == "file"}
        self.dialect, self.root, self.base = self._dialect()
        self.pages: dict[str, Page] = {}
        for path in self.files:
            if found := _PAGE.fullmatch(path):
                self._read(path, found)
            elif _NO_PAGE.search(path):
                self.left.append((path, "no page of Markdown"))

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """What the configuration of its program says; nothing of one that cannot be read."""
        for name in ("config/tech-docs.yml", "mkdocs.yml", *(f"{n}.{e}" for n in ("hugo", "config") for e in _FORMS)):
            if name not in self.files:
                continue
            text = (self.tree.read(name) or b"").decode("utf-8", "replace")
            try:
                found = tomllib.loads(text) if name.endswith(".toml") else next(iter(foreign.documents(text)), None)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                return found
        return {}

    @property
    def host(self) -> str:
        """The address of its site, as far as it says."""
        found = next((self.settings[key] for key in ("host", "baseURL", "site_url") if self.settings.get(key)), "")
        return str(found).rstrip("/")

    def _dialect(self) -> tuple[str, str, str]:
        top = {path.partition("/")[0] for path in self.files}
        if any(re.match(r"source/.*\.html\.(?:md|erb)", path) for path in self.files):
            return "tech-docs", "source", ""
        if "content" in top and any(f"{name}.{form}" in top for name in ("hugo", "config") for form in _FORMS):
            return "Hugo", "content", ""
        if any(name.startswith("docusaurus.config.") for name in top):
            return "Docusaurus", "docs", "docs"
        if "mkdocs.yml" in top:
            # As text: with the tags by which MkDocs names parts of Python it is no YAML that a safe loader reads.
            text = (self.tree.read("mkdocs.yml") or b"").decode("utf-8", "replace")
            folder = re.search(r"^docs_dir:[ ]*[\"']?([\w./-]+)", text, re.MULTILINE)
            return "MkDocs", posixpath.normpath(folder[1]) if folder else "docs", ""
        folders = {path.partition("/")[0] for path in self.files if "/" in path and _PAGE.fullmatch(path)}
        alone = len(folders) == 1 and any(path.count("/") > 1 and _PAGE.fullmatch(path) for path in self.files)
        return "plain Markdown", folders.pop() if alone else "", ""

    def _read(self, path: str, found: re.Match[str]) -> None:
        folders, name = posixpath.split(path)
        if not _FOREIGN.isdisjoint(folders.split("/")):
            self.left.append((path, "no page of this collection, but of what it is made with"))
            return
        if name.startswith("_") and not name.startswith("_index."):
            self.left.append((path, "a part of other pages, which hold it where they include it"))
            return
        data = self.tree.read(path)
        if data is None or len(data) > LARGEST:
            self.left.append((path, "unreadable" if data is None else f"larger than {LARGEST // 1000} kB"))
            return
        inside = path.startswith(f"{self.root}/") if self.root else True
        own = posixpath.relpath(found["name"], self.root) if inside and self.root else found["name"]
        last = posixpath.basename(own)
        index = last in ("index", "_index", "README", "readme")
        own = self.unnumbered(own)
        own = f"{self.base}/{posixpath.dirname(own) if index else own}" if inside else ""
        if self.dialect == "plain Markdown":
            own = folders if index else found["name"]
        page = Page(path, posixpath.normpath(f"/{own}").strip("/"), index, bool(found["erb"]))
        text = _decoded(data, page)
        page.front, page.body, page.first = _split(text, page)
        if self.dialect == "Docusaurus" and isinstance(page.front.get("slug"), str):
            page.place = stem(posixpath.join(f"/{posixpath.dirname(page.place)}", page.front["slug"]))
        self.pages[path] = page

    def unnumbered(self, path: str) -> str:
        """A path without the numbers by which Docusaurus sorts."""
        return re.sub(r"(^|/)[0-9]+[-_.] ?(?=[^/])", r"\1", path) if self.dialect == "Docusaurus" else path

    def included(self, name: str, page: Page, folders: tuple[str, ...]) -> str | None:
        """The text of a part that a page names, below one of the folders; nothing outside of the collection."""
        for folder in folders:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(page.path) if folder == "." else folder, name))
            head, tail = posixpath.split(path)
            for ending in ("", ".md", ".html.md", ".md.erb", ".html.md.erb", ".mdx"):
                for at in (posixpath.join(head, f"_{tail}{ending}"), posixpath.join(head, tail + ending)):
                    data = self.tree.read(at) if at in self.files and _PAGE.fullmatch(at) else None
                    if data is not None and len(data) <= page.room:
                        page.room -= len(data)
                        part = Page(at, "", index=False, erb=at.endswith(".erb"))
                        return _split(_decoded(data, part), part)[1].rstrip("\n")
        return None

    def others(self, used: Mapping[str, str]) -> Iterator[str]:
        """Files that are neither pages nor shown by one."""
        settled = {path for path, _ in self.left}
        return (path for path in self.files if path not in self.pages and path not in used and path not in settled)


_FORMS: Final = ("yaml", "yml", "toml")


def _decoded(data: bytes, page: Page) -> str:
    text = ""
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16", "latin-1") if wide else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        if encoding != "utf-8-sig":
            page.note(f"it was not UTF-8, and was read as {encoding}")
        break
    if hidden := hidden_characters(text.replace("\r", "")):
        page.note(f"characters that nobody sees are written out: {', '.join(sorted({name for _, name in hidden}))}")
    return visible(text)


def _split(text: str, page: Page) -> tuple[Mapping[str, Any], str, int]:
    """Front matter, body, and the line on which that begins."""
    found = _FRONT.match(text)
    if found is None:
        return {}, text, 1
    front: Any
    try:
        front = tomllib.loads(found[2]) if found[1] == "+++" else next(iter(foreign.documents(found[2])), {})
    except (ValueError, RecursionError) as error:
        page.note(f"its front matter cannot be read, and stands in the page: {one_line(str(error))}")
        return {}, f"```yaml\n{found[2]}\n```\n\n{text[found.end() :]}", 1
    if not isinstance(front, dict) or (not front and found[2].strip()):
        return {}, text, 1
    for comment in re.findall(r"^[ \t]*#.*", found[2], re.MULTILINE):
        page.note(f"a comment of its front matter is left out: {shorten(one_line(comment), 100)}")
    return front, text[found.end() :], 1 + text.count("\n", 0, found.end())


_UNITS: Final = {"d": 1.0, "w": 7.0, "m": 365 / 12, "y": 365.0}


def reviewed(front: Mapping[str, Any]) -> date | None:
    """When somebody last found a page true."""
    for key in ("last_reviewed_on", "last_reviewed", "reviewed_on", "reviewed", "last-reviewed"):
        try:
            return date.fromisoformat(str(front.get(key, ""))[:10])
        except ValueError:
            continue
    return None


def review_in(front: Mapping[str, Any]) -> str | None:
    """How soon it is reviewed again: `6 months` as days, because months differ."""
    from datetime import timedelta

    found = re.fullmatch(r"([0-9]{1,3}) ?(d|w|m|y)[a-z]*", str(front.get("review_in", "")).strip().lower())
    days = round(int(found[1]) * _UNITS[found[2]]) if found else 0
    return write_duration(timedelta(days=days)) if 0 < days < 10_000 else None


def letters(text: str) -> str:
    """What all rules for anchors leave of a heading."""
    return re.sub(r"[^a-z0-9]", "", slug(text))
