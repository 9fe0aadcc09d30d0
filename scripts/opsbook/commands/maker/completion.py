"""complete commands, options, ids and people at the press of Tab, in bash, zsh and fish"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.workspace import Workspace
from opsbook.report.completion import SHELLS, answer

NEEDS_BOOK = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which shell, and what it asks."""
    parser.add_argument("shell", choices=SHELLS, help="prints what this shell reads when it starts")
    parser.add_argument("words", nargs="*", metavar="WORD", help="after --, a line so far: prints what may follow")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Print it. `opsbook.cli` answers by itself whatever a shell asks: this one is slower to start."""
    sys.stdout.write(answer([args.shell, *(["--", *args.words] if args.words else [])], workspace.root) or "")
    return 0
