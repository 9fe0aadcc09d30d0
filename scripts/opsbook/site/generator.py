"""The programs that build the shells of a site: MkDocs with the Material theme, and its successor.

They see the navigation, the theme and a page of marks for each entry: no word of a page. So both make the same site,
and neither has to run when only words change.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import yaml

from opsbook.core import navigation
from opsbook.core.errors import OpsbookError, SiteFault
from opsbook.site.config import generated
from opsbook.site.output import files_in
from opsbook.site.page import Page, address
from opsbook.site.shell import Shell, stub

Progress = Callable[[str], None]
"""Told one line about long work, for a person."""

GENERATORS: Final = {"material": ("mkdocs", "mkdocs-material"), "zensical": ("zensical",)}
"""The packages of each generator, the program first."""

_ENVIRONMENT: Final = {"NO_MKDOCS_2_WARNING": "1", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
"""All that a generator sees of the environment: a site depends on the book alone.

Without the width of a terminal it wraps no line, so its messages can be read."""

KEY: Final = ".opsbook-key"
"""The file that says what a folder of ours was made of."""

_MESSAGE: Final = re.compile(r"(?:WARNING|ERROR|CRITICAL) +- +(.*)")
_TICK: Final = 5.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True)
class Layout:
    """Everything around the pages of a site.

    Attributes:
        root: the folder that the generator built: shells, style sheets, scripts.
        key: changes whenever any of it does.
        name, url, language: of the site, as `mkdocs.yml` says; the address may be empty.
        names: the pages that the generator built, by the paths of which they are the shells.
    """

    root: Path
    key: str
    name: str
    url: str
    language: str
    names: tuple[str, ...]

    def files(self) -> Iterator[tuple[str, Path]]:
        """What a page needs beside its words, and the pages that are in no book: the path on the site, and the file."""
        own = {KEY, "sitemap.xml", "sitemap.xml.gz"} | {address(path) + "index.html" for path in self.names}
        for name, _ in sorted(files_in(self.root)):
            if name not in own and not name.startswith(("search/", "assets/javascripts/lunr/")):
                yield name, self.root / name

    def shell(self, path: str) -> Shell:
        """The shell for a page: its own, or that of the nearest page above it."""
        folder = path
        while path not in self.names:
            folder = folder.rpartition("/")[0]
            path = f"{folder}/index.md" if folder else "index.md"
        return _shell(self, path)


def layout(pages: Mapping[str, Page], root: Path, work: Path, generator: str, on_progress: Progress) -> Layout:
    """What stands around the pages: as it was built before, where nothing of it changed.

    Args:
        pages: those of the site that the navigation may name, by path.
        root: the book's folder; work: a folder of ours in which to build.

    Raises:
        SiteFault: an unsafe `mkdocs.yml`, or a navigation that names a page that is not there.
        OpsbookError: the generator failed.
    """
    config = generated(root / navigation.PATH)
    names = tuple(dict.fromkeys(["index.md", *(name for _, name in navigation.pages(config))]))
    missing = [name for name in names if name not in pages]
    if missing:
        raise SiteFault(
            "\n".join(f"mkdocs.yml: nav names {name}, and there is no such page" for name in missing),
            "Correct the names under nav.",
        )
    staged = {navigation.PATH: yaml.safe_dump(config, allow_unicode=True, sort_keys=False, width=1000).encode()}
    for name in names:
        staged[f"docs/{name}"] = stub(pages[name].title, bare=pages[name].bare).encode()
    for name, data in _packaged(files("opsbook.site") / "theme"):
        staged[f"theme/{name}"] = data
    key = hashlib.sha256(repr((generator, _versions(generator), sorted(staged.items()))).encode()).hexdigest()
    built = work / "shells"
    mark = built / KEY  # in the folder of which it says that it is whole
    if not mark.is_file() or mark.read_text() != key:
        stage = work / "stage"
        for folder in (stage, built):
            shutil.rmtree(folder, ignore_errors=True)
        for name, data in staged.items():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            (stage / name).write_bytes(data)
        layouts = "1 layout" if len(names) == 1 else f"{len(names)} layouts"
        on_progress(f"building {layouts} with {GENERATORS[generator][0]}")
        _run(generator, stage, built, on_progress)
        mark.write_text(key)
    url, language = str(config.get("site_url") or ""), str(config["theme"]["language"])
    return Layout(built, key, config["site_name"], url, language, names)


@lru_cache(maxsize=256)
def _shell(made: Layout, name: str) -> Shell:
    """One shell; each is cut once, and only if a page is to be filled."""
    return Shell((made.root / address(name) / "index.html").read_text("utf-8"), name, made.name, made.url)


def _versions(generator: str) -> list[str]:
    program = GENERATORS[generator][0]
    try:
        return [version(name) for name in ("opsbook", *GENERATORS[generator])]
    except PackageNotFoundError:
        raise SiteFault(f"{program} is not installed", f"Install it beside Opsbook: pip install {program}") from None


def _packaged(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _packaged(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_bytes()


def _run(generator: str, stage: Path, built: Path, on_progress: Progress) -> None:
    program = GENERATORS[generator][0]
    command = [sys.executable, "-m", program, "build", "--config-file", str(stage / "mkdocs.yml")]
    command += ["--strict"] if program == "zensical" else ["--strict", "--site-dir", str(built.resolve())]
    with subprocess.Popen(
        command,
        env=_ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        output = _wait(process, on_progress)
    faults = _MESSAGE.findall(output)
    if process.returncode or faults:
        said = "\n".join(faults or output.splitlines()[-15:])
        raise SiteFault(f"{program} cannot build what mkdocs.yml says:\n{said}", "Correct mkdocs.yml.")
    if program == "zensical":
        (stage / "site").rename(built)
    if not (built / "index.html").is_file():
        raise OpsbookError(f"{program} built no page")


def _wait(process: subprocess.Popen[str], on_progress: Progress) -> str:
    """All that the process prints, with a line of progress while it is silent; it ends with this call."""
    ticks = 0
    try:
        while True:
            try:
                return process.communicate(timeout=_TICK)[0]
            except subprocess.TimeoutExpired:
                ticks += 1
                on_progress(f"still building after {ticks * _TICK:.0f} seconds")
    finally:
        process.kill()
