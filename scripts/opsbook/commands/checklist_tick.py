"""tick steps of an incident's checklist, or say why they are left out"""

from __future__ import annotations

import argparse

from opsbook.commands.workspace import Workspace
from opsbook.commands.writing import carry_out, options, pick_to_write, values_of
from opsbook.core.errors import UsageError
from opsbook.core.plan import Request


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which incident, and which steps."""
    parser.add_argument("id", help="its id or its last characters, or - for the only open one")
    parser.add_argument("steps", nargs="+", help="numbers and ranges: 1 2 5-8")
    parser.add_argument("--runbook", metavar="NAME", help="whose checklist, when there are several")
    parser.add_argument("--skip", action="store_true", help="left out and not done")
    parser.add_argument("--text", metavar="TEXT", help="what was found, or why it is left out")
    options(parser)


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write one entry for each step."""
    values = {**values_of(args, "runbook", "text"), "steps": _numbers(args.steps)}
    values["outcome"] = "skipped" if args.skip else "done"
    record = pick_to_write(None if args.id == "-" else args.id, workspace)
    return carry_out(Request("incident.step", workspace.actor(args.by), values, record), args, workspace, "Ticked in")


def _numbers(words: list[str]) -> list[int]:
    """`1 2 5-8` as numbers."""
    numbers: list[int] = []
    for word in words:
        first, dash, last = word.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or len(word) > 12:
            raise UsageError(f"“{word}” is no step.", "Name numbers and ranges, like 1 2 5-8.")
        start, end = int(first), int(last) if dash else int(first)
        if not 0 <= end - start < 1000:
            raise UsageError(f"“{word}” is no range of steps.", "Write the smaller number first, like 5-8.")
        numbers += range(start, end + 1)
    return numbers
