"""explain a code: what it means, why it matters and what to do"""

from __future__ import annotations

import argparse
import sys

from opsbook.commands.options import completes
from opsbook.commands.workspace import Workspace
from opsbook.core.check import all_codes
from opsbook.core.errors import UsageError
from opsbook.core.examples import Example, examples
from opsbook.report.screen import Screen

NEEDS_BOOK = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which code."""
    completes(parser.add_argument("code", nargs="?", help="for example INC001; all of them without one"), "code")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Print the docstring of the rule, and what is wrong and right."""
    codes = all_codes(workspace.kinds)
    screen = Screen(sys.stdout, color=workspace.color, lines=workspace.lines)
    if args.code is None:
        screen.table(
            ("code", "severity", "what"), [(name, code.severity, code.title()) for name, code in codes.items()]
        )
        return 0
    code = codes.get(args.code.upper())
    if code is None:
        raise UsageError(f"There is no code “{args.code}”.", "`opsbook explain` lists them.")
    screen.heading(f"{code.__name__}: {code.title()}")
    screen.line()
    for paragraph in code.remedy().split("\n"):
        screen.block(paragraph, "  ")
    screen.line()
    if (example := examples().get(code.__name__)) is not None:
        _show(example, screen)
    blocks = (
        "It blocks always, also while an incident is open."
        if code.always
        else (
            "It is an error; while an incident is open it is a warning and blocks nothing."
            if code.severity == "error" and code.__name__.startswith("INC")
            else "It is an error."
            if code.severity == "error"
            else "It is a warning and blocks nothing."
        )
    )
    screen.line(blocks, "dim")
    screen.line(
        f"It can be suppressed on its line by a comment: opsbook: allow {code.__name__} because …"
        if code.may_be_suppressed()
        else "It cannot be suppressed.",
        "dim",
    )
    return 0


def _show(example: Example, screen: Screen) -> None:
    for title, shown in (("Wrong", example.wrong), ("Right", example.right)):
        screen.line(f"{title}: {'' if shown else 'without that file'}".rstrip(), "bold")
        for path, text in shown.items():
            screen.line(f"  {path}", "dim")
            for line in text.split("\n"):
                screen.line(f"    {line}".rstrip())
        screen.line()
