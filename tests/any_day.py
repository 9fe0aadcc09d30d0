"""Every test on other days: `python -m tests.any_day [DAY …] [-- what pytest is told]`, as `make test-any-day` does.

The clock of every process is moved by a small library (`tests/support/day.c`), on Linux, and all by the same span: they
agree, and the clock runs on. Programs that tests start with an environment of their own get it by
`tests.support.clock.handed_on`. Only MkDocs keeps the real one, because the program gives it an empty environment; it
lays out pages that were made before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "build" / "day.so"


@dataclass(frozen=True)
class Day:
    """When a run begins, and the zone of the machine on which it seems to run."""

    begin: datetime
    zone: str
    why: str


DAYS = {
    "year": Day(datetime(2027, 12, 31, 23, 55, tzinfo=UTC), "UTC", "the last minutes of 2027, and the first of 2028"),
    "leap": Day(datetime(2028, 2, 29, 11, 30, tzinfo=UTC), "UTC", "29 February 2028"),
    "spring": Day(datetime(2027, 3, 28, 0, 55, tzinfo=UTC), "Europe/London", "the clock goes forward in London"),
    "autumn": Day(datetime(2027, 10, 31, 0, 55, tzinfo=UTC), "Europe/London", "the clock goes back in London"),
}


def make_library() -> None:
    """Compile what moves the clock."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        sys.exit("This needs Linux and a C compiler: apt-get install gcc libc6-dev")
    LIBRARY.parent.mkdir(exist_ok=True)
    source = ROOT / "tests" / "support" / "day.c"
    subprocess.run([compiler, "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", LIBRARY, source], check=True)


def variables(day: Day, at: datetime) -> dict[str, str]:
    """The environment in which `at` is the beginning of the day."""
    return {
        **os.environ,
        "LD_PRELOAD": str(LIBRARY),
        "SECONDS_AHEAD": f"{(day.begin - at).total_seconds():.0f}",
        "TZ": day.zone,
    }


TOLD = ["-n", "auto", "--dist", "worksteal", "--hypothesis-profile=new-inputs"]


def main(words: list[str]) -> int:
    """Run the tests on each day, one after another; 1 when any run was red."""
    split = words.index("--") if "--" in words else len(words)
    names, told = words[:split] or list(DAYS), words[split + 1 :] or TOLD
    if unknown := [name for name in names if name not in DAYS]:
        sys.exit(f"No day is called {unknown[0]}: {', '.join(DAYS)}")
    make_library()
    red = []
    for name in names:
        day = DAYS[name]
        print(f"== {name}: from {day.begin:%Y-%m-%d %H:%M} UTC on, {day.why}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *told], cwd=ROOT, env=variables(day, datetime.now(UTC)), check=False
        )
        red += [name] if done.returncode else []
    print(f"== red: {', '.join(red)}" if red else f"== green on {len(names)} days")
    return int(bool(red))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
