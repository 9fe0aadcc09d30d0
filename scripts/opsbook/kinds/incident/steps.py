"""The steps of an incident as they stand now: done, open, or not needed while what they are for does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from opsbook.core.book import Book
from opsbook.core.checklist import USERS, only
from opsbook.core.types import Step
from opsbook.kinds.incident.model import FrozenChecklist, Incident, StepDone
from opsbook.kinds.incident.view import IncidentView


class Stand(NamedTuple):
    """One step.

    Attributes:
        number: as `opsbook tick` takes it.
        entry: who did it, or left it out; nothing of one that is open.
        spare: why nobody needs it now, like `only P1`; it keeps its number, and counts when that changes.
    """

    number: int
    frozen: FrozenChecklist
    step: Step
    entry: StepDone | None
    spare: str

    @property
    def is_open(self) -> bool:
        """Whether somebody has to do it yet."""
        return self.entry is None and not self.spare


def stands(view: IncidentView) -> list[Stand]:
    """Every step of an incident, in the order of the numbers."""
    done, facts, found = view.steps(), view.facts, []
    for number, (frozen, step) in view.numbered.items():
        entry = done.get((frozen.runbook, step.step))
        spare = "" if entry is not None else _unneeded(frozen.when, facts) or _unneeded(step.when, facts)
        found.append(Stand(number, frozen, step, entry, spare))
    return found


def needed(lists: Iterable[FrozenChecklist], facts: Incident | None) -> list[tuple[FrozenChecklist, list[Step]]]:
    """The checklists that are needed now, each with its steps that are."""
    found = [
        (frozen, [step for step in frozen.steps if not _unneeded(step.when, facts)])
        for frozen in lists
        if not _unneeded(frozen.when, facts)
    ]
    return [item for item in found if item[1]]


def _unneeded(when: Sequence[str], facts: Incident | None) -> str:
    """Why something with these conditions is not needed; what nobody knows yet is no reason."""
    if not when or facts is None or facts.severity is None or facts.severity in when:
        return ""
    if USERS in when and (facts.impact is None or facts.impact.user_facing):
        return ""
    return only(when)


def following(found: Sequence[Stand], after: int = 0) -> Stand | None:
    """What comes next: the next open step of the same checklist behind a number, else the first open one of all."""
    here = next((stand.frozen for stand in found if stand.number == after), None)
    rest = [stand for stand in found if stand.is_open]
    same = (stand for stand in rest if stand.number > after and stand.frozen is here)
    return next(same, rest[0] if rest else None)


def whose(owner: str, facts: Incident | None, book: Book, now: datetime) -> str | None:
    """Who does what an owner owns, as far as the book knows: in this incident, on a rota, or alone with the role."""
    from opsbook.core.duty import on_duty

    core = book.config.core
    for role in ("lead", "comms"):
        if owner in (role, f"incident-{role}"):
            return getattr(facts.roles, role) if facts is not None else None
    holders = [person.id for person in core.people if owner in person.roles and person.retired is None]
    turns = (on_duty(book, rota.id, now).person for rota in core.rotas if rota.retired is None)
    return next((person for person in turns if person in holders), holders[0] if len(holders) == 1 else None)
