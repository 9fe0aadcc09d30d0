"""finish what was cut off: publish, tell, and tidy up"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.printing import show
from opsbook.commands.workspace import Workspace, seen
from opsbook.commands.writing import NEVER_ASKS, options
from opsbook.core.types import write_time
from opsbook.core.unseen import absent
from opsbook.perform import pending, reconcile, resume_secret
from opsbook.report.screen import Screen

WRITES = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """How to report."""
    options(
        parser,
        dry_run="show what was cut off here, and finish nothing",
        yes=NEVER_ASKS,
        by="who runs it; what was cut off stays the act of who asked for it",
    )


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Reconcile and print what was done."""
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
        screen = Screen(sys.stdout)
        if args.format == "json":
            screen.json({"pending": waiting, **seen(workspace)})
            return 0
        for item in waiting:
            screen.line(f"{item['action']} by {item['by']} at {item['at']}")
        end = f"{len(waiting)} would be finished. Nothing was done."
        screen.line(end if waiting else absent(end, workspace.unseen))
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
    show(done, args, workspace, nothing="Nothing to do: everything is published and told.")
    return done.exit_code
