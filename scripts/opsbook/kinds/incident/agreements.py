"""Who has to agree to what was decided in an incident, who did, and who is still asked.

The incident process: the lead consults the product manager and the delivery manager to decide when an incident is
resolved or can be downgraded. Whom `authority` of `opsbook.yml` names is asked at once and answers when they can; an
agreement that is missing is a breach by the end of the next working day, and stops nobody at three in the morning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from opsbook.core.config import DAYS, CoreConfig, Deciders, Hours
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.model import Agreement, SeverityChange, StatusChange
from opsbook.kinds.incident.view import FACTS, IncidentView, name_of, says_over
from opsbook.kinds.incident.vocabulary import OPEN

if TYPE_CHECKING:
    from opsbook.core.book import Book

RESOLVE, DOWNGRADE, CLOSE = "incident.resolve", "incident.downgrade", "incident.close"

MEANINGS: Mapping[str, str] = {
    RESOLVE: "it is resolved, or was a false alarm",
    DOWNGRADE: "it is less severe than it was",
    CLOSE: "it is closed: reviewed, with its report complete and its follow-ups agreed",
}
"""What somebody agrees to, by the action that `authority` names."""

_CLOSED = b"\nstatus: closed\n"
_OF_LATE = timedelta(days=45)
"""How old an incident may be for what is still awaited to be looked for; an open one is always looked at."""


@dataclass(frozen=True)
class Decision:
    """Something that was decided, and takes the agreement of others.

    Attributes:
        action: as `authority` names it.
        name: of the entry of the timeline that says so; empty where the facts alone do, edited by hand.
        at, by: when, and by whom; nobody where the facts alone say so.
        what: in a few words: `resolved`, `P2`.
        until: when it was taken back, by a decision to the contrary.
        agreed: who agreed, with the entry; whoever decided agrees by deciding.
        missing: the roles whose agreement is missing: all of them, or one, where `authority` says any.
        due: by when; late: the roles whose agreement was missing then, whoever agreed since.
    """

    action: str
    name: str
    at: datetime
    by: str | None
    what: str
    until: datetime | None
    agreed: Mapping[str, Agreement | None]
    missing: tuple[str, ...]
    due: datetime
    late: tuple[str, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether somebody is still asked."""
        return bool(self.missing) and self.until is None

    def broken(self, now: datetime) -> bool:
        """Whether nobody agreed in time; what was taken back before that broke nothing. What is late stays late."""
        return bool(self.late) and self.due < min(now, self.until or now)


def decisions(view: IncidentView, book: Book) -> list[Decision]:
    """Every decision that `authority` names, in order; none where it names none."""
    core, config = book.config.core, book.config.section(IncidentsConfig)
    if view.facts is None or not core.authority.keys() & MEANINGS.keys() or "people" not in book.config.vocabulary:
        return []  # who holds a role cannot be known where `people` cannot be read
    taken = [item for item in _taken(view, config) if asked_since(core, item[0], item[2])]
    said = list(view.timeline.of(Agreement))
    return [_decision(item, taken, said, core) for item in taken]


def pending(view: IncidentView, book: Book) -> list[Decision]:
    """Those of which somebody's agreement is still missing."""
    return [decision for decision in decisions(view, book) if decision.pending]


def awaiting(book: Book, now: datetime) -> list[IncidentView]:
    """Incidents that are over, of which somebody's agreement is still missing, the latest first."""
    if not book.config.core.authority.keys() & MEANINGS.keys():
        return []
    since = f"INC-{(now - _OF_LATE).astimezone(UTC):%Y%m%d}"
    late = [ref for ref in book.refs("incident").values() if ref.id >= since and not _is_past(ref.path, book)]
    views = [IncidentView(book.record(ref)) for ref in sorted(late, key=lambda ref: ref.id, reverse=True)]
    return [view for view in views if any(_matters(view, item) for item in pending(view, book))]


def _is_past(path: str, book: Book) -> bool:
    """Whether the text of the facts says that it is closed, and nobody is asked about that: most need no reading."""
    data = book.tree.read(f"{path}/{FACTS}")
    return CLOSE not in book.config.core.authority and data is not None and _CLOSED in data and says_over(data)


def _matters(view: IncidentView, decision: Decision) -> bool:
    """Whether a decision still waits for somebody: what is closed is past agreeing to, but to its being closed."""
    closed = view.facts is not None and view.facts.status == "closed"
    return not view.is_open and (not closed or decision.action == CLOSE)


def asked_since(core: CoreConfig, action: str, at: datetime) -> bool:
    """Whether a decision of that moment takes anybody's agreement."""
    needed = core.authority.get(action)
    return needed is not None and (needed.since is None or needed.since <= at.astimezone(UTC).date())


def holders(core: CoreConfig, roles: Sequence[str]) -> list[str]:
    """The ids of the people who hold one of the roles now."""
    return [person.id for person in core.people if person.retired is None and set(person.roles) & set(roles)]


def asked(decision: Decision, core: CoreConfig) -> str:
    """Who is asked, in words: the holders of each role, or the role where nobody holds it."""
    names = [_names(role, core) for role in decision.missing]
    return (" or " if decision.missing == core.authority[decision.action].any else " and ").join(names)


def still_asked(decision: Decision, by: str, core: CoreConfig) -> str:
    """Who is asked once somebody has agreed, in words; nothing where nobody is."""
    missing = _missing(core.authority[decision.action], {*decision.agreed, by}, core)
    return asked(replace(decision, missing=missing), core) if missing else ""


def _names(role: str, core: CoreConfig) -> str:
    people = [core.person_name(id_) for id_ in holders(core, (role,))]
    return " or ".join(people) or core.owner_title(role)


class _Taken(NamedTuple):
    """A decision without its agreements; see `Decision`."""

    action: str
    name: str
    at: datetime
    by: str | None
    what: str
    until: datetime | None


def _taken(view: IncidentView, config: IncidentsConfig) -> Iterator[_Taken]:
    """Each decision, from the entries of the timeline and from facts that were edited without one."""
    assert view.facts is not None
    order = {severity.id: rank for rank, severity in enumerate(config.severities)}
    status: list[tuple[str, str, datetime, str | None]] = [
        (entry.status, name_of(file), entry.at, entry.by) for file, entry in view.timeline.of(StatusChange)
    ]
    severity: list[tuple[str, str, datetime, str | None]] = [
        (entry.severity, name_of(file), entry.at, entry.by) for file, entry in view.timeline.of(SeverityChange)
    ]
    first = view.declared[1].severity if view.declared is not None else None
    times = view.facts.times
    last = max([times.declared_at, *(entry.at for _, entry in view.timeline.entries)])
    # What somebody wrote into the facts alone is a decision all the same.
    if view.facts.status != (status[-1][0] if status else "investigating"):
        status.append((view.facts.status, "", times.resolved_at or last, None))
    if first is not None and view.facts.severity and view.facts.severity != (severity[-1][0] if severity else first):
        severity.append((view.facts.severity, "", last, None))
    before = "investigating"
    for place, (to, name, at, by) in enumerate(status):
        undone = next((moved for other, _, moved, _ in status[place + 1 :] if other in OPEN), None)
        if to not in OPEN and before in OPEN and not view.elsewhere:
            yield _Taken(RESOLVE, name, at, by, to, undone)
        if to == "closed" and not view.elsewhere:
            yield _Taken(CLOSE, name, at, by, to, undone)
        before = to
    worst = order.get(first or "", -1)
    for place, (to, name, at, by) in enumerate(severity):
        rank = order.get(to, -1)
        if 0 <= worst < rank:
            undone = next((m for other, _, m, _ in severity[place + 1 :] if order.get(other, -1) < rank), None)
            yield _Taken(DOWNGRADE, name, at, by, to, undone)
        worst = rank


def _decision(
    item: _Taken, every: Sequence[_Taken], said: Sequence[tuple[object, Agreement]], core: CoreConfig
) -> Decision:
    others = [other for other in every if other.action == item.action]
    after = min((other.at for other in others if other.at > item.at), default=None)
    # Whoever is consulted beforehand agrees beforehand: to the next decision, once the one before was taken back.
    earlier = [other for other in others if other.at < item.at]
    since = max((other.until for other in earlier if other.until is not None), default=None)
    if earlier and earlier[-1].until is None:
        since = item.at
    agreed: dict[str, Agreement | None] = {item.by: None} if item.by is not None else {}
    for _, entry in said:
        here = (since is None or entry.at >= since) and (after is None or entry.at < after)
        named = entry.about == item.name if entry.about is not None else here
        if entry.action == item.action and named:
            agreed.setdefault(entry.by, entry)
    needed, last = core.authority[item.action], due(item.at, core)
    then = {who: entry for who, entry in agreed.items() if entry is None or entry.at < last}
    late, missing = _missing(needed, then, core), _missing(needed, agreed, core)
    return Decision(*item, agreed=agreed, missing=missing, due=last, late=late)


def _missing(needed: Deciders, agreed: Collection[str], core: CoreConfig) -> tuple[str, ...]:
    held = {role for person in core.people if person.id in agreed for role in person.roles}
    every = tuple(role for role in needed.all if role not in held)
    one = () if not needed.any or held & set(needed.any) else needed.any
    return every or one


def due(at: datetime, core: CoreConfig) -> datetime:
    """By when somebody agrees who was asked at `at`: the end of the next working day, in the zone of the book."""
    from opsbook.core.times import Times

    day = Times(at, core.timezone).local(at).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    working = (core.hours or Hours.model_construct()).days
    while DAYS[day.weekday()] not in working:
        day += timedelta(days=1)
    return (day + timedelta(days=1)).astimezone(UTC)


def asks(view: IncidentView, book: Book, action: str, by: str, now: datetime) -> str:
    """Who is asked about a decision that somebody takes now, in words; nothing where nobody is."""
    core, config = book.config.core, book.config.section(IncidentsConfig)
    if not asked_since(core, action, now):
        return ""
    item = _Taken(action, "", now, by, "", None)
    taken = _decision(item, [*_taken(view, config), item], list(view.timeline.of(Agreement)), core)
    return asked(taken, core) if taken.missing else ""
