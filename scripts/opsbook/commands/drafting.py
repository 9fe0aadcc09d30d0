"""What the commands that draft a record share: checked names, and a choice among the words of opsbook.yml."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping

from slugify import slugify

from opsbook.commands.workspace import Workspace
from opsbook.core.errors import Refused, UsageError
from opsbook.core.text import one_line, shorten
from opsbook.report.screen import Screen
from opsbook.report.templates import draft

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def options(parser: argparse.ArgumentParser) -> None:
    """`--slug` and `--dry-run`."""
    parser.add_argument("--slug", help="its name in addresses; made from the title otherwise")
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


def titled(args: argparse.Namespace) -> tuple[str, str]:
    """The title and the slug of a new record; raises UsageError when they cannot be used."""
    title = one_line(args.title)
    if not title or len(title) > 120:
        raise UsageError(f"The title has {len(title)} characters.", "Use 1 to 120.")
    slug = args.slug or slugify(title, max_length=60, word_boundary=True)
    if not _SLUG.fullmatch(slug) or len(slug) > 60:
        what = f"“{shorten(one_line(slug), 60)}” cannot be a file name." if slug else "This title gives no file name."
        raise UsageError(what, "Give --slug with lower-case words and hyphens.")
    return title, slug


def choice(given: str | None, vocabulary: str, noun: str, workspace: Workspace) -> str:
    """A word of opsbook.yml: the given one, or the first there is."""
    known = list(workspace.book.config.vocabulary.get(vocabulary, {}))
    if given is None and known:
        return known[0]
    if given in known:
        return str(given)
    what = f"“{shorten(one_line(given), 40)}” is not a {noun}." if given else f"opsbook.yml has no {noun} yet."
    raise UsageError(what, f"Known are {', '.join(known) or 'none'}; add one to opsbook.yml: one line.")


def write(kind: str, path: str, values: Mapping[str, str], args: argparse.Namespace, workspace: Workspace) -> int:
    """Write the draft into the working tree, for a person to edit."""
    screen = Screen(sys.stdout, color=workspace.color)
    if workspace.book.tree.read(path) is not None:
        raise Refused(f"{path} exists.", "Edit it, or give another title or --slug.")
    if args.dry_run:
        screen.line(f"Would write {path}")
        return 0
    draft(kind, values, workspace.root)
    screen.good(f"Drafted {path}")
    screen.line(f"Edit it, then: opsbook check {path}")
    return 0
