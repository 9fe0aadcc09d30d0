"""serve the site on this machine and follow changes"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.helping import help_lines
from opsbook.commands.workspace import Workspace
from opsbook.report.screen import Screen

FETCHES = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen."""
    parser.add_argument("--address", metavar="HOST:PORT", default="127.0.0.1:8000", help="127.0.0.1:8000 otherwise")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Serve until it is interrupted."""
    from opsbook.site.pages import pages
    from opsbook.site.serve import serve

    screen = Screen(sys.stderr)
    screen.line(f"serving http://{args.address}/ until you press Ctrl-C")
    serve(
        lambda: pages(workspace.again().open_book, workspace.kinds, workspace.now(), help_lines()),
        workspace.root,
        workspace.root / "build" / "stage",
        watch=["docs", *(kind.folder for kind in workspace.kinds.values())],
        address=args.address,
        on_progress=screen.line,
    )
    return 0
