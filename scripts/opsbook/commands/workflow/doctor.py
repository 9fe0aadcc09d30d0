"""say what is missing, by trying it: Git, settings, GitHub, Slack"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator

from opsbook.commands.workspace import Workspace
from opsbook.core.errors import OpsbookError
from opsbook.core.examined import Examined, unknown
from opsbook.core.ports import Examiner
from opsbook.core.text import one_line
from opsbook.report.screen import Screen

_COLORS = {"fine": "green", "missing": "red", "unknown": "yellow", "note": ""}

NEEDS_BOOK = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """How to report."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Examine every part, print what was found as it comes, and return 0 when nobody has to do anything."""
    as_json = args.format == "json"
    screen = Screen(io.StringIO() if as_json else sys.stdout, color=workspace.color)
    rows = []
    for examiner in workspace.examiners():
        screen.heading(examiner.part)
        for item in _examine(examiner):
            what = f"{examiner.part}: {item.what}"
            rows.append({"what": what, "state": item.state, "says": item.says, "remedy": item.remedy})
            word = item.state.upper() if item.state == "missing" else item.state
            screen.line(f"  {word.ljust(7)}  {one_line(item.what)}: {one_line(item.says)}", _COLORS[item.state])
            if item.remedy:
                screen.line(f"           → {one_line(item.remedy)}")
            sys.stdout.flush()  # the next may have to wait for an answer
        screen.line()
    states = [row["state"] for row in rows]
    bad = [f"{states.count(state)} {state}" for state in ("missing", "unknown") if state in states]
    if as_json:
        Screen(sys.stdout).json({"fine": not bad, "examined": rows})
    elif bad:
        screen.bad(f"{', '.join(bad)}. The arrows say what to do.")
    else:
        screen.good("Nothing is missing.")
    return 1 if bad else 0


def _examine(examiner: Examiner) -> Iterator[Examined]:
    """What one part says; a part that breaks stops no other."""
    try:
        yield from examiner.examine()
    except OpsbookError as error:
        yield unknown("examination", error.message, error.remedy or "Run it again.")
    except Exception as error:
        says = f"It broke off, and that is our fault: {type(error).__name__}."
        yield unknown("examination", says, "Report it with this line; the other parts were examined.")
