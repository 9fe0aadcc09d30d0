"""The parser of every command, and the help of all of them for the reference page."""

from __future__ import annotations

import argparse
from importlib import import_module
from types import ModuleType

from opsbook.commands import Found, commands


def add_arguments(module: ModuleType, parser: argparse.ArgumentParser, *, helping: bool) -> None:
    """What a command takes: a kind describes it, or the command's own module does."""
    if hasattr(module, "COMMAND"):
        from opsbook.commands import described

        described.arguments(module.COMMAND, module.__name__.split(".")[2], parser, helping=helping)
    else:
        module.arguments(parser)


def help_lines() -> list[tuple[str, str]]:
    """Name and help text of each command, 100 columns wide."""
    return [(name, _help(name, found)) for name, found in commands().items()]


def _help(name: str, found: Found) -> str:
    parser = argparse.ArgumentParser(
        prog=f"opsbook {name}",
        description=found.summary,
        allow_abbrev=False,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=100),
    )
    add_arguments(import_module(found.module), parser, helping=True)
    return parser.format_help().strip()
