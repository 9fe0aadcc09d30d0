"""write the forms that GitHub shows, from opsbook.yml and the services"""

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
    """Write the forms, or return 1 when one is out of date."""
    screen = Screen(sys.stdout, color=workspace.color)
    wanted = generated.forms_of(workspace)
    stale = generated.stale(wanted, workspace)
    if args.check and stale:
        for path in stale:
            screen.bad(f"{path} is out of date: run opsbook forms")
        return 1
    generated.write(stale, wanted, workspace, screen)
    if not stale:
        screen.good(f"{len(wanted)} forms are current")
    return 0
