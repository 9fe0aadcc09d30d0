"""The `incidents` section of `opsbook.yml`: severities, cadence, channels, templates, escalation, publication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from opsbook.core.announcement import STORY
from opsbook.core.config import Entry, Repository, Section, Vocabulary, by_id
from opsbook.core.types import (
    WHOLE,
    Callee,
    ChannelRef,
    Duration,
    Line,
    Link,
    Model,
    OneOf,
    RoleRef,
    RotaRef,
    RunbookRef,
    Text,
    many,
    matching,
)
from opsbook.kinds.incident.vocabulary import Status

if TYPE_CHECKING:
    from opsbook.core.examined import Examined


class Severity(Entry):
    """How bad it is, and what follows from it."""

    id: Annotated[str, matching(r"^[A-Z][A-Z0-9]{0,9}$", "must be at most ten capital letters and digits, like P1")]
    """How people say it: `P1`."""
    title: Line
    """In a word or two."""
    meaning: Text
    """When to choose it."""
    update_every: Duration | None = None
    """How often users are told while the incident is open (the incident process: hourly)."""
    lead_within: Duration = timedelta(minutes=15)
    """By when a lead is named."""
    comms_within: Duration = timedelta(minutes=30)
    """By when somebody is named for communications."""
    checklists: tuple[RunbookRef, ...] = many()
    """Runbooks whose checklists are copied into the incident."""
    escalate: bool = False
    """Whether the escalation order is shown at once."""


class UpdateTemplate(Entry):
    """A saved text for an update to users."""

    title: Line
    """How it is offered."""
    status: Status
    """The status that it goes with."""
    text: Text
    """The words; `{services}`, `{next_update}` are filled in."""


class EscalationStep(Model):
    """One rung of the escalation order: a post, never a number."""

    role: RoleRef
    """Who is contacted."""
    note: Text | None = None
    """What they decide."""


class Channels(Model):
    """Who is told about incidents, by channel."""

    incident: ChannelRef | None = None
    """Where the incident is worked on."""
    team: ChannelRef | None = None
    """Where the team hears of it."""
    drill: ChannelRef | None = None
    """Where drills are told instead."""


class Paging(Model):
    """Who is woken, and when. A drill wakes nobody, unless whoever declares it says so (`--page`)."""

    default: Callee
    """Who is woken where no service says more: a rota, or another name that the pager knows."""
    severities: tuple[Annotated[str, OneOf("severities", "severity")], ...] = many()
    """Which severities wake people at once; those with `escalate` where none is named."""
    again_after: Duration = timedelta(minutes=15)
    """After how long the lead or comms wakes people again who is due and whom nobody has named."""
    security: Callee | None = None
    """Who is woken for a suspected breach, and told no facts; nobody where nothing is said."""


class Tracker(Model):
    """Where the response to an incident is tracked: a story, which is opened, fed and closed with the incident."""

    github: Literal["this"] | Repository
    """The repository whose issues are the stories, as OWNER/NAME; `this` is the one that holds the book."""
    severities: tuple[Annotated[str, OneOf("severities", "severity")], ...] = many()
    """Which severities get a story; all where none is named. A drill gets none, and neither does a suspected breach."""

    @property
    def audience(self) -> str:
        """How announcements name it."""
        return f"{STORY}github:{self.github}"


class Alerts(Model):
    """What is made of an alert (`opsbook intake alert`)."""

    severities: Mapping[str, Annotated[str, OneOf("severities", "severity")]] = {}
    """What the severity or priority of an alert means here, like `critical: P1`; what is not listed is proposed as the
    mildest severity, and the incident says so."""
    service_labels: tuple[Line, ...] = Field(default=("service",), strict=False)
    """Labels whose value may be the name of a service of the catalogue; a service may name more, under `alerts`."""
    calls_every: Duration = timedelta(minutes=15)
    """However many alerts become incidents, each of those who are woken is called once in this time."""


class Words(Model):
    """What this organisation calls people, as it stands within a sentence."""

    users: Line = "users"
    """Those who use the services and are told when one is broken: users, customers, citizens, colleagues."""
    lead: Line = "lead"
    """Whoever leads the work on an incident."""
    comms: Line = "comms"
    """Whoever tells everybody else."""

    def label(self, word: str) -> str:
        """One of the words where it stands alone, or begins a sentence."""
        said: str = getattr(self, word)
        return said[:1].upper() + said[1:]


class Review(Model):
    """The no-blame review after an incident."""

    within: Duration = timedelta(days=5)
    """How soon after the resolution it is held."""
    invite: tuple[RoleRef, ...] = many()
    """Who is invited besides the people who worked on it."""


class Publication(Model):
    """Who decides whether a report is published."""

    approvals: Annotated[int, Field(ge=2, le=9), WHOLE] = 2
    """How many different people decide."""
    roles: tuple[RoleRef, ...] = many()
    """Whose decision counts; two different roles are needed."""
    blog: Link | None = None
    """Where reports are published by default."""


class IncidentsConfig(Section):
    """How this organisation handles incidents."""

    severities: tuple[Severity, ...] = Field(
        default=(
            Severity.model_construct(
                id="P1",
                title="Critical",
                meaning="Users cannot use the service.",
                update_every=timedelta(hours=1),
            ),
            Severity.model_construct(
                id="P2",
                title="Major",
                meaning="Users can use the service with difficulty.",
                update_every=timedelta(hours=4),
            ),
            Severity.model_construct(id="P3", title="Minor", meaning="Few users notice."),
        ),
        strict=False,
        min_length=1,
    )
    """From the worst to the mildest."""
    words: Words = Words.model_construct()
    """What people are called."""
    channels: Channels = Channels.model_construct()
    """Who is told."""
    lead_rota: RotaRef | None = None
    """Who is asked to lead where nobody does: the pages say who that is."""
    comms_rota: RotaRef | None = None
    """Who tells everybody else of what is declared out of `hours`, where nobody is named for it."""
    alerts: Alerts = Alerts.model_construct()
    """What is made of an alert."""
    paging: Paging | None = None
    """Who is woken, and when; nobody by itself where nothing is said."""
    tracker: Tracker | None = None
    """Where a story tracks the response; nowhere where nothing is said."""
    templates: tuple[UpdateTemplate, ...] = many()
    """Saved texts for updates."""
    escalation: tuple[EscalationStep, ...] = many()
    """Who is contacted beyond the team, in this order."""
    escalation_link: Link | None = None
    """A restricted page with the contact details."""
    review: Review = Review.model_construct()
    """The review after the incident."""
    publication: Publication = Publication.model_construct()
    """Who decides about publishing a report."""

    def decided(self) -> Mapping[str, str]:
        """See `Section.decided`."""
        from opsbook.kinds.incident.agreements import MEANINGS

        return MEANINGS

    def moved(self, everything: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
        """See `Section.moved`: who decides about publishing has a rule of its own."""
        from opsbook.core import yaml

        authority, ours = everything.get("authority"), everything.get("incidents")
        if not isinstance(authority, dict) or "incident.publish" not in authority:
            return
        old, new = authority["incident.publish"], ours.get("publication") if isinstance(ours, dict) else None
        several = [role for key in ("any", "all") for role in old.get(key) or ()] if isinstance(old, dict) else []
        named = old if isinstance(old, list) else several
        if named and not (isinstance(new, dict) and new.get("roles")):
            yield ("incidents", "publication", "roles"), named
        yield ("authority", "incident.publish"), yaml.DELETE

    def vocabulary(self) -> Vocabulary:
        """Severities and update templates."""
        return {"severities": by_id(self.severities), "templates": by_id(self.templates)}

    def audiences(self) -> Mapping[str, str]:
        """The channels for incidents and for drills."""
        found: dict[str, str] = {}
        for id_, what in (
            (self.channels.incident, "incidents"),
            (self.channels.team, "incidents"),
            (self.channels.drill, "drills"),
        ):
            if id_ is not None:
                found[id_] = what if found.get(id_, what) == what else f"{found[id_]} and {what}"
        if self.tracker is not None:
            found[self.tracker.audience] = "incidents"
        return found

    def examine(self) -> Iterator[Examined]:
        """Whether anybody is told, and whether severities come with checklists."""
        from opsbook.core.examined import missing, note

        if self.channels.incident is None and self.channels.team is None:
            yield missing(
                "incident channel",
                "Nobody would be told of an incident.",
                "Name a channel as `incidents.channels.incident` in opsbook.yml, and list it under `channels`.",
            )
        if self.channels.drill is None:
            yield note(
                "drill channel",
                "Nobody is told of a drill.",
                "Name a channel as `incidents.channels.drill` in opsbook.yml.",
            )
        if self.tracker is None:
            yield note(
                "story",
                "No story tracks the response to an incident.",
                "Name a tracker as `incidents.tracker` in opsbook.yml: docs/how-to/track-the-response.md.",
            )
        bare = [severity.id for severity in self.severities if severity.retired is None and not severity.checklists]
        if bare:
            yield note(
                "checklists",
                f"An incident of severity {', '.join(bare)} begins without a checklist.",
                "Name runbooks under `checklists` of the severity in opsbook.yml.",
            )

    def pages(self, severity: Severity | None) -> bool:
        """Whether an incident of this severity wakes people at once."""
        if self.paging is None or severity is None:
            return False
        named = self.paging.severities
        return severity.id in named if named else severity.escalate

    def severity(self, id_: str | None) -> Severity | None:
        """The severity with this id."""
        return next((severity for severity in self.severities if severity.id == id_), None)
