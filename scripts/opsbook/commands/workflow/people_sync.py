"""bring the people of opsbook.yml up to date with a team of GitHub or a group of Slack"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC

from opsbook.commands.workspace import Workspace
from opsbook.core import yaml
from opsbook.core.book import CONFIG_PATH
from opsbook.core.config import Person
from opsbook.core.errors import Refused
from opsbook.core.people import changes
from opsbook.core.text import one_line
from opsbook.report.screen import Screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """How to report."""
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Look up each team that says where, and write who joined, changed and left; comments and order stay."""
    core, screen = workspace.book.config.core, Screen(sys.stdout, color=workspace.color)
    if workspace.book.config.document.faults:
        raise Refused(f"{CONFIG_PATH} has errors.", "opsbook check says which.")
    teams = [team for team in core.teams if team.retired is None and (team.github or team.slack)]
    if not teams:
        how = f"Give a team in {CONFIG_PATH} `github: organisation/team` or `slack: S…`, and under `hold` its roles."
        raise Refused("No team says where its members are.", how)
    members = {team.id: workspace.members(team) for team in teams}
    for team in teams:
        if not members[team.id]:  # a team that cannot be seen looks empty, and everybody would be retired
            raise Refused(f"Nobody is in {team.github or team.slack}.", f"Look whether {team.id} is the right team.")
    found = list(changes(core, members, workspace.now().astimezone(UTC).date()))
    if found and not args.dry_run:
        text = (workspace.book.tree.read(CONFIG_PATH) or b"").decode()
        order = [f"people.{name}" for name in Person.model_fields]
        edited = yaml.edit(text, [edit for change in found for edit in change.edits], order)
        (workspace.root / CONFIG_PATH).write_bytes(edited.encode())
    if args.format == "json":
        screen.json({"changes": [change.said for change in found], "written": bool(found) and not args.dry_run})
        return 0
    for change in found:
        screen.line(one_line(change.said))
    if not found:
        screen.good("Everybody is listed as they are.")
    elif args.dry_run:
        screen.line("Nothing was written.")
    else:
        screen.good(f"Wrote {CONFIG_PATH}.")
        screen.line("Next: look at it with git diff; then opsbook schema; opsbook forms; opsbook check")
    return 0
