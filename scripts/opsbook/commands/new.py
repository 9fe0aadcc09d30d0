"""draft a runbook, a service or a book from a template"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from slugify import slugify

from opsbook import __version__
from opsbook.commands.workspace import Workspace
from opsbook.core.book import CONFIG_PATH
from opsbook.core.errors import Refused, UsageError
from opsbook.core.text import one_line, shorten
from opsbook.report.screen import Screen
from opsbook.report.templates import draft

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to draft."""
    kinds = parser.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=argparse.ArgumentParser)
    runbook = kinds.add_parser("runbook", help="a page that somebody on call can follow")
    runbook.add_argument("title", help="what it helps to do")
    runbook.add_argument("--area", metavar="ID", help="its folder, an area of opsbook.yml")
    runbook.add_argument("--owner", metavar="ID", help="the role or team that keeps it true")
    service = kinds.add_parser("service", help="an entry of the catalogue")
    service.add_argument("title", help="its name")
    service.add_argument("--not-ours", action="store_true", help="somebody else runs it")
    service.add_argument("--owner", metavar="TEAM", help="the team that runs it")
    book = kinds.add_parser("book", help="a new book in an empty folder")
    book.add_argument("folder", help="where it goes; made if it does not exist")
    book.add_argument("--title", default="Operations", help="the name of the book")
    book.add_argument("--timezone", default="Etc/UTC", help="the zone in which people see times, like Europe/London")
    for each in (runbook, service):
        each.add_argument("--slug", help="its name in addresses; made from the title otherwise")
    for each in (runbook, service, book):
        each.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write the draft into the working tree, for a person to edit."""
    screen = Screen(sys.stdout, color=workspace.color)
    if args.what == "book":
        return _book(args, screen)
    if not workspace.book.config.present:
        raise Refused(f"{workspace.root} is no book: there is no {CONFIG_PATH}.", "opsbook new book FOLDER starts one.")
    title = one_line(args.title)
    if not title or len(title) > 120:
        raise UsageError(f"The title has {len(title)} characters.", "Use 1 to 120.")
    slug = args.slug or slugify(title, max_length=60, word_boundary=True)
    if not _SLUG.fullmatch(slug) or len(slug) > 60:
        raise UsageError(
            f"“{shorten(one_line(slug), 60)}” cannot be a file name.", "Use --slug with lower-case words and hyphens."
        )
    values = _runbook(args, workspace) if args.what == "runbook" else _service(args, workspace)
    path = f"runbooks/{values['area']}/{slug}.md" if args.what == "runbook" else f"services/{slug}.yaml"
    if workspace.book.tree.read(path) is not None:
        raise Refused(f"{path} exists.", "Edit it, or give another title or --slug.")
    values.update(slug=slug, name=slug, title=title)
    if args.dry_run:
        screen.line(f"Would write {path}")
        return 0
    draft(args.what, values, workspace.root)
    screen.good(f"Drafted {path}")
    screen.line("Edit it, then: opsbook check " + path)
    return 0


def _runbook(args: argparse.Namespace, workspace: Workspace) -> dict[str, str]:
    return {
        "area": _choice(args.area, "areas", "area", workspace),
        "owner": _choice(args.owner, "owners", "role or team", workspace),
        "today": f"{workspace.now():%Y-%m-%d}",
    }


def _service(args: argparse.Namespace, workspace: Workspace) -> dict[str, str]:
    if args.not_ours:
        return {"ours": "no", "owner": ""}
    return {"ours": "yes", "owner": _choice(args.owner, "teams", "team", workspace)}


def _choice(given: str | None, vocabulary: str, noun: str, workspace: Workspace) -> str:
    """A word of opsbook.yml: the given one, or the first there is."""
    known = list(workspace.book.config.vocabulary.get(vocabulary, {}))
    if given is None and known:
        return known[0]
    if given in known:
        return str(given)
    what = f"“{shorten(one_line(given), 40)}” is not a {noun}." if given else f"opsbook.yml has no {noun} yet."
    raise UsageError(what, f"Known are {', '.join(known) or 'none'}; add one to opsbook.yml: one line.")


def _book(args: argparse.Namespace, screen: Screen) -> int:
    folder = Path(args.folder)
    if folder.exists() and (not folder.is_dir() or any(item.name != ".git" for item in folder.iterdir())):
        raise Refused(f"{one_line(args.folder)} is not empty.", "Name a new or an empty folder.")
    if args.dry_run:
        screen.line(f"Would start a book in {args.folder}")
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    major, minor, *_ = __version__.split(".")
    requires = f">={major}.{minor},<{major}.{int(minor) + 1}"
    values = {"title": one_line(args.title) or "Operations", "timezone": one_line(args.timezone), "requires": requires}
    draft("book", values, folder)
    screen.good(f"Started a book in {args.folder}")
    screen.line("Next: git init (if it is no repository yet), git add and commit, opsbook schema, opsbook check.")
    return 0
