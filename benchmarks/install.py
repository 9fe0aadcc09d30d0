"""How long GitHub's action takes to install the program, beside pip with the same lock. It needs the package index."""

from __future__ import annotations

import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from benchmarks.measure import Command, Measured, run
from benchmarks.table import Goal, Row, Section

if TYPE_CHECKING:
    from benchmarks.questions import Books, Scale

ROOT = Path(__file__).parents[1]
ACTION = ROOT / ".github" / "actions" / "opsbook"
WITH_PIP = """\
install() { python -m pip --disable-pip-version-check install --quiet --no-deps "$@"; }
install --require-hashes -r "$GITHUB_ACTION_PATH/../../../requirements/%s.txt"
install --no-build-isolation "$GITHUB_ACTION_PATH/../../.."
"""
LOCKS = {"run": "for a declaration", "site": "for the site"}


def install(scale: Scale, _: Books) -> Section:
    """How long whoever declares with a form waits until the program is there."""
    step = yaml.safe_load((ACTION / "action.yml").read_text("utf-8"))["runs"]["steps"][-1]["run"]
    rows, goals = [], []
    for lock, what in LOCKS.items():
        scale.say(f"installing {what}: GitHub's action, and pip")
        uv, pip = _once(step, lock), _once(WITH_PIP % lock, lock)
        factor = pip.seconds / uv.seconds
        rows += [Row(f"the action, {what}", uv), Row(f"pip, {what}", pip, f"{factor:.1f} × as long")]
        goals.append(Goal(f"installing {what} 3 × faster than pip with the same lock", f"{factor:.1f} ×", factor >= 3))
    notes = ("From the package index, with hashes and without a cache. uv's own installation is counted.",)
    return Section("Installing", rows=tuple(rows), goals=tuple(goals), notes=notes)


def _once(script: str, lock: str) -> Measured:
    """Run a script in an empty environment: nothing comes from a cache, as on a runner that is new."""
    with tempfile.TemporaryDirectory(prefix="opsbook-bench-") as folder:
        venv.create(folder, with_pip=True)
        cold = f"export PATH={folder}/bin:$PATH GITHUB_ACTION_PATH={ACTION} UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1"
        cold += f" SITE={str(lock == 'site').lower()}"
        measured = Measured((run(Command(("/usr/bin/env", "bash", "-e", "-c", f"{cold}\n{script}"), Path(folder))),))
        run(Command((f"{folder}/bin/opsbook", "--version"), Path(folder)))
        return measured
