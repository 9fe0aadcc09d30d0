"""say what is missing, by trying it: Git, settings, GitHub, Slack"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from opsbook.commands.workspace import Workspace
from opsbook.core.errors import OpsbookError
from opsbook.core.examined import Examined, unknown
from opsbook.core.ports import Examiner
from opsbook.core.text import one_line
from opsbook.report.screen import Screen

_SHOWN = {
    "fine": ("fine", "green"),
    "missing": ("MISSING", "red"),
    "unknown": ("unknown", "yellow"),
    "note": ("note", ""),
}
"""How a state is printed, and its colour."""

NEEDS_BOOK = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """How to report."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Examine every part, print what was found as it comes, and return 0 when nobody has to do anything."""
    as_json = args.format == "json"
    screen = Screen(sys.stdout, color=workspace.color)
    found: list[tuple[str, Examined]] = []
    for examiner in workspace.examiners():
        if not as_json:
            screen.heading(examiner.part)
        for item in _examine(examiner):
            found.append((examiner.part, item))
            if not as_json:
                _print(item, screen)
                sys.stdout.flush()  # the next may have to wait for an answer
        if not as_json:
            screen.line()
    good = all(item.is_good for _, item in found)
    if as_json:
        rows = [
            {"what": f"{part}: {item.what}", "state": item.state, "says": item.says, "remedy": item.remedy}
            for part, item in found
        ]
        screen.json({"fine": good, "examined": rows})
    else:
        _sum_up([item for _, item in found], screen)
    return 0 if good else 1


def _examine(examiner: Examiner) -> Iterator[Examined]:
    """What one part says; a part that breaks stops no other."""
    try:
        yield from examiner.examine()
    except OpsbookError as error:
        yield unknown("examination", error.message, error.remedy or "Run it again.")
    except Exception as error:
        yield unknown(
            "examination",
            f"It broke off, and that is our fault: {type(error).__name__}.",
            "Report it with this line; the other parts were examined.",
        )


def _print(item: Examined, screen: Screen) -> None:
    word, color = _SHOWN[item.state]
    screen.line(f"  {word.ljust(7)}  {one_line(item.what)}: {one_line(item.says)}", color)
    if item.remedy:
        screen.line(f"           → {one_line(item.remedy)}")


def _sum_up(found: list[Examined], screen: Screen) -> None:
    lacking = sum(item.state == "missing" for item in found)
    silent = sum(item.state == "unknown" for item in found)
    if not lacking and not silent:
        screen.good("Nothing is missing.")
        return
    words = [f"{lacking} missing" if lacking else "", f"{silent} unknown" if silent else ""]
    screen.bad(f"{', '.join(filter(None, words))}. The arrows say what to do.")
