"""The index of the site's search: written by Pagefind from an entry for each page, read by the browser in small pieces.

An entry is a page without what stands around it, so that it can be kept from one build to the next, and so that words
which people search for (symptoms, names of alerts) weigh more than words that only occur.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

from opsbook.core.errors import OpsbookError
from opsbook.site.page import ROOT, Page, address

FOLDER: Final = "pagefind"
"""Where the index lies on the site."""

_NEEDED: Final = re.compile(r"pagefind\.js|pagefind-entry\.json|pagefind-worker\.js|.*\.pf_meta|wasm\..*")
"""What our own search reads, beside the folders; Pagefind also writes user interfaces."""

_LATER: Final = ("decisions/", "reference/")
_LAST: Final = 0.3
"""Pages about why and about every field hold many words, and are rarely what somebody searches for: their weight."""

_LINK: Final = re.compile(r'<a class="headerlink".*?</a>')
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=[0-9])")
_COMPOUND: Final = re.compile(r"\b[A-Za-z]+(?:[A-Z][a-z]+|[0-9]+)[A-Za-z0-9]*\b")


def entry(page: Page) -> str:
    """What the search knows of a page."""
    body = _LINK.sub("", page.html).replace(ROOT, "").replace("><", "> <")
    found_by = [escape(words) for words in (*page.found_by, _apart(page.title), *map(_apart, page.found_by)) if words]
    return Markup(
        '<!doctype html><html lang="en"><title>{}</title><body data-pagefind-body data-pagefind-weight="{}">'
        '<p data-pagefind-meta="noun:{}"></p>'
        '<p data-pagefind-meta="title" data-pagefind-weight="10">{}</p>'
        '<p data-pagefind-weight="9">{}</p>{}</body></html>'
    ).format(
        page.title,
        _LAST if page.path.startswith(_LATER) else page.weight,
        page.noun,
        page.title,
        Markup(". ").join(found_by),
        Markup(body),  # noqa: S704 (it is a page's, and is read by nothing but the indexer)
    )


def _apart(text: str) -> str:
    """The words that a text writes as one: `KubePodCrashLooping` is `Kube Pod Crash Looping` too."""
    return " ".join(_CAMEL.sub(" ", found) for found in _COMPOUND.findall(text))


def index(entries: Path, output: Path) -> None:
    """Write the index of a folder of entries.

    Raises:
        OpsbookError: Pagefind failed.
    """
    from pagefind_bin import get_executable

    command = [get_executable(), "--site", entries, "--output-path", output, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OpsbookError(f"Pagefind failed:\n{(done.stdout + done.stderr).strip()}")
    for path in output.iterdir():
        if path.is_file() and not _NEEDED.fullmatch(path.name):
            path.unlink()


def place(page: Page) -> str:
    """Where the entry of a page lies, so that the index gives the page's address."""
    return address(page.path) + "index.html"


def forget(entries: Path, kept: set[str]) -> bool:
    """Remove the entries of pages that are gone; whether there were any."""
    gone = [path for path in entries.rglob("index.html") if path.relative_to(entries).as_posix() not in kept]
    for path in gone:
        path.unlink()
    return bool(gone)
