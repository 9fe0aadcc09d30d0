"""The index of the site's search: written by Pagefind from an entry for each page, read by the browser in small pieces.

An entry is a page without what stands around it, in which words that people search for (symptoms, names of alerts)
weigh more than words that only occur.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from markupsafe import Markup, escape

from opsbook.core.errors import OpsbookError
from opsbook.site.generator import KEY, Progress
from opsbook.site.output import Made, key
from opsbook.site.page import ROOT, Page, address, without_now

FOLDER: Final = "pagefind"
"""Where the index lies on the site."""

MANY: Final = 400
"""So many pages of one year are indexed by month, so that no change means much work."""

_NEEDED: Final = re.compile(r"pagefind\.js|pagefind-entry\.json|pagefind-worker\.js|.*\.pf_meta|wasm\..*")
"""What our own search reads, beside the folders; Pagefind also writes user interfaces."""

_LATER: Final = ("decisions/", "reference/")
_LAST: Final = 0.3
"""Pages about why and about every field hold many words, and are rarely what somebody searches for: their weight."""

_LINK: Final = re.compile(r'<a class="headerlink".*?</a>')
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=[0-9])")
_COMPOUND: Final = re.compile(r"\b[A-Za-z]+(?:[A-Z][a-z]+|[0-9]+)[A-Za-z0-9]*\b")


def entry(page: Page, language: str) -> str:
    """What the search knows of a page."""
    body = _LINK.sub("", without_now(page.html)).replace(ROOT, "").replace("><", "> <")
    found_by = [escape(words) for words in (*page.found_by, _apart(page.title), *map(_apart, page.found_by)) if words]
    return Markup(
        '<!doctype html><html lang="{}"><title>{}</title><body data-pagefind-body data-pagefind-weight="{}">'
        '<p data-pagefind-meta="noun:{}"></p>'
        '<p data-pagefind-meta="title" data-pagefind-weight="10">{}</p>'
        '<p data-pagefind-weight="9">{}</p>{}</body></html>'
    ).format(
        language,
        page.title,
        _LAST if page.path.startswith(_LATER) else 1,
        page.noun,
        page.title,
        Markup(". ").join(found_by),
        Markup(body),  # noqa: S704 (it is a page's, and is read by nothing but the indexer)
    )


def _apart(text: str) -> str:
    """The words that a text writes as one: `KubePodCrashLooping` is `Kube Pod Crash Looping` too."""
    return " ".join(_CAMEL.sub(" ", found) for found in _COMPOUND.findall(text))


def files(pages: Mapping[str, Page], language: str, work: Path, on_progress: Progress) -> Iterator[Made]:
    """The indexes: one of what people look for first, and one for each time of which the records are over.

    An index is made again when a page in it says something else, so that what was long ago stays as it is; the browser
    asks for those only when somebody wants to know.

    Args:
        work: a folder of ours, in which indexes are kept.

    Raises:
        OpsbookError: Pagefind failed.
    """
    parts = _parts(page for page in pages.values() if page.path != "index.md")  # that says what is elsewhere
    names = [name for name in parts if name]
    changed = []
    for name, some in parts.items():
        word = key(language.encode(), *(page.lasting.encode() for page in some))
        folder = work / "index" / (name or "now")
        mark = folder / KEY
        if not mark.is_file() or mark.read_text() != word:
            changed.append((folder, word, some))
    count = sum(len(some) for _, _, some in changed)
    if changed:
        on_progress(f"indexing {count:,} {'page' if count == 1 else 'pages'}")
    for folder, word, some in changed:
        _index(some, language, folder)
        (folder / KEY).write_text(word)
    for name in parts:
        folder = work / "index" / (name or "now")
        word = (folder / KEY).read_text()
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != KEY:
                where = f"{FOLDER}{'/' + name if name else ''}/{path.relative_to(folder).as_posix()}"
                yield Made(where, word, path.read_bytes)
    listed = json.dumps(sorted(names, reverse=True)).encode()
    yield Made(f"{FOLDER}/older.json", key(listed), partial(bytes, listed))
    for path in (work / "index").iterdir():
        if path.name not in (*names, "now"):
            shutil.rmtree(path)


def _parts(pages: Iterable[Page]) -> dict[str, list[Page]]:
    """The pages by the index in which they are: `""` for now, `2024` for a year, `2024-03` where a year has many."""
    months: dict[str, list[Page]] = {}
    for page in pages:
        months.setdefault(page.month, []).append(page)
    years = Counter(month[:4] for month, some in months.items() for _ in some)
    parts: dict[str, list[Page]] = {"": []}
    for month in sorted(months):
        parts.setdefault(month[:4] if years[month[:4]] <= MANY else month, []).extend(months[month])
    return parts


def _index(pages: Sequence[Page], language: str, folder: Path) -> None:
    """Write the index of some pages into a folder."""
    from pagefind_bin import get_executable

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with TemporaryDirectory(dir=folder.parent) as entries:
        for page in pages:
            target = Path(entries) / address(page.path) / "index.html"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(entry(page, language), "utf-8")
        if not pages:
            return
        command = [get_executable(), "--site", entries, "--output-path", folder, "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OpsbookError(f"Pagefind failed:\n{(done.stdout + done.stderr).strip()}")
    for path in folder.iterdir():
        if path.is_file() and not _NEEDED.fullmatch(path.name):
            path.unlink()
