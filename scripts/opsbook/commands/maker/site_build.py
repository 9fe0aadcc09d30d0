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
    """Where it goes, and what draws the layout."""
    parser.add_argument("--output", metavar="DIR", default="build/site", help="where the site goes (build/site)")
    parser.add_argument(
        "--generator",
        choices=("material", "zensical"),
        default="material",
        help="MkDocs with Material, or its successor",
    )
    parser.add_argument("--dry-run", action="store_true", help="make every page, and write nothing")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write every page into the shell that the generator made for it."""
    from opsbook.site.build import build
    from opsbook.site.pages import Site
    from opsbook.site.work import working

    screen, progress = Screen(sys.stdout, color=workspace.color), Screen(sys.stderr)
    output = workspace.root / args.output
    site = Site(workspace.open_book, workspace.kinds, workspace.now(), help_lines, progress.line, workspace.spread)
    if args.dry_run:
        screen.good(f"{sum(1 for _ in site.pages()):,} pages can be made; nothing was written")
        return 0
    with working(workspace.keeps / "site") as folder:
        built = build(site, workspace.root, folder, output, generator=args.generator, on_progress=progress.line)
    screen.good(f"{built.pages:,} pages are in {output}, {built.made:,} of them new or changed")
    screen.line(f"Read it with: python3 -m http.server -d {output}, at http://127.0.0.1:8000/")
    return 0
