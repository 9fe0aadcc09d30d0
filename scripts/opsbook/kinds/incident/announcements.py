"""What a change of an incident says, computed from the record before and after: never listed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote_plus

from opsbook.core.announcement import PAGE, Announcement, Standing, Tone
from opsbook.core.book import Book
from opsbook.core.record import File, Record
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.core.types import Step
from opsbook.kinds.incident import story
from opsbook.kinds.incident.agreements import MEANINGS, asked, holders, pending
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.model import (
    Acknowledged,
    Agreement,
    AlertChange,
    AnyEntry,
    Call,
    Declared,
    FrozenChecklist,
    Incident,
    Note,
    RoleChange,
    SeverityChange,
    StatusChange,
    Update,
)
from opsbook.kinds.incident.paging import pages
from opsbook.kinds.incident.steps import needed
from opsbook.kinds.incident.view import IncidentView

_TONES: tuple[Tone, ...] = ("alarm", "warning")
"""Of the worst severity and the next; all others are a notice."""
_LOUD = frozenset({"status", "severity"})
"""What nobody may miss who once read that there is an incident."""


@dataclass(frozen=True, slots=True)
class News:
    """One thing that is new: `name`, `fact`, `headline` and `by_hand` of its announcement."""

    name: str
    fact: str
    headline: str
    by_hand: bool = False


def announcements(before: Record | None, after: Record | None, book: Book) -> Sequence[Announcement]:
    """Each thing that is new in `after`, for each audience that hears of it.

    A declaration, an update, a change of status, severity or role, and who was called in and answered is told; notes,
    decisions and steps are not. Whom a call wakes hears of it by another medium, like its end. A drill
    is told to the drill channel only; a security incident to the security channel only, and without facts. The story of
    an incident hears the same, and decisions and all that was done in production.
    """
    if after is None:
        return ()
    view, old = IncidentView(after), IncidentView(before) if before is not None else None
    if view.facts is None:
        return ()
    if view.facts.classification != "operational":
        return tuple(_security(view, old, book))
    return tuple(_operational(view, old, book))


def _security(view: IncidentView, old: IncidentView | None, book: Book) -> Iterator[Announcement]:
    facts, security = view.facts, book.config.core.security
    assert facts is not None
    # An incident that turns out to be one is news to those who look after it.
    is_new = old is None or old.facts is None or old.facts.classification == "operational"
    paging = book.config.section(IncidentsConfig).paging
    if is_new and not facts.drill and paging is not None and paging.security is not None:
        headline = "A security incident was declared"
        yield Announcement(facts.id, "page", "declared", f"{PAGE}{paging.security}", headline)
    if security.channel is None:
        return
    common = {"audience": security.channel, "footer": readers_of(book, security.channel), "drill": facts.drill}
    if is_new:
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
        return
    assert old is not None
    assert old.facts is not None
    known = {file.path for file, _ in old.timeline.entries}
    status: str = old.facts.status
    said: list[tuple[str, str, bool]] = []
    for file, entry in view.timeline.of(StatusChange):
        if file.path not in known:
            status = entry.status
            said.append((file.path.rpartition("/")[2], status, False))
    if facts.status != status:  # a stub has no timeline: whoever changes it does so by hand
        said.append((f"{status}>{facts.status}", facts.status, True))
    for fact, status, by_hand in said:
        yield Announcement(
            record=facts.id,
            name="status",
            fact=fact,
            headline=f"A security incident is {status}",
            facts=(("Incident", facts.id),),
            loud=True,
            by_hand=by_hand,
            **common,  # type: ignore[arg-type]
        )


def _operational(view: IncidentView, old: IncidentView | None, book: Book) -> Iterator[Announcement]:
    facts, channels = view.facts, book.config.section(IncidentsConfig).channels
    assert facts is not None
    audiences = [channels.drill] if facts.drill else [channels.incident, channels.team]
    known = {file.path for file, _ in old.timeline.entries} if old is not None else set()
    fresh = [(file, entry) for file, entry in view.timeline.entries if file.path not in known]
    declared = any(isinstance(entry, Declared) for _, entry in fresh) or old is None
    told = [News("declared", "declared", f"{facts.severity} incident: {facts.title}")] if declared else []
    told += _news(view, old, fresh, book)
    about, asks = about_now(view, book), {} if facts.drill else _asks(view, book)
    hears = dict.fromkeys((item for item in audiences if item is not None), told)
    if (tracker := story.audience(view, book)) is not None:
        hears[tracker] = _tracked(told, fresh, book)
    for audience, those in hears.items():
        for news in those:
            opens = news.name == "declared"
            yield replace(
                about,
                name=news.name,
                fact=news.fact,
                audience=audience,
                headline=news.headline,
                links=tuple(link for link in about.links if audience != tracker or link[0] != story.LINK),
                steps=_first_steps(view) if opens else (),
                footer=readers_of(book, audience),
                opens=opens,
                asks=asks.get(news.fact, ()),
                loud=news.name in _LOUD,
                by_hand=news.by_hand,
            )
    yield from pages(view, old, about)


def _tracked(told: list[News], fresh: list[tuple[File, AnyEntry]], book: Book) -> list[News]:
    """What a story hears: what people are told, what was decided and what was done, in the order in which it was."""
    found = [news for news in told if news.name != "change"]
    for file, entry in fresh:
        if isinstance(entry, Note) and entry.kind != "note":
            what = "decided" if entry.kind == "decision" else "changed production"
            again = "" if entry.corrects is None else ", corrected"
            headline = f"{book.config.core.person_name(entry.by)} {what}{again}: {entry.text}"
            found.append(News(entry.kind, file.path.rpartition("/")[2], headline))
    return sorted(found, key=lambda news: (news.name != "declared", news.by_hand, news.fact))


def about_now(view: IncidentView, book: Book) -> Announcement:
    """The state of an incident, for whoever says something of it."""
    facts, config, core = view.facts, book.config.section(IncidentsConfig), book.config.core
    assert facts is not None
    due, severity = view.next_update(config), config.severity(facts.severity)
    state = [
        ("Incident", facts.id),
        ("Severity", f"{facts.severity} {severity.title}" if severity is not None else facts.severity or "not set"),
        ("Status", facts.status),
        ("Services", ", ".join(book.title("service", name) or name for name in facts.services) or "none named"),
        (config.words.label("lead"), core.person_name(facts.roles.lead) if facts.roles.lead else "not named yet"),
        (config.words.label("comms"), core.person_name(facts.roles.comms) if facts.roles.comms else "not named yet"),
    ]
    if facts.same_as is not None:
        state.append(("Goes on as", facts.same_as))
    if due is not None:
        state.append(("Next update", Times(due, core.timezone).full(due)))
    state += [("Agreement", f"pending: {asked(item, core)} ({item.what})") for item in pending(view, book)]
    standing = _standing(view, config)
    return Announcement(
        record=facts.id,
        name="",
        fact="",
        audience="",
        headline=standing.title,
        facts=tuple(state),
        links=links_of(view, book),
        drill=facts.drill,
        standing=standing,
    )


def _asks(view: IncidentView, book: Book) -> dict[str, tuple[str, ...]]:
    """The accounts of those who are asked for something by what is new, by the name of the entry's file."""
    core = book.config.core
    wanted = {f"{item.name}.yaml": holders(core, item.missing) for item in pending(view, book)}
    lead = view.facts.roles.lead if view.facts is not None else None
    for file, entry in view.timeline.entries:
        if isinstance(entry, RoleChange) and entry.person != entry.by:
            wanted[file.path.rpartition("/")[2]] = [entry.person]
        elif isinstance(entry, Note) and entry.kind == "change" and lead is not None:
            wanted[file.path.rpartition("/")[2]] = [lead]
    accounts = {person.id: f"slack:{person.slack}" for person in core.people if person.slack is not None}
    return {
        fact: tuple(account for who in people if (account := accounts.get(who, who)).startswith("slack:"))
        for fact, people in wanted.items()
    }


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
) -> Iterator[News]:
    """What is new: entries of the timeline, and then facts that were edited without an entry."""
    facts, core, called = view.facts, book.config.core, book.config.section(IncidentsConfig).words
    assert facts is not None
    said: dict[str, str] = {}
    for file, entry in fresh:
        fact = file.path.rpartition("/")[2]
        if _is_of_declaration(entry, view):
            continue  # the declaration says it already
        if isinstance(entry, Update):
            yield News("update", fact, f"Update on {facts.title}: {entry.text}")
        elif isinstance(entry, StatusChange):
            said["status"] = entry.status
            yield News("status", fact, f"{entry.status.capitalize()}: {facts.title}")
        elif isinstance(entry, SeverityChange):
            said["severity"] = entry.severity
            yield News("severity", fact, f"Now {entry.severity}: {facts.title}")
        elif isinstance(entry, RoleChange):
            said[entry.role] = entry.person
            who = f"{core.person_name(entry.person)} is {getattr(called, entry.role)}"
            yield News("role", fact, f"{who} for: {facts.title}")
        elif isinstance(entry, Agreement):
            yield News(
                "agreement", fact, f"{core.person_name(entry.by)} agrees that {_agreed(entry, view)}: {facts.title}"
            )
        elif isinstance(entry, Note) and entry.kind == "change" and entry.corrects is None and not view.led(entry):
            lead = core.person_name(facts.roles.lead) if facts.roles.lead else f"nobody is {called.lead} yet"
            changed = f"{core.person_name(entry.by)} changed production; only the {called.lead} does ({lead})"
            yield News("change", fact, f"{changed}: {facts.title}")
        elif isinstance(entry, Call):
            why = f": {entry.text}" if entry.text else ""
            yield News("call", fact, f"{core.person_name(entry.who)} is called in{why}. {facts.title}")
        elif isinstance(entry, AlertChange):
            yield News("alert", fact, f"{shorten(one_line(entry.text), 300)} {facts.title}")
        elif isinstance(entry, Acknowledged):
            yield News("acknowledged", fact, f"{core.person_name(entry.who)} answered the call: {facts.title}")
    before = {**_known(old, view), **said}
    for name, now in _values(facts).items():
        if name not in before or now == before[name] or now is None:
            continue
        fact, is_role = f"{before[name]}>{now}", name in ("lead", "comms")
        if name == "status":
            headline = f"{now.capitalize()}: {facts.title}"
        elif name == "severity":
            headline = f"Now {now}: {facts.title}"
        else:
            headline = f"{core.person_name(now)} is {getattr(called, name)} for: {facts.title}"
        yield News("role" if is_role else name, f"{name}:{fact}" if is_role else fact, headline, by_hand=True)


def _agreed(entry: Agreement, view: IncidentView) -> str:
    if entry.about is None and view.is_open:  # beforehand: nobody has decided it yet
        return f"it can be {entry.action.partition('.')[2]}d"
    return MEANINGS.get(entry.action, entry.action)


def _values(facts: Incident) -> dict[str, str | None]:
    """The facts that people are told of when they change."""
    roles = facts.roles
    return {"status": facts.status, "severity": facts.severity, "lead": roles.lead, "comms": roles.comms}


def _known(old: IncidentView | None, view: IncidentView) -> dict[str, str | None]:
    """These facts as they were before: in the record, or in the declaration of a record that was not there.

    An incident is declared, told and corrected by hand in one pull request: main sees all of it at once.
    """
    if old is not None and old.facts is not None:
        return _values(old.facts)
    if view.declared is None:
        return {}
    known: dict[str, str | None] = {"status": "investigating", "severity": view.declared[1].severity}
    known |= {"lead": None, "comms": None}
    known |= {entry.role: entry.person for _, entry in view.timeline.of(RoleChange) if _is_of_declaration(entry, view)}
    return known


def _is_of_declaration(entry: AnyEntry, view: IncidentView) -> bool:
    """Whether the declaration wrote the entry."""
    first = view.declared
    return first is not None and entry.operation is not None and entry.operation == first[1].operation


def links_of(view: IncidentView, book: Book) -> tuple[tuple[str, str], ...]:
    """Where to read and to do more: on the site and in the repository, if they have an address, and its own links.

    The pull request is found by its branch: its number is not in the book, and what is said is computed from the book.
    """
    facts, site, repository = view.facts, book.config.core.site.url, book.config.core.site.repository
    assert facts is not None
    links = [(link.title, link.url) for link in facts.links]
    if (tracked := story.address(view, book)) is not None:
        links.insert(0, (story.LINK, tracked))
    if repository is not None:
        asked = quote_plus(f"is:pr head:opsbook/{facts.id}")
        links.insert(0, ("Pull request", f"{repository.rstrip('/')}/pulls?q={asked}"))
    if site is not None:
        base = site.rstrip("/")
        lists = _needed(view)[:1] if view.is_open else []
        steps = [(frozen.title, f"{base}/runbooks/{frozen.runbook}/") for frozen, _ in lists]
        links = [("Incident page", f"{base}/{view.record.path}/"), *steps, *links]
    return tuple(links)


def _first_steps(view: IncidentView) -> tuple[str, ...]:
    return tuple(step.action for _, steps in _needed(view)[:1] for step in steps[:3])


def _needed(view: IncidentView) -> list[tuple[FrozenChecklist, list[Step]]]:
    return needed(view.checklist.checklists if view.checklist is not None else (), view.facts)


def readers_of(book: Book, audience: str) -> str:
    """Who can read a channel, said below everything that goes there."""
    channel = book.config.core.channel(audience)
    return f"Who can read {channel.name}: {channel.audience}" if channel is not None else ""
