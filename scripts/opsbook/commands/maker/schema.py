"""write the JSON Schemas that editors use, from the models and opsbook.yml"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands import generated
from opsbook.commands.workspace import Workspace
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to write or to compare."""
    parser.add_argument("--check", action="store_true", help="only say whether they are current")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write `schemas/`, or return 1 when it is out of date."""
    screen = Screen(sys.stdout, color=workspace.color)
    wanted = generated.schemas_of(workspace)
    stale = generated.stale(wanted, workspace)
    extra = [path for path, _ in workspace.book.tree.paths("schemas") if path not in wanted]
    if args.check:
        for path in (*stale, *extra):
            screen.bad(f"{path} is out of date: run opsbook schema")
        if not stale and not extra:
            screen.good(f"{len(wanted)} schemas are current")
        return 1 if stale or extra else 0
    generated.write(stale, wanted, workspace, screen)
    for path in extra:
        screen.line(f"{path} belongs to no kind: delete it")
    if not stale:
        screen.good(f"{len(wanted)} schemas are current")
    return 0
