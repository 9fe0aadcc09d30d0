"""start a book for your team, in a new folder or in a repository that has no book yet"""

from __future__ import annotations

import argparse
import io
import re
import shlex
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from opsbook import __version__
from opsbook.commands.asking import question, yes
from opsbook.commands.generated import refresh
from opsbook.commands.printing import phrase
from opsbook.commands.workspace import Workspace
from opsbook.commands.writing import carry_out
from opsbook.core.book import CONFIG_PATH
from opsbook.core.errors import OpsbookError, Refused, UsageError
from opsbook.core.start import Start, Value, entries, several
from opsbook.core.text import one_line, shorten
from opsbook.core.times import zones
from opsbook.report.book_examiner import ACTION, NO_COMMIT
from opsbook.report.screen import Screen
from opsbook.report.templates import Draft, draft

NEEDS_BOOK = False


_KEPT = (
    "README.md",
    ".gitignore",
    *(f".github/{name}" for name in ("CODEOWNERS", "SECURITY.md", "pull_request_template.md", "dependabot.yml")),
)
"""Files that a repository may have already, and that stay as they are."""


def _starts() -> Iterator[Start]:
    from opsbook.kinds import registry

    return (kind.start for kind in registry().values() if kind.start is not None)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where it goes, what it is called, and everything that has a good default."""
    parser.add_argument(
        "folder", nargs="?", default=".", help="where it goes, made if it does not exist; here otherwise"
    )
    parser.add_argument("--title", help="the name of the book; asked for at a terminal, else Operations")
    parser.add_argument(
        "--timezone", help="the zone in which people see times, like Europe/London; asked for, else UTC"
    )
    parser.add_argument("--team", default="Platform team", help="your team, as Title or id=Title")
    parser.add_argument(
        "--on-call", help="who is on call, in turn, as Name or Name=GitHub login; repeat for more", **several("people")
    )
    for start in _starts():
        for option in start.options:
            parser.add_argument(option.name, help=option.help, **option.settings)
    parser.add_argument(
        "--program",
        metavar="OWNER/NAME@COMMIT",
        help="the repository on GitHub from which its workflows take this program, and the full id of a commit in it",
    )
    parser.add_argument("--drill", action="store_true", help="commit it and declare a drill, to see how it goes")
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")
    parser.add_argument("--yes", action="store_true", help="ask nothing")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write the files of a small book that passes the check, and rehearse an incident in it."""
    screen, folder, name = Screen(sys.stdout, color=workspace.color), Path(args.folder), one_line(args.folder)
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{name} is not a folder.", "Name a new or an empty folder.")
    if (folder / CONFIG_PATH).exists():
        what = "This folder" if name == "." else name
        raise Refused(f"{what} holds a book already.", "Work in it: opsbook check")
    there = workspace.at(folder)
    drafts = _drafts(args, there.branch() if folder.exists() else None)
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
    # All is asked before anything is written: whoever stops here has nothing to clear away.
    drill = args.drill or (workspace.asks and yes(screen, "Commit it and declare a drill, to try it?", default=True))
    folder.mkdir(parents=True, exist_ok=True)
    asked = {"title": one_line(args.title or "") or "Operations", "timezone": zone}
    (book, values), *records = drafts
    written = draft([(book, {**values, **asked}), *records], folder, keeps=_KEPT)
    written += refresh(there, Screen(io.StringIO()), begin=True)
    screen.good(
        f"Started a book {'here' if name == '.' else f'in {name}'}, with runbooks and checklists to begin with."
    )
    where = "" if args.folder == "." else f" -C {shlex.quote(args.folder)}"
    code = 0
    if drill:
        there.begin(written, "Start the book")
        try:
            code = _rehearse(there.again())
        except OpsbookError as error:
            screen.bad(f"The book is committed, and no drill was declared. {error.message} {error.remedy}")
            code = error.exit_code
        first = f"opsbook{where} site serve"
    else:
        git = "" if (folder / ".git").exists() else f"git{where} init --initial-branch=main; "
        first = f"{git}git{where} add --all; git{where} commit --message 'Start the book'"
    screen.line(f"{'Then' if drill and not code else 'Next'}: 1. {first}")
    screen.line(f"      2. opsbook{where} {'new service' if drill and not code else 'declare --drill'}")
    screen.line(f"      3. opsbook{where} doctor   (your people, channels and severities are in {CONFIG_PATH})")
    if args.program is None:
        screen.line(f"For GitHub, put the repository and the commit of this program into {ACTION}.")
    return code


def _drafts(args: argparse.Namespace, branch: str | None) -> list[Draft]:
    """The templates of the first files and their values, but for what is asked at a terminal.

    Args:
        branch: that the repository is on, which becomes the main branch of the book.
    """
    from slugify import slugify

    major, minor, *_ = __version__.split(".")
    (team,) = entries([args.team], (), "--team")
    args.team_id = team["id"]
    people = [
        {"name": name.strip(), "id": slugify(name), "login": login.strip()}
        for name, _, login in (one_line(person).partition("=") for person in args.people or ())
    ]
    for person in people:
        if not person["id"] or not re.fullmatch(r"[A-Za-z0-9_-]{0,39}", person["login"]):
            raise UsageError(f"--on-call: “{shorten(person['name'], 60)}” cannot be used.", "Write it as Name=login.")
    values: dict[str, Value] = {
        "requires": f">={major}.{minor},<{major}.{int(minor) + 1}",
        "program": _program(args.program),
        "main": branch or "main",
        "teams": [team],
        "people": people,
    }
    drafts: list[Draft] = []
    for start in _starts():
        values |= start.values(args) if start.values else {}
        drafts += start.drafts(args) if start.drafts else ()
    return [("book", values), *drafts]


def _rehearse(there: Workspace) -> int:
    """Declare a drill, as anybody would."""
    args = argparse.Namespace(by=None, dry_run=False, format="text")
    for start in _starts():
        if start.rehearse is not None:
            request = start.rehearse(there.book, there.actor())
            return carry_out(request, args, there, phrase("Drill {id} declared"), tells=True)
    return 0


def _zone(given: str | None) -> str:
    """A zone that exists; UTC when nobody says.

    Raises:
        UsageError: there is none of that name, with names that are near.
    """
    zone, known = one_line(given or "Etc/UTC"), sorted(zones())
    if (zone in known and "/" in zone) or zone == "UTC":
        return zone
    cities = {name.rpartition("/")[2].casefold(): name for name in known if "/" in name}
    wanted = zone.rpartition("/")[2].casefold()
    near = [cities[name] for name in get_close_matches(wanted, cities, n=3, cutoff=0.75)]
    hint = f"Did you mean {' or '.join(near)}?" if near else "Write it as area and city, like Europe/London."
    raise UsageError(f"“{shorten(zone, 40)}” is no time zone.", hint)


_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9_.-]{1,100})@([0-9a-f]{40})")


def _program(given: str | None) -> str:
    """The action that installs the program, as a workflow names it; one that does not exist when nobody has chosen.

    Raises:
        UsageError: what was given is not a repository at a commit.
    """
    found = _PIN.fullmatch(given or f"example-org/opsbook@{NO_COMMIT}")
    if found is None:
        raise UsageError(
            f"“{shorten(one_line(given or ''), 80)}” is not a repository at a commit.",
            "Write OWNER/NAME@COMMIT, with the 40 digits of the commit: a branch or a tag can move.",
        )
    return f"{found[1]}/{PurePosixPath(ACTION).parent}@{found[2]}"
