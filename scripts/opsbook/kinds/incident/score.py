"""Which promises of the process an incident kept, from its timeline and the configuration: each one, and no grade."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.times import Times
from opsbook.kinds.incident.agreements import asked, decisions
from opsbook.kinds.incident.config import IncidentsConfig, Severity
from opsbook.kinds.incident.model import Escalation, Handover, Incident, Note, RoleChange, StatusChange, Update
from opsbook.kinds.incident.promises import waits
from opsbook.kinds.incident.steps import stands
from opsbook.kinds.incident.view import IncidentView
from opsbook.kinds.incident.vocabulary import OPEN

Verdict = Literal["broken", "kept", "not called for"]
_ORDER: Sequence[Verdict] = ("broken", "kept", "not called for")
_NOT: Verdict = "not called for"


class Promise(NamedTuple):
    """One promise of the process, held against the record.

    Attributes:
        name: for programs; promise: for people.
        why: in a sentence.
        rule: the code of the rule that says so while an incident is open, where there is one.
        next_time: what to do.
    """

    name: str
    promise: str
    verdict: Verdict
    why: str
    rule: str
    next_time: str


class _Case(NamedTuple):
    """An incident, and what its promises are read from. What is open is judged as it is now."""

    view: IncidentView
    facts: Incident
    book: Book
    config: IncidentsConfig
    now: datetime
    times: Times

    @property
    def end(self) -> datetime:
        """When it was over, or now."""
        return self.facts.times.resolved_at or self.now

    @property
    def severities(self) -> list[Severity]:
        """Every severity that was in force."""
        return [severity for _, severity in self.view.severities(self.config) if severity is not None]

    def clock(self, moment: datetime) -> str:
        """A moment of the day on which it was declared, or with its day."""
        return Times(self.facts.times.declared_at, self.times.zone).clock(moment)


_Found = tuple[Verdict, str]


def score(view: IncidentView, book: Book, now: datetime) -> list[Promise]:
    """Each promise, the broken ones first.

    Raises:
        Refused: the facts are not here, or cannot be read.
    """
    facts = view.facts
    if facts is None:
        raise Refused(f"The facts of {view.record.id} cannot be read.", f"See: opsbook check {view.record.path}")
    if facts.classification == "security":
        raise Refused(f"{facts.id} is a stub: nothing of what happened is here.", "Ask in the restricted book.")
    config = book.config.section(IncidentsConfig)
    case = _Case(view, facts, book, config, now, Times(now, book.config.core.timezone))
    words = {name: config.words.label(name) for name in ("users", "lead", "comms")}
    found = [
        Promise(name, promise.format(**words), *judge(case), rule, next_time.format(**words))
        for name, promise, judge, rule, next_time in _PROMISES
    ]
    return sorted(found, key=lambda item: _ORDER.index(item.verdict))


def _named(role: Literal["lead", "comms"]) -> Callable[[_Case], _Found]:
    def judge(case: _Case) -> _Found:
        by, named = case.view.due_by(role, case.config), case.view.named_at(role)
        if by is None:
            return _NOT, "No severity said by when."
        if named is None and getattr(case.facts.roles, role) is not None:
            return _NOT, "The timeline does not say when."
        if named is not None:
            late = named > by
            due = f"; it was due by {case.clock(by)}" if late else f", due by {case.clock(by)}"
            return "broken" if late else "kept", f"Named at {case.clock(named)}{due}."
        if case.end > by:
            return "broken", f"Nobody was named by {case.clock(by)}."
        return _NOT, f"It {'was over' if not case.view.is_open else 'is not due'} before {case.clock(by)}."

    return judge


def _told(*, first: bool) -> Callable[[_Case], _Found]:
    """Whether users heard something in time: for the first time, or each time after that."""

    def judge(case: _Case) -> _Found:
        if not any(severity.update_every for severity in case.severities):
            return _NOT, "No severity in force promised updates."
        told = [entry.at for _, entry in case.view.timeline.of(Update)]
        split = told[0] if told else case.end
        gaps = [gap for gap in case.view.gaps(case.config, case.now) if (gap[0] < split) is first]
        if gaps:
            since, until, late = max(gaps, key=lambda gap: gap[2])
            count = f"{len(gaps)} times too late; the worst: nothing" if len(gaps) > 1 else "Nothing"
            span = f"from {case.clock(since)} to {case.clock(until)}"
            return "broken", f"{count} {span}, {_minutes(late)} too long."
        if not told:
            return _NOT, "Nothing was due." if not case.view.is_open else "Nothing is due yet."
        if first:
            return "kept", f"Told at {case.clock(told[0])}."
        return "kept", f"Told {len(told)} {'time' if len(told) == 1 else 'times'}, never too late."

    return judge


def _minutes(span: timedelta) -> str:
    count = int(span.total_seconds() // 60)
    return f"{count} minute{'' if count == 1 else 's'}" if count else "less than a minute"


def _components(case: _Case) -> _Found:
    impact = case.facts.impact
    if impact is None:
        return _NOT, "Nobody said whether it is noticed."
    if not impact.user_facing:
        return _NOT, "It is not noticed."
    if not impact.components:
        return "broken", "It is noticed, and no component is named."
    return "kept", f"Named: {', '.join(impact.components)}."


def _changes(case: _Case) -> _Found:
    made = [e for _, e in case.view.timeline.of(Note) if e.kind == "change" and e.corrects is None]
    others = [entry for entry in made if not case.view.led(entry)]
    if others:
        lead = (case.view.leads_at(others[0].at) or ["nobody"])[-1]
        more = f", and {len(others) - 1} more" if len(others) > 1 else ""
        return "broken", f"{others[0].by} did at {case.clock(others[0].at)}, while the lead was {lead}{more}."
    return ("kept", f"{len(made)} in all, by whoever led.") if made else (_NOT, "Production was not changed.")


def _agreed(case: _Case) -> _Found:
    standing = [item for item in decisions(case.view, case.book) if item.until is None]
    late = [item for item in standing if item.broken(case.now)]
    for item in late or [item for item in standing if item.pending]:
        who = asked(item, case.book.config.core)
        if late:
            return "broken", f"It is {item.what} without {who}, due by {case.clock(item.due)}."
        return _NOT, f"{who} can say until {case.clock(item.due)} whether it is {item.what}."
    if not standing:
        return _NOT, "Nothing was decided that takes an agreement."
    return "kept", f"Had for: {', '.join(item.what for item in standing)}."


def _escalated(case: _Case) -> _Found:
    asks = [severity.id for severity in case.severities if severity.escalate]
    tried = [entry for _, entry in case.view.timeline.of(Escalation)]
    if tried:
        return "kept", f"{case.book.config.core.owner_title(tried[0].role)} was contacted at {case.clock(tried[0].at)}."
    if not asks or not case.config.escalation or case.facts.ended_as is not None:
        return _NOT, "It did not have to go beyond the team."
    return "broken", f"{asks[0]} goes beyond the team, and nobody there was contacted."


def _noted(case: _Case) -> _Found:
    """No stretch longer than the cadence of updates without a word of what is seen, decided or done.

    Whoever tells users something once an hour has to find something of that hour in the timeline; that users were told
    is no word of what happened.
    """
    cadences = [(at, severity.update_every if severity else None) for at, severity in case.view.severities(case.config)]
    if not any(cadence for _, cadence in cadences):
        return _NOT, "No severity in force has a cadence."
    said = [entry.at for _, entry in case.view.timeline.entries if not isinstance(entry, Update)]
    states = [(moment, is_open) for moment, is_open in _states(case)]
    found = waits([case.facts.times.declared_at, *said], cadences, states, case.end)
    silent = max(found, key=lambda wait: wait.late)
    if silent.late:
        span = f"from {case.clock(silent.since)} to {case.clock(silent.until)}"
        return "broken", f"Nothing was written {span}, longer than between two updates."
    longest = max(wait.until - wait.since for wait in found)
    return "kept", f"Never longer than {_minutes(longest)} without a word."


def _states(case: _Case) -> Iterator[tuple[datetime, bool]]:
    return ((entry.at, entry.status in OPEN) for _, entry in case.view.timeline.of(StatusChange))


def _handed_over(case: _Case) -> _Found:
    held: dict[str, str] = {}
    moved: list[RoleChange] = []
    for _, entry in case.view.timeline.of(RoleChange):
        if held.get(entry.role, entry.person) != entry.person:
            moved.append(entry)
        held[entry.role] = entry.person
    written = {(entry.role, entry.person, entry.at) for _, entry in case.view.timeline.of(Handover)}
    for entry in moved:
        if (entry.role, entry.person, entry.at) not in written:
            role = getattr(case.config.words, entry.role)
            return "broken", f"{entry.person} became {role} at {case.clock(entry.at)} without one."
    return ("kept", f"{len(moved)} in all.") if moved else (_NOT, "No role changed hands.")


def _steps(case: _Case) -> _Found:
    found = [stand for stand in stands(case.view) if not stand.spare]
    left = [stand for stand in found if stand.is_open]
    if not found or case.facts.ended_as is not None:
        return _NOT, "No step was needed."
    if left:
        numbers = ", ".join(str(stand.number) for stand in left[:5]) + (" …" if len(left) > 5 else "")
        return "broken", f"{len(left)} of {len(found)} neither done nor left out: {numbers}."
    skipped = sum(stand.entry is not None and stand.entry.outcome == "skipped" for stand in found)
    return "kept", f"{len(found) - skipped} done, {skipped} left out."


def _resolved(case: _Case) -> _Found:
    if case.view.is_open or case.facts.times.resolved_at is None:
        return "broken", f"It is {case.facts.status}."
    return "kept", f"At {case.clock(case.end)}, after {_minutes(case.end - case.facts.times.declared_at)}."


_PROMISES: Sequence[tuple[str, str, Callable[[_Case], _Found], str, str]] = (
    ("lead", "{lead} named in time", _named("lead"), "INC004", "first of all: opsbook take lead"),
    ("comms", "{comms} named in time", _named("comms"), "INC004", "ask somebody else at once: opsbook take comms"),
    (
        "told-first",
        "{users} told for the first time",
        _told(first=True),
        "INC008",
        "say that you look into it, also while you know nothing: opsbook incident update --template NAME",
    ),
    (
        "told-again",
        "{users} told again each time",
        _told(first=False),
        "INC008",
        "keep the promised time, with something new or without: opsbook incident update --tell TEXT",
    ),
    ("components", "Components named", _components, "INC005", "opsbook set component ID"),
    (
        "changes",
        "Only the lead changed production",
        _changes,
        "INC014",
        "let the lead do it and say so: opsbook did TEXT; or take over first: opsbook handover WHO",
    ),
    ("agreements", "Agreements had", _agreed, "INC021", "ask them before you resolve or downgrade: opsbook agree"),
    (
        "escalated",
        "Taken beyond the team",
        _escalated,
        "",
        "comms does it, in the configured order: opsbook escalate",
    ),
    (
        "notes",
        "Notes kept",
        _noted,
        "",
        "write down at once what you see and decide: opsbook note TEXT",
    ),
    ("handover", "Hand-overs written", _handed_over, "", "opsbook handover WHO, instead of taking the role"),
    (
        "steps",
        "Steps done",
        _steps,
        "",
        "opsbook tick NUMBERS as you do them, and opsbook skip the rest",
    ),
    ("resolved", "Resolved", _resolved, "", "when users are well and the others agree: opsbook resolve"),
)
