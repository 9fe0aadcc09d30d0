"""draft a service: an entry of the catalogue, ours or not"""

from __future__ import annotations

import argparse

from opsbook.commands import drafting
from opsbook.commands.workspace import Workspace


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it is called, and whose it is."""
    parser.add_argument("title", help="its name")
    parser.add_argument("--not-ours", action="store_true", help="somebody else runs it")
    parser.add_argument("--owner", metavar="TEAM", help="the team that runs it; the first one otherwise")
    drafting.options(parser)


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write `services/<slug>.yaml`."""
    title, slug = drafting.titled(args)
    owner = "" if args.not_ours else drafting.choice(args.owner, "teams", "team", workspace)
    values = {"title": title, "name": slug, "ours": "no" if args.not_ours else "yes", "owner": owner}
    return drafting.write("service", f"services/{slug}.yaml", values, args, workspace)
