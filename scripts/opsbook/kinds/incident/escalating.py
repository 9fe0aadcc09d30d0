"""Escalating: contact people beyond the team in the configured order, and keep what came of it; never a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from opsbook.core.book import Book
from opsbook.core.config import CoreConfig
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.plan import Plan
from opsbook.core.text import one_line
from opsbook.core.times import Times
from opsbook.kinds.incident.actions import details, plan_of_entries
from opsbook.kinds.incident.config import EscalationStep, IncidentsConfig
from opsbook.kinds.incident.model import AnyEntry, Escalation
from opsbook.kinds.incident.requests import Escalate
from opsbook.kinds.incident.view import IncidentView
from opsbook.kinds.incident.words import words


def escalate(book: Book, request: Escalate, now: datetime, ids: Ids, operation: str) -> Plan:
    """Contact the next in the order, or record what came of the last attempt.

    The incident comms person contacts people in the configured order; where nobody is comms, the lead does.
    """
    record, core, config = details(book, request), book.config.core, book.config.section(IncidentsConfig)
    view = IncidentView(record)
    if not config.escalation and request.role is None:
        raise Refused("opsbook.yml names nobody under incidents.escalation.", "Name whom to contact with --role.")
    trying, text = trying_now(view), words(book, request.text, "text", request.keep) if request.text else None
    said: dict[str, Any] = {"by": request.by, "kind": "escalation", "operation": operation}
    entries: list[AnyEntry] = []
    outcome = request.outcome
    if request.executives is not None:  # whoever decided it was reached, now or before
        if outcome == "no answer":
            raise Refused("Whoever gave no answer decided nothing.", "Say --executives of somebody who was --reached.")
        outcome = "reached"
    if outcome == "tried":
        role = request.role or _next(view, config.escalation)
        if trying is not None and request.role is None:
            since = Times(now, core.timezone).clock(trying.at)
            raise Refused(
                f"{core.owner_title(trying.role)} is being contacted since {since}.",
                "Say what came of it: opsbook escalate --no-answer, or --reached.",
            )
        if role is None:
            raise Refused("Everybody in the order has been tried.", "Try one again: opsbook escalate --role ROLE.")
        entries.append(Escalation(at=now, role=role, outcome="tried", text=text, **said))
        understood = _contact(role, config, core)
    else:
        asked_last = trying or (_reached(view) if request.executives is not None else None)
        role = request.role or (asked_last.role if asked_last is not None else None)
        if role is None:
            raise Refused("Nobody is being contacted.", "Begin with: opsbook escalate.")
        entries.append(Escalation(at=now, role=role, outcome=outcome, executives=request.executives, text=text, **said))
        then = _next(view, config.escalation, after=role) if outcome == "no answer" else None
        if then is not None:
            entries.append(Escalation(at=now, role=then, outcome="tried", **said))
            understood = _contact(then, config, core)
        elif outcome == "no answer":
            understood = ["Nobody is left in the order: begin again with the first, or wake somebody of the team."]
        else:
            decides = "They decide whether to alert the executive group: opsbook escalate --executives alerted"
            understood = [] if request.executives is not None else [decides]
    titles = [(core.owner_title(entry.role), entry.outcome) for entry in entries if isinstance(entry, Escalation)]
    plan = plan_of_entries(record, entries, f"Escalate {record.id}", titles, ids)
    return replace(plan, understood=(*_whose(view, request.by, config, core), *understood))


def trying_now(view: IncidentView) -> Escalation | None:
    """Who is being contacted, and nobody has said yet what came of it."""
    last: dict[str, Escalation] = {}
    for _, entry in view.timeline.of(Escalation):
        last[entry.role] = entry
    waiting = [entry for entry in last.values() if entry.outcome == "tried"]
    return waiting[-1] if waiting else None


def _reached(view: IncidentView) -> Escalation | None:
    """Who was reached last."""
    return next((entry for _, entry in reversed([*view.timeline.of(Escalation)]) if entry.outcome == "reached"), None)


def _next(view: IncidentView, order: Sequence[EscalationStep], after: str = "") -> str | None:
    """Whoever comes next in the order: the first who was not tried yet."""
    tried = {entry.role for _, entry in view.timeline.of(Escalation)} | {after}
    return next((step.role for step in order if step.role not in tried), None)


def _contact(role: str, config: IncidentsConfig, core: CoreConfig) -> list[str]:
    """Whom to contact, what they decide, and where the numbers are; never a number."""
    note = next((step.note for step in config.escalation if step.role == role and step.note), "")
    where = f"{config.escalation_link.title}: {config.escalation_link.url}" if config.escalation_link else ""
    found = [f"Contact: {core.owner_title(role)}. {one_line(note)}".strip()]
    return [*found, where] if where else found


def _whose(view: IncidentView, by: str, config: IncidentsConfig, core: CoreConfig) -> list[str]:
    """Who escalates, where it is somebody else than the process names."""
    roles, called = view.facts.roles if view.facts is not None else None, config.words
    if roles is None or by in (roles.comms, None if roles.comms else roles.lead):
        return [] if roles is None or roles.comms else [f"Nobody is {called.comms}: the {called.lead} escalates."]
    if roles.comms is not None:
        return [f"{core.person_name(roles.comms)} is {called.comms} and would escalate: tell them that you do."]
    return [f"Nobody is {called.comms}. Take it if you do this: opsbook take comms."]
