"""What every command that writes has in common: its options, and how it is carried out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from operator import attrgetter

from opsbook.commands.options import completes
from opsbook.commands.printing import Phrase, show, show_plan
from opsbook.commands.workspace import Workspace
from opsbook.core.book import CONFIG_PATH
from opsbook.core.context import Context
from opsbook.core.plan import Origin
from opsbook.core.request import Request
from opsbook.perform import Outcome, performing, preview

NEVER_ASKS = "ask nothing; it never does"
"""What `--yes` means where a workflow is at work."""


def options(
    parser: argparse.ArgumentParser,
    *,
    dry_run: str = "show what would be written, and write nothing",
    yes: str = "ask nothing",
    by: str = "who acts (otherwise OPSBOOK_BY, or git config opsbook.by)",
) -> None:
    """`--dry-run`, `--yes`, `--by` and `--format`, the same everywhere (design, section 9).

    Args:
        dry_run, yes, by: what each means here; without words there is no such option.
    """
    group = parser.add_argument_group("how")
    if dry_run:
        group.add_argument("--dry-run", action="store_true", help=dry_run)
    group.add_argument("--yes", action="store_true", help=yes)
    if by:
        completes(group.add_argument("--by", metavar="ID", help=by), "people")
    group.add_argument("-v", "--verbose", action="store_true", help="say where everything is, and every word told")
    group.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def carry_out(
    request: Request,
    args: argparse.Namespace,
    workspace: Workspace,
    done: Phrase,
    *,
    tells: bool = False,
    origin: Origin | None = None,
    answered: Callable[[Outcome], int] = attrgetter("exit_code"),
    context: Context | None = None,
) -> int:
    """Perform a request and print its outcome; returns the exit code.

    Args:
        done: what is said of the outcome.
        tells: whether somebody should be told by it, so that silence is worth a word.
        origin: what gives the request its key, where it did not begin here.
        context: the ports, where a preview was made with them.
        answered: what is left to do when the outcome was printed; returns the exit code.
    """
    context = context or workspace.context(args.by)
    errors = sum(finding.severity == "error" for finding in workspace.book.config.findings)
    if errors:
        text = f"opsbook: {CONFIG_PATH} has errors ({errors}), and what they spoil is left out. See: opsbook check"
        print(text, file=sys.stderr)
    if args.dry_run:
        show_plan(preview(request, context), args, workspace)
        return 0
    with performing(request, context, origin=origin) as outcome:
        show(outcome, args, workspace, done=done, tells=tells)
        return answered(outcome)
