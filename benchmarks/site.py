"""What a build of the site costs: all of it, nothing, and a few records; and what a first search fetches."""

from __future__ import annotations

import filecmp
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks import repository
from benchmarks.measure import Measured, opsbook, run
from benchmarks.table import Goal, Row, Section, seconds

SHOWN = 8
"""Results whose words a search fetches."""
LIVING = re.compile(r"(incidents/)?index\.(html|md)|incidents\.md|incidents/2026/INC-202611.*|build.*")
"""What tells of the minute: the home page, what is open, and the open incidents."""


def measure(folder: Path, records: int, runs: int) -> Section:
    """Build the site of a book, again, with five changes, and beside it without what was kept."""
    made = folder / ".git/opsbook/made"
    build = opsbook("site", "build", folder=folder)
    shutil.rmtree(made, ignore_errors=True)
    cold = Measured((run(build),))
    again, changed = [], []
    run(build)  # files that are a moment old are read twice
    for number in range(runs):
        again.append(run(build))
        _change(folder, number)
        changed.append(run(build))
    shutil.rmtree(made)
    run(opsbook("site", "build", "--output", "build/cold", folder=folder))
    other = list(_differing(folder / "build/site", folder / "build/cold"))
    fetched = _fetched(folder / "build/site/pagefind")
    repository.git(folder, "checkout", "--quiet", "--", ".")
    shutil.rmtree(folder / "build")
    few = Measured(tuple(changed))
    return Section(
        f"The site of {records:,} records",
        notes=("Changed are two incidents, a runbook, a service and a page.",),
        rows=(
            Row("opsbook site build, cold", cold, f"{cold.peak / 1e6:,.0f} MB"),
            Row("opsbook site build, nothing changed", Measured(tuple(again))),
            Row("opsbook site build, five changed", few),
        ),
        goals=(
            Goal("five changed within 2.5 s", seconds(few.seconds), few.seconds <= 2.5),
            Goal("with the bytes of a cold build", f"{len(other)} files differ {other[:3] or ''}", not other),
            Goal("less than 1 GiB of memory", f"{cold.peak / 2**30:.2f} GiB", cold.peak < 2**30),
            Goal("a first search fetches at most 300 KB", f"{fetched / 1000:.0f} KB", fetched <= 300_000),
        ),
    )


def _change(folder: Path, number: int) -> None:
    incidents = sorted(folder.glob("incidents/*/*/incident.yaml"))
    for file in (incidents[len(incidents) // 2], incidents[-10]):
        file.write_text(
            file.read_text("utf-8").replace("summary: |", f"summary: |\n    Corrected {number}.", 1), "utf-8"
        )
    for pattern in ("runbooks/*/*.md", "docs/help/index.md"):
        file = min(folder.glob(pattern))
        file.write_text(f"{file.read_text('utf-8')}\nOnce more: {number}.\n", "utf-8")
    service = min(folder.glob("services/*.yaml"))
    text = service.read_text("utf-8")
    service.write_text(re.sub(r"(?m)^(description: \|\n +)", rf"\1Changed {number}. ", text), "utf-8")


def _differing(one: Path, other: Path) -> Iterator[str]:
    names = {path.relative_to(root).as_posix() for root in (one, other) for path in root.rglob("*") if path.is_file()}
    for name in sorted(names):
        same = (
            (one / name).is_file() and (other / name).is_file() and filecmp.cmp(one / name, other / name, shallow=False)
        )
        if not same and not LIVING.match(name):
            yield name


def _fetched(index: Path) -> int:
    """Bytes at most of a first search of two words."""
    once = [index / name for name in ("older.json", "pagefind.js", "pagefind-worker.js", "pagefind-entry.json")]
    once += [index / "wasm.en.pagefind", *index.glob("*.pf_meta")]
    chunks = sorted((path.stat().st_size for path in (index / "index").iterdir()), reverse=True)
    words = sorted((path.stat().st_size for path in (index / "fragment").iterdir()), reverse=True)
    return sum(path.stat().st_size for path in once) + sum(chunks[:2]) + sum(words[:SHOWN])
