"""merge declarations that pass the check, where opsbook.yml says so"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.workspace import Workspace
from opsbook.core.errors import ForgeFault, UsageError
from opsbook.perform import merge_declarations
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which records, and what follows."""
    parser.add_argument("records", nargs="*", metavar="ID", help="incidents; without any, every open declaration")
    parser.add_argument(
        "--start", metavar="WORKFLOW", help="then start this workflow, like main.yml, with the input `since`"
    )
    parser.add_argument("--by", metavar="ID", help="who runs it")
    parser.add_argument("--yes", action="store_true", help="ask nothing; it never does")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


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
    screen = Screen(sys.stdout, color=workspace.color)
    if args.format == "json":
        screen.json(
            {
                "merged": [{"id": id_, "commit": p.commit, "url": p.url} for id_, p in done.merged.items()],
                "left": [{"id": id_, "why": why} for id_, why in done.left.items()],
                "problems": done.problems,
            }
        )
        return done.exit_code
    for record, published in done.merged.items():
        screen.good(f"Merged {record}: {published.url or published.commit}")
    for record, why in done.left.items():
        screen.line(f"{record} stays open: {why}")
    for problem in done.problems:
        screen.bad(problem)
    if not (done.merged or done.left or done.problems):
        screen.good("No declaration is waiting to be merged.")
    return done.exit_code
