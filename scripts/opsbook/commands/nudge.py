"""remind people of what is due in open incidents, once"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.announce import as_json, preview, show
from opsbook.commands.workspace import Workspace, seen
from opsbook.core.unseen import absent
from opsbook.perform import Said, remind, reminders
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """How to report."""
    parser.add_argument("--dry-run", action="store_true", help="show what people would be reminded of")
    parser.add_argument("--by", metavar="ID", help="who runs it")
    parser.add_argument("--yes", action="store_true", help="ask nothing; it never does")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Remind, and print of what; a reminder that came before does not come again."""
    screen = Screen(sys.stdout, color=workspace.color)
    book = workspace.open_book
    if args.dry_run:
        due = reminders(book, workspace.now())
        end = absent("0 due. Nothing was said.", workspace.unseen) if not due else ""
        preview(due, "due", end or f"{len(due)} due, told or not. Nothing was said.", args, screen, workspace)
        return 0
    said = remind(book, workspace.context(args.by))
    if args.format == "json":
        screen.json({**as_json(said), **seen(workspace)})
    else:
        show(said, screen)
        if said == Said():
            words = "Nothing to say: nothing is due of which people were not reminded before."
            screen.line(absent(words, workspace.unseen))
    sys.stdout.flush()
    return said.exit_code
