"""finish what was cut off: publish, tell, and tidy up"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.workspace import Workspace, seen
from opsbook.core.types import write_time
from opsbook.core.unseen import absent
from opsbook.perform import Reconciled, pending, reconcile, resume_secret
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """How to report."""
    parser.add_argument("--dry-run", action="store_true", help="show what was cut off here, and finish nothing")
    parser.add_argument("--yes", action="store_true", help="ask nothing; it never does")
    parser.add_argument("--by", metavar="ID", help="who runs it; what was cut off stays the act of who asked for it")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Reconcile and print what was done."""
    screen = Screen(sys.stdout, color=workspace.color)
    context, kept = workspace.context(args.by), workspace.facts_kept()
    restricted = workspace.restricted(args.by) if kept else None
    if args.dry_run:
        both = [here for here in (context, restricted) if here is not None]
        workspace.look()
        workspace.unseen += [item for here in both for item in here.intents.damaged()]
        waiting = [
            {"action": intent.request.action, "by": intent.request.by, "at": write_time(intent.now)}
            for here in both
            for intent in pending(here)
        ]
        if args.format == "json":
            screen.json({"pending": waiting, **seen(workspace)})
            return 0
        for item in waiting:
            screen.line(f"{item['action']} by {item['by']} at {item['at']}")
        end = "" if waiting else absent("0 would be finished. Nothing was done.", workspace.unseen)
        screen.line(end or f"{len(waiting)} would be finished. Nothing was done.")
        return 0
    done = reconcile(context)
    if restricted is not None:
        more = resume_secret(context, restricted)
        done.resumed += more.resumed
        done.refused += more.refused
        done.problems += more.problems
    elif kept:
        done.problems.append(
            f"{kept} security incident{'s' if kept > 1 else ''} declared here cannot be put on record: the restricted "
            "book is not known. Set OPSBOOK_SECURITY_BOOK to its clone, or GITHUB_TOKEN, and run this again."
        )
    if args.format == "json":
        screen.json(
            {
                "resumed": [outcome.as_json() for outcome in done.resumed],
                "proposed": done.proposed,
                "delivered": done.delivered,
                "waiting": done.waiting,
                "unknown": done.unknown,
                "lapsed": done.lapsed,
                "tidied": done.tidied,
                "refused": done.refused,
                "problems": done.problems,
            }
        )
    else:
        _print(done, screen)
    sys.stdout.flush()
    return done.exit_code


def _print(done: Reconciled, screen: Screen) -> None:
    for outcome in done.resumed:
        if outcome.unpublished:
            screen.bad(f"Not yet on record: {outcome.id or 'a request'}. {outcome.unpublished}")
            continue
        screen.good(f"Finished {outcome.id} on {outcome.branch}")
        for told in outcome.told:
            if not told.ok:
                screen.bad(f"  {told.audience} was not told by {told.sink}: {told.error}")
        if outcome.unreceipted:
            screen.bad(f"  told, but nothing on record says so yet: {outcome.unreceipted}")
    for place in done.proposed:
        screen.good(f"Opened the pull request that was missing: {place}")
    for key in done.delivered:
        screen.good(f"Delivered {key}")
    for key in done.waiting:
        screen.bad(f"Claimed less than five minutes ago, and perhaps being said at this moment: {key}")
    for key in done.unknown:
        screen.bad(f"Nobody knows whether this was said: {key}")
    for key in done.lapsed:
        screen.line(f"Let go of a reminder of what is not due any more: {key}")
    for name in done.tidied:
        screen.line(f"Deleted the merged branch {name}")
    for text in done.refused:
        screen.bad(f"Cannot be done any more: {text}")
    for text in done.problems:
        screen.bad(text)
    if done.waiting:
        screen.line("Run it again in five minutes.")
    if done == Reconciled():
        screen.good("Nothing to do: everything is published and told.")
