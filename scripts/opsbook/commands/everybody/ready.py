"""say in ten lines whether you could run an incident now; for the start of a shift"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator

from opsbook.commands.options import completes
from opsbook.commands.workspace import Workspace
from opsbook.core.duty import duties, said
from opsbook.core.errors import OpsbookError
from opsbook.core.examined import Examined, fine, missing, note, unknown
from opsbook.core.ports import Examiner
from opsbook.core.text import one_line
from opsbook.core.times import Times
from opsbook.report.screen import Screen

_COLORS = {"fine": "green", "missing": "red", "unknown": "yellow", "note": ""}
_REACHED = ("GitHub", "Slack", "Paging")
"""Parts of the world that people are reached through; the others are told in lines of their own."""
_WORST = ("missing", "unknown", "fine", "note")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whose readiness, and how to report."""
    completes(parser.add_argument("--by", metavar="ID", help="who (otherwise OPSBOOK_BY, or opsbook.by)"), "people")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json prints one object")


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """One line for each thing that is needed, as soon as it is known; 1 where somebody has to do something."""
    screen = Screen(io.StringIO() if args.format == "json" else sys.stdout, color=workspace.color)
    rows = []
    for item in _lines(args.by, workspace):
        rows.append({"what": item.what, "state": item.state, "says": item.says, "remedy": item.remedy})
        word = item.state.upper() if item.state == "missing" else item.state
        remedy = f" → {item.remedy}" if item.remedy and not item.is_good else ""
        screen.line(
            f"{word.ljust(7)}  {one_line(item.what)}: {one_line(item.says)}{one_line(remedy)}", _COLORS[item.state]
        )
        sys.stdout.flush()  # the next may have to wait for an answer
    bad = [row["what"] for row in rows if row["state"] in ("missing", "unknown")]
    if args.format == "json":
        Screen(sys.stdout).json({"ready": not bad, "lines": rows})
    elif bad:
        screen.bad(f"Not quite: see to {', '.join(bad)}. `opsbook doctor` says more.")
    else:
        screen.good("You could run an incident now.")
    return 1 if bad else 0


def _lines(by: str | None, workspace: Workspace) -> Iterator[Examined]:
    yield _you(by, workspace)
    yield _clone(workspace)
    yield from (_summed_up(examiner) for examiner in workspace.examiners() if examiner.part in _REACHED)
    book, now = workspace.open_book, workspace.now()
    yield _on_call(workspace)
    for kind in workspace.kinds.values():
        yield from kind.ready(book, now)


def _you(by: str | None, workspace: Workspace) -> Examined:
    """Who acts, what they are, and what they are on call for."""
    core = workspace.book.config.core
    try:
        actor = workspace.actor(by)
    except OpsbookError as error:
        return missing("you", error.message, error.remedy or "git config opsbook.by ID")
    person = next((person for person in core.people if person.id == actor and person.retired is None), None)
    if person is None:
        says = f"You act as {actor}, who is not listed: you may declare and note, and hold no role."
        return note("you", says)
    roles = ", ".join(core.owner_title(role) for role in person.roles) or "no role"
    return fine("you", f"{person.name} ({actor}): {roles}.")


def _clone(workspace: Workspace) -> Examined:
    """Whether this clone has what main has; reading the book has just brought it."""
    workspace.look()
    unseen = list(dict.fromkeys(workspace.unseen))
    if unseen:
        return unknown("clone", f"{unseen[0].what}: {unseen[0].why}", unseen[0].remedy or "git pull")
    return fine("clone", f"Complete, at {workspace.root}; the process and the runbooks read offline from here.")


def _summed_up(examiner: Examiner) -> Examined:
    """What is most wrong with one part, or that nothing is."""
    found: list[Examined] = []
    try:
        found += examiner.examine()
    except OpsbookError as error:
        found.append(unknown(examiner.part, error.message, error.remedy or "Run it again."))
    worst = min(found, key=lambda item: _WORST.index(item.state))
    more = sum(item.state == worst.state for item in found) - 1
    also = f" ({more} more)" if more and not worst.is_good else ""
    return Examined(examiner.part, worst.state, f"{worst.says}{also}", worst.remedy)


def _on_call(workspace: Workspace) -> Examined:
    """Who else is on, for every rota."""
    book, now = workspace.open_book, workspace.now()
    core, times = book.config.core, Times(now, workspace.book.config.core.timezone)
    rotas = [rota for rota in core.rotas if rota.retired is None]
    if not rotas:
        return note("on call", "opsbook.yml has no rota.")
    words, unseen = [], []
    for rota in rotas:
        on = next(duties(book, rota.id, now))
        unseen += [on.unseen] if on.unseen is not None else []
        words.append(f"{rota.title}: {said(on, core)}" + (f" until {times.clock(on.until)}" if on.until else ""))
    if unseen:
        return unknown("on call", "; ".join(words) + ".", unseen[0].remedy)
    return fine("on call", "; ".join(words) + ".")
