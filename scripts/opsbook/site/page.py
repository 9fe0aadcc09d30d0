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
    """

    path: str
    markdown: str
    source: str


def address(path: str) -> str:
    """Where a page is served, seen from the root of the site: `a/b.md` is at `a/b/`."""
    stem = path.removesuffix(".md")
    if stem == "index" or stem.endswith("/index"):
        return stem.removesuffix("index")
    return f"{stem}/"


def relative(target: str, page: str) -> str:
    """The address of the page `target` (which may end in `#fragment`) as seen from the page `page`."""
    path, mark, fragment = target.partition("#")
    here = address(page).split("/")[:-1]
    there = address(path).split("/")[:-1]
    shared = 0
    while shared < min(len(here), len(there)) and here[shared] == there[shared]:
        shared += 1
    steps = [".."] * (len(here) - shared) + there[shared:]
    return ("/".join(steps) + "/" if steps else "./") + mark + fragment
