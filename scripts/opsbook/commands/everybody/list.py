"""list what is open, the worst first"""

from __future__ import annotations

import argparse

from opsbook.commands.showing import present
from opsbook.commands.workspace import Workspace
from opsbook.core.command import View


def arguments(parser: argparse.ArgumentParser) -> None:
    """How much, and how."""
    parser.add_argument("--all", action="store_true", help="also what is over")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Every kind with its own columns."""
    book, now = workspace.open_book, workspace.now()
    lists = [kind.listing(book, now, every=args.all) for kind in workspace.kinds.values()]
    views = [view for view in lists if view is not None]
    data = {name: rows for view in views for name, rows in view.data.items()}
    found = any(view.found for view in views)
    blocks = [block for view in views for block in view.blocks]
    return present(View(data, blocks, " ".join(view.none for view in views), found=found), args, workspace)
