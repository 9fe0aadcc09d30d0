"""What a kind puts on the home page, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Urgent:
    """A record that people are working on under pressure.

    Attributes:
        severity: its id, such as `P1`; empty where it must not be told.
        rank: 1 for the worst severity of the book, and so on, 0 for none; decides order and colour.
        page: path of its page.
        next_update: when people are told next; `None` when nobody promised.
        overdue: `next_update` has passed.
        drill: a rehearsal.
    """

    id: str
    title: str
    severity: str
    rank: int
    status: str
    page: str
    next_update: datetime | None = None
    overdue: bool = False
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """Where somebody may want to go: a name, a page of the site or an address, and a few words about it."""

    name: str
    to: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Begin:
    """How a new record is begun.

    Attributes:
        command: for a terminal.
        page: the page that says more.
        template: name of the issue form for whoever has no terminal.
    """

    command: str
    page: str
    template: str


@dataclass(frozen=True, slots=True)
class Front:
    """What one kind puts on the home page.

    Attributes:
        urgent: what is open, what one and several of them are called, and where all is listed (`index`).
        begin: how one is declared.
        elsewhere: pages of others that may say more, such as status pages of vendors.
        browse: what comes after the first screen.
    """

    urgent: Sequence[Urgent] = ()
    one: str = ""
    several: str = ""
    index: str = ""
    begin: Begin | None = None
    elsewhere: Sequence[Way] = ()
    browse: Sequence[Way] = ()
