"""Runs the benchmarks and prints what they found."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.questions import QUESTIONS, Books, Scale
from benchmarks.table import Report, write


def main(words: Sequence[str]) -> int:
    """Run what is asked for; 0 whatever the figures are, because a busy machine breaks no build."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What people wait for, side by side.")
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=f"some of: {', '.join(QUESTIONS)}")
    parser.add_argument("--records", type=int, default=10_000, help="records of the large book (192 at least)")
    parser.add_argument("--runs", type=int, default=3, help="how often what takes seconds is run")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the figures are printed")
    args = parser.parse_args(words)
    unknown = [name for name in args.questions if name not in QUESTIONS]
    if unknown:
        parser.error(f"there is no question {unknown[0]}; there are {', '.join(QUESTIONS)}")
    if args.records < 192 or args.runs < 1:
        parser.error("at least 192 records and one run")
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:5.0f} s] {text}", file=sys.stderr, flush=True)

    report = Report(machine.describe(), machine.busy())
    with tempfile.TemporaryDirectory(prefix="opsbook-bench-") as scratch:
        books = Books(Path(scratch), say)
        scale = Scale(args.records, args.runs, say)
        for name in args.questions or QUESTIONS:
            report.sections.append(QUESTIONS[name](scale, books))
    print(json.dumps(report.as_json(), indent=2) if args.format == "json" else write(report), end="\n")
    return 0
