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
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from markupsafe import Markup, escape

from opsbook.core.errors import OpsbookError
from opsbook.site.generator import KEY, Progress
from opsbook.site.output import Made, files_in, key
from opsbook.site.page import ROOT, Page, address, without_asides

FOLDER: Final = "pagefind"
"""Where the index lies on the site."""

MANY: Final = 250
"""How many pages may share an index."""

NOW: Final = "now"
"""The folder of the index that every search asks."""

_HASHED: Final = re.compile(r"_[0-9a-f]{7,}\.pf_")

_OWN: Final = re.compile(r"pagefind-entry\.json|.*\.pf_meta")
_NEEDED: Final = re.compile(rf"pagefind\.js|pagefind-worker\.js|wasm\..*|{_OWN.pattern}")
"""What our own search reads, beside the folders; Pagefind also writes user interfaces."""

_LATER: Final = ("decisions/", "reference/")
_LAST: Final = 0.3
"""Pages about why and about every field hold many words, and are rarely what somebody searches for: their weight."""

_SAID: Final = re.compile(r'<a class="headerlink".*?</a>|<h1.*?</h1>', re.DOTALL)
"""What an entry need not say, or says already."""
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=[0-9])")
_COMPOUND: Final = re.compile(r"\b[A-Za-z]+(?:[A-Z][a-z]+|[0-9]+)[A-Za-z0-9]*\b")


def entry(page: Page, language: str) -> str:
    """What the search knows of a page."""
    body = _SAID.sub("", without_asides(page.html)).replace(ROOT, "").replace("><", "> <")
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


@contextmanager
def indexed(
    pages: Mapping[str, Page], language: str, work: Path, on_progress: Progress
) -> Iterator[Callable[[], Iterator[Made]]]:
    """Make the indexes beside other work: that of what people look for first, and those of records that are over.

    An index is made again when a page in it says something else, so that what was long ago stays as it is; the browser
    asks for those only when somebody wants to know.

    Args:
        work: a folder of ours, in which indexes are kept.

    Yields:
        What gives their files, when they are ready. It raises OpsbookError where Pagefind failed.
    """
    parts = _parts([page for page in pages.values() if page.path != "index.md"])  # that says what is elsewhere
    folders = {name: work / "index" / (name or NOW) for name in parts}
    changed = []
    for name, some in parts.items():
        word = key(language.encode(), *(page.found_as.encode() for page in some))
        mark = folders[name] / KEY
        if not mark.is_file() or mark.read_text() != word:
            changed.append((some, language, folders[name], word))
    if changed:
        count = sum(len(some) for some, _, _, _ in changed)
        on_progress(f"indexing {count:,} {'page' if count == 1 else 'pages'}")
    for folder in (work / "index").glob("*"):
        if folder not in folders.values():
            shutil.rmtree(folder)
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(_index, *job) for job in changed]

        def files() -> Iterator[Made]:
            for job in jobs:
                job.result()
            for name, folder in folders.items():
                for path, _ in sorted(files_in(folder)):
                    if path != KEY:
                        # Pagefind calls nearly all of its files by what is in them.
                        word = path if _HASHED.search(path) else key((folder / path).read_bytes())
                        yield Made(
                            f"{FOLDER}/{name}/{path}" if name else f"{FOLDER}/{path}", word, (folder / path).read_bytes
                        )
            listed = json.dumps(sorted(filter(None, parts), reverse=True)).encode()
            yield Made(f"{FOLDER}/older.json", key(listed), partial(bytes, listed))

        yield files


def _parts(pages: Sequence[Page]) -> dict[str, list[Page]]:
    """The pages by the index in which they are.

    `""` has all that does not end, and what was over last, as long as that is little; of the rest a year has one
    (`2024`), and where it has many pages a month (`2024-03`): no change means much work, and no search asks for much.
    """
    months: dict[str, list[Page]] = {}
    for page in pages:
        months.setdefault(page.month, []).append(page)
    parts = {"": months.pop("", [])}
    for month in sorted(months, reverse=True):
        if len(parts[""]) + len(months[month]) > MANY:
            break
        parts[""] += months.pop(month)
    years = Counter(month[:4] for month, some in months.items() for _ in some)
    for month in sorted(months):
        parts.setdefault(month[:4] if years[month[:4]] <= MANY else month, []).extend(months[month])
    return parts


def _index(pages: Sequence[Page], language: str, folder: Path, word: str) -> None:
    """Write the index of some pages into a folder, and then the word for what is in it."""
    from pagefind_bin import get_executable

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with TemporaryDirectory(dir=folder.parent) as entries:
        for page in pages:
            target = Path(entries) / address(page.path) / "index.html"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(entry(page, language), "utf-8")
        command = [get_executable(), "--site", entries, "--output-path", folder, "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False) if pages else None
    if done is not None and done.returncode:
        raise OpsbookError(f"Pagefind failed:\n{(done.stdout + done.stderr).strip()}")
    for path in folder.iterdir():
        if path.is_file() and not (_NEEDED if folder.name == NOW else _OWN).fullmatch(path.name):
            path.unlink()
    if folder.name != NOW:
        told = folder / "pagefind-entry.json"
        told.write_text(re.sub(r'"wasm":"?(\w+)"?', _shared, told.read_text()))
    (folder / KEY).write_text(word)


def _shared(found: re.Match[str]) -> str:
    """The program that reads an index is the one beside the first index: its name is part of its address."""
    return f'"wasm":"x/../../wasm.{found[1].replace("null", "unknown")}"'
