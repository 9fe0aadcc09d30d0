"""The home page: one phone screen for somebody under stress."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment

from opsbook.core.book import Book
from opsbook.core.config import SecurityAlert
from opsbook.core.duty import on_duty, said
from opsbook.core.front import Front, Urgent, Way
from opsbook.core.text import shorten
from opsbook.core.times import Times
from opsbook.site.page import Page
from opsbook.site.render import render

SHOWN = 2
"""How many open records the first screen names; the others are behind one link."""

LINE = 60
"""How many characters of a title it shows: two lines of a phone."""

FEW = 3
"""How many status pages, and how many rotas, the first screen names; more are folded."""


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who answers for a rota; `until` is when the next person takes over, if that is known."""

    rota: str
    who: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """All that the home page says; pages are named by their paths.

    Attributes:
        now: when the page is made; what it says was true then.
        timezone: IANA name of the zone in which people read times.
        alert: whom to tell of a suspected security breach, and how.
        first: the kind that is declared when something is broken; form: the address of its form, if there is one.
        urgent: what is open in every kind, the worst first.
        elsewhere: status pages of others.
        browse: what comes after the first screen.
        breach, stuck, changing: the pages about a breach, for somebody who is stuck, and before a change.
    """

    now: datetime
    timezone: str
    alert: SecurityAlert
    first: Front
    form: str = ""
    urgent: Sequence[Urgent] = ()
    elsewhere: Sequence[Way] = ()
    on_call: Sequence[OnCall] = ()
    browse: Sequence[Way] = ()
    breach: str = "security-breach.md"
    stuck: str = "help/index.md"
    changing: str = "change/index.md"


def home_of(book: Book, fronts: Collection[Front], now: datetime) -> Home:
    """The home page of the book at a moment: what each kind puts there."""
    core = book.config.core
    first = next(front for front in fronts if front.begin is not None)
    urgent = [item for front in fronts for item in front.urgent]
    repository = (core.site.repository or "").rstrip("/")
    return Home(
        now=now,
        timezone=core.timezone,
        alert=core.security,
        first=first,
        form=f"{repository}/issues/new?template={first.begin.template}" if repository and first.begin else "",
        urgent=sorted(urgent, key=lambda item: (item.drill, item.rank or 99)),
        elsewhere=[way for front in fronts for way in front.elsewhere],
        on_call=[
            OnCall(rota.title, said(duty, core), duty.until)
            for rota in core.rotas
            if rota.retired is None
            for duty in [on_duty(book, rota.id, now)]
        ],
        browse=[way for front in fronts for way in front.browse],
    )


def home_page(home: Home, env: Environment) -> Page:
    """The page `index.md`."""
    real = sum(not item.drill for item in home.urgent)
    return render(
        env,
        "home.html.j2",
        "index.md",
        "opsbook.yml",
        Times(home.now, home.timezone),
        home=home,
        how=_first_sentence(home.alert.how),
        headline=_headline(real, len(home.urgent) - real, home.first),
        alarming=real > 0,
        shown=[(item, shorten(item.title, LINE)) for item in home.urgent[:SHOWN]],
        hidden=len(home.urgent[SHOWN:]),
        few=FEW,
        until=untils.pop() if len(untils := {entry.until for entry in home.on_call}) == 1 else None,
    )


def _headline(real: int, drills: int, first: Front) -> str:
    """`1 open incident`, `No open incidents, 1 drill`."""
    found = f"{real or 'No'} {first.one if real == 1 else first.several}"
    return f"{found}, {drills} drill{'' if drills == 1 else 's'}" if drills else found


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).partition(". ")[0].rstrip(".")
