"""The home page: one phone screen for somebody under stress."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from jinja2 import Environment

from opsbook.core.times import Times
from opsbook.site.page import Page
from opsbook.site.render import render

SHOWN = 2
"""How many open incidents the first screen names; the others are behind one link."""


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """One incident that is not resolved.

    Attributes:
        severity: its id, such as `P1`; empty where it must not be told.
        rank: 1 for the worst severity of the book, and so on; decides the colour only.
        url: from the root of the site, or absolute.
        next_update: when tenants are told next; `None` when nobody promised.
        overdue: `next_update` has passed.
        drill: a rehearsal.
    """

    id: str
    title: str
    severity: str
    rank: int
    status: str
    url: str
    next_update: datetime | None = None
    overdue: bool = False
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """Whom to tell of a suspected security breach, how, and where it is explained (`url`)."""

    whom: str
    how: str
    url: str


@dataclass(frozen=True, slots=True)
class Declare:
    """How to declare an incident.

    Attributes:
        command: for a terminal.
        url: the page that says more.
        form: the address of the form for whoever has no terminal; empty where there is none.
    """

    command: str
    url: str
    form: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A name, where it leads (`url`), and a few words about it."""

    name: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned work that users may notice."""

    title: str
    url: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who answers for a rota; `until` is when the next person takes over, if that is known."""

    rota: str
    who: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """All that the home page says. Every `url` is an address from the root of the site, or absolute.

    Attributes:
        now: when the page is made; what it says was true then.
        timezone: IANA name of the zone in which people read times.
        incidents: the page of all incidents.
        open_incidents: the worst first.
        stuck: where to ask for help; changing: what to do before a change.
        browse: what comes after the first screen: runbooks, services, reports.
    """

    now: datetime
    timezone: str
    security: Alert
    declare: Declare
    incidents: str
    stuck: str
    changing: str
    open_incidents: Sequence[OpenIncident] = ()
    maintenance: Sequence[Maintenance] = ()
    vendors: Sequence[Link] = ()
    on_call: Sequence[OnCall] = ()
    browse: Sequence[Link] = ()


def home_page(home: Home, env: Environment) -> Page:
    """The page `index.md`."""
    times = Times(home.now, home.timezone)
    real = sum(not incident.drill for incident in home.open_incidents)
    page = render(
        env,
        "home.md.j2",
        "index.md",
        "opsbook.yml",
        times,
        home=home,
        headline=_headline(real, len(home.open_incidents) - real),
        alarming=real > 0,
        shown=home.open_incidents[:SHOWN],
        hidden=len(home.open_incidents[SHOWN:]),
    )
    return replace(page, links=frozenset(filter(_is_ours, (home.security.url, home.declare.url, *_ways(home)))))


def _ways(home: Home) -> Iterator[str]:
    yield from (home.incidents, home.stuck, home.changing)
    yield from (incident.url for incident in home.open_incidents)
    yield from (work.url for work in home.maintenance)
    yield from (link.url for link in home.browse)


def _is_ours(url: str) -> bool:
    return not urlsplit(url).scheme


def _headline(real: int, drills: int) -> str:
    """`1 open incident`, `No open incidents, 1 drill`."""
    incidents = f"{real or 'No'} open incident{'' if real == 1 else 's'}"
    return f"{incidents}, {drills} drill{'' if drills == 1 else 's'}" if drills else incidents
