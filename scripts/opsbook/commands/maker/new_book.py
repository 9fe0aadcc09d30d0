"""start a book for your team, in a new folder or in a repository that has no book yet"""

from __future__ import annotations

import argparse
import io
import re
import shlex
import sys
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from opsbook import __version__
from opsbook.commands.asking import question
from opsbook.commands.generated import refresh
from opsbook.commands.workspace import Workspace
from opsbook.core.book import CONFIG_PATH
from opsbook.core.errors import Refused, UsageError
from opsbook.core.text import one_line, shorten
from opsbook.report.screen import Screen
from opsbook.report.templates import draft

NEEDS_BOOK = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where it goes, and what it is called."""
    parser.add_argument(
        "folder", nargs="?", default=".", help="where it goes, made if it does not exist; here otherwise"
    )
    parser.add_argument("--title", help="the name of the book; asked for at a terminal, else Operations")
    parser.add_argument(
        "--timezone", help="the zone in which people see times, like Europe/London; asked for, else UTC"
    )
    parser.add_argument(
        "--program",
        metavar="OWNER/NAME@COMMIT",
        help="the repository on GitHub from which its workflows take this program, and the full id of a commit in it",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write the files of a small book that passes the check."""
    screen, folder, name = Screen(sys.stdout, color=workspace.color), Path(args.folder), one_line(args.folder)
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{name} is not a folder.", "Name a new or an empty folder.")
    if (folder / CONFIG_PATH).exists():
        raise Refused(f"{name} holds a book already.", "Work in it: opsbook check")
    program = _program(args.program)
    if args.title is None and workspace.asks:
        args.title = question(screen, "What is the book called?", "Operations")
    zone = _zone(args.timezone) if args.timezone is not None or not workspace.asks else None
    while zone is None:
        try:
            zone = _zone(question(screen, "In which zone do people see times?", "Etc/UTC"))
        except UsageError as error:
            screen.bad(f"{error.message} {error.remedy}")
    if args.dry_run:
        screen.line(f"Would start a book in {name}")
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    major, minor, *_ = __version__.split(".")
    requires = f">={major}.{minor},<{major}.{int(minor) + 1}"
    values = {"title": one_line(args.title or "") or "Operations", "timezone": zone, "requires": requires}
    draft("book", {**values, "program": program}, folder, keeps=("README.md",))
    there = workspace.at(folder)
    refresh(there, Screen(io.StringIO()), begin=True)
    screen.good(f"Started a book in {name}. Its schemas and forms are current.")
    where = "" if args.folder == "." else f" -C {shlex.quote(args.folder)}"
    git = "" if (folder / ".git").exists() else f"git{where} init --initial-branch=main; "
    screen.line(f"Next: 1. {git}git{where} add --all; git{where} commit --message 'Start the book'")
    screen.line(f"      2. opsbook{where} check; opsbook{where} doctor")
    screen.line(f"      3. opsbook{where} declare --drill   (and then your people and services, in {CONFIG_PATH})")
    if args.program is None:
        screen.line(f"For GitHub, put the repository and the commit of this program into {_ACTION}.")
    return 0


def _zone(given: str | None) -> str:
    """A zone that exists; UTC when nobody says.

    Raises:
        UsageError: there is none of that name, with names that are near.
    """
    from zoneinfo import available_timezones

    zone, known = one_line(given or "Etc/UTC"), sorted(available_timezones())
    if (zone in known and "/" in zone) or zone == "UTC":
        return zone
    cities = {name.rpartition("/")[2].casefold(): name for name in known if "/" in name}
    wanted = zone.rpartition("/")[2].casefold()
    near = [cities[name] for name in get_close_matches(wanted, cities, n=3, cutoff=0.75)]
    hint = f"Did you mean {' or '.join(near)}?" if near else "Write it as area and city, like Europe/London."
    raise UsageError(f"“{shorten(zone, 40)}” is no time zone.", hint)


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
