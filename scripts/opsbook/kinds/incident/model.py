"""What the files of an incident hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from opsbook.core.types import (
    WHOLE,
    Callee,
    Choice,
    ConditionRef,
    IsoDate,
    Line,
    Link,
    Model,
    OneOf,
    Operation,
    PersonRef,
    RoleRef,
    RunbookRef,
    ServiceRef,
    Step,
    Text,
    UtcTime,
    line,
    many,
    matching,
    means,
)
from opsbook.kinds.incident.vocabulary import Status

Classification = Literal["operational", "security", "restricted"]
means(
    Classification,
    "No suspicion of a breach: all facts are here.",
    "A suspected breach: only a stub is here, and nothing but what a stub has.",
    "The facts of a suspected breach: in the restricted book only.",
)
NoteKind = Literal["note", "decision", "change"]
means(NoteKind, "Something seen or done.", "Something decided.", "A change made to production, by the lead only.")
RoleName = Literal["lead", "comms"]
means(
    RoleName,
    "Leads the work; the only one who changes production.",
    "Tells the team, the users and everybody else who must know.",
)
Ending = Literal["false alarm", "duplicate", "merged"]
means(
    Ending,
    "Nothing was wrong after all.",
    "The same was declared before; people follow that one.",
    "It turned out to be part of another one; its people and its words are followed there.",
)
Presence = Literal["joined", "left"]
means(Presence, "Works on it from now on.", "Does not work on it any more.")
Attempt = Literal["tried", "no answer", "reached"]
means(
    Attempt,
    "They are being contacted.",
    "They could not be reached: the next in the order is contacted.",
    "They know, and decide whether to alert the executive group.",
)
Executives = Literal["alerted", "not needed"]
means(Executives, "Whoever was reached alerts a member of the executive group.", "They decided that nobody needs to.")
Outcome = Literal["done", "skipped", "undone"]
means(Outcome, "It was done.", "It was left out, on purpose.", "It is open again, although it was ticked.")

INCIDENT_ID = r"^INC-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{5}$"
SeverityRef = Annotated[str, OneOf("severities", "severity")]
ComponentRef = Annotated[str, OneOf("components", "status page component")]
EntryName = Annotated[str, matching(r"^[0-9]{8}T[0-9]{6}Z-[0-9a-z]{5}$", "must be the name of a file of the timeline")]


class Times(Model):
    """When what happened. Users are affected, then no longer affected, then it is resolved, reviewed and closed."""

    started_at: UtcTime | None = None
    """When users were first affected, as far as it is known."""
    detected_at: UtcTime | None = None
    """When somebody, or an alert, first noticed it."""
    declared_at: UtcTime
    """When the incident was declared."""
    acknowledged_at: UtcTime | None = None
    """When somebody began to work on it; the first lead, where nothing else is known."""
    identified_at: UtcTime | None = None
    """When the cause was known."""
    mitigated_at: UtcTime | None = None
    """When users were no longer affected."""
    resolved_at: UtcTime | None = None
    """When it was agreed that it no longer affects the service."""
    reviewed_at: UtcTime | None = None
    """When the review was held."""
    closed_at: UtcTime | None = None
    """When the report was complete and the follow-ups were agreed."""


class Roles(Model):
    """Who does what; the rest of the incident team is in the timeline."""

    lead: PersonRef | None = None
    """Leads the work; the only one who changes production."""
    comms: PersonRef | None = None
    """Tells the team, the users and everybody else who must know."""


class Impact(Model):
    """What users notice."""

    user_facing: bool
    """Whether users notice it at all."""
    summary: Text | None = None
    """What they notice, in their words."""
    components: tuple[ComponentRef, ...] = many()
    """Components of the status page that are affected; without them subscribers are not told."""


class FollowUp(Model):
    """Something agreed to be done after the incident."""

    id: (
        Annotated[str, matching(r"^FUP-[0-9A-HJKMNP-TV-Z]{5}$", "must be the id of a follow-up, like FUP-7KQ4M")] | None
    ) = None
    """By which its tracker and other records name it; `opsbook migrate` gives one to each that has none."""
    title: Line
    """What will be done."""
    owner: PersonRef
    """Who sees to it."""
    due: IsoDate
    """By when."""
    done_at: IsoDate | None = None
    """When it was done."""
    link: Link | None = None
    """Where the work is tracked."""


class Incident(Model):
    """`incident.yaml`: the facts of an incident that can contradict each other."""

    id: Annotated[
        str,
        matching(INCIDENT_ID, "must be the id of an incident, like INC-20261121-7KQ4M"),
    ]
    """`INC-<UTC date>-<five random characters>`; the folder begins with it."""
    title: Line
    """What is wrong, in one line."""
    classification: Classification = "security"
    """Of a security incident the open book holds a stub (`security`), and the restricted book the facts (`restricted`).
    A missing classification means security: nothing else may then be in this folder."""
    drill: bool = False
    """A rehearsal: told to the drill channel only and left out of the metrics."""
    severity: SeverityRef | None = None
    """How bad it is; a severity of `opsbook.yml`."""
    status: Status
    """Where it stands."""
    declared_by: PersonRef | None = None
    """Who declared it."""
    times: Times
    """When what happened."""
    roles: Roles = Roles.model_construct()
    """Who leads and who tells people."""
    services: tuple[ServiceRef, ...] = many()
    """Services of the catalogue that are affected."""
    impact: Impact | None = None
    """What users notice."""
    summary: Text | None = None
    """What is known, in a few sentences."""
    ended_as: Ending | None = None
    """How it ended, where it was not an incident of its own."""
    same_as: Annotated[str, matching(INCIDENT_ID, "must be the id of an incident, like INC-20261121-7KQ4M")] | None = (
        None
    )
    """The incident that it is a duplicate of, or was merged into."""
    bridge: Line | None = None
    """Where those who work on it talk: the address of a call, or a room."""
    follow_ups: tuple[FollowUp, ...] = many()
    """What was agreed in the review."""
    links: tuple[Link, ...] = many()
    """Dashboards, tickets, documents."""
    operation: Operation | None = None
    """The operation that declared it."""


class EntryBase(Model):
    """What every entry of the timeline has."""

    at: UtcTime
    """When it happened, or was written down."""
    by: PersonRef
    """Who did or said it."""
    operation: Operation | None = None
    """The operation that wrote it."""


class Declared(EntryBase):
    """The first entry: somebody said that this is an incident."""

    kind: Literal["declared"]
    """What sort of entry this is."""
    severity: SeverityRef | None = None
    """How bad it was thought to be: what people were promised at first."""
    text: Text
    """What was known at that moment."""


class Note(EntryBase):
    """Something seen, decided or done."""

    kind: NoteKind
    """A note; a decision; a change made to production (by the lead only)."""
    text: Text
    """The words."""
    corrects: EntryName | None = None
    """The note whose words these replace where it is shown; the old ones stay on record."""


class Update(EntryBase):
    """Something that users were told."""

    kind: Literal["update"]
    """What sort of entry this is."""
    text: Text
    """The words that were sent."""
    template: Annotated[str, OneOf("templates", "saved template")] | None = None
    """The saved template that they come from."""
    components: tuple[ComponentRef, ...] = many()
    """Components of the status page that they were about."""
    wordings: Mapping[str, Text] = {}
    """The words in one medium (`statuspage`, `mail`), where they differ."""
    next_by: UtcTime | None = None
    """By when the next update was promised, where it was not the cadence of the severity."""


class StatusChange(EntryBase):
    """The incident moved on, or back."""

    kind: Literal["status"]
    """What sort of entry this is."""
    status: Status
    """The new status."""
    text: Text | None = None
    """Why."""


class SeverityChange(EntryBase):
    """It is worse or better than it was thought to be."""

    kind: Literal["severity"]
    """What sort of entry this is."""
    severity: SeverityRef
    """The new severity."""
    text: Text | None = None
    """Why."""


class RoleChange(EntryBase):
    """Somebody took a role."""

    kind: Literal["role"]
    """What sort of entry this is."""
    role: RoleName
    """The role."""
    person: PersonRef
    """Who holds it now."""


class StepDone(EntryBase):
    """Somebody did, or left out, a step of the checklist."""

    kind: Literal["step"]
    """What sort of entry this is."""
    runbook: RunbookRef
    """The runbook whose checklist it is."""
    step: Annotated[int, Field(ge=1, le=9999), WHOLE]
    """The number of the step."""
    outcome: Outcome
    """Whether it was done, left out, or is open again although it was ticked."""
    text: Text | None = None
    """What was found, or why it was left out."""
    evidence: Link | None = None
    """Where it can be seen."""
    wrong: Text | None = None
    """What is wrong with the step as the runbook has it; its page says so until the runbook is changed."""


class Agreement(EntryBase):
    """Somebody agreed to something that takes more than one person; `by` is whoever agreed."""

    kind: Literal["agreement"]
    """What sort of entry this is."""
    action: Annotated[str, line(max_length=60)]
    """What was agreed to, as in `authority`: `incident.resolve`."""
    about: EntryName | None = None
    """The entry that they agree to; the last one of that action where none is named."""
    text: Text | None = None
    """What they said with it."""
    attested: bool = False
    """Whether somebody else vouches for who it was: a comment on the forge, a verified account of the chat."""


class Present(EntryBase):
    """Somebody works on the incident, or does not any more."""

    kind: Presence
    """What sort of entry this is."""
    person: PersonRef
    """Who."""
    role: Annotated[str, line(max_length=60)] | None = None
    """As what: `database`, `writes the report`."""


class Handover(EntryBase):
    """A role was handed over, with what whoever takes it has to know; made from the record at that moment."""

    kind: Literal["handover"]
    """What sort of entry this is."""
    role: RoleName
    """The role."""
    person: PersonRef
    """Who takes it."""
    text: Text
    """The state, the last words said, the promises made, what is unsent; and what the person who leaves adds."""


class Escalation(EntryBase):
    """Somebody beyond the team was contacted, in the order that `opsbook.yml` gives."""

    kind: Literal["escalation"]
    """What sort of entry this is."""
    role: RoleRef
    """Who, as a post."""
    outcome: Attempt
    """What came of it."""
    executives: Executives | None = None
    """Whether the executive group was alerted; whoever was reached decides."""
    text: Text | None = None
    """What was said."""


class Call(EntryBase):
    """Somebody was called in."""

    kind: Literal["call"]
    """What sort of entry this is."""
    who: Callee
    """Whose help was asked for: a service, a rota, a team, a role or a person."""
    target: Callee
    """Whom the pager woke for that."""
    text: Text | None = None
    """Why."""


class Acknowledged(EntryBase):
    """Somebody answered a call."""

    kind: Literal["acknowledged"]
    """What sort of entry this is."""
    who: PersonRef
    """Who answered."""
    calls: tuple[EntryName, ...] = Field(strict=False, min_length=1, max_length=100)
    """The calls that this answers."""


AlertState = Literal["firing", "resolved"]
means(AlertState, "What it watches is wrong.", "What it watches is well again, as far as it can tell.")


class AlertFacts(Model):
    """What an alert says, as `opsbook intake alert` understood it."""

    source: Annotated[str, matching(r"^[a-z][a-z0-9]{0,19}$", "must be the name of an alerting system")]
    """The alerting system."""
    key: Annotated[str, matching(r"^[A-Za-z0-9._:/@=-]{1,100}$", "must be at most 100 letters, digits and ._:/@=-")]
    """Its deduplication key, or `sha256:` and a digest of one that is longer or has other characters."""
    state: AlertState
    """Whether it fires."""
    began: UtcTime
    """When it began to fire this time."""
    since: UtcTime
    """Since when it is in this state."""


class AlertChange(EntryBase):
    """An alert began to fire, or stopped."""

    kind: Literal["alert"]
    """What sort of entry this is."""
    alert: AlertFacts
    """What it says."""
    text: Text
    """The same in words."""


AnyEntry = (
    Declared
    | Note
    | Update
    | StatusChange
    | SeverityChange
    | RoleChange
    | StepDone
    | Agreement
    | Present
    | Handover
    | Escalation
    | Call
    | Acknowledged
    | AlertChange
)


class TimelineEntry(Choice[Annotated[AnyEntry, Field(discriminator="kind")]]):
    """One file of `timeline/`: facts that accumulate, so that two writers never conflict."""


class FrozenChecklist(Model):
    """The checklist of one runbook as it was when the incident was declared."""

    runbook: RunbookRef
    """The runbook that it was copied from."""
    title: Line
    """The title of that runbook."""
    revision: Annotated[str, matching(r"^[0-9a-f]{64}$", "must be the 64 characters of a SHA-256")]
    """SHA-256 of the runbook's file at that moment."""
    when: tuple[ConditionRef, ...] = many()
    """The severities that call for it, where not all do: in an incident of another one nobody needs it."""
    steps: tuple[Step, ...] = Field(strict=False, min_length=1)
    """The steps."""


class Checklist(Model):
    """`checklist.yaml`: what to do in this incident; who did what is in the timeline."""

    checklists: tuple[FrozenChecklist, ...] = Field(strict=False, min_length=1)
    """One for each runbook that a severity calls for, that of the declaration first: it may change."""
