"""The site of a book: its pages in the shells of a generator, in a folder that any server can serve."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import urljoin

from markupsafe import Markup, escape

from opsbook.core.errors import SiteFault
from opsbook.site import plain, search
from opsbook.site.generator import Layout, Progress, layout
from opsbook.site.moved import moved
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

    def pages(self) -> Iterable[Page]:
        """Every page, one at a time."""
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
    """Build the site into the folder `output`, which is replaced only when everything went well.

    Args:
        root: the book's folder, for its `mkdocs.yml`; work: a folder of ours that may be kept for the next time.

    Raises:
        SiteFault: two pages in one place, a `mkdocs.yml` that cannot be built, or `output` holds something else.
        OpsbookError: the generator itself failed.
    """
    if output.exists() and (not output.is_dir() or (any(output.iterdir()) and not (output / "404.html").is_file())):
        raise SiteFault(f"{output} holds something other than a built site", "Name an empty or a new folder.")
    found: dict[str, Page] = {}
    for page in site.pages():
        found[page.path] = page
    _refuse_dead(found)
    made = layout(found, root, work, generator, on_progress)
    shown = {file for page in found.values() for file in page.pictures} | set(site.pictures())
    fresh = output.with_name(output.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        fresh.mkdir(parents=True)
        before = _manifest(work, output)
        now: dict[str, str] = {}
        count = 0
        for name, data, key in _everything(found, made, shown, site.read):
            now[name] = key
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if before.get(name) == key and _linked(output / name, target):
                continue
            target.write_bytes(data())
            count += name.endswith("index.html")
        _lead_on(moved(site.redirects(), found, made.url or ""), fresh)
        _index(found, work, fresh / search.FOLDER, on_progress)
        shutil.rmtree(output, ignore_errors=True)
        fresh.rename(output)
        _remember(work, output, now)
    except OSError as error:
        raise SiteFault(f"{output} cannot be written: {error.strerror}", "Name another folder: --output DIR") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Built(len(found), count)


def _everything(
    pages: dict[str, Page], made: Layout, pictures: Iterable[str], read: Callable[[str], bytes | None]
) -> Iterator[tuple[str, Callable[[], bytes], str]]:
    """Every file of the site: its path, what is in it, and a key that changes when that does."""
    own = {address(path) + "index.html" for path in made.names} | {"sitemap.xml", "sitemap.xml.gz"}
    for path in sorted(made.root.rglob("*")):
        name = path.relative_to(made.root).as_posix()
        if path.is_file() and name not in own and not name.startswith(("search/", "assets/javascripts/lunr/")):
            yield name, path.read_bytes, made.key
    for entry in sorted((files("opsbook.site") / "assets").iterdir(), key=lambda entry: entry.name):
        data = entry.read_bytes()
        yield f"assets/{entry.name}", partial(bytes, data), _key(data)
    if any(map(_has_diagram, pages.values())):
        drawing = (files("opsbook.site") / "vendor" / "mermaid" / "mermaid.min.js").read_bytes()
        yield "assets/mermaid.min.js", partial(bytes, drawing), _key(drawing)
    for file in sorted(pictures):
        image = read(file)
        if image is not None:
            yield picture(file), partial(bytes, image), _key(image)
    trails = {path: trail(path, pages) for path in pages}
    for page in pages.values():
        yield (
            address(page.path) + "index.html",
            partial(_filled, made, page, trails[page.path]),
            _key(f"{made.key}{trails[page.path]}{page!r}".encode()),
        )
        yield plain.place(page.path), partial(_plain, page), _key(f"{page!r}".encode())
    pages_listed = plain.listing(pages.values(), made.name).encode()
    yield plain.LIST, partial(bytes, pages_listed), _key(pages_listed)
    if made.url:
        sitemap = _sitemap(made.url, pages)
        yield "sitemap.xml", partial(bytes, sitemap), _key(sitemap)


def _lead_on(places: Iterable[tuple[str, bytes]], output: Path) -> None:
    """Write what stands at old addresses; never over a page, also where a folder does not tell `A` from `a`."""
    for name, data in places:
        target = output / name
        taken = target.exists() or any((output / above).is_file() for above in PurePosixPath(name).parents)
        if not taken:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def _index(pages: dict[str, Page], work: Path, output: Path, on_progress: Progress) -> None:
    """The index of the search: the one of before, where no page says anything else."""
    entries, made, mark = work / "search", work / "index", work / "index.key"
    changed = not mark.is_file()
    kept = set()
    for page in pages.values():
        if page.path == "index.md":
            continue  # it says what is elsewhere, and another time every minute
        name = search.place(page)
        kept.add(name)
        target, data = entries / name, search.entry(page).encode()
        if not target.is_file() or target.read_bytes() != data:
            changed = True
            mark.unlink(missing_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    changed |= search.forget(entries, kept)
    if changed:
        mark.unlink(missing_ok=True)
        on_progress(f"indexing {len(pages):,} pages")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        if kept:
            search.index(entries, made)
        mark.touch()
    shutil.copytree(made, output, copy_function=_link)


def _link(source: str, target: str) -> str:
    if not _linked(Path(source), Path(target)):
        shutil.copyfile(source, target)
    return target


def _filled(made: Layout, page: Page, above: Markup) -> bytes:
    below = "".join(f'<script src="{ROOT}assets/{name}"></script>' for name in _DRAWING) if _has_diagram(page) else ""
    return made.shell(page.path).fill(replace(page, html=f"{above}{page.html}{below}")).encode()


_DRAWING = ("mermaid.min.js", "diagrams.js")
"""What draws diagrams: large, so that no other page asks for it."""


def _has_diagram(page: Page) -> bool:
    return f'<pre class="{DIAGRAM}">' in page.html


def _plain(page: Page) -> bytes:
    return plain.markdown(page).encode()


def trail(path: str, pages: Mapping[str, Page]) -> Markup:
    """The way to a page from the home page, by the pages of the folders above it."""
    if path == "index.md":
        return Markup()
    names = path.removesuffix("index.md").rstrip("/").split("/")[:-1]
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


def _key(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _manifest(work: Path, output: Path) -> dict[str, str]:
    """The keys of what is in `output`, as it was built the last time: what kept its key need not be made again."""
    try:
        return dict(json.loads(_kept(work, output).read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def _kept(work: Path, output: Path) -> Path:
    """Where the keys of a folder are kept."""
    return work / f"site-{_key(str(output.resolve()).encode())[:16]}.json"


def _remember(work: Path, output: Path, keys: dict[str, str]) -> None:
    _kept(work, output).write_text(json.dumps(keys), "utf-8")


def _linked(before: Path, now: Path) -> bool:
    try:
        os.link(before, now)
    except OSError:
        return False
    return True


def _refuse_dead(pages: dict[str, Page]) -> None:
    """A link of a page that is made: nobody who writes can repair it, so it is ours."""
    there = {name for path in pages for name in (path, address(path))}
    dead = [
        f"{page.source}: links to {target!r}, where no page is"
        for page in pages.values()
        for target in sorted(page.links - there)
    ]
    if dead:
        raise SiteFault("\n".join(dead), "Repair the links named above.")
