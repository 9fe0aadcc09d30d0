"""Declaring an incident: from a request to a folder of facts, the first entry, the checklists and a report skeleton."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from opsbook.core import checklist as checklists
from opsbook.core import markdown, yaml
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.plan import Plan
from opsbook.core.record import Record
from opsbook.core.text import shorten
from opsbook.core.types import Step
from opsbook.kinds.incident import files, pull, steps
from opsbook.kinds.incident.config import IncidentsConfig, Severity
from opsbook.kinds.incident.model import (
    AlertChange,
    AnyEntry,
    Call,
    Declared,
    FrozenChecklist,
    Impact,
    Incident,
    RoleChange,
    Roles,
    Times,
)
from opsbook.kinds.incident.paging import woken
from opsbook.kinds.incident.report import skeleton
from opsbook.kinds.incident.requests import Declare
from opsbook.kinds.incident.view import REPORT, IncidentView
from opsbook.kinds.incident.vocabulary import SECURITY_TITLE
from opsbook.kinds.incident.words import listed, moment, person, sentence, words

PREFIX = "INC"
"""With which the ids of incidents begin."""

_ID = re.compile(rf"{PREFIX}-[0-9]{{8}}-[0-9A-HJKMNP-TV-Z]{{5}}")


def declare(book: Book, request: Declare, now: datetime, ids: Ids, operation: str) -> Plan:
    """A new incident. A security incident leaves a stub and no facts, unless this is the restricted book (design, 5).

    Raises:
        Refused: a value cannot be used; the sentence says which and what would do.
    """
    from slugify import slugify

    given = request.id if request.security else None
    id_ = _given_id(book, given, operation) if given is not None else _new_id(book, ids, now, operation)
    if request.security and not book.config.core.security.restricted:
        return _stub(id_, request, now, operation)
    stands_in, said_so = _out_of_hours(book, request, now)
    if stands_in is not None:
        request = request.model_copy(update={"comms": stands_in})
    facts, severity = _facts(id_, book, request, now, operation)
    slug = slugify(facts.title, max_length=40, word_boundary=True, save_order=True)
    folder = f"incidents/{now:%Y}/{id_}" + (f"-{slug}" if slug else "")
    frozen, called = _freeze(book, severity, drill=facts.drill), book.config.section(IncidentsConfig).words
    shown = steps.needed(frozen, facts)

    said = {"at": now, "by": request.by, "operation": operation}
    entries: list[AnyEntry] = [
        Declared(kind="declared", severity=severity.id, text=facts.summary or facts.title, **said)  # type: ignore[arg-type]
    ]
    for role, who in (("lead", facts.roles.lead), ("comms", facts.roles.comms)):
        if who is not None:
            entries.append(RoleChange(kind="role", role=role, person=who, **said))  # type: ignore[arg-type]
    if not request.security:
        wakes = woken(book, severity.id, facts.services, asked=request.page, drill=facts.drill)
        called_in = [target for target in wakes if target not in request.quiet]
        entries += [Call(kind="call", who=target, target=target, **said) for target in called_in]  # type: ignore[arg-type]
    if request.alert is not None and not request.security:
        text = f"This is what alert {request.alert.key} of {request.alert.source} says; what changes follows."
        entries.append(AlertChange(kind="alert", alert=request.alert, text=text, **said))  # type: ignore[arg-type]
    out: dict[str, bytes | None] = dict([files.facts(folder, facts)])
    out.update(files.entry(folder, entry, ids) for entry in entries)
    if frozen:
        out.update([files.checklist(folder, frozen)])
    out[f"{folder}/{REPORT}"] = skeleton().encode()
    return Plan(
        record=id_,
        path=folder,
        files=out,
        subject=f"{'Drill: ' if facts.drill else ''}Declare {id_} ({severity.id})",
        title=pull.title(facts, severity),
        body=pull.body(book, facts, severity, shown),
        summary=(
            ("Title", facts.title),
            ("Severity", f"{severity.id} {severity.title}"),
            ("Services", ", ".join(facts.services) or "none named"),
            (called.label("lead"), facts.roles.lead or "not named yet"),
            (called.label("comms"), said_so or facts.roles.comms or "not named yet"),
            ("Checklist", ", ".join(f"{item.title} ({len(rows)} steps)" for item, rows in shown) or "none"),
            ("Folder", folder),
        ),
        understood=(
            *([moment(book, request.started_at, now, "started-at")[1]] if request.started_at else ()),
            *([f"{called.label('comms')}: {said_so}"] if said_so else ()),
        ),
        labels=pull.labels(facts, severity),
    )


def _facts(id_: str, book: Book, request: Declare, now: datetime, operation: str) -> tuple[Incident, Severity]:
    """What `incident.yaml` will say, and its severity; raises `Refused` for a value that cannot be used."""
    title = sentence(book, request.title, "title", request.keep)
    severity = severity_of(book, request.severity)
    services = list(dict.fromkeys(service(book, name) for name in request.services))
    components = listed(book, request.components, "components", "status page component")
    if not components and services:
        components = _components_of(book, services)
    summary = words(book, request.summary, "summary", request.keep) if request.summary else None
    people = {
        role: person(book, given, role) for role, given in (("lead", request.lead), ("comms", request.comms)) if given
    }
    facing = request.user_facing
    impact = None
    if facing is not None or components:
        impact = Impact(user_facing=facing is None or facing, components=tuple(components))
    started = moment(book, request.started_at, now, "started-at")[0] if request.started_at else None
    facts = Incident(
        id=id_,
        title=title,
        classification="restricted" if request.security else "operational",
        drill=request.drill,
        severity=severity.id,
        status="investigating",
        declared_by=request.by,
        times=Times(started_at=started, declared_at=now),
        roles=Roles(**people),
        services=tuple(services),
        impact=impact,
        summary=summary,
        operation=operation,
    )
    return facts, severity


def _out_of_hours(book: Book, request: Declare, now: datetime) -> tuple[str | None, str]:
    """Who tells everybody else when nobody is at work and nobody was named, and how that is said to the declarer."""
    rota = book.config.core.rota(book.config.section(IncidentsConfig).comms_rota)
    if rota is None or request.comms or book.config.core.is_working(now) is not False:
        return None, ""
    from opsbook.core.duty import on_duty

    duty = on_duty(book, rota.id, now)
    if duty.unseen is not None:
        return None, f"not named: who is on the {rota.id} rota could not be seen"
    if duty.person is None or duty.person == request.lead:  # whoever leads has no time to tell everybody else
        return None, ""
    return duty.person, f"{duty.person} (on the {rota.id} rota)"


def _stub(id_: str, request: Declare, now: datetime, operation: str) -> Plan:
    folder = f"incidents/{id_[4:8]}/{id_}"
    stub = Incident(
        id=id_,
        title=SECURITY_TITLE,
        classification="security",
        drill=request.drill,
        status="investigating",
        times=Times(declared_at=now),
        operation=operation,
    )
    return Plan(
        record=id_,
        path=folder,
        files=dict([files.facts(folder, stub)]),
        subject=f"Declare {id_} (security)",
        title=f"{id_}: {SECURITY_TITLE}",
        body=pull.STUB,
        summary=(("Title", SECURITY_TITLE), ("Folder", folder)),
        labels=("incident",),
        anonymous=True,
    )


def _new_id(book: Book, ids: Ids, now: datetime, operation: str) -> str:
    """An id that no record of the book has, but one that this operation wrote."""
    id_ = ids.record(PREFIX, now)
    while (taken := book.resolve("incident", id_)) is not None and not _written_by(taken, operation):
        id_ = ids.record(PREFIX, now)
    return id_


def _given_id(book: Book, id_: str, operation: str) -> str:
    """The id of the facts in the restricted book; raises `Refused` if a record of this book has it already."""
    if not _ID.fullmatch(id_):
        raise Refused("The id is not that of an incident.", "Ids look like INC-20261121-7KQ4M.")
    taken = book.resolve("incident", id_)
    if taken is not None and not _written_by(taken, operation):
        raise Refused(f"{id_} is another incident here.", "Declare it again: it gets another id.")
    return id_


def _written_by(record: Record, operation: str) -> bool:
    """Whether this very operation declared the incident: then it is no other one that took the id."""
    facts = IncidentView(record).facts
    return facts is not None and facts.operation == operation


def severity_of(book: Book, value: str) -> Severity:
    """The severity that somebody names; one whose entry in opsbook.yml is broken has its name and nothing else.

    Raises:
        Refused: there is none of that name.
    """
    config = book.config.section(IncidentsConfig)
    offered = [severity for severity in config.severities if severity.retired is None]
    known = ", ".join(f"{severity.id} ({severity.title})" for severity in offered)
    if not value:
        raise Refused("The severity is missing.", f"Choose one of {known}; it can be changed later.")
    for severity in offered:
        if severity.id.lower() == value.strip().lower():
            return severity
    name, words = value.strip().upper(), book.config.vocabulary.get("severities")
    lost = words is None or (name in words and config.severity(name) is None)
    if lost and re.fullmatch(r"[A-Z][A-Z0-9]{0,9}", name):
        return Severity(id=name, title=name, meaning="Its entry in opsbook.yml cannot be read.")
    raise Refused(f"“{shorten(value, 40)}” is not a severity.", f"Choose one of {known}; it can be changed later.")


def service(book: Book, name: str) -> str:
    """The name of a service of the catalogue.

    Raises:
        Refused: there is none of that name.
    """
    found = name.strip().lower()
    if not re.fullmatch(r"[a-z0-9-]{1,60}", found) or book.find("service", found) is None:
        import difflib

        known = sorted(book.refs("service"))
        near = difflib.get_close_matches(found, known, n=3, cutoff=0.5) or known[:8]
        raise Refused(
            f"“{shorten(name, 60)}” is not a service of the catalogue.",
            f"Known are {', '.join(near)}{' …' if len(known) > len(near) else ''}. Leave it out if you are not sure.",
        )
    return found


def _components_of(book: Book, services: list[str]) -> list[str]:
    """The status page components of the affected services, as the catalogue names them."""
    found: list[str] = []
    for name in services:
        record = book.resolve("service", name)
        document = record.files[""].document if record is not None and "" in record.files else None
        component = document.value.get("component") if document and isinstance(document.value, dict) else None
        if isinstance(component, str) and component in book.config.vocabulary.get("components", {}):
            found.append(component)
    return list(dict.fromkeys(found))


def _freeze(book: Book, severity: Severity, *, drill: bool) -> list[FrozenChecklist]:
    """The checklists as they are now, those of the severity first; a runbook that is broken is left out.

    Those of other severities come too, with the condition under which they count: no number shifts when it changes.
    They stay behind where the file would become too large to be read.
    In a drill their steps name the channel of drills, where they send people to one where an incident is told.
    """
    channels, core = book.config.section(IncidentsConfig).channels, book.config.core
    told = [
        found.name for id_ in (channels.incident, channels.team) if id_ and (found := core.channel(id_)) is not None
    ]
    instead = core.channel(channels.drill) if drill and channels.drill is not None else None

    def calling(name: str) -> tuple[str, ...]:
        return tuple(item.id for item in live if name in item.checklists)

    def placed(action: str) -> str:
        if instead is not None:
            for name in told:
                action = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", instead.name, action)
        return action

    frozen: list[FrozenChecklist] = []
    live = [item for item in book.config.section(IncidentsConfig).severities if item.retired is None]
    for name in dict.fromkeys(name for item in (severity, *live) for name in item.checklists):
        record = book.resolve("runbook", name)
        file = record.files.get("") if record is not None else None
        if file is None or file.data is None:
            continue
        text = markdown.parse(file.data)
        always = checklists.condition(text)
        rows = tuple(
            Step(step=number, action=placed(line.action), owner=line.owner, when=line.when or always)
            for number, line in enumerate(checklists.lines_of(text), 1)
            if line.action and line.owner
        )
        if rows:
            title, revision = book.title("runbook", name) or name, hashlib.sha256(file.data).hexdigest()
            when = () if all(name in item.checklists for item in live) else calling(name)
            frozen.append(FrozenChecklist(runbook=name, title=title, revision=revision, when=when, steps=rows))
    if frozen and len(files.checklist("", frozen)[1]) > yaml.LIMIT:
        frozen = [item for item in frozen if item.runbook in severity.checklists]
    return frozen
