"""merge declarations that pass the check, where opsbook.yml says so"""

from __future__ import annotations

import argparse

from opsbook.commands.options import completes
from opsbook.commands.printing import show
from opsbook.commands.workspace import Workspace
from opsbook.commands.writing import NEVER_ASKS, options
from opsbook.core.errors import ForgeFault, UsageError
from opsbook.perform import merge_declarations


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which records, and what follows."""
    words = "incidents; without any, every open declaration"
    completes(parser.add_argument("records", nargs="*", metavar="ID", help=words), "record")
    parser.add_argument(
        "--start", metavar="WORKFLOW", help="then start this workflow, like main.yml, with the input `since`"
    )
    options(parser, dry_run="", yes=NEVER_ASKS, by="who runs it")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Merge and print what was merged, and why the rest was not."""
    context = workspace.context(args.by)
    if context.host is None:
        raise UsageError(
            "Only GitHub merges by itself: GITHUB_TOKEN and GITHUB_REPOSITORY are not set.",
            "Here, run the `git merge` that the declaration printed.",
        )
    done = merge_declarations(args.records, context, context.host)
    workspace.output("merged", "true" if done.merged else "false")
    if done.merged and args.start:
        # A merge made with a workflow's own token starts no workflow (docs: "Triggering a workflow from a workflow").
        try:
            context.host.start(args.start, {"since": done.since})
        except ForgeFault as error:
            done.problems.append(f"{args.start} was not started, so start it on GitHub: {error.message}")
    show(done, args, workspace, nothing="No declaration is waiting to be merged.")
    return done.exit_code
