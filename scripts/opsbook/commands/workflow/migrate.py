"""move the book on to the format of this program, in the working tree"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.workspace import Workspace
from opsbook.core.ids import Ids
from opsbook.core.migration import migration
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to write."""
    parser.add_argument("--dry-run", action="store_true", help="show what would be changed, and change nothing")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write what changes, for a person to look at and to commit."""
    screen = Screen(sys.stdout, color=workspace.color)
    files = migration(workspace.book, workspace.kinds, Ids(workspace.seed()))
    for path, data in files.items():
        if not args.dry_run:
            (workspace.root / path).write_bytes(data)
        screen.line(f"{'would change' if args.dry_run else 'changed'} {path}")
    if not files:
        screen.good("The book is up to date.")
    elif not args.dry_run:
        screen.line("Look at it (git diff), then: opsbook schema, opsbook check, and commit it.")
    return 0
