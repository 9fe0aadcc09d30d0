"""`python -m tests.load [DECLARERS WRITERS NOTES MERGE_EVERY]`: the crowd at full scale, and what it cost."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import mean

from tests.load import on_clones, on_github
from tests.load.crowd import FULL, Figures, Scale


def show(name: str, figures: Figures) -> None:
    """Print one run."""
    print(f"{name}: {'nothing lost, nothing twice' if not figures.problems else 'PROBLEMS'}")
    for problem in figures.problems[:40]:
        print(f"  {problem}")
    for phase, tally in figures.tallies.items():
        calls = sum(figures.calls.get(phase, {}).values())
        print(
            f"  {phase}: {tally.writes} writes in {figures.seconds[phase]:.1f} s, "
            f"{mean(tally.lost):.2f} races lost for each (worst {max(tally.lost)}), "
            f"{calls / tally.writes:.1f} calls for each, slowest {max(tally.seconds):.1f} s, merged {dict(tally.merged)}"
        )
        for name, count in figures.calls.get(phase, {}).items():
            print(f"    {count / tally.writes:6.2f} {name}")


def main(scale: Scale) -> int:
    """Run every crowd; 1 when anything was lost or twice."""
    print(scale)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="opsbook-load-") as folder:
        for name, crowd in (("GitHub", on_github), ("Clones", on_clones)):
            place = Path(folder, name)
            place.mkdir()
            figures = crowd.run(place, scale)
            show(name, figures)
            failed += bool(figures.problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Scale(*map(int, sys.argv[1:])) if sys.argv[1:] else FULL))
