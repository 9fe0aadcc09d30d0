"""serve the site on this machine and follow changes"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.helping import help_lines
from opsbook.commands.workspace import Workspace
from opsbook.core.config import CALENDARS
from opsbook.report.screen import Screen

FETCHES = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen, and what draws the layout."""
    parser.add_argument("--address", metavar="HOST:PORT", default="127.0.0.1:8000", help="127.0.0.1:8000 otherwise")
    parser.add_argument(
        "--generator", choices=("material", "zensical"), default="material", help="draws the layout (material)"
    )


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Serve until it is interrupted."""
    from opsbook.site.build import build
    from opsbook.site.pages import Site, alone
    from opsbook.site.serve import serve
    from opsbook.site.work import working

    screen = Screen(sys.stderr)
    with working(workspace.keeps / "served") as folder:
        output = folder / "site"

        def make() -> int:
            book = workspace.again().open_book
            # Later there are threads, and a process with threads is not forked.
            spread = alone if output.exists() else workspace.spread
            site = Site(book, workspace.kinds, workspace.now(), help_lines, screen.line, spread)
            return build(site, workspace.root, folder, output, generator=args.generator, on_progress=screen.line).made

        watch = ["docs", CALENDARS, *(kind.folder for kind in workspace.kinds.values())]
        serve(make, workspace.root, output, watch=watch, address=args.address, on_progress=screen.line)
    return 0
