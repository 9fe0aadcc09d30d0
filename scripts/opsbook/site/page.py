"""One page of the site, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """A page to stage.

    Attributes:
        path: POSIX path below the documentation folder, ending in `.md`: `incidents/2026/index.md`.
            `index.md` is the page of its folder; any other name is served as a folder of its own.
        markdown: front matter and body. People's words in it are inert already (`opsbook.site.safe`).
        source: what a person edits to change it, as a path in the book; error messages name it.
        links: the pages to which its HTML links, by path or by address from the root of the site. MkDocs follows
            links in Markdown only, so the stage looks whether these are there.
    """

    path: str
    markdown: str
    source: str
    links: frozenset[str] = frozenset()


def address(path: str) -> str:
    """Where a page is served, seen from the root of the site: `a/b.md` is at `a/b/`."""
    stem = path.removesuffix(".md")
    if stem == "index" or stem.endswith("/index"):
        return stem.removesuffix("index")
    return f"{stem}/"
