"""build the site"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.helping import help_lines
from opsbook.commands.workspace import Workspace
from opsbook.report.screen import Screen

FETCHES = False
"""It is about the files that are here."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where it goes."""
    parser.add_argument("--output", metavar="DIR", default="build/site", help="where the site goes (build/site)")
    parser.add_argument("--stage-only", action="store_true", help="write the pages and do not build")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write every page into `build/stage`, then run MkDocs on it."""
    from opsbook.site.build import build
    from opsbook.site.pages import pages
    from opsbook.site.stage import stage, staging

    screen, progress = Screen(sys.stdout, color=workspace.color), Screen(sys.stderr)
    output = workspace.root / args.output
    progress.line("writing the pages")
    with staging(workspace.root, elsewhere=not args.stage_only) as folder:
        staged = stage(
            pages(workspace.open_book, workspace.kinds, workspace.now(), help_lines()), workspace.root, folder
        )
        if args.stage_only:
            screen.good(f"{len(staged.sources):,} pages are in {folder}")
            return 0
        build(staged, output, on_progress=progress.line)
    screen.good(f"{len(staged.sources):,} pages are in {output}")
    screen.line(f"Read it with: python3 -m http.server -d {output}, at http://127.0.0.1:8000/")
    return 0
