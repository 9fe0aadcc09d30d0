"""Calling people in: who is woken by what, what a pager says, and who has answered.

A call is an entry of the timeline, so what was called and when is on record; what the pager says is computed from it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from opsbook.core.announcement import PAGE, Announcement
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.inert import github
from opsbook.core.plan import Plan
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.core.types import OUTSIDER
from opsbook.kinds.incident import files, model
from opsbook.kinds.incident.actions import details, plan_of
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.requests import Acknowledge, Call
from opsbook.kinds.incident.view import IncidentView, name_of
from opsbook.kinds.incident.vocabulary import OPEN
from opsbook.kinds.incident.words import person, words

FIRST = (
    "Fixing the incident is usually more important than routine meetings (1 to 1s, retrospectives, planning): "
    "leave them, and say why."
)
"""What everybody reads who is called in (the incident process)."""


class Called(NamedTuple):
    """A call, and what came of it.

    Attributes:
        name: of its entry; answer: the first answer to it.
    """

    name: str
    call: model.Call
    answer: model.Acknowledged | None


def calls(view: IncidentView) -> list[Called]:
    """Every call of an incident, in order."""
    answers = [entry for _, entry in view.timeline.of(model.Acknowledged)]
    return [
        Called(name_of(file), entry, next((said for said in answers if name_of(file) in said.calls), None))
        for file, entry in view.timeline.of(model.Call)
    ]


def in_words(called: Called, times: Times, name: Callable[[str], str] = str) -> str:
    """A call in one line: who, when, and whether somebody answered.

    Args:
        name: what a person is called.
    """
    answer = called.answer
    end = f"answered {times.clock(answer.at)} by {name(answer.who)}" if answer is not None else "no answer yet"
    return f"{name(called.call.who)} {times.clock(called.call.at)}; {end}"


# -- who is woken


def target_of(book: Book, service: str) -> str:
    """Whom a pager wakes for a service: what its entry in the catalogue says, else its owner, else the default.

    Who of them is on call the pager knows.
    """
    record, paging = book.resolve("service", service), book.config.section(IncidentsConfig).paging
    document = record.files[""].document if record is not None and "" in record.files else None
    value = document.value if document is not None and isinstance(document.value, dict) else {}
    for name in (value.get("page"), value.get("owner"), paging.default if paging is not None else None):
        if isinstance(name, str) and (name in book.config.vocabulary.get("teams", {}) or is_callee(name)):
            return name
    return service


def is_callee(name: str) -> bool:
    """Whether a pager may know somebody by this name."""
    return len(name) <= 60 and re.fullmatch(rf"[a-z0-9]+(?:-[a-z0-9]+)*|{OUTSIDER}", name) is not None


def targets_of(book: Book, services: Iterable[str]) -> list[str]:
    """Everybody whom an incident with these services wakes, each once."""
    paging = book.config.section(IncidentsConfig).paging
    found = [target_of(book, name) for name in services] or ([paging.default] if paging is not None else [])
    return list(dict.fromkeys(found))


def woken(
    book: Book, severity: str | None, services: Sequence[str], *, asked: bool | None, drill: bool
) -> Iterator[str]:
    """Whom an incident wakes when it gets this severity.

    Args:
        asked: whether whoever declares it says that people are woken, or are not.
    """
    config = book.config.section(IncidentsConfig)
    if asked if asked is not None else config.pages(config.severity(severity)) and not drill:
        yield from targets_of(book, services)


def worse(book: Book, facts: model.Incident, severity: str, said: Mapping[str, Any]) -> list[model.Call]:
    """The calls of an incident that gets a severity which wakes people, and had none that does.

    Args:
        said: what every entry of the change has.
    """
    config = book.config.section(IncidentsConfig)
    if config.pages(config.severity(facts.severity)):
        return []
    wakes = woken(book, severity, facts.services, asked=None, drill=facts.drill)
    return [model.Call(kind="call", who=target, target=target, **said) for target in wakes]


def callee(book: Book, name: str) -> tuple[str, str]:
    """What somebody calls, and whom a pager wakes for it.

    Raises:
        Refused: nothing in the book has this name.
    """
    who, core = name.strip(), book.config.core
    if re.fullmatch(r"[a-z0-9-]{1,60}", who.lower()) and book.find("service", who.lower()) is not None:
        return who.lower(), target_of(book, who.lower())
    entries = (*core.rotas, *core.teams, *core.roles, *core.people)
    known = [entry.id for entry in entries if entry.retired is None]
    if who in known or re.fullmatch(OUTSIDER, who):
        return who, who
    every = [*book.refs("service"), *known]
    near = difflib.get_close_matches(who.lower(), every, n=3, cutoff=0.5)
    raise Refused(
        f"“{shorten(one_line(name), 60)}” is no service, rota, team, role or person of this book.",
        f"Did you mean {' or '.join(near)}?" if near else "Anybody else is github:LOGIN, slack:ID or local:NAME.",
    )


# -- what is done


def call(book: Book, request: Call, now: datetime, ids: Ids, operation: str) -> Plan:
    """Call somebody in."""
    record = details(book, request)
    who, target = callee(book, request.who)
    text = words(book, request.text, "why", request.keep) if request.text else None
    entry = model.Call(kind="call", who=who, target=target, text=text, at=now, by=request.by, operation=operation)
    path, data = files.entry(record.path, entry, ids)
    lines = (("Called", who), ("Paged", target), *((("Why", shorten(text, 200)),) if text else ()))
    body = f"{github(who)} was called in{': ' + github(text) if text else ''}"
    return plan_of(record, {path: data}, f"Call {who} into {record.id}", lines, body)


def acknowledge(book: Book, request: Acknowledge, now: datetime, ids: Ids, operation: str) -> Plan:
    """Record who answered a call.

    Raises:
        Refused: no call is open, or more than one is and none was named.
    """
    record = details(book, request)
    who = person(book, request.who, "who answered") if request.who else request.by
    waiting = [called for called in calls(IncidentView(record)) if called.answer is None]
    named = request.call.strip() if request.call else None
    wanted = {who, named} if named is None else {named}
    mine = [called for called in waiting if {called.call.who, called.call.target} & wanted]
    names = list(dict.fromkeys(called.call.who for called in waiting))
    if not waiting or (named is not None and not mine):
        what = f" to {shorten(one_line(named), 60)}" if named is not None else ""
        remedy = f"Open: {', '.join(names)}." if names else "`opsbook show` says who was called, and who answered."
        raise Refused(f"No call{what} of {record.id} waits for an answer.", remedy)
    if not mine and len(names) > 1:
        raise Refused(f"{len(names)} calls are open: {', '.join(names)}.", f"Say which: opsbook ack --call {names[0]}")
    answered = mine or waiting
    entry = model.Acknowledged(
        kind="acknowledged", who=who, calls=tuple(called.name for called in answered), at=now, by=request.by,
        operation=operation,
    )  # fmt: skip
    path, data = files.entry(record.path, entry, ids)
    lines = (("Answered", who), ("Call", ", ".join(dict.fromkeys(called.call.who for called in answered))))
    return plan_of(record, {path: data}, f"Record that {who} answered a call", lines, f"{github(who)} answered a call")


# -- what a pager says


def pages(view: IncidentView, old: IncidentView | None, about: Announcement) -> Iterator[Announcement]:
    """What wakes people, and stops waking them: a call, an answer to it, the end of the incident.

    Args:
        about: an announcement about the incident, of which state, links and standing are taken.
    """
    known = {name_of(file) for file, _ in old.timeline.entries} if old is not None else set()
    fresh = {name_of(file): entry for file, entry in view.timeline.entries if name_of(file) not in known}
    ended = any(isinstance(entry, model.StatusChange) and entry.status not in OPEN for entry in fresh.values())
    for called in calls(view):
        page = _page(called.name, called.call.target, _asked(called, about), about)
        if called.name in fresh:
            if called.answer is None and view.is_open:
                yield page
        elif ended:
            yield replace(page, name="over", loud=False)
        elif called.answer in fresh.values():
            yield replace(page, name="answered", loud=False)


def _asked(called: Called, about: Announcement) -> str:
    why = f": {one_line(called.call.text)}" if called.call.text else ""
    return f"{called.call.who} is called in{why}. {about.headline}"


def again(target: str, fact: str, why: str, about: Announcement) -> Announcement:
    """A page because something that somebody must do stays open."""
    return _page(fact, target, f"{why}. {about.headline}", about)


def _page(fact: str, target: str, headline: str, about: Announcement) -> Announcement:
    return replace(
        about,
        name="page",
        fact=fact,
        audience=f"{PAGE}{target}",
        headline=headline,
        steps=(f"opsbook ack -i {about.record[-5:]}", FIRST),
        footer="",
        opens=False,
        loud=True,
        by_hand=False,
    )
