"""The help of every command, for the reference page."""

from __future__ import annotations

import argparse
from importlib import import_module

from opsbook.commands import COMMANDS


def help_lines() -> list[tuple[str, str]]:
    """Name and help text of each command, 100 columns wide."""
    found: list[tuple[str, str]] = []
    for name in COMMANDS:
        module = import_module(f"opsbook.commands.{name.replace(' ', '_')}")
        parser = argparse.ArgumentParser(
            prog=f"opsbook {name}",
            description=module.__doc__,
            allow_abbrev=False,
            formatter_class=lambda prog: argparse.HelpFormatter(prog, width=100),
        )
        module.arguments(parser)
        found.append((name, parser.format_help().strip()))
    return found
