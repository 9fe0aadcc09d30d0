"""An incident that turns out to be a breach: its facts go to the restricted book, and a stub stays."""

from __future__ import annotations

import re
from datetime import datetime

from opsbook.core import yaml
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.plan import Plan
from opsbook.core.record import Record
from opsbook.kinds.incident import files, pull
from opsbook.kinds.incident.actions import details
from opsbook.kinds.incident.model import Incident, Times
from opsbook.kinds.incident.requests import Secure
from opsbook.kinds.incident.view import FACTS, IncidentView
from opsbook.kinds.incident.vocabulary import SECURITY_TITLE

_INSIDE = re.compile(r"[a-z]+\.(?:yaml|md)|timeline/[0-9A-Za-z-]+\.yaml")
"""What a folder of an incident may hold; nothing else is carried over."""


def carried(record: Record) -> dict[str, str]:
    """The files of an incident by their names in its folder, as they are."""
    return {name: file.text for name, file in record.files.items() if _INSIDE.fullmatch(name)}


def secure(book: Book, request: Secure, _now: datetime, _ids: Ids, operation: str) -> Plan:
    """In the restricted book all that is known; in any other one the stub, and nothing beside it.

    Raises:
        Refused: there is nothing to move, or it is a stub already.
    """
    return _kept(book, request, operation) if book.config.core.security.restricted else _left(book, request, operation)


def _kept(book: Book, request: Secure, operation: str) -> Plan:
    id_, facts = request.record or "", request.files.get(FACTS, "")
    there = book.resolve("incident", id_)
    known = IncidentView(there).facts if there is not None else None
    if there is not None and (known is None or known.operation != operation):
        raise Refused(f"{id_} is in the restricted book already.", "Go on there.")
    folder = f"incidents/{id_[4:8]}/{id_}"
    try:
        text = yaml.edit(facts, [(("classification",), "restricted"), (("operation",), operation)], files.ORDER)
    except ValueError:
        text = facts  # what cannot be read is kept as it is: somebody repairs it there
    kept = {f"{folder}/{name}": value.encode() for name, value in request.files.items() if _INSIDE.fullmatch(name)}
    return Plan(
        record=id_,
        path=folder,
        files={**kept, f"{folder}/{FACTS}": text.encode()},
        subject=f"Keep the facts of {id_}",
        title=f"{id_}: {SECURITY_TITLE}",
        body="Moved here: it turned out that it may be a breach.\n",
        summary=(("Folder", folder),),
        labels=("incident",),
    )


def _left(book: Book, request: Secure, operation: str) -> Plan:
    record = details(book, request)
    facts = IncidentView(record).facts
    if facts is None:
        raise Refused(
            f"{record.path}/{FACTS} cannot be read, so nothing is moved by a command.",
            f"`opsbook check {record.path}` says what is wrong. Alert {book.config.core.security.who} in any case.",
        )
    times = {name: getattr(facts.times, name) for name in ("declared_at", "resolved_at", "closed_at")}
    stub = Incident(
        id=facts.id,
        title=SECURITY_TITLE,
        classification="security",
        drill=facts.drill,
        status=facts.status,
        times=Times(**{name: at for name, at in times.items() if at is not None}),
        operation=operation,
    )
    folder = f"incidents/{facts.id[4:8]}/{facts.id}"
    gone: dict[str, bytes | None] = {f"{record.path}/{name}": None for name in record.files}
    return Plan(
        record=facts.id,
        path=folder,
        files={**gone, **dict([files.facts(folder, stub)])},
        subject=f"Leave the stub of {facts.id}",
        title=f"{facts.id}: {SECURITY_TITLE}",
        body=pull.STUB,
        summary=(("Title", SECURITY_TITLE), ("Folder", folder)),
        labels=("incident",),
        anonymous=True,
    )
