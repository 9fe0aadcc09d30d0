"""An incident as its rules, actions and pages see it: the facts, and the timeline in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeVar

from opsbook.core.record import File, Record
from opsbook.core.types import Step
from opsbook.kinds.incident.config import IncidentsConfig, Severity
from opsbook.kinds.incident.model import (
    Acknowledged,
    AlertChange,
    AnyEntry,
    Checklist,
    Declared,
    EntryBase,
    FrozenChecklist,
    Incident,
    Note,
    Present,
    RoleChange,
    SeverityChange,
    StatusChange,
    StepDone,
    TimelineEntry,
    Update,
)
from opsbook.kinds.incident.promises import Wait, waits
from opsbook.kinds.incident.vocabulary import OPEN, STATUSES

E = TypeVar("E", bound=EntryBase)

FACTS = "incident.yaml"
CHECKLIST = "checklist.yaml"
REPORT = "report.md"

_OVER = (b"\nstatus: resolved\n", b"\nstatus: closed\n")
_MAYBE_OPEN = (*(status.encode() for status in sorted(OPEN)), b"\\")


class Timeline(NamedTuple):
    """The entries of a timeline, by time and then by name."""

    entries: tuple[tuple[File, AnyEntry], ...]

    def of(self, kind: type[E]) -> Iterator[tuple[File, E]]:
        """The entries of one kind, in order."""
        for file, entry in self.entries:
            if isinstance(entry, kind):
                yield file, entry


def name_of(file: File) -> str:
    """How other entries refer to one of the timeline."""
    return file.path.rpartition("/")[2].removesuffix(".yaml")


class IncidentView:
    """A record of the kind `incident`, typed.

    Args:
        timeline, facts: what takes the place of those of the record, to look at it as it was.
    """

    def __init__(self, record: Record, *, timeline: Timeline | None = None, facts: Incident | None = None) -> None:
        self.record = record
        if timeline is not None:
            self.timeline, self.facts = timeline, facts

    @cached_property
    def file(self) -> File | None:
        """`incident.yaml`."""
        return self.record.files.get(FACTS)

    @cached_property
    def facts(self) -> Incident | None:
        """The facts, if they can be read."""
        return self.file.get(Incident) if self.file is not None else None

    @property
    def editable(self) -> bool:
        """Whether the facts can be changed by splicing: YAML that has a fault has no place to change."""
        return (
            self.facts is not None and self.file is not None and not (self.file.document and self.file.document.faults)
        )

    @cached_property
    def timeline(self) -> Timeline:
        """The readable entries of the timeline."""
        found = [(file, entry.root) for file, entry in self.record.each("timeline/*.yaml", TimelineEntry)]
        # Within a second names are random; the declaration comes first all the same.
        return Timeline(tuple(sorted(found, key=lambda item: (item[1].at, item[1].kind != "declared", item[0].path))))

    @cached_property
    def checklist(self) -> Checklist | None:
        """The frozen checklists, if there are any."""
        found = self.record.only(CHECKLIST, Checklist)
        return found[1] if found is not None else None

    @property
    def is_open(self) -> bool:
        """Whether the incident is open; one whose facts cannot be read is taken to be open, unless all else says not.

        That way a typing error in `incident.yaml` at three in the morning does not block the next note, and one in an
        incident that is over does not open it again.
        """
        if self.facts is not None:
            return self.facts.status in OPEN
        value = self.file.document.value if self.file is not None and self.file.document is not None else None
        facts = value if isinstance(value, dict) else {}
        status, times = facts.get("status"), facts.get("times")
        if status in STATUSES:
            return status in OPEN
        if self.file is not None and says_over(self.file.data or b""):
            return False
        said = [entry.status for _, entry in self.timeline.of(StatusChange)]
        if said:
            return said[-1] in OPEN
        return not (isinstance(times, dict) and {"resolved_at", "closed_at"} & times.keys())

    @property
    def elsewhere(self) -> bool:
        """Whether it goes on as another incident: who follows it, and who agrees to its end, do so there."""
        return self.facts is not None and self.facts.ended_as in ("duplicate", "merged")

    @property
    def people(self) -> dict[str, str | None]:
        """Who works on it now, with what they do where they said it; the lead and comms have a place of their own."""
        here: dict[str, str | None] = {}
        for _, entry in self.timeline.of(Present):
            if entry.kind == "joined":
                here[entry.person] = entry.role
            else:
                here.pop(entry.person, None)
        return here

    @cached_property
    def corrections(self) -> dict[str, Note]:
        """The last correction of each note, by the name of its file."""
        return {entry.corrects: entry for _, entry in self.timeline.of(Note) if entry.corrects is not None}

    @property
    def as_read(self) -> Iterator[tuple[AnyEntry, Note | None]]:
        """The timeline as people read it: each entry in the words that were put right, with their correction."""
        names = {name_of(file) for file, entry in self.timeline.of(Note) if entry.corrects is None}
        for file, entry in self.timeline.entries:
            if not isinstance(entry, Note):
                yield entry, None
            elif entry.corrects is None or entry.corrects not in names:
                right = self.corrections.get(name_of(file))
                yield (entry.model_copy(update={"text": right.text}) if right is not None else entry), right

    def leads_at(self, moment: datetime) -> list[str]:
        """Who led at a moment; two in the second of a handover, and nobody before anybody did."""
        said = [(e.at, e.person) for _, e in self.timeline.of(RoleChange) if e.role == "lead"]
        if not said:
            return [self.facts.roles.lead] if self.facts is not None and self.facts.roles.lead else []
        latest = max((at for at, _ in said if at <= moment), default=None)
        return [person for at, person in said if at == latest]

    def led(self, entry: Note) -> bool:
        """Whether whoever wrote an entry led at that moment."""
        return entry.by in self.leads_at(entry.at)

    @property
    def declared(self) -> tuple[File, Declared] | None:
        """The entry with which it began."""
        return next(self.timeline.of(Declared), None)

    @property
    def numbered(self) -> dict[int, tuple[FrozenChecklist, Step]]:
        """Every step of the incident by its number: they are numbered once, across all of its checklists."""
        lists = self.checklist.checklists if self.checklist is not None else ()
        return dict(enumerate(((frozen, step) for frozen in lists for step in frozen.steps), 1))

    def steps(self) -> dict[tuple[str, int], StepDone]:
        """The last entry for each step of the checklists that is done or left out."""
        last = {(entry.runbook, entry.step): entry for _, entry in self.timeline.of(StepDone)}
        return {key: entry for key, entry in last.items() if entry.outcome != "undone"}

    def named_at(self, role: str) -> datetime | None:
        """When a role was first filled."""
        return next((entry.at for _, entry in self.timeline.of(RoleChange) if entry.role == role), None)

    @property
    def taken(self) -> dict[str, tuple[datetime, str]]:
        """Times that nobody wrote into the facts, as the timeline tells them, each with what it is taken from."""
        facts, found = self.facts, dict[str, tuple[datetime, str]]()
        if facts is None:
            return found
        began = min((entry.alert.began for _, entry in self.timeline.of(AlertChange)), default=None)
        if began is not None and facts.times.detected_at is None:
            found["detected_at"] = (began, "from the alert")
        first = [(at, "the first lead") for at in [self.named_at("lead")] if at is not None]
        first += [(entry.at, "a call was answered") for _, entry in self.timeline.of(Acknowledged)][:1]
        if first and facts.times.acknowledged_at is None:
            found["acknowledged_at"] = min(first)
        return found

    def next_update(self, config: IncidentsConfig) -> datetime | None:
        """When users are to be told next: the last update, or the declaration, plus the cadence of the severity.

        `None` when the incident is not open, or its severity has no cadence.
        """
        if self.facts is None or not self.is_open:
            return None
        return self._waits(config, None)[-1].due

    def told_at(self) -> list[datetime]:
        """When users heard something: the declaration, and each update."""
        first = [self.facts.times.declared_at] if self.facts is not None else []
        return [*first, *(entry.at for _, entry in self.timeline.of(Update))]

    def gaps(self, config: IncidentsConfig, now: datetime) -> list[tuple[datetime, datetime, timedelta]]:
        """Each time that users waited longer than the cadence: from, until, by how much it was late."""
        if self.facts is None:
            return []
        end = self.facts.times.resolved_at or now
        return [(wait.since, wait.until, wait.late) for wait in self._waits(config, end) if wait.late]

    def _waits(self, config: IncidentsConfig, end: datetime | None) -> list[Wait]:
        cadences = [(at, severity.update_every if severity else None) for at, severity in self.severities(config)]
        states = [(entry.at, entry.status in OPEN) for _, entry in self.timeline.of(StatusChange)]
        return waits(self.told_at(), cadences, states, end)

    def severities(self, config: IncidentsConfig) -> list[tuple[datetime, Severity | None]]:
        """Which severity was in force since when; `None` while nobody knows.

        A severity that was changed is not in the facts any more; the first entry of the timeline says what it was.
        """
        if self.facts is None:
            return []
        changes = [(entry.at, entry.severity) for _, entry in self.timeline.of(SeverityChange)]
        first = self.declared[1].severity if self.declared is not None else None
        if first is None and not changes:
            first = self.facts.severity
        return [(at, config.severity(name)) for at, name in [(self.facts.times.declared_at, first), *changes]]

    def due_by(self, role: str, config: IncidentsConfig) -> datetime | None:
        """By when the severity asked for somebody in a role (`lead`, `comms`)."""
        if self.facts is None:
            return None
        within = [(at, getattr(severity, f"{role}_within", None)) for at, severity in self.severities(config)]
        return waits([self.facts.times.declared_at], within)[-1].due


def says_over(text: bytes) -> bool:
    """Whether the text of `incident.yaml` says, without being read as YAML, that the incident is over.

    It has the line, and none of the words of an open incident. Of facts that can be read this is never wrong: an open
    status is one of these words, and without them it could be written only with the help of a backslash.
    """
    rest = text.replace(b"identified_at:", b"")
    return any(line in text for line in _OVER) and not any(word in rest for word in _MAYBE_OPEN)


@lru_cache(maxsize=2)
def view_of(record: Record) -> IncidentView:
    """The view of a record. The rules of a record ask for it one after another: the timeline is put in order once."""
    return IncidentView(record)
