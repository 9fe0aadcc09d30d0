"""Changing the facts of an incident, each with the entry of the timeline that says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from opsbook.core import yaml
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.plan import Plan
from opsbook.core.record import Record
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.core.types import write_time
from opsbook.kinds.incident import files
from opsbook.kinds.incident.actions import bullets, details, plan_of
from opsbook.kinds.incident.agreements import CLOSE, DOWNGRADE, RESOLVE, asks
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.declare import service, severity_of
from opsbook.kinds.incident.model import AnyEntry, Incident, Note, RoleChange, SeverityChange, StatusChange
from opsbook.kinds.incident.model import Update as Told
from opsbook.kinds.incident.paging import worse
from opsbook.kinds.incident.requests import Update
from opsbook.kinds.incident.view import FACTS, IncidentView
from opsbook.kinds.incident.vocabulary import OPEN, STATUSES, Status
from opsbook.kinds.incident.words import CLOCK_SKEW, listed, moment, person, sentence, words

_TIME_OF = {
    "identified": "identified_at",
    "monitoring": "mitigated_at",
    "resolved": "resolved_at",
    "closed": "closed_at",
}
"""The time that a status sets when it is reached for the first time."""

_TYPED = {
    "started_at": "Users were first affected",
    "detected_at": "First noticed",
    "acknowledged_at": "Somebody began to work on it",
    "identified_at": "The cause was known",
    "mitigated_at": "Users were no longer affected",
    "reviewed_at": "Reviewed",
}
"""The times that somebody may say afterwards, and how the timeline says it."""

_WITHIN = ("identified_at", "mitigated_at", "reviewed_at")
"""Those that lie in an incident: one that was typed without its day may be of the day before."""

_FACTUAL = (StatusChange, SeverityChange, RoleChange)
"""Entries that repeat a fact of `incident.yaml`."""


def update(book: Book, request: Update, now: datetime, ids: Ids, operation: str) -> Plan:
    """Change the facts, and say so in the timeline.

    Raises:
        Refused: nothing would change, somebody else changed the same fact, or a value cannot be used.
    """
    record = details(book, request)
    view = IncidentView(record)
    if view.file is None or view.facts is None or not view.editable:
        raise Refused(
            f"{record.path}/{FACTS} cannot be read, so its facts cannot be changed by a command.",
            f"Notes work meanwhile. `opsbook check {record.path}` says what is wrong.",
        )
    change = _Change(book, request, view, view.facts, _not_before(view, now), operation)
    change.ending()
    change.status()
    change.severity()
    change.roles()
    change.impact()
    change.others()
    change.tell()
    if not change.facts_to and not change.entries:
        facts = view.facts
        raise Refused(
            f"Nothing would change: {record.id} is already {facts.status}, {facts.severity or 'without a severity'}.",
            "`opsbook incident show` prints what is on record.",
        )
    out: dict[str, bytes | None] = {}
    if change.facts_to:
        out[f"{record.path}/{FACTS}"] = yaml.edit(view.file.text, change.facts_to, files.ORDER).encode()
    out.update(files.entry(record.path, entry, ids) for entry in change.entries)
    subject = f"Update {record.id}: " + ", ".join(label.lower() for label, _ in change.lines)
    plan = plan_of(record, out, shorten(subject, 100), tuple(change.lines), bullets(change.lines))
    return replace(plan, understood=tuple(change.understood))


class _Change:
    """What an update makes of an incident: values of facts, entries of the timeline, and lines for people."""

    def __init__(
        self, book: Book, request: Update, view: IncidentView, facts: Incident, now: datetime, operation: str
    ) -> None:
        self._book, self._asked, self._view, self._facts, self._now = book, request, view, facts, now
        self._said: dict[str, Any] = {"at": now, "by": request.by, "operation": operation}
        self._why = words(book, request.text, "text", request.keep) if request.text else None
        self.facts_to: list[tuple[tuple[str, ...], Any]] = []
        self.entries: list[AnyEntry] = []
        self.lines: list[tuple[str, str]] = []
        self.understood: list[str] = []

    def _set(self, place: tuple[str, ...], value: Any, label: str = "", shown: str = "") -> None:
        self.facts_to.append((place, value))
        if label:
            self.lines.append((label, shown))

    def ending(self) -> None:
        """That it was a false alarm, or goes on as another incident."""
        how, facts = self._asked.ended_as, self._facts
        if how is None:
            if self._asked.status in OPEN:
                for name in ("ended_as", "same_as"):
                    if getattr(facts, name) is not None:
                        self._set((name,), yaml.DELETE)
            return
        if how == "false alarm":
            self._set(("ended_as",), how, "Ended as", how)
            return
        other = self._other(self._asked.same_as or "")
        self._set(("ended_as",), how, "Ended as", f"{how}: {other}")
        self._set(("same_as",), other)

    def _other(self, id_: str) -> str:
        """The incident that this one goes on as."""
        ends = [known for known in self._book.refs("incident") if id_ and known.endswith(id_)]
        id_ = ends[0] if len(ends) == 1 else id_
        found = self._book.resolve("incident", id_)
        facts = IncidentView(found).facts if found is not None else None
        if found is None or facts is None or id_ == self._facts.id:
            raise Refused(
                f"“{shorten(one_line(id_), 40)}” is no other incident on main.",
                "`opsbook incident list --all` shows them; one that is not on main yet has to be merged first.",
            )
        if facts.same_as is not None:
            raise Refused(f"{id_} goes on as {facts.same_as}.", f"Name {facts.same_as} instead.")
        return id_

    def status(self) -> None:
        """The status, and the times that follow from it."""
        status, facts = self._asked.status, self._facts
        if status is None or not self._differs("status", facts.status, status):
            return
        if status == "closed" and self._asked.same_as is not None and facts.times.resolved_at is None:
            self.facts_to.append((("times", "resolved_at"), write_time(self._now)))
        self._set(("status",), status, "Status", f"{facts.status} → {status}")
        self.facts_to += _times(facts, status, self._now, elsewhere=self._asked.same_as is not None)
        self.entries.append(StatusChange(kind="status", status=status, text=self._why, **self._said))
        if self._asked.same_as is None:
            if status not in OPEN and facts.status in OPEN:
                self._ask(RESOLVE)
            if status == "closed":
                self._ask(CLOSE)

    def severity(self) -> None:
        """How bad it is."""
        if not self._asked.severity:
            return
        severity, before = severity_of(self._book, self._asked.severity).id, self._facts.severity
        if self._differs("severity", before, severity):
            self._set(("severity",), severity, "Severity", f"{before} → {severity}")
            self.entries.append(SeverityChange(kind="severity", severity=severity, text=self._why, **self._said))
            self.entries += worse(self._book, self._facts, severity, self._said)
            order = [item.id for item in self._book.config.section(IncidentsConfig).severities]
            if before in order and order.index(severity) > order.index(before):
                self._ask(DOWNGRADE)

    def _ask(self, action: str) -> None:
        """Say who is asked whether they agree."""
        if who := asks(self._view, self._book, action, self._asked.by, self._now):
            self.understood.append(f"Agreement pending: {who}.")

    def roles(self) -> None:
        """Who leads, and who tells people."""
        roles: tuple[Literal["lead", "comms"], ...] = ("lead", "comms")
        for role in roles:
            given, before = getattr(self._asked, role), getattr(self._facts.roles, role)
            if given and self._differs(role, before, who := person(self._book, given, role)):
                self._set(("roles", role), who, role.capitalize(), f"{before or 'nobody'} → {who}")
                self.entries.append(RoleChange(kind="role", role=role, person=who, **self._said))

    def impact(self) -> None:
        """What users notice."""
        facing, summary = self._asked.user_facing, self._asked.impact
        components = listed(self._book, self._asked.components, "components", "status page component")
        if facing is None and not components and not summary:
            return
        now = held(self._facts)
        if facing is not None:
            self._differs("user_facing", now["user_facing"], facing)
        if self._facts.impact is None or facing is not None:
            noticed = facing is None or facing
            self._set(("impact", "user_facing"), noticed, "User-facing", "yes" if noticed else "no")
        if summary:
            text = words(self._book, summary, "impact", self._asked.keep)
            self._differs("impact", now["impact"], text)
            self._set(("impact", "summary"), text, "Impact", shorten(text, 200))
        if components:
            self._differs("components", now["components"], components)
            self._set(("impact", "components"), components, "Components", ", ".join(components))

    def others(self) -> None:
        """The summary, more services, and the time of the review."""
        asked, facts = self._asked, self._facts
        if asked.summary:
            summary = words(self._book, asked.summary, "summary", asked.keep)
            self._differs("summary", facts.summary, summary)
            self._set(("summary",), summary, "Summary", "rewritten")
        if asked.services:
            services = list(dict.fromkeys([*facts.services, *(service(self._book, name) for name in asked.services)]))
            self._set(("services",), services, "Services", ", ".join(services))
        if asked.bridge:
            bridge = sentence(self._book, asked.bridge, "bridge", asked.keep)
            self._differs("bridge", facts.bridge, bridge)
            self._set(("bridge",), bridge, "Bridge", bridge)
        for name, what in _TYPED.items():
            if (typed := getattr(asked, name)) is None:
                continue
            at, said = moment(self._book, typed, self._now, name.replace("_", "-"))
            written = write_time(at)
            self.understood.append(said)
            if self._differs(name, held(facts)[name], written):
                full = Times(self._now, self._book.config.core.timezone).full(at)
                self._set(("times", name), written, name.removesuffix("_at").capitalize(), full)
                began = min(filter(None, (facts.times.started_at, facts.times.declared_at)))
                if name in _WITHIN and at < began:
                    self.understood.append("That is before the incident began: say it again with its day.")
                if name != "reviewed_at":  # what the facts alone hold says nobody who said so
                    self.entries.append(Note(kind="note", text=f"{what} at {full}.", **self._said))

    def tell(self) -> None:
        """What users are told: a saved template, words of one's own, or both."""
        asked, book = self._asked, self._book
        called = book.config.section(IncidentsConfig).words
        if not asked.tell and not asked.template:
            return
        said = words(book, asked.tell, "update", asked.keep) if asked.tell else ""
        if asked.template:
            said = "\n\n".join(filter(None, (self._filled(asked.template), said)))
        template = asked.template or None
        self.entries.append(Told(kind="update", text=said, template=template, **self._said))
        self.lines.append((f"Update to {called.users}", shorten(said, 200)))

    def _filled(self, name: str) -> str:
        """A saved template with `{services}` as titles, and `{next_update}` as a time in the book's zone."""
        book, config = self._book, self._book.config.section(IncidentsConfig)
        template = next((item for item in config.templates if item.id == name), None)
        if template is None:
            known = ", ".join(item.id for item in config.templates) or "none yet"
            raise Refused(f"“{shorten(name, 40)}” is no saved template.", f"Known are {known}.")
        titles = ", ".join(book.title("service", name) or name for name in self._facts.services)
        found = config.severity(
            severity_of(book, self._asked.severity).id if self._asked.severity else self._facts.severity
        )
        due = "when we know more"
        if found is not None and found.update_every is not None:
            due = Times(self._now, book.config.core.timezone).full(self._now + found.update_every)
        filled = template.text.replace("{services}", titles or "our services").replace("{next_update}", due)
        return filled.strip()

    def _differs(self, name: str, current: object, wanted: object) -> bool:
        """Whether a fact would change.

        Raises:
            Refused: it is no longer what the person looked at, and not what they ask for either.
        """
        seen = self._asked.seen
        if name in seen and seen[name] != current and current != wanted:
            theirs = [entry for _, entry in self._view.timeline.entries if _says(entry, name)]
            who = f"{theirs[-1].by} changed it at {write_time(theirs[-1].at)}" if theirs else "Somebody changed it"
            raise Refused(
                f"The {name.replace('_', ' ')} is not what you saw. {who} from {_quoted(seen[name])} to "
                f"{_quoted(current)}; you asked for {_quoted(wanted)}.",
                "Look at it (`opsbook incident show`), and ask again if you still want it.",
            )
        return current != wanted


def seen(record: Record, request: Update) -> dict[str, Any]:
    """What a person who asks for a change has before them: the facts that they want to change."""
    facts = IncidentView(record).facts
    asked = request.values
    return {name: value for name, value in held(facts).items() if name in asked} if facts is not None else {}


def held(facts: Incident) -> dict[str, Any]:
    """The facts that two people may change at the same time, as JSON values."""
    impact, times = facts.impact, facts.times
    return {
        "status": facts.status,
        "severity": facts.severity,
        "lead": facts.roles.lead,
        "comms": facts.roles.comms,
        "summary": facts.summary,
        "impact": impact.summary if impact is not None else None,
        "user_facing": impact.user_facing if impact is not None else None,
        "components": list(impact.components) if impact is not None else [],
        "bridge": facts.bridge,
        **{name: write_time(at) if (at := getattr(times, name)) is not None else None for name in _TYPED},
    }


def _says(entry: AnyEntry, name: str) -> bool:
    """Whether an entry says that the fact `name` changed."""
    match entry:
        case StatusChange():
            return name == "status"
        case SeverityChange():
            return name == "severity"
        case RoleChange():
            return name == entry.role
    return False


def _quoted(value: object) -> str:
    if value is None or value == []:
        return "nothing"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"“{shorten(one_line(text), 200)}”"


def _not_before(view: IncidentView, now: datetime) -> datetime:
    """`now`, or the latest fact on record if that is ahead of this machine's clock by no more than clocks differ.

    What is said now comes after what was said before: otherwise the timeline would end with what was said before, and
    an incident would be resolved before it was mitigated.
    """
    assert view.facts is not None
    times = view.facts.times
    known: list[datetime | None] = [getattr(times, name) for name in type(times).model_fields]
    known += [entry.at for _, entry in view.timeline.entries if isinstance(entry, _FACTUAL)]
    return max([now, *(at for at in known if at is not None and at <= now + CLOCK_SKEW)])


def _times(facts: Incident, status: Status, now: datetime, *, elsewhere: bool) -> list[tuple[tuple[str, ...], Any]]:
    """The times that follow from a status: reached now, or no longer true."""
    changes: list[tuple[tuple[str, ...], Any]] = []
    name = _TIME_OF.get(status)
    if name is not None and getattr(facts.times, name) is None:
        changes.append((("times", name), write_time(now)))
    if status == "closed" and facts.times.resolved_at is None and not elsewhere:
        raise Refused("An incident is resolved before it is closed.", "Use --status resolved first.")
    later = [time for other, time in _TIME_OF.items() if STATUSES.index(other) > STATUSES.index(status)]
    if "resolved_at" in later:
        later.append("reviewed_at")  # what is opened again is reviewed again
    return changes + [(("times", time), yaml.DELETE) for time in later if getattr(facts.times, time) is not None]
