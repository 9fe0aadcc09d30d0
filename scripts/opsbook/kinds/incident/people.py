"""What people say of each other in an incident: who agrees, who works on it, who takes over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from opsbook.core import yaml
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.plan import Plan
from opsbook.core.record import Record
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.kinds.incident import files
from opsbook.kinds.incident.actions import details, plan_of_entries
from opsbook.kinds.incident.agreements import MEANINGS, asked, decisions, holders, pending, still_asked
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.escalating import trying_now
from opsbook.kinds.incident.model import Agreement, AnyEntry, Handover, Present, RoleChange
from opsbook.kinds.incident.model import Update as Told
from opsbook.kinds.incident.requests import Agree, Attend, HandOver
from opsbook.kinds.incident.steps import stands
from opsbook.kinds.incident.view import FACTS, IncidentView
from opsbook.kinds.incident.words import person, words


def agree(book: Book, request: Agree, now: datetime, ids: Ids, operation: str) -> Plan:
    """Somebody agrees to what was decided, if their agreement is one that counts.

    Raises:
        Refused: nothing waits for them, they hold none of the roles that are asked, or it is not what they saw.
    """
    record, core = details(book, request), book.config.core
    view = IncidentView(record)
    for name, was in request.seen.items():
        if view.facts is not None and (now_is := getattr(view.facts, name)) != was:
            raise Refused(
                f"{record.id} is {now_is} by now, not {was}: nobody knows whether you agree to that.",
                "Look at it (`opsbook show`), and say it again if you do: opsbook agree resolve, or downgrade.",
            )
    wanted = f"incident.{request.to}" if request.to is not None else None
    waiting = [item for item in pending(view, book) if wanted in (None, item.action)]
    before = wanted in core.authority and view.is_open and not waiting
    if before and request.by in holders(core, (*core.authority[wanted or ""].all, *core.authority[wanted or ""].any)):
        return _beforehand(record, request, wanted or "", book, now, ids, operation)
    if not waiting:
        raise Refused(f"{record.id}: {_settled(view, book, wanted)}", "`opsbook show` says who agreed to what.")
    mine = [item for item in waiting if request.by in holders(core, item.missing)]
    if not mine:
        which = "; ".join(f"{item.what} takes that of {asked(item, core)}" for item in waiting)
        raise Refused(
            f"The agreement of {shorten(one_line(request.by), 60)} is not asked: {which}.",
            "Say what you think with `opsbook note`. Whose agreement counts is `authority` in opsbook.yml.",
        )
    if len(names := list(dict.fromkeys(item.action.partition(".")[2] for item in mine))) > 1:
        raise Refused(
            f"{len(names)} decisions of {record.id} wait for you.", f"Say which: opsbook agree {' or '.join(names)}."
        )
    text = words(book, request.text, "text", request.keep) if request.text else None
    entries = [
        Agreement(
            at=max(now, item.at), by=request.by, kind="agreement", action=item.action, about=item.name or None,
            text=text, attested=request.attested, operation=operation,
        )
        for item in mine
    ]  # fmt: skip
    decision = mine[-1]
    left = still_asked(decision, request.by, core)
    said = (
        f"{MEANINGS[decision.action].capitalize()}."
        if not left
        else f"Still asked whether it is {decision.what}: {left}."
    )
    lines = [("Agreed", decision.what), ("Still asked", left or "nobody")]
    return replace(
        plan_of_entries(record, entries, f"Agree that {record.id} is {decision.what}", lines, ids), understood=(said,)
    )


def _beforehand(
    record: Record, request: Agree, action: str, book: Book, now: datetime, ids: Ids, operation: str
) -> Plan:
    """Somebody who was consulted agrees before it is done: it counts once it is."""
    entry = Agreement(
        at=now, by=request.by, kind="agreement", action=action,
        text=words(book, request.text, "text", request.keep) if request.text else None,
        attested=request.attested, operation=operation,
    )  # fmt: skip
    word = action.partition(".")[2]
    plan = plan_of_entries(record, [entry], f"Agree to {word} {record.id}", [("Agreed", word)], ids)
    return replace(plan, understood=(f"It counts as soon as somebody says that {MEANINGS[action]}.",))


def _settled(view: IncidentView, book: Book, wanted: str | None) -> str:
    every = [item for item in decisions(view, book) if wanted in (None, item.action)]
    if not every:
        return "nothing was decided that takes anybody's agreement."
    return f"everybody who is asked has agreed that it is {every[-1].what}, or it was taken back."


def attend(book: Book, request: Attend, now: datetime, ids: Ids, operation: str) -> Plan:
    """Somebody works on the incident, or does not any more."""
    record = details(book, request)
    who = person(book, request.person or request.by, "somebody who works on it")
    here = IncidentView(record).people
    role = words(book, one_line(request.role), "role", request.keep) if request.role else None
    if role is not None and len(role) > 60:
        raise Refused(f"“{shorten(role, 40)}” is too long for what somebody does.", "Say it in at most 60 characters.")
    if request.presence == "left" and who not in here:
        raise Refused(f"{who} is not among those who work on {record.id}.", "`opsbook show` says who is.")
    if request.presence == "joined" and who in here and here[who] == role:
        raise Refused(f"{who} works on {record.id} already.", "Say --as what if that has changed.")
    entry = Present(at=now, by=request.by, kind=request.presence, person=who, role=role, operation=operation)
    return plan_of_entries(
        record, [entry], f"{who} {request.presence} {record.id}", [(request.presence.capitalize(), who)], ids
    )


def hand_over(book: Book, request: HandOver, now: datetime, ids: Ids, operation: str) -> Plan:
    """A role goes to somebody else, with the state of things written down for them.

    Raises:
        Refused: they hold it already, or somebody else has handed it over meanwhile.
    """
    record = details(book, request)
    view, config = IncidentView(record), book.config.section(IncidentsConfig)
    if view.file is None or view.facts is None or not view.editable:
        raise Refused(f"{record.path}/{FACTS} cannot be read, so nothing can be handed over.", "Say it in a note.")
    who, before = person(book, request.person, request.role), getattr(view.facts.roles, request.role)
    called = getattr(config.words, request.role)
    if who == before:
        raise Refused(f"{who} is {called} of {record.id} already.", "`opsbook show` says who does what.")
    if request.role in request.seen and request.seen[request.role] != before:
        raise Refused(
            f"{before or 'Nobody'} is {called} by now, not {request.seen[request.role] or 'nobody'}.",
            "Look at it (`opsbook show`), and hand it over again if you still want to.",
        )
    promises = _promises(view, book, now)
    added = [words(book, request.text, "text", request.keep)] if request.text else []
    said: dict[str, Any] = {"at": now, "by": request.by, "operation": operation}
    text = "\n".join(
        [*(f"* {line}" for line in (*state(view, book, now), *promises)), *(f"\n{line}" for line in added)]
    )
    entries: list[AnyEntry] = [
        RoleChange(kind="role", role=request.role, person=who, **said),
        Handover(kind="handover", role=request.role, person=who, text=text, **said),
    ]
    lines = [(called.capitalize(), f"{before or 'nobody'} → {who}"), ("Handed over", text)]
    plan = plan_of_entries(record, entries, f"Hand {called} of {record.id} over to {who}", lines, ids)
    facts = yaml.edit(view.file.text, [(("roles", request.role), who)], files.ORDER).encode()
    files_too = {f"{record.path}/{FACTS}": facts, **plan.files}
    return replace(plan, files=files_too, understood=tuple(promises) or ("Nothing is promised.",))


def state(view: IncidentView, book: Book, now: datetime) -> list[str]:
    """How things stand, for somebody who comes to it new: a line each, in plain words."""
    facts, core, config = view.facts, book.config.core, book.config.section(IncidentsConfig)
    assert facts is not None
    clock, name = Times(now, core.timezone), core.person_name
    found = [f"{facts.severity or 'No severity'}, {facts.status}, declared {clock.clock(facts.times.declared_at)}."]
    roles = [(getattr(config.words, role), getattr(facts.roles, role)) for role in ("lead", "comms")]
    found.append("; ".join(f"{called.capitalize()}: {name(who) if who else 'nobody'}" for called, who in roles) + ".")
    if view.people:
        here = ", ".join(name(who) + (f" ({role})" if role else "") for who, role in view.people.items())
        found.append(f"Working on it: {here}.")
    told = [entry for _, entry in view.timeline.of(Told)]
    if told:
        found.append(f"Last told {clock.clock(told[-1].at)}: {shorten(one_line(told[-1].text), 300)}")
    open_ones = [stand for stand in stands(view) if stand.is_open]
    if open_ones:
        first = open_ones[0]
        more = f" ({len(open_ones)} are open)" if len(open_ones) > 1 else ""
        found.append(f"Next step: {first.number}. {shorten(one_line(first.step.action), 200)}{more}")
    return found


def _promises(view: IncidentView, book: Book, now: datetime) -> list[str]:
    """What people were promised and are still waiting for."""
    core, config = book.config.core, book.config.section(IncidentsConfig)
    clock, found = Times(now, core.timezone), list[str]()
    if (due := view.next_update(config)) is not None:
        late = ", which is late" if due < now else ""
        found.append(f"Promised: the next update by {clock.clock(due)}{late}.")
    found += [f"Agreement pending: {asked(item, core)} ({item.what})." for item in pending(view, book)]
    if (trying := trying_now(view)) is not None:
        found.append(f"Being contacted: {core.owner_title(trying.role)}, since {clock.clock(trying.at)}.")
    return found
