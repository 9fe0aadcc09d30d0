"""finish what was cut off: publish, tell, and tidy up"""

from __future__ import annotations

import argparse
import json
import sys

from opsbook.commands.workspace import Workspace
from opsbook.perform import reconcile
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """How to report."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Reconcile and print what was done."""
    done = reconcile(workspace.context())
    if args.format == "json":
        value = {
            "resumed": [outcome.as_json() for outcome in done.resumed],
            "delivered": done.delivered,
            "unknown": done.unknown,
            "tidied": done.tidied,
            "refused": done.refused,
        }
        print(json.dumps(value, ensure_ascii=False))
        return done.exit_code
    screen = Screen(sys.stdout, color=workspace.color)
    for outcome in done.resumed:
        screen.good(f"Finished {outcome.id} on {outcome.branch}")
        if outcome.unpublished:
            screen.bad(f"  still not published: {outcome.unpublished}")
    for key in done.delivered:
        screen.good(f"Delivered {key}")
    for key in done.unknown:
        screen.bad(f"Nobody knows whether this was said: {key}")
    for name in done.tidied:
        screen.line(f"Deleted the merged branch {name}")
    for text in done.refused:
        screen.bad(f"Cannot be done any more: {text}")
    if not (done.resumed or done.delivered or done.unknown or done.tidied or done.refused):
        screen.good("Nothing to do: everything is published and told.")
    return done.exit_code
