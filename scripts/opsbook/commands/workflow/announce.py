"""tell people what was changed by hand, once it is on main"""

from __future__ import annotations

import argparse

from opsbook.commands.printing import show, show_unsaid
from opsbook.commands.workspace import Workspace
from opsbook.commands.writing import NEVER_ASKS, options
from opsbook.perform import Said, announce_landed, unsaid


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to begin, and how to report."""
    parser.add_argument(
        "--since", metavar="REV", required=True, help="the last commit of main that was announced, or how far back: 2d"
    )
    options(
        parser,
        dry_run="show what would be said, and say nothing",
        yes=NEVER_ASKS,
        by="who runs it; what is said stays the act of who changed it",
    )


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Announce each step of main, and print what was said; what was said before is passed over."""
    context = workspace.context(args.by)
    if args.dry_run:
        workspace.look()
        would = unsaid(workspace.landed(args.since), context)
        show_unsaid(would, "unsaid", f"{len(would)} would be said. Nothing was.", args, workspace)
        return 0
    said = Said()
    for step in announce_landed(workspace.landed(args.since), context):
        said += step
        if args.format == "text" and step != Said():
            show(step, args, workspace)
    if args.format == "json" or said == Said():
        nothing = "Nothing to say: what changed was told already, or is nothing that people are told."
        show(said, args, workspace, nothing=nothing)
    return said.exit_code
