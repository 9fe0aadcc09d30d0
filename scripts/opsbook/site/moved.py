"""Pages in the places of old addresses: each leads on to the page that is meant, by itself and with a link."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, urljoin

from markupsafe import Markup

from opsbook.site.page import Page, address

_PAGE = Markup(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
    '<link rel="canonical" href="{canonical}">\n<meta name="robots" content="noindex">\n'
    "<script>location.replace({script} + location.hash)</script>\n"
    '<meta http-equiv="refresh" content="0; url={to}">\n</head>\n'
    '<body><p>This page has moved: <a href="{to}">{title}</a></p></body>\n</html>\n'
)
"""A browser with scripts keeps the place on the page, which a refresh loses."""


def tells_case(folder: Path) -> bool:
    """Whether `A` and `a` are two files in a folder."""
    (folder / "case").touch()
    return not (folder / "CASE").exists()


def moved(
    redirects: Mapping[str, str], pages: Mapping[str, Page], url: str, case: bool = True
) -> Iterator[tuple[str, bytes]]:
    """Every file that leads on, by its path: `a/b.html` for one, `a/b/index.html` for the other way to write it.

    Never one in the place of a page, nor of a folder.

    Args:
        case: whether names that differ in case are two files; else a page goes before its old address.
    """
    files = {address(path) + "index.html" for path in pages} | {"404.html", "index.html"}
    files = files if case else {name.casefold() for name in files}
    folders = {above for name in files for above in _above(name)}
    for old, path in sorted(redirects.items()):
        names = (old,) if old.endswith(".htm") else (f"{old}/index.html", f"{old}.html")
        for name in names if path in pages and not old.startswith("assets/") else ():
            at = name if case else name.casefold()
            if at not in files and at not in folders and files.isdisjoint(_above(at)):
                files.add(at)
                folders |= {*_above(at)}
                yield name, _page(name, pages[path], url)


def _above(name: str) -> list[str]:
    return [name[: found.start()] for found in re.finditer("/", name)]


def _page(name: str, page: Page, url: str) -> bytes:
    to = posixpath.relpath("/" + address(page.path), "/" + posixpath.dirname(name))
    to = quote("./" if to == "." else f"{to}/")
    canonical = urljoin(url, quote(address(page.path))) if url else to
    values = {"title": page.title, "canonical": canonical, "to": to, "script": Markup('"{}"').format(to)}
    return str(_PAGE.format(**values)).encode()
