"""remind people of what is due in open incidents, once"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.workflow.announce import as_json, preview, show
from opsbook.commands.workspace import Workspace
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
        due = reminders(book, workspace.kinds, workspace.now())
        preview(due, "due", f"{len(due)} due, told or not. Nothing was said.", args, screen)
        return 0
    said = remind(book, workspace.context(args.by))
    if args.format == "json":
        screen.json(as_json(said))
    else:
        show(said, screen)
        if said == Said():
            screen.good("Nothing to say: nothing is due of which people were not reminded before.")
    sys.stdout.flush()
    return said.exit_code
