"""start a book for another team in an empty folder"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from opsbook import __version__
from opsbook.commands.workspace import Workspace
from opsbook.core.errors import Refused
from opsbook.core.text import one_line
from opsbook.report.screen import Screen
from opsbook.report.templates import draft


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where it goes, and what it is called."""
    parser.add_argument("folder", help="where it goes; made if it does not exist")
    parser.add_argument("--title", default="Operations", help="the name of the book")
    parser.add_argument("--timezone", default="Etc/UTC", help="the zone in which people see times, like Europe/London")
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write the files of a small book that passes the check."""
    screen, folder, name = Screen(sys.stdout, color=workspace.color), Path(args.folder), one_line(args.folder)
    if folder.exists() and (not folder.is_dir() or any(item.name != ".git" for item in folder.iterdir())):
        raise Refused(f"{name} is not empty.", "Name a new or an empty folder.")
    if args.dry_run:
        screen.line(f"Would start a book in {name}")
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    major, minor, *_ = __version__.split(".")
    requires = f">={major}.{minor},<{major}.{int(minor) + 1}"
    values = {"title": one_line(args.title) or "Operations", "timezone": one_line(args.timezone), "requires": requires}
    draft("book", values, folder)
    screen.good(f"Started a book in {name}")
    screen.line("Next, in that folder: git init, opsbook schema, opsbook check, and commit.")
    return 0
