"""show one record: the only open one, or the one that is named"""

from __future__ import annotations

import argparse

from opsbook.commands.picking import pick_any
from opsbook.commands.showing import present
from opsbook.commands.workspace import Workspace


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which, and how."""
    parser.add_argument("id", nargs="?", help="its id or its last characters; nothing when only one is open")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """The id says of which kind it is."""
    kind, id_ = pick_any(args.id, workspace)
    book = workspace.open_book
    record = book.resolve(kind, id_)
    assert record is not None
    return present(workspace.kinds[kind].shown(record, book, workspace.now()), args, workspace, record)
