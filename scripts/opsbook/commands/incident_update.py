"""change an incident: status, severity, roles, impact; tell tenants"""

from __future__ import annotations

import argparse

from opsbook.commands.workspace import Workspace
from opsbook.commands.writing import carry_out, options, pick_to_write, values_of
from opsbook.core.plan import Request
from opsbook.kinds.incident.actions import held
from opsbook.kinds.incident.view import IncidentView
from opsbook.kinds.incident.vocabulary import STATUSES


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which incident, and what changes."""
    parser.add_argument("id", nargs="?", help="its id or its last characters; nothing when only one is open")
    parser.add_argument("--status", choices=STATUSES, help="where it stands; its time is set to now")
    parser.add_argument("--severity", metavar="S", help="for example P2")
    parser.add_argument("--lead", metavar="ID", help="who leads from now on")
    parser.add_argument("--comms", metavar="ID", help="who tells people from now on")
    parser.add_argument("--text", metavar="TEXT", help="why the status or the severity changes")
    parser.add_argument("--tell", metavar="TEXT", help="what tenants are told")
    parser.add_argument("--template", metavar="ID", help="the saved template that tenants are told")
    parser.add_argument("--impact", metavar="TEXT", help="what users notice")
    parser.add_argument("--component", metavar="ID", action="append", dest="components", help="of the status page")
    parser.add_argument("--service", metavar="NAME", action="append", dest="services", help="affected as well")
    parser.add_argument("--summary", metavar="TEXT", help="what is known, in a few sentences")
    parser.add_argument("--reviewed-at", metavar="TIME", help="when the review was held")
    facing = parser.add_mutually_exclusive_group()
    facing.add_argument("--user-facing", action="store_const", const=True, default=None, help="users notice it")
    facing.add_argument("--internal", dest="user_facing", action="store_const", const=False, help="users do not")
    options(parser)


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write the facts and the entries that say so."""
    id_ = pick_to_write(args.id, workspace)
    record = workspace.open_book.resolve("incident", id_)
    facts = IncidentView(record).facts if record is not None else None
    names = ("status", "severity", "lead", "comms", "text", "tell", "template", "impact", "components")
    values = {**values_of(args, *names, "services", "summary", "reviewed_at")}
    if args.user_facing is not None:
        values["user_facing"] = args.user_facing
    if facts is not None:
        values["seen"] = {name: value for name, value in held(facts).items() if name in values}
    return carry_out(Request("incident.update", workspace.actor(args.by), values, id_), args, workspace, "Updated")
