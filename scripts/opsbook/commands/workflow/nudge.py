"""remind people of what is due in open incidents, once"""

from __future__ import annotations

import argparse

from opsbook.commands.printing import show, show_unsaid
from opsbook.commands.workspace import Workspace
from opsbook.commands.writing import NEVER_ASKS, options
from opsbook.perform import remind, reminders


def arguments(parser: argparse.ArgumentParser) -> None:
    """How to report."""
    options(parser, dry_run="show what people would be reminded of", yes=NEVER_ASKS, by="who runs it")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Remind, and print of what; a reminder that came before does not come again."""
    book = workspace.open_book
    if args.dry_run:
        due = reminders(book, workspace.kinds, workspace.now())
        show_unsaid(due, "due", f"{len(due)} due, told or not. Nothing was said.", args, workspace)
        return 0
    said = remind(book, workspace.context(args.by))
    show(said, args, workspace, nothing="Nothing to say: nothing is due of which people were not reminded before.")
    return said.exit_code
