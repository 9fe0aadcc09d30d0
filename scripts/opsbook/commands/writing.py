"""What every command that writes has in common: its options, and how its outcome is printed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path

from opsbook.commands.workspace import Workspace
from opsbook.core.book import CONFIG_PATH
from opsbook.core.errors import OpsbookError
from opsbook.core.plan import Origin, Plan
from opsbook.core.request import Request
from opsbook.core.types import write_time
from opsbook.perform import Outcome, performing, preview
from opsbook.report.screen import Screen


def options(parser: argparse.ArgumentParser) -> None:
    """`--dry-run`, `--yes`, `--by` and `--format`, the same everywhere (design, section 9)."""
    group = parser.add_argument_group("how")
    group.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")
    group.add_argument("--yes", action="store_true", help="ask nothing")
    group.add_argument("--by", metavar="ID", help="who acts (otherwise OPSBOOK_BY, or git config opsbook.by)")
    group.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def carry_out(
    request: Request,
    args: argparse.Namespace,
    workspace: Workspace,
    done: str,
    *,
    tells: bool = False,
    origin: Origin | None = None,
    answered: Callable[[Outcome], int] = attrgetter("exit_code"),
) -> int:
    """Perform a request and print its outcome; returns the exit code.

    Args:
        done: what to say before the id.
        tells: whether somebody should be told by it, so that silence is worth a word.
        origin: what gives the request its key, where it did not begin here.
        answered: what is left to do when the outcome was printed; returns the exit code.
    """
    context = workspace.context(args.by)
    errors = sum(finding.severity == "error" for finding in workspace.book.config.findings)
    if errors:
        text = f"opsbook: {CONFIG_PATH} has errors ({errors}), and what they spoil is left out. See: opsbook check"
        print(text, file=sys.stderr)
    if args.dry_run:
        show_plan(preview(request, context), args, workspace)
        return 0
    with performing(request, context, origin=origin) as outcome:
        show(outcome, done, args, workspace, tells=tells)
        return answered(outcome)


def show(
    outcome: Outcome,
    done: str,
    args: argparse.Namespace,
    workspace: Workspace,
    *,
    tells: bool = False,
    kept: Outcome | None = None,
) -> None:
    """Print an outcome, as text or as JSON.

    What is still in a buffer was not printed: the intent is forgotten only when the person can see the result.

    Args:
        kept: what came of the facts that went to the restricted book.

    Raises:
        OpsbookError: it cannot be written.
    """
    if args.format == "json":
        facts = {"facts": {name: getattr(kept, name) for name in ("branch", "commit", "url")}} if kept else {}
        Screen(sys.stdout).json({**outcome.as_json(), **facts})
        _problems(outcome, Screen(sys.stderr), tells=tells)
    else:
        _print(outcome, done, workspace, tells=tells)
    if kept is not None:
        _print_kept(kept, Screen(sys.stderr if args.format == "json" else sys.stdout, color=workspace.color))
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OpsbookError(
            f"It is done, and the result cannot be written: {error.strerror}.", "The same command shows it again."
        ) from None


def _print_kept(kept: Outcome, screen: Screen) -> None:
    """Where the facts of a security incident are; never what they are."""
    if kept.unpublished:
        screen.bad(f"The facts are saved on this machine, and not yet in the restricted book: {kept.unpublished}")
        screen.line("  Finish it with: opsbook reconcile")
        return
    screen.good(f"Facts kept in the restricted book: {kept.url or f'{kept.branch} at {kept.commit[:12]}'}")
    if kept.next:
        screen.line(f"  when it is agreed, there: {kept.next}")


def show_plan(plan: Plan, args: argparse.Namespace, workspace: Workspace) -> None:
    """Print what would be written."""
    if args.format == "json":
        files = {path: None if data is None else data.decode() for path, data in plan.files.items()}
        Screen(sys.stdout).json({"id": plan.record, "path": plan.path, "branch": plan.branch, "files": files})
        return
    screen = Screen(sys.stdout, color=workspace.color)
    screen.pairs(plan.summary)
    screen.line()
    screen.line("Nothing is written. These files would be, on the branch " + plan.branch + ":")
    for path in plan.files:
        screen.line(f"  {path}")


def _near(place: str, workspace: Workspace) -> str:
    """A path as it is typed in the book's folder, where it is in there."""
    path = Path(place)
    return str(path.relative_to(workspace.root)) if path.is_relative_to(workspace.root) else place


def _print(outcome: Outcome, done: str, workspace: Workspace, *, tells: bool) -> None:
    screen = Screen(sys.stdout, color=workspace.color)
    screen.good(f"{done} {outcome.id}")
    if outcome.since is not None:
        screen.line(f"  asked for at {write_time(outcome.since)} and cut off; finished now, and not done twice")
    if outcome.path:
        screen.line(f"  {outcome.path}")
    if outcome.branch:
        where = f" at {outcome.commit[:12]}" if outcome.commit else ""
        screen.line(f"  on branch {outcome.branch}{where}")
    if outcome.url:
        screen.line(f"  {outcome.url}")
    for place in outcome.outbox:
        screen.line(f"  text of the request: {_near(place, workspace)}")
    if outcome.next:
        screen.line(f"  when it is agreed: {outcome.next}")
    _problems(outcome, screen, tells=tells)


def _problems(outcome: Outcome, screen: Screen, *, tells: bool) -> None:
    if tells and not outcome.told:
        screen.bad(f"Nobody was told: {CONFIG_PATH} names no channel for it. Tell people yourself.")
    if outcome.unpublished:
        screen.bad(f"Saved, and not yet on record: {outcome.unpublished}")
    for told in outcome.told:
        if not told.ok:
            what = "was not told" if told.again else "may not have been told"
            screen.bad(f"{told.audience} {what} by {told.sink}: {told.error}")
    if outcome.unreceipted:
        screen.bad(f"Told, but nothing on record says so yet: {outcome.unreceipted}")
    if outcome.exit_code:
        later = " (in five minutes)" if outcome.finished else ""
        screen.line(f"  Finish it with: opsbook reconcile{later}")
