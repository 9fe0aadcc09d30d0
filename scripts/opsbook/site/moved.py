"""Pages in the places of old addresses: each leads on to the page that is meant, by itself and with a link."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
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


def moved(redirects: Mapping[str, str], pages: Mapping[str, Page], url: str) -> Iterator[tuple[str, bytes]]:
    """Every file that leads on, by its path: `a/b.html` for one, `a/b/index.html` for the other way to write it."""
    own = {address(path) + "index.html" for path in pages} | {"404.html", "index.html"}
    for old, path in sorted(redirects.items()):
        names = (old,) if old.endswith(".htm") else (f"{old}/index.html", f"{old}.html")
        for name in names if path in pages else ():
            if name not in own and not name.startswith("assets/"):
                yield name, _page(name, pages[path], url)


def _page(name: str, page: Page, url: str) -> bytes:
    to = posixpath.relpath("/" + address(page.path), "/" + posixpath.dirname(name))
    to = quote("./" if to == "." else f"{to}/")
    canonical = urljoin(url, quote(address(page.path))) if url else to
    values = {"title": page.title, "canonical": canonical, "to": to, "script": Markup('"{}"').format(to)}
    return str(_PAGE.format(**values)).encode()
