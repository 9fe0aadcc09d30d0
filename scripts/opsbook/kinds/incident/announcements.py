"""What a change of an incident says, computed from the record before and after: never listed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opsbook.core.announcement import Announcement, Standing, Tone
from opsbook.core.book import Book
from opsbook.core.record import File, Record
from opsbook.core.times import Times
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.model import AnyEntry, Declared, RoleChange, SeverityChange, StatusChange, Update
from opsbook.kinds.incident.view import IncidentView

_TONES: tuple[Tone, ...] = ("alarm", "warning")
"""Of the worst severity and the next; all others are a notice."""
_LOUD = frozenset({"status", "severity"})
"""What nobody may miss who once read that there is an incident."""


def announcements(before: Record | None, after: Record | None, book: Book) -> Sequence[Announcement]:
    """Each thing that is new in `after`, for each audience that hears of it.

    A declaration, an update, a change of status, severity or role is told; notes, decisions and steps are not. A drill
    is told to the drill channel only; a security incident to the security channel only, and without facts.
    """
    if after is None:
        return ()
    view, old = IncidentView(after), IncidentView(before) if before is not None else None
    if view.facts is None:
        return ()
    if view.facts.classification == "security":
        return tuple(_security(view, old, book))
    return tuple(_operational(view, old, book))


def _security(view: IncidentView, old: IncidentView | None, book: Book) -> Iterator[Announcement]:
    facts, security = view.facts, book.config.core.security
    assert facts is not None
    if security.channel is None:
        return
    common = {"audience": security.channel, "footer": _footer(book, security.channel), "drill": facts.drill}
    if old is None or old.facts is None:
        yield Announcement(
            record=facts.id,
            name="declared",
            fact="declared",
            headline="A security incident was declared",
            facts=(("Incident", facts.id), ("First", f"{security.who}: {security.how.strip()}")),
            steps=("Do not describe it in a chat, a ticket or this book.",),
            opens=True,
            **common,  # type: ignore[arg-type]
        )
    elif old.facts.status != facts.status:
        yield Announcement(
            record=facts.id,
            name="status",
            fact=f"{old.facts.status}>{facts.status}",
            headline=f"A security incident is {facts.status}",
            facts=(("Incident", facts.id),),
            loud=True,
            **common,  # type: ignore[arg-type]
        )


def _operational(view: IncidentView, old: IncidentView | None, book: Book) -> Iterator[Announcement]:
    facts, config, core = view.facts, book.config.section(IncidentsConfig), book.config.core
    assert facts is not None
    channels = config.channels
    audiences = [channels.drill] if facts.drill else [channels.incident, channels.team]
    known = {file.path for file, _ in old.timeline.entries} if old is not None else set()
    fresh = [(file, entry) for file, entry in view.timeline.entries if file.path not in known]
    declared = any(isinstance(entry, Declared) for _, entry in fresh) or old is None
    due = view.next_update(config)
    severity = config.severity(facts.severity)
    state = [
        ("Severity", f"{facts.severity} {severity.title}" if severity is not None else facts.severity or "not set"),
        ("Status", facts.status),
        ("Services", ", ".join(book.title("service", name) or name for name in facts.services) or "none named"),
        ("Lead", core.person_name(facts.roles.lead) if facts.roles.lead else "not named yet"),
        ("Comms", core.person_name(facts.roles.comms) if facts.roles.comms else "not named yet"),
    ]
    if due is not None:
        state.append(("Next update", Times(due, core.timezone).full(due)))
    standing, links = _standing(view, config), _links(view, book)
    told: list[tuple[str, str, str, tuple[str, ...]]] = []
    if declared:
        told.append(("declared", "declared", f"{facts.severity} incident: {facts.title}", _first_steps(view)))
    told += [(name, fact, headline, ()) for name, fact, headline in _news(view, old, fresh, book)]
    for audience in dict.fromkeys(item for item in audiences if item is not None):
        for name, fact, headline, steps in told:
            yield Announcement(
                record=facts.id,
                name=name,
                fact=fact,
                audience=audience,
                headline=headline,
                facts=(("Incident", facts.id), *state),
                steps=steps,
                links=links,
                footer=_footer(book, audience),
                drill=facts.drill,
                standing=standing,
                opens=name == "declared",
                loud=name in _LOUD,
            )


def _standing(view: IncidentView, config: IncidentsConfig) -> Standing:
    """What the incident is now. The timeline only grows, so its length orders the states."""
    facts = view.facts
    assert facts is not None
    if not view.is_open:
        return Standing(f"{facts.status.capitalize()}: {facts.title}", "over", revision=len(view.timeline.entries))
    rank = next((n for n, item in enumerate(config.severities) if item.id == facts.severity), len(_TONES))
    return Standing(
        title=f"{facts.severity or 'Incident'}: {facts.title}",
        tone=_TONES[rank] if rank < len(_TONES) else "notice",
        steps=_first_steps(view),
        revision=len(view.timeline.entries),
    )


def _news(
    view: IncidentView, old: IncidentView | None, fresh: list[tuple[File, AnyEntry]], book: Book
) -> Iterator[tuple[str, str, str]]:
    """Name, fact and headline of what is new: entries of the timeline, and facts that were edited without an entry."""
    facts, core = view.facts, book.config.core
    assert facts is not None
    first = view.declared
    together = first[1].operation if first is not None else None
    said: set[str] = set()
    for file, entry in fresh:
        fact = file.path.rpartition("/")[2]
        if entry.operation is not None and entry.operation == together:
            continue  # the declaration says it already
        if isinstance(entry, Update):
            yield "update", fact, f"Update on {facts.title}: {entry.text}"
        elif isinstance(entry, StatusChange):
            said.add("status")
            yield "status", fact, f"{entry.status.capitalize()}: {facts.title}"
        elif isinstance(entry, SeverityChange):
            said.add("severity")
            yield "severity", fact, f"Now {entry.severity}: {facts.title}"
        elif isinstance(entry, RoleChange):
            said.add(entry.role)
            yield "role", fact, f"{core.person_name(entry.person)} is {entry.role} for: {facts.title}"
    if old is None or old.facts is None:
        return
    before, after = old.facts, facts
    if before.status != after.status and "status" not in said:
        yield "status", f"{before.status}>{after.status}", f"{after.status.capitalize()}: {facts.title}"
    if before.severity != after.severity and "severity" not in said:
        yield "severity", f"{before.severity}>{after.severity}", f"Now {after.severity}: {facts.title}"
    for role in ("lead", "comms"):
        held, holds = getattr(before.roles, role), getattr(after.roles, role)
        if held != holds and holds is not None and role not in said:
            yield "role", f"{role}:{held}>{holds}", f"{core.person_name(holds)} is {role} for: {facts.title}"


def _links(view: IncidentView, book: Book) -> tuple[tuple[str, str], ...]:
    """Where to read and to do more: on the site, if it has an address, and what the incident links to."""
    facts, site = view.facts, book.config.core.site.url
    assert facts is not None
    links = [(link.title, link.url) for link in facts.links]
    if site is not None:
        base = site.rstrip("/")
        lists = view.checklist.checklists[:1] if view.checklist is not None and view.is_open else ()
        steps = [(frozen.title, f"{base}/runbooks/{frozen.runbook}/") for frozen in lists]
        links = [("Incident page", f"{base}/{view.record.path}/"), *steps, *links]
    return tuple(links)


def _first_steps(view: IncidentView) -> tuple[str, ...]:
    lists = view.checklist.checklists if view.checklist is not None else ()
    return tuple(step.action for frozen in lists[:1] for step in frozen.steps[:3])


def _footer(book: Book, audience: str) -> str:
    channel = book.config.core.channel(audience)
    return f"Who can read {channel.name}: {channel.audience}" if channel is not None else ""
