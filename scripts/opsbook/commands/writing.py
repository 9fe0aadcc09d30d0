"""What every command that writes has in common: its options, and how its outcome is printed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

from opsbook.commands.workspace import Workspace
from opsbook.core.book import CONFIG_PATH
from opsbook.core.errors import NotSeen, OpsbookError, Refused
from opsbook.core.ids import RECORD_ID
from opsbook.core.plan import Origin, Plan, Request
from opsbook.core.text import shorten, terminal
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
    for request in outcome.before:
        screen.line(f"  first finished what was saved here before: {request}")
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


def pick_incident(fragment: str | None, workspace: Workspace) -> str:
    """The id of the incident that a person means: the whole id, its last characters, or none for the only open one.

    Raises:
        Refused: nothing or more than one matches.
    """
    refs = workspace.open_book.refs("incident")
    if fragment is None:
        from opsbook.kinds.incident.similar import open_incidents

        matches = [view.record.id for view in open_incidents(workspace.open_book)]
    else:
        wanted = fragment.strip().upper()
        matches = [id_ for id_ in refs if id_ == wanted] or [id_ for id_ in refs if wanted and id_.endswith(wanted)]
    if len(matches) == 1:
        return matches[0]
    if not matches and workspace.unseen:
        what = f"No incident “{shorten(terminal(fragment), 40)}”" if fragment else "No open incident"
        raise NotSeen(f"{what} is among what could be seen, and not everything could.", "Name it by its whole id.")
    if not matches:
        what = f"There is no incident “{shorten(terminal(fragment), 40)}”." if fragment else "No incident is open."
        raise Refused(what, "`opsbook incident list --all` shows every one.")
    raise Refused(
        f"{len(matches)} incidents match: {', '.join(matches[:8])}.",
        "Say which, by its id or its last five characters.",
    )


def pick_to_write(fragment: str | None, workspace: Workspace) -> str:
    """As `pick_incident`, for a request: a whole id is taken at its word where not everything could be seen.

    What is asked for is then saved until somebody can see whether there is such a record.
    """
    try:
        return pick_incident(fragment, workspace)
    except NotSeen:
        if fragment is None or not RECORD_ID.fullmatch(fragment.strip().upper()):
            raise
        return fragment.strip().upper()


def values_of(args: argparse.Namespace, *names: str) -> Mapping[str, Any]:
    """The arguments that were given, for a request."""
    return {name: getattr(args, name) for name in names if getattr(args, name) not in (None, [], False)}
