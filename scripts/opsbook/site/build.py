"""The site that MkDocs makes of a stage."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from opsbook.core.errors import OpsbookError, SiteFault
from opsbook.site.stage import Stage

Progress = Callable[[str], None]
"""Told one line about long work, for a person."""

ENVIRONMENT = {"NO_MKDOCS_2_WARNING": "1", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
"""All that MkDocs sees of the environment: a site depends on the book alone.

Without the width of a terminal it wraps no line, so its messages can be read."""


def build(staged: Stage, output: Path, *, on_progress: Progress) -> None:
    """Build the site of a stage into the folder `output`, which is replaced only when everything went well.

    Raises:
        SiteFault: MkDocs warned (a link or an anchor that leads nowhere), or `output` holds something else.
        OpsbookError: MkDocs itself failed.
    """
    if output.exists() and (not output.is_dir() or (any(output.iterdir()) and not (output / "404.html").is_file())):
        raise SiteFault(f"{output} holds something other than a built site", "Name an empty or a new folder.")
    fresh = output.with_name(output.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        fresh.mkdir(parents=True)
        _mkdocs(staged, fresh, on_progress)
        shutil.rmtree(output, ignore_errors=True)
        fresh.rename(output)
    except OSError as error:
        raise SiteFault(f"{output} cannot be written: {error.strerror}", "Name another folder: --output DIR") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def command(*arguments: str | Path) -> list[str]:
    """The command line of MkDocs, from the environment that this program runs in."""
    return [sys.executable, "-m", "mkdocs", *map(str, arguments)]


_MESSAGE = re.compile(r"(?:WARNING|ERROR|CRITICAL) +- +(.*)")
_DOC = re.compile(r"(?:Doc file|Error reading page|Error building page) '([^']+)':? ")
_TICK = 5.0
"""Seconds between two lines of progress."""


def _mkdocs(staged: Stage, site: Path, on_progress: Progress) -> None:
    # Not with --verbose, which would name every page as it is built: it switches the check of anchors off.
    config = staged.root / "mkdocs.yml"
    arguments = command("build", "--strict", "--config-file", config, "--site-dir", site.resolve())
    total = sum(path.endswith(".md") for path in staged.sources)
    on_progress(f"building {total:,} pages")
    with subprocess.Popen(
        arguments,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        output = _wait(process, on_progress)
    faults = [_placed(match.group(1), staged.sources) for match in _MESSAGE.finditer(output)]
    if faults:
        raise SiteFault("\n".join(faults), "Repair the pages named above and build again.")
    if process.returncode:
        raise OpsbookError("MkDocs failed:\n" + "\n".join(output.splitlines()[-15:]))


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


def _placed(message: str, sources: Mapping[str, str]) -> str:
    """A message of MkDocs with the file that a person edits in front."""
    match = _DOC.match(message)
    if not match:
        return message
    page = match.group(1)
    return f"{sources.get(page, page)}: {message[match.end() :] or message}"
