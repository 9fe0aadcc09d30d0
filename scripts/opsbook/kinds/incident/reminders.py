"""What people are reminded of while an incident is open: an update that is due, a role that nobody holds, silence.

The incident process asks for an update every hour and for a lead and comms at once (the incident process page, "Roles"
and "Communications"); when exactly, `opsbook.yml` says. A reminder is for those who work on the incident: it goes to
the incident channel alone, once for each thing that is due. A role that stays open wakes people once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.record import Record
from opsbook.core.times import Times
from opsbook.core.types import write_time
from opsbook.kinds.incident.agreements import asked, decisions
from opsbook.kinds.incident.announcements import about_now, links_of, readers_of
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.paging import again, targets_of
from opsbook.kinds.incident.view import IncidentView

SOON = timedelta(minutes=10)
"""How long before an update is due people are reminded of it."""

SILENCE = timedelta(days=1)
"""After how long without a word in its timeline an open incident is asked about, again after each such time."""


def remind(record: Record, book: Book, now: datetime) -> Sequence[Announcement]:
    """What is due in an open incident at `now`. A security incident is told to nobody, so nobody is reminded of it."""
    view, config = IncidentView(record), book.config.section(IncidentsConfig)
    facts = view.facts
    if facts is None or facts.classification != "operational":
        return ()
    audience = config.channels.drill if facts.drill else config.channels.incident
    times = Times(now, book.config.core.timezone)
    said = (
        []
        if audience is None
        else [
            Announcement(
                record=facts.id,
                name=name,
                fact=fact,
                audience=audience,
                headline=f"{what}: {facts.title}",
                facts=(("Incident", facts.id), ("Do", do)),
                links=links_of(view, book),
                footer=readers_of(book, audience),
                drill=facts.drill,
            )
            for name, fact, what, do in _due(view, config, times, book)
        ]
    )
    return [*said, *_woken(view, book, now)]


def _woken(view: IncidentView, book: Book, now: datetime) -> Iterator[Announcement]:
    """Who is woken because a role stays open, where the severity wakes people at all."""
    facts, config = view.facts, book.config.section(IncidentsConfig)
    assert facts is not None
    paging = config.paging
    if paging is None or not view.is_open or facts.drill or not config.pages(config.severity(facts.severity)):
        return
    for role in ("lead", "comms"):
        by = view.due_by(role, config)
        if getattr(facts.roles, role) is None and by is not None and by + paging.again_after <= now:
            why = f"Still nobody is {getattr(config.words, role)}"
            for target in targets_of(book, facts.services):
                yield again(target, f"{role}:{write_time(by)}", why, about_now(view, book))


def _due(view: IncidentView, config: IncidentsConfig, times: Times, book: Book) -> Iterator[tuple[str, str, str, str]]:
    """Name, fact, what is due, and the command that settles it."""
    facts, now = view.facts, times.now
    assert facts is not None
    for decision in decisions(view, book):
        if decision.pending and decision.due <= now:
            who, fact = asked(decision, book.config.core), f"{decision.action}:{write_time(decision.at)}"
            what = f"{who} did not say yet whether it is {decision.what}, asked {times.clock(decision.at)}"
            yield "unagreed", fact, what, f"opsbook agree -i {facts.id}"
    if not view.is_open:
        return
    update = view.next_update(config)
    if update is not None and update - SOON <= now:
        what = "is due at" if now <= update else "was due at"
        do = f'opsbook incident update {facts.id} --tell "…"'
        yield "overdue", write_time(update), f"The next update {what} {times.clock(update)}", do
    for role in ("lead", "comms"):
        by = view.due_by(role, config)
        if getattr(facts.roles, role) is None and by is not None and by <= now:
            who = f"Nobody is {getattr(config.words, role)} of this incident"
            do = f"opsbook incident update {facts.id} --{role} ID"
            yield f"no{role}", f"{role}:{write_time(by)}", f"{who}, since {times.clock(by)} somebody should", do
    last = max((entry.at for _, entry in view.timeline.entries), default=facts.times.declared_at)
    days = (now - last) // SILENCE
    if days > 0:
        do = f"opsbook incident note {facts.id} … or: opsbook incident update {facts.id} --status resolved"
        yield "silence", f"{write_time(last)}+{days}", f"Nothing was written since {times.clock(last)}, still open", do
