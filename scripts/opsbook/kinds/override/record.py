"""Putting on record who stands in, and what calendars say."""

from __future__ import annotations

from datetime import datetime

from opsbook.core import secrets, yaml
from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.calendar import keep
from opsbook.core.config import CALENDARS
from opsbook.core.duty import OVERRIDES, calendar_of, on_duty
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.inert import github
from opsbook.core.plan import Plan
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.kinds.override.model import Override
from opsbook.kinds.override.requests import KeepCalendars, OverrideRota


def override(book: Book, request: OverrideRota, now: datetime, ids: Ids, operation: str) -> Plan:
    """One new file.

    Raises:
        Refused: there is no such rota, or it ends before it begins.
    """
    core = book.config.core
    known = ", ".join(rota.id for rota in core.rotas if rota.retired is None) or "none"
    rota = core.rota(request.rota)
    if rota is None:
        raise Refused(f"“{shorten(one_line(request.rota), 60)}” is no rota of {CONFIG_PATH}.", f"Known are {known}.")
    now = now.replace(microsecond=0)
    starts = _moment(request.starts, now, core.timezone, "from") if request.starts else now
    until = _moment(request.until, starts, core.timezone, "until")
    if until <= starts or until <= now:
        raise Refused("It would be over before it begins.", "Say --until a later time, with its day.")
    said = Override(
        id=ids.record("OVR", now),
        rota=rota.id,
        person=_person(book, request.who or request.by),
        starts=starts,
        until=until,
        why=secrets.mask(request.why, core.mailboxes)[0] if request.why else None,
        by=request.by,
        at=now,
        operation=operation,
    )
    path = f"{OVERRIDES}/{rota.id}/{said.id}.yaml"
    schema = "../" * path.count("/") + "schemas/override.schema.json"
    data = yaml.dump(said.model_dump(mode="json", exclude_none=True), schema=schema).encode()
    times, instead = Times(now, core.timezone), on_duty(book, rota.id, starts).person
    period = f"{times.full(starts)} to {times.full(until)}"
    summary = (
        ("Rota", rota.title),
        ("On duty", core.person_name(said.person)),
        ("Instead of", core.person_name(instead) if instead else "nobody that is known"),
        ("Time", period),
        *([("Why", shorten(said.why, 200))] if said.why else []),
    )
    body = "\n".join(f"* {label}: {github(value)}" for label, value in summary)
    subject = f"{said.person} stands in for {rota.id}"
    return Plan(
        said.id,
        path,
        {path: data},
        subject,
        f"{said.id}: {subject}",
        f"{body}\n",
        summary,
        ("override",),
        understood=(f"On duty from {period}",),
    )


def calendars(book: Book, request: KeepCalendars, now: datetime, ids: Ids) -> Plan:
    """The calendars that say something new, straight to main: nobody can agree or disagree with what they say.

    Raises:
        Refused: one of them holds more than the book may keep, or is no rota's.
    """
    files: dict[str, bytes | None] = {}
    for rota, text in sorted(request.calendars.items()):
        found, data = book.config.core.rota(rota), text.encode()
        if found is None or found.ical is None:
            raise Refused(f"{rota} has no calendar on main.", f"Give it `ical` in {CONFIG_PATH}, and commit it.")
        try:
            if keep(data, None).data != data:
                raise Refused(f"The calendar of {rota} is not as the book keeps it.")
        except ValueError as error:
            raise Refused(f"The calendar of {rota} cannot be used: {error}.") from None
        files[calendar_of(rota)] = data
    record, which = ids.record("ROT", now), ", ".join(sorted(request.calendars))
    subject = shorten(f"Bring the calendar of {which} up to date", 72)
    return Plan(record, CALENDARS, files, subject, subject, "", (("Rotas", which),), straight=True)


def _moment(text: str, after: datetime, zone: str, name: str) -> datetime:
    try:
        return Times(after, zone).typed(text, coming=True).replace(microsecond=0)
    except (ValueError, OverflowError):
        said = f"--{name}: “{shorten(one_line(text), 40)}” is no time." if text else f"--{name} is missing."
        raise Refused(said, "Write 18:00, or 2026-11-21T18:00, or with its zone.") from None


def _person(book: Book, ref: str) -> str:
    known = book.config.vocabulary.get("people")
    if known is None or ref in known or ":" in ref:  # the model judges what an outsider is called
        return ref
    raise Refused(
        f"“{shorten(one_line(ref), 60)}” is nobody of {CONFIG_PATH}.",
        f"Known are {', '.join(list(known)[:6]) or 'none yet'}; anybody else is github:LOGIN, slack:ID or local:NAME.",
    )
