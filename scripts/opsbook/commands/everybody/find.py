"""find what answers a question, an error or an alert: runbooks, services, pages, past incidents"""

from __future__ import annotations

import argparse

from opsbook.commands.workspace import Workspace

FETCHES = False
"""Whoever is stuck does not wait for the network: what this clone knows is searched."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is looked for, in any words, and how it is printed."""
    parser.add_argument("words", nargs="+", help="what you see or try to do: an alert or error as it is, or a question")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Everything that can be found in the book."""
    from opsbook.commands.finding import find

    return find(args, workspace)
