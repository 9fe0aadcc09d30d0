"""What can be asked for about incidents: options, forms, saved intents and the reference page are made from these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from opsbook.core.request import HIDDEN, Given, Request, Typed
from opsbook.core.types import many
from opsbook.kinds.incident.model import AlertFacts, Outcome
from opsbook.kinds.incident.vocabulary import Status

_Services = Annotated[tuple[str, ...], Given(flag="--service", metavar="NAME", of="service")]
_Components = Annotated[tuple[str, ...], Given(flag="--component", metavar="ID", of="components")]
_Person = Annotated[str | None, Given(metavar="ID", of="people")]
_Moment = Annotated[str | None, Given(metavar="TIME")]
_Keep = Annotated[str | None, Given(metavar="REASON")]


class Declare(Request):
    """Declare an incident."""

    action: ClassVar[str] = "incident.declare"

    title: Annotated[str, Given(metavar="TEXT", words=True)] = ""
    """What is wrong, in one line."""
    severity: Annotated[str, Given(metavar="S", of="severities", short="-s")] = ""
    """For example P1; you can change it later."""
    services: _Services = many()
    """Affected; repeat for more."""
    summary: Typed = None
    """What is known, in a few sentences."""
    lead: _Person = None
    """Who leads; may be you."""
    comms: _Person = None
    """Who tells people."""
    components: _Components = many()
    """Of the status page."""
    user_facing: Annotated[bool | None, Given(flag="-", off="--internal")] = None
    """Users do not notice it."""
    started_at: _Moment = None
    """When users were first affected, like 10:05 or 2026-11-21T10:05Z."""
    security: bool = False
    """You suspect a breach: details go to the restricted book, and are told to nobody."""
    drill: bool = False
    """A rehearsal: told to the drill channel only."""
    page: Annotated[bool | None, Given(off="--no-page")] = None
    """Wake people; otherwise the severity says so, and a drill wakes nobody."""
    keep: _Keep = None
    """Keep mail addresses and phone numbers in the words, and why: "the hotline is public"."""
    alert: Annotated[AlertFacts | None, HIDDEN] = None
    """The alert that it comes from."""
    quiet: Annotated[tuple[str, ...], HIDDEN] = many()
    """Whom it does not call, because another incident called them moments ago."""
    id: Annotated[str | None, HIDDEN] = None
    """Of a stub: the id that its facts have in the restricted book."""

    def stub(self, id_: str | None = None) -> Self | None:
        """See `Request.stub`: nothing but that there is one, and whether it is a drill."""
        return type(self)(by=self.by, security=True, drill=self.drill, id=id_) if self.security else None


class Note(Request):
    """Add a note, a decision or a change to the timeline."""

    action: ClassVar[str] = "incident.note"

    text: Annotated[str, Given(flag="text", many="*")]
    """The words; standard input when there are none."""
    kind: Literal["note", "decision", "change"] = "note"
    """What sort of entry."""
    at: _Moment = None
    """When it happened, like 10:05 or 2026-11-21T10:05Z; now otherwise."""
    correct: Annotated[str | None, Given(metavar="WHICH")] = None
    """Correct a note instead: "last" for your last one, or the time that stands beside it, like 10:05."""
    keep: _Keep = None
    """Keep mail addresses and phone numbers in the words, and why: "the hotline is public"."""


class Update(Request):
    """Change the facts of an incident, and tell its users."""

    action: ClassVar[str] = "incident.update"
    aside: ClassVar[frozenset[str]] = frozenset({"seen"})

    status: Status | None = None
    """Where it stands; its time is set to now."""
    severity: Annotated[str | None, Given(metavar="S", of="severities")] = None
    """For example P2."""
    lead: _Person = None
    """Who leads from now on."""
    comms: _Person = None
    """Who tells people from now on."""
    text: Typed = None
    """Why the status or the severity changes."""
    tell: Typed = None
    """What users are told."""
    template: Annotated[str | None, Given(metavar="ID", of="templates")] = None
    """The saved template that users are told."""
    impact: Typed = None
    """What users notice."""
    components: _Components = many()
    """Of the status page."""
    services: _Services = many()
    """Affected as well."""
    summary: Typed = None
    """What is known, in a few sentences."""
    started_at: _Moment = None
    """When users were first affected."""
    detected_at: _Moment = None
    """When somebody, or an alert, first noticed it."""
    acknowledged_at: _Moment = None
    """When somebody began to work on it."""
    identified_at: _Moment = None
    """When the cause was known."""
    mitigated_at: _Moment = None
    """When users were no longer affected."""
    reviewed_at: _Moment = None
    """When the review was held."""
    bridge: Typed = None
    """Where those who work on it talk: the address of a call, or a room."""
    ended_as: Annotated[Literal["false alarm", "duplicate", "merged"] | None, Given(flag="-")] = None
    """How it ended, where it was not an incident of its own."""
    same_as: Annotated[str | None, Given(flag="-", of="incident")] = None
    """The incident that it is a duplicate of, or is merged into."""
    user_facing: Annotated[bool | None, Given(off="--internal")] = None
    """Users notice it."""
    keep: _Keep = None
    """Keep mail addresses and phone numbers in the words, and why: "the hotline is public"."""
    seen: Annotated[Mapping[str, Any], HIDDEN] = {}
    """The facts that the person looked at, so that two people who change the same fact notice it."""


class Call(Request):
    """Call a service's people, a rota, a team or a person into an incident: their pager wakes them."""

    action: ClassVar[str] = "incident.call"

    who: Annotated[str, Given(flag="who", metavar="WHO", of="service")]
    """A service, a rota, a team, a role or a person."""
    text: Annotated[str | None, Given(flag="--why", metavar="TEXT")] = None
    """Why they are needed."""
    keep: _Keep = None
    """Keep mail addresses and phone numbers in the words, and why: "the hotline is public"."""


class Acknowledge(Request):
    """Record that somebody answered a call, so that nobody calls again."""

    action: ClassVar[str] = "incident.acknowledge"

    who: Annotated[str | None, Given(flag="who", metavar="WHO", of="people")] = None
    """Who answered; you, if you do not say otherwise."""
    call: Annotated[str | None, Given(metavar="NAME")] = None
    """Which call, by whom it was for; needed where more than one is open."""


class FollowAlert(Request):
    """Record that an alert of an open incident began to fire again, or stopped."""

    action: ClassVar[str] = "incident.alert"

    alert: Annotated[AlertFacts, HIDDEN]
    """What it says."""
    text: Annotated[str, HIDDEN]
    """The same in words."""


class Tick(Request):
    """Tick steps of a checklist, say why they are left out, or open them again."""

    action: ClassVar[str] = "incident.step"

    steps: Annotated[tuple[int, ...], Given(flag="steps", many="+")] = many(max_length=1000)
    """Numbers and ranges: 1 2 5-8."""
    runbook: Annotated[str | None, Given(metavar="NAME", of="runbook")] = None
    """The steps are of this checklist, and numbered as in its runbook."""
    outcome: Annotated[Outcome, HIDDEN] = "done"
    """Whether they are done, left out on purpose, or open again."""
    text: Typed = None
    """What was found, or why it is left out."""
    evidence: Annotated[str | None, Given(metavar="URL")] = None
    """Where it can be seen."""
    wrong: Typed = None
    """What is wrong with the step as the runbook has it."""
    keep: _Keep = None
    """Keep mail addresses and phone numbers in the words, and why: "the hotline is public"."""


class Agree(Request):
    """Agree to what was decided: that an incident is resolved, or less severe than it was."""

    action: ClassVar[str] = "incident.agree"
    aside: ClassVar[frozenset[str]] = frozenset({"seen"})

    to: Annotated[Literal["resolve", "downgrade", "close"] | None, Given(of="agreement")] = None
    """What you agree to; the only decision that waits for you, if you do not say."""
    text: Typed = None
    """What you say with it."""
    attested: Annotated[bool, HIDDEN] = False
    """Whether the desk or the chat vouches for who it is."""
    keep: _Keep = None
    """Keep mail addresses and phone numbers in the words, and why: "the hotline is public"."""
    seen: Annotated[Mapping[str, Any], HIDDEN] = {}
    """Status and severity that whoever does not say to what had before them."""


class Attend(Request):
    """Say that somebody works on an incident, or does not any more."""

    action: ClassVar[str] = "incident.attend"

    presence: Literal["joined", "left"] = "joined"
    """Whether they begin or end."""
    person: _Person = None
    """Who; you, if you do not say."""
    role: Typed = None
    """As what: "database", "writes the report"."""
    keep: _Keep = None
    """Keep mail addresses and phone numbers in the words, and why: "the hotline is public"."""


class HandOver(Request):
    """Hand a role over, with what whoever takes it has to know."""

    action: ClassVar[str] = "incident.handover"
    aside: ClassVar[frozenset[str]] = frozenset({"seen"})

    person: Annotated[str, Given(metavar="WHO", of="people")]
    """Who takes over."""
    role: Literal["lead", "comms"] = "lead"
    """Which role."""
    text: Typed = None
    """What else they have to know."""
    keep: _Keep = None
    """Keep mail addresses and phone numbers in the words, and why: "the hotline is public"."""
    seen: Annotated[Mapping[str, Any], HIDDEN] = {}
    """Who held the role when it was handed over."""


class Escalate(Request):
    """Contact people beyond the team in the configured order, and record what came of it."""

    action: ClassVar[str] = "incident.escalate"

    outcome: Literal["tried", "no answer", "reached"] = "tried"
    """What came of the last attempt; without it the next in the order is contacted."""
    role: Annotated[str | None, Given(metavar="ROLE", of="roles")] = None
    """Who, where it is not whoever is next."""
    executives: Literal["alerted", "not needed"] | None = None
    """What whoever was reached decided about the executive group."""
    text: Typed = None
    """What was said."""
    keep: _Keep = None
    """Keep mail addresses and phone numbers in the words, and why: "the hotline is public"."""


class Secure(Request):
    """Move an incident that may be a breach into the restricted book, and leave a stub."""

    action: ClassVar[str] = "incident.secure"

    files: Annotated[Mapping[str, str], HIDDEN] = {}
    """What the person moves: the files of the record, by their names in its folder."""

    def stub(self, id_: str | None = None) -> Self | None:
        """See `Request.stub`: that it is one now, and nothing of what it was."""
        return type(self)(by=self.by, record=id_ or self.record)
