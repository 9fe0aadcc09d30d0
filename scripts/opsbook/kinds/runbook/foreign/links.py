"""Where the links of a page lead in its collection, and how they are written when its pages lie in a book."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import quote, unquote

from opsbook.core import markdown
from opsbook.core.markdown import Markdown
from opsbook.core.pages import scheme
from opsbook.core.redirects import stem
from opsbook.core.shape import PICTURES
from opsbook.kinds.runbook.foreign.collection import Collection, Page, letters

_STATIC: Final = ("", "static", "public", "assets", "source/assets")
"""Folders that programs publish at the root of a site."""


class Places:
    """The pages and files of a collection by all the ways in which a link may name them."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._pages: dict[str, str] = {}
        self._loose: dict[str, set[str]] = {}
        for path, page in collection.pages.items():
            names = [page.place, *(stem(address) for address in page.addresses), _plain(path)]
            if collection.root and path.startswith(f"{collection.root}/"):
                names.append(_plain(posixpath.relpath(path, collection.root)))
            for name in names:
                self._pages.setdefault(name, path)
                self._loose.setdefault(name.casefold(), set()).add(path)

    def find(self, page: Page, target: str) -> tuple[str, str] | None:
        """The file that a link leads to, a page or a picture, and the place on it; nothing where none is known."""
        if self._collection.host and target.startswith(self._collection.host + "/"):
            target = target[len(self._collection.host) :]
        if scheme(target) or target.startswith("//"):
            return None
        where, _, fragment = target.partition("#")
        where = unquote(where.partition("?")[0])
        if not where:
            return page.path, unquote(fragment)
        for name in self._names(page, where):
            if name in self._collection.files and posixpath.splitext(name)[1].lower() in PICTURES:
                return name, unquote(fragment)
            for known in (name if name in self._collection.pages else None, self._pages.get(_plain(name))):
                if known is not None:
                    return known, unquote(fragment)
        alike = set().union(*(self._loose.get(_plain(name).casefold(), set()) for name in self._names(page, where)))
        return (alike.pop(), unquote(fragment)) if len(alike) == 1 else None

    def _names(self, page: Page, where: str) -> Iterator[str]:
        """What a path may mean: from the file, from the root, from the address with and without a slash at its end."""
        root = self._collection.root
        if where.startswith("/"):
            base = re.sub(r"^https?://[^/]+", "", self._collection.host).strip("/")
            inside = where.strip("/")
            bases = (inside, inside.removeprefix(f"{base}/") if base else inside)
            yield from (
                posixpath.normpath(posixpath.join(folder, name)) for name in bases for folder in (root, *_STATIC)
            )
            return
        for folder in (posixpath.dirname(page.path), f"/{page.place}", f"/{posixpath.dirname(page.place)}"):
            path = posixpath.normpath(posixpath.join(folder, where)).lstrip("/")
            if not path.startswith(".."):
                yield from (path, posixpath.join(root, path)) if folder.startswith("/") else (path,)


def _plain(name: str) -> str:
    """A path without what varies from program to program."""
    name = re.sub(r"(?:\.html)?\.(?:md|mdx|markdown)(?:\.erb)?$", "", name, flags=re.IGNORECASE)
    return stem(re.sub(r"(^|/)(?:index|_index|README|readme)$", r"\1", name))


def rewritten(body: str, new: Callable[[str], str]) -> str:
    """A body with other addresses in its links, outside of code; what `new` gives back as it was stays."""
    text = markdown.parse(body.encode())
    changes = {link.target: better for link in text.links if (better := new(link.target)) != link.target}
    if not changes:
        return body
    forms: dict[str, str] = {}
    for target, better in changes.items():
        forms |= dict.fromkeys((target, target.replace("&", "&amp;"), target.replace("_", "\\_")), better)
    some = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    shape = re.compile(
        rf"(\]\([ ]*<?|^ {{0,3}}\[[^\]\n]+\]:[ ]*<?|(?:src|href)[ ]*=[ ]*[\"']?|<)({some})(?=[>)\s\"']|$)", re.MULTILINE
    )
    tokens = (token for token in text.parsed.tokens if token.type in ("fence", "code_block"))
    code = {row for token in tokens for row in range(*(token.map or (0, 0)))}
    lines = body.split("\n")
    for row, line in enumerate(lines):
        if row not in code:
            lines[row] = shape.sub(lambda found: found[1] + forms[found[2]], line)
    return "\n".join(lines)


def anchored(fragment: str, text: Markdown) -> str:
    """The anchor on a page that a link means: GitHub's, where the rule of another program made it.

    All rules agree on the letters of a heading; one that has another with the same letters stays as it is.
    """
    if not fragment or fragment in text.anchors:
        return fragment
    if fragment in text.former_anchors:
        return text.former_anchors[fragment]
    wanted = letters(fragment)
    above: Mapping[int, str] = {}
    same: list[str] = []
    for found in text.headings:
        above = {level: words for level, words in above.items() if level < found.level}
        escaped = found.text.replace("&", "&amp;").replace("'", "&#39;").replace('"', "&quot;")
        own = {letters(found.text), letters(escaped)}
        names = {*own, *(words + word for words in above.values() for word in own)}
        if wanted in names and wanted:
            same.append(found.anchor)
        above = {**above, found.level: letters(found.text)}
    return same[0] if len(same) == 1 else fragment


def relative(path: str, source: str, fragment: str = "") -> str:
    """An address from one file of a book to another."""
    inside = "" if path == source and fragment else quote(posixpath.relpath(path, posixpath.dirname(source) or "."))
    return inside + (f"#{quote(fragment, safe='-_.~%')}" if fragment else "")
