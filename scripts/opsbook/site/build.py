"""The site of a book: its pages in the shells of a generator, in a folder that any server can serve."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin

from markupsafe import Markup, escape

from opsbook.core.errors import SiteFault
from opsbook.site import plain, search
from opsbook.site.counting import counted
from opsbook.site.generator import Layout, Progress, layout
from opsbook.site.moved import moved, tells_case
from opsbook.site.output import Made, key, publish
from opsbook.site.page import ROOT, Page, address
from opsbook.site.prose import DIAGRAM, picture


@dataclass(frozen=True)
class Built:
    """A built site.

    Attributes:
        pages: how many it has; made: how many of them are other than in the site before.
    """

    pages: int
    made: int


class Content(Protocol):
    """What is on a site."""

    def pages(self, work: Path) -> Iterable[Page]:
        """Every page, one at a time; in the folder `work` pages are kept for the next time."""
        ...

    def pictures(self) -> Iterable[str]:
        """The files of the book that are published although no page may show them."""
        ...

    def read(self, path: str) -> bytes | None:
        """The content of a file of the book."""
        ...

    def redirects(self) -> Mapping[str, str]:
        """The page that each old address leads to."""
        ...


def build(
    site: Content, root: Path, work: Path, output: Path, *, generator: str = "material", on_progress: Progress
) -> Built:
    """Build the site into the folder `output`, which is as it was until everything is ready.

    Args:
        root: the book's folder, for its `mkdocs.yml`; work: a folder of ours that may be kept for the next time.

    Raises:
        SiteFault: a `mkdocs.yml` that cannot be built, or `output` holds something else.
        OpsbookError: the generator itself failed.
    """
    if output.exists() and (not output.is_dir() or (any(output.iterdir()) and not (output / "404.html").is_file())):
        raise SiteFault(f"{output} holds something other than a built site", "Name an empty or a new folder.")
    found = {page.path: page for page in site.pages(work)}
    _refuse_dead(found)
    made = layout(found, root, work, generator, on_progress)
    shown = {file for page in found.values() for file in page.pictures} | set(site.pictures())
    with search.indexed(found, made.language, work, on_progress) as indexes:
        everything = _everything(found, made, shown, site.read, on_progress)
        old = (_file(name, data) for name, data in moved(site.redirects(), found, made.url, tells_case(work)))
        written = publish(chain(everything, old, indexes()), output, work)
    places = {address(path) + "index.html" for path in found}
    return Built(len(found), len(places.intersection(written)))


def _everything(
    pages: dict[str, Page],
    made: Layout,
    pictures: Iterable[str],
    read: Callable[[str], bytes | None],
    on_progress: Progress,
) -> Iterator[Made]:
    """Every file of the site but the index of its search."""
    for name, path in made.files():
        yield Made(name, made.key, path.read_bytes)
    for entry in sorted((files("opsbook.site") / "assets").iterdir(), key=lambda entry: entry.name):
        yield _file(f"assets/{entry.name}", entry.read_bytes())
    if any(map(_has_diagram, pages.values())):
        yield _file("assets/mermaid.min.js", (files("opsbook.site") / "vendor/mermaid/mermaid.min.js").read_bytes())
    for file in sorted(pictures):
        image = read(file)
        if image is not None:
            yield _file(picture(file), image)
    above = cache(partial(trail, pages))
    for page in counted(pages.values(), len(pages), "pages written", on_progress):
        way = Markup() if page.path == "index.md" else above(page.path.removesuffix("/index.md").rpartition("/")[0])
        word = key(made.key.encode(), way.encode(), page.word.encode())
        yield Made(address(page.path) + "index.html", word, partial(_filled, made, page, way))
        yield Made(plain.place(page.path), page.word, partial(_plain, page))
    yield _file(plain.LIST, plain.listing(pages.values(), made.name).encode())
    if made.url:
        yield _file("sitemap.xml", _sitemap(made.url, pages))


def _file(name: str, data: bytes) -> Made:
    return Made(name, key(data), partial(bytes, data))


def _filled(made: Layout, page: Page, above: Markup) -> bytes:
    scripts = (*(_DRAWING if _has_diagram(page) else ()), *(_TICKING if '<div class="ob-ticks"' in page.html else ()))
    below = "".join(f'<script src="{ROOT}assets/{name}"></script>' for name in scripts)
    return made.shell(page.path).fill(replace(page, html=f"{above}{page.html}{below}")).encode()


_DRAWING = ("mermaid.min.js", "diagrams.js")
"""What draws diagrams: large, so that no other page asks for it."""


_TICKING = ("ticks.js",)
"""What lets people tick steps on the page that they look at."""


def _has_diagram(page: Page) -> bool:
    return f'<pre class="{DIAGRAM}">' in page.html


def _plain(page: Page) -> bytes:
    return plain.markdown(page).encode()


def trail(pages: Mapping[str, Page], folder: str) -> Markup:
    """The way from the home page to what lies in a folder, by the pages of the folders above it."""
    names = folder.split("/") if folder else []
    above = ["index.md", *("/".join(names[: count + 1]) + "/index.md" for count in range(len(names)))]
    items = [
        Markup('<li><a href="{}{}">{}</a></li>').format(
            ROOT, address(name), "Home" if name == "index.md" else page.title
        )
        for name in above
        if (page := pages.get(name)) is not None
    ]
    return Markup('<nav class="ob-trail" aria-label="Breadcrumb"><ol>{}</ol></nav>').format(Markup("").join(items))


def _sitemap(url: str, pages: Iterable[str]) -> bytes:
    places = "".join(f"<url><loc>{escape(urljoin(url, address(path)))}</loc></url>\n" for path in sorted(pages))
    begin = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{begin}{places}</urlset>\n".encode()


def _refuse_dead(pages: dict[str, Page]) -> None:
    """A link of a page that is made: nobody who writes can repair it, so it is ours."""
    dead = [
        f"{page.source}: links to {target!r}, where no page is"
        for page in pages.values()
        for target in sorted(page.links)
        if target not in pages
    ]
    if dead:
        raise SiteFault("\n".join(dead), "Repair the links named above.")
