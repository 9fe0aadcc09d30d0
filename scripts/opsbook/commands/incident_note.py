"""add a note, a decision or a change to the timeline of an incident"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.workspace import Workspace
from opsbook.commands.writing import carry_out, options, pick_to_write, values_of
from opsbook.core.errors import UsageError
from opsbook.core.plan import Request
from opsbook.core.text import visible


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which incident, and what to say."""
    parser.add_argument("id", help="its id or its last characters, or - for the only open one")
    parser.add_argument("text", nargs="*", help="the words; standard input when there are none")
    parser.add_argument("--kind", choices=("note", "decision", "change"), default="note", help="what sort of entry")
    parser.add_argument("--at", metavar="TIME", help="when it happened, like 2026-11-21T10:05:00Z; now otherwise")
    options(parser)


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Write one entry."""
    # An endless stream must not fill the memory: what is longer than this is refused by its length.
    text = " ".join(args.text) if args.text else ("" if sys.stdin.isatty() else sys.stdin.read(100_000))
    if not visible(text).strip():
        raise UsageError("The note is empty.", "opsbook incident note ID 'what you saw or did'")
    record = pick_to_write(None if args.id == "-" else args.id, workspace)
    request = Request(
        "incident.note", workspace.actor(args.by), {"text": text, **values_of(args, "kind", "at")}, record
    )
    return carry_out(request, args, workspace, "Noted in")
