"""find the runbook for what you try to do, or for an error you see"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.workspace import Workspace
from opsbook.core.errors import UsageError
from opsbook.kinds.runbook.find import find
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to look for."""
    parser.add_argument("words", nargs="+", help="what you try to do, or the error text")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Print the best matches, the best first."""
    words = " ".join(args.words)
    if not words.strip():
        raise UsageError("Nothing to look for.", "opsbook runbook find 'certificate has expired'")
    found = find(workspace.book, words)[:5]
    screen = Screen(sys.stdout, color=workspace.color)
    if args.format == "json":
        rows = [{"id": row.id, "path": row.path, "title": row.title, "why": why} for row, why in found]
        screen.json({"runbooks": rows})
        return 0
    if not found:
        help_ = workspace.book.config.core.help
        screen.line("No runbook says anything about that.")
        for queue in help_.queues:
            channel = workspace.book.config.core.channel(queue.channel or "")
            where = channel.name if channel is not None else queue.title
            screen.line(f"  Ask in {where}: {queue.use_when}")
        return 0
    for row, why in found:
        screen.heading(row.title)
        screen.line(f"  {row.path}")
        screen.line(f"  {why}", "dim")
    return 0
