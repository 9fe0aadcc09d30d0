"""start a book for another team in an empty folder"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path, PurePosixPath

from opsbook import __version__
from opsbook.commands.workspace import Workspace
from opsbook.core.errors import Refused, UsageError
from opsbook.core.text import one_line, shorten
from opsbook.report.screen import Screen
from opsbook.report.templates import draft

NEEDS_BOOK = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where it goes, and what it is called."""
    parser.add_argument("folder", help="where it goes; made if it does not exist")
    parser.add_argument("--title", default="Operations", help="the name of the book")
    parser.add_argument("--timezone", default="Etc/UTC", help="the zone in which people see times, like Europe/London")
    parser.add_argument(
        "--program",
        metavar="OWNER/NAME@COMMIT",
        help="the repository on GitHub from which its workflows take this program, and the full id of a commit in it",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write the files of a small book that passes the check."""
    screen, folder, name = Screen(sys.stdout, color=workspace.color), Path(args.folder), one_line(args.folder)
    if folder.exists() and (not folder.is_dir() or any(item.name != ".git" for item in folder.iterdir())):
        raise Refused(f"{name} is not empty.", "Name a new or an empty folder.")
    program = _program(args.program)
    if args.dry_run:
        screen.line(f"Would start a book in {name}")
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    major, minor, *_ = __version__.split(".")
    requires = f">={major}.{minor},<{major}.{int(minor) + 1}"
    values = {"title": one_line(args.title) or "Operations", "timezone": one_line(args.timezone), "requires": requires}
    draft("book", {**values, "program": program}, folder)
    screen.good(f"Started a book in {name}")
    screen.line("Next, in that folder: git init, opsbook schema, opsbook forms, opsbook check, and commit.")
    if args.program is None:
        screen.line(f"For GitHub, put the repository and the commit of this program into {_ACTION}.")
    return 0


_ACTION = ".github/actions/opsbook/action.yml"

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9_.-]{1,100})@([0-9a-f]{40})")


def _program(given: str | None) -> str:
    """The action that installs the program, as a workflow names it; one that does not exist when nobody has chosen.

    Raises:
        UsageError: what was given is not a repository at a commit.
    """
    found = _PIN.fullmatch(given or f"example-org/opsbook@{40 * '0'}")
    if found is None:
        raise UsageError(
            f"“{shorten(one_line(given or ''), 80)}” is not a repository at a commit.",
            "Write OWNER/NAME@COMMIT, with the 40 digits of the commit: a branch or a tag can move.",
        )
    return f"{found[1]}/{PurePosixPath(_ACTION).parent}@{found[2]}"
