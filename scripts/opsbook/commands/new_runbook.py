"""draft a runbook: a page that somebody on call can follow"""

from __future__ import annotations

import argparse

from opsbook.commands import drafting
from opsbook.commands.workspace import Workspace


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it is about."""
    parser.add_argument("title", help="what it helps to do")
    parser.add_argument("--area", metavar="ID", help="its folder, an area of opsbook.yml; the first one otherwise")
    parser.add_argument("--owner", metavar="ID", help="the role or team that keeps it true; the first one otherwise")
    drafting.options(parser)


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write `runbooks/<area>/<slug>.md`."""
    title, slug = drafting.titled(args)
    area = drafting.choice(args.area, "areas", "area", workspace)
    owner = drafting.choice(args.owner, "owners", "role or team", workspace)
    values = {"title": title, "slug": slug, "area": area, "owner": owner, "today": f"{workspace.now():%Y-%m-%d}"}
    return drafting.write("runbook", f"runbooks/{area}/{slug}.md", values, args, workspace)
