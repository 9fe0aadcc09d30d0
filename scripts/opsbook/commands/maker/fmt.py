"""repair the form of records: line ends, byte order marks, space at the end of lines, the order of keys"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from opsbook.commands.naming import records_at
from opsbook.commands.workspace import Workspace
from opsbook.core.book import CONFIG_LIMIT, CONFIG_PART, CONFIG_PATH
from opsbook.core.shape import Part
from opsbook.core.tidy import tidy
from opsbook.core.tree import below
from opsbook.core.yaml import LIMIT
from opsbook.report.screen import Screen

FETCHES = False
"""It is about the files that are here."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to repair, and whether to write."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="records or folders; the whole book without any")
    parser.add_argument("--check", action="store_true", help="change nothing, and say what would be changed")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Repair the files, and say what was done; 1 when something is left to do."""
    screen = Screen(sys.stdout, color=workspace.color)
    count = changed = left = 0
    for path, data, part in _files(args.paths, workspace):
        done = tidy(data, part, CONFIG_LIMIT if path == CONFIG_PATH else LIMIT)
        count += 1
        if done.data != data:
            changed += 1
            if not args.check:
                (workspace.root / path).write_bytes(done.data)
            screen.line(f"{'would change' if args.check else 'changed'} {path}: {', '.join(done.changes)}")
        for fault in done.left:
            left += 1
            screen.bad(f"{path}:{fault.line}:{fault.column}: cannot be repaired by itself: {fault.message}")
    if not changed and not left:
        screen.good(f"{count:,} file{'' if count == 1 else 's'} {'is' if count == 1 else 'are'} as they should be")
    return 1 if left or (args.check and changed) else 0


def _files(paths: list[str], workspace: Workspace) -> Iterator[tuple[str, bytes, Part]]:
    """Path, content and part of each file that was named."""
    book, named = workspace.book, records_at(paths, workspace.book, workspace)
    everything = not named or "." in named
    if everything or CONFIG_PATH in named:
        yield CONFIG_PATH, book.tree.read(CONFIG_PATH) or b"", CONFIG_PART
    for ref in book.everything() if everything else dict.fromkeys(ref for refs in named.values() for ref in refs):
        for file in book.record(ref).files.values():
            if file.data is not None and (everything or any(below(file.path, path) for path in named)):
                yield file.path, file.data, file.part
        book.forget(ref)
