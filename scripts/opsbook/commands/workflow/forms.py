"""write the forms that GitHub shows, from opsbook.yml and the services"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.workspace import Workspace
from opsbook.report.forms import forms
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to write or to compare."""
    parser.add_argument("--check", action="store_true", help="only say whether they are current")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write the forms, or return 1 when one is out of date."""
    screen = Screen(sys.stdout, color=workspace.color)
    wanted = {path: text.encode() for path, text in forms(workspace.book, workspace.kinds).items()}
    stale = [path for path, data in wanted.items() if workspace.book.tree.read(path) != data]
    if args.check and stale:
        for path in stale:
            screen.bad(f"{path} is out of date: run opsbook forms")
        return 1
    for path in stale:
        target = workspace.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(wanted[path])
        screen.line(f"wrote {path}")
    if not stale:
        screen.good(f"{len(wanted)} forms are current")
    return 0
