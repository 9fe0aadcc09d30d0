"""do what somebody asks for on GitHub, with a form or a comment, and answer it; for workflows"""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from opsbook.commands.printing import phrase
from opsbook.commands.workspace import Workspace
from opsbook.commands.writing import NEVER_ASKS, carry_out, options
from opsbook.core.announcement import medium_of
from opsbook.core.book import Book
from opsbook.core.config import PERMISSIONS
from opsbook.core.context import Context
from opsbook.core.errors import ForgeFault, Refused
from opsbook.core.ids import Ids
from opsbook.core.intake import Answer, Intake, all_intakes
from opsbook.core.plan import Origin
from opsbook.core.ports import Asked, Desk
from opsbook.core.request import Request
from opsbook.perform import Outcome
from opsbook.report.screen import Screen

_AGAIN = "Run this job again: it finishes what is left, and does nothing twice."

WRITES = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """How to report. Who asks is whoever GitHub says, so there is no `--by`."""
    options(parser, dry_run="show what would be written, and answer nothing", yes=NEVER_ASKS, by="")
    parser.set_defaults(by=None)


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Read the form, see whether the person may declare, declare, answer.

    What an earlier run has begun is finished as it was begun, whatever became of the form and of permissions since.
    """
    desk = workspace.desk()
    screen = Screen(sys.stderr if args.format == "json" else sys.stdout, color=workspace.color)
    try:
        asked = desk.asked()
        intake, read, fault = _read(asked, workspace)
        if asked is None or intake is None:
            return _nothing(f"Nothing to do: {desk.occasion} declares no incident.", args, screen)
        origin = Origin("github", asked.origin, asked.at)
        # What a comment asks for stands in it for good; who may ask is said by their role, not by the repository.
        begun = _begun(intake, origin, workspace.context()) if not asked.record else None
        request = begun or read
        if begun is None:
            fault = (None if asked.record else _not_allowed(asked, desk, workspace)) or _not_theirs(asked) or fault
            if fault is not None:
                return _turn_away(fault, intake, asked, desk, args, workspace, screen)
    except ForgeFault as error:
        message = f"{error.message} Nothing is done yet, because GitHub could not be asked."
        raise type(error)(message, f"Run this job again, or declare it in a terminal. {error.remedy}") from None
    assert request is not None

    def answered(outcome: Outcome) -> int:
        if not outcome.unpublished and not asked.record:
            workspace.output("record", outcome.id)  # what `opsbook merge` may merge now
        text = intake.answer(workspace.book, request, _summed_up(outcome))
        if _answer(desk, asked, text, screen, done=not outcome.unpublished):
            return outcome.exit_code
        return outcome.exit_code or 5

    try:
        return carry_out(
            request, args, workspace, phrase(intake.done(request)), tells=True, origin=origin, answered=answered
        )
    except Refused as error:
        if begun is not None:
            raise
        return _turn_away(error, intake, asked, desk, args, workspace, screen)


def _read(asked: Asked | None, workspace: Workspace) -> tuple[Intake | None, Request | None, Refused | None]:
    """Whose form it is, and what it says or what is wrong with it; nothing when it is none of ours."""
    for intake in all_intakes(workspace.kinds) if asked is not None else ():
        try:
            if asked is not None and (request := intake.read(asked)) is not None:
                return intake, request, None
        except Refused as error:
            return intake, None, error
    return None, None, None


def _begun(intake: Intake, origin: Origin, context: Context) -> Request | None:
    """What an earlier run has begun for this form: here, where it was cut off, or on record."""
    for intent in context.intents.orphans():
        if intent.key == origin.key:
            return intent.request
    record = intake.first_id(Ids(origin.seed), origin.now)
    published = context.forge.published(record, origin.key)
    if published is None:
        return None
    _, after = context.forge.change(published)
    book = Book(after, context.kinds)
    found = next((there for kind in book.kinds if (there := book.resolve(kind, record)) is not None), None)
    request = intake.asked_for(found) if found is not None else None
    if request is None:
        raise Refused(f"{record} was declared with this form, and cannot be read.", "See: opsbook check")
    return request


class _NotAllowed(Refused):
    """Whoever asks may not declare; `needed` and `has` are permissions."""

    def __init__(self, asked: Asked, scope: str, needed: str, has: str) -> None:
        super().__init__(
            f"{asked.by} has the permission {has} on {scope}; declaring takes {needed}.",
            "Somebody who has it can declare it. What it takes is forge.intake in opsbook.yml.",
        )
        self.needed, self.has = needed, has


def _not_allowed(asked: Asked, desk: Desk, workspace: Workspace) -> Refused | None:
    needed, has = workspace.book.config.core.forge.intake, desk.permission(asked)
    enough = has in PERMISSIONS and PERMISSIONS.index(has) >= PERMISSIONS.index(needed)
    return None if enough else _NotAllowed(asked, desk.scope, needed, has)


def _not_theirs(asked: Asked) -> Refused | None:
    """Whoever edits the words of another need not mean them, and whose permission counts did not write them."""
    if not asked.edited_by:
        return None
    return Refused(
        f"Somebody else than {asked.login} has changed this form.",
        f"Whoever means it fills in a form of their own, or {asked.login} edits this one.",
    )


def _turn_away(
    error: Refused,
    intake: Intake,
    asked: Asked,
    desk: Desk,
    args: argparse.Namespace,
    workspace: Workspace,
    screen: Screen,
) -> NoReturn:
    """Say to whoever asked what is wrong and what to do, and end as refused."""
    again = "Edit this issue: it is read again." if asked.inputs is None else "Then start the workflow again."
    if asked.record:
        again = "Then write another comment."
    if isinstance(error, _NotAllowed):
        text = intake.forbid(workspace.book, error.needed, error.has)
    else:
        text = intake.refuse(workspace.book, asked, error.message, error.remedy, again)
    if not args.dry_run:
        _answer(desk, asked, text, screen, done=False)
    raise error


def _summed_up(outcome: Outcome) -> Answer:
    """What came of it, as far as whoever asked needs to know."""
    return Answer(
        id=outcome.id,
        url=outcome.url,
        reached=sorted({item.audience for item in outcome.heard if item.ok and medium_of(item.audience) != "story"}),
        missed=sorted({item.audience for item in outcome.heard if not item.ok}),
        unpublished=outcome.unpublished,
        masked=sorted({what for _, what in outcome.masked}),
    )


def _answer(desk: Desk, asked: Asked, text: str, screen: Screen, *, done: bool) -> bool:
    """Answer; whether that went well."""
    try:
        desk.answer(asked, text, done=done)
    except ForgeFault as error:
        screen.bad(f"{asked.name} is not answered: {error.message}")
        screen.line(f"  {_AGAIN}")
        return False
    return True


def _nothing(text: str, args: argparse.Namespace, screen: Screen) -> int:
    screen.line(text)
    if args.format == "json":
        Screen(sys.stdout).json(Outcome().as_json())
    return 0
