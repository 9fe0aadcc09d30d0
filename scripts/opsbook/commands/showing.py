"""How what a command shows is printed: one object for programs, or blocks for people."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from opsbook.commands.workspace import Workspace, seen
from opsbook.core.command import Pairs, Table, View
from opsbook.core.unseen import absent
from opsbook.report.screen import Screen

if TYPE_CHECKING:
    from opsbook.core.record import Record


def present(view: View, args: argparse.Namespace, workspace: Workspace, record: Record | None = None) -> int:
    """Print what is shown, and what is not on record of it.

    Args:
        record: the one that is shown, where it is one.
    """
    screen = Screen(sys.stdout, color=workspace.color, lines=workspace.lines)
    saved = record is not None and record.id in workspace.open_book.unrecorded
    if args.format == "json":
        screen.json({**view.data, **({"on_record": not saved} if record is not None else {}), **seen(workspace)})
        return 0
    if saved:
        screen.bad("Part of this is saved on this machine and not yet on record: opsbook reconcile")
    if not view.found:
        screen.line(absent(view.none, workspace.unseen))
    _print(view, screen)
    return 0


def _print(view: View, screen: Screen) -> None:
    for block in view.blocks:
        if isinstance(block, Pairs):
            screen.pairs(block.rows)
        elif isinstance(block, Table):
            screen.table(block.header, block.rows)
        elif block.indent:
            screen.block(block.text, block.indent)
        else:
            screen.line(block.text, block.style)
