"""tell people what was changed by hand, once it is on main"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from opsbook.commands.workspace import Workspace, seen
from opsbook.core.announcement import Announcement
from opsbook.core.unseen import absent
from opsbook.perform import Said, announce_landed, unsaid
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to begin, and how to report."""
    parser.add_argument(
        "--since", metavar="REV", required=True, help="the last commit of main that was announced, or how far back: 2d"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be said, and say nothing")
    parser.add_argument("--by", metavar="ID", help="who runs it; what is said stays the act of who changed it")
    parser.add_argument("--yes", action="store_true", help="ask nothing; it never does")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Announce each step of main, and print what was said; what was said before is passed over."""
    screen = Screen(sys.stdout, color=workspace.color)
    context = workspace.context(args.by)
    if args.dry_run:
        workspace.look()
        would = unsaid(workspace.landed(args.since), context)
        end = absent("0 would be said. Nothing was.", workspace.unseen) if not would else ""
        preview(would, "unsaid", end or f"{len(would)} would be said. Nothing was.", args, screen, workspace)
        return 0
    said = Said()
    for step in announce_landed(workspace.landed(args.since), context):
        said += step
        if args.format == "text":
            show(step, screen)
    if args.format == "json":
        screen.json({**as_json(said), **seen(workspace)})
    elif said == Said():
        words = "Nothing to say: what changed was told already, or is nothing that people are told."
        screen.line(absent(words, workspace.unseen))
    sys.stdout.flush()
    return said.exit_code


def preview(
    would: Sequence[Announcement], name: str, end: str, args: argparse.Namespace, screen: Screen, workspace: Workspace
) -> None:
    """Print what would be said: line by line with a last line, or as one object under a name."""
    if args.format == "json":
        rows = [{"id": i.record, "audience": i.audience, "headline": i.headline} for i in would]
        screen.json({name: rows, **seen(workspace)})
        return
    for item in would:
        screen.line(f"{item.record}: {item.audience}: {item.headline}")
    screen.line(end)


def show(said: Said, screen: Screen) -> None:
    """Print what was said, line by line, and who was not told."""
    for record, headline, told in said.told:
        if told.ok:
            screen.good(f"{record}: told {told.audience} by {told.sink}: {headline}")
        else:
            what = "was not told" if told.again else "may not have been told"
            screen.bad(f"{record}: {told.audience} {what} by {told.sink}: {told.error}")
    if said.unreceipted:
        screen.bad(f"Told, but nothing on record says so yet: {said.unreceipted}")
    if said.stopped:
        screen.bad(f"Stopped, and nothing more was said: {said.stopped}")
        screen.line("  Run the same command again; nothing is said twice.")
    elif said.exit_code:
        screen.line("  Finish it with: opsbook reconcile (in five minutes)")


def as_json(said: Said) -> dict[str, object]:
    """The object for programs."""
    return {
        "told": [
            {"id": record, "headline": headline, "sink": t.sink, "ok": t.ok, "ref": t.ref, "error": t.error}
            for record, headline, t in said.told
        ],
        "problems": [problem for problem in (said.unreceipted, said.stopped) if problem],
    }
