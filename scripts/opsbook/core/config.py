"""`opsbook.yml`: the one place for an organisation's facts. This is the part that every kind shares.

Each kind owns and validates a section of its own (`kinds/<kind>/config.py`). A section that is broken falls back to
its defaults with a finding, so that a typing error in one never stops a declaration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import Field

from opsbook.core.types import (
    WHOLE,
    ChannelRef,
    Duration,
    IsoDate,
    Line,
    Link,
    Model,
    OneOf,
    PersonRef,
    RoleRef,
    Slug,
    Text,
    Url,
    UtcTime,
    many,
    matching,
    means,
)

if TYPE_CHECKING:
    from opsbook.core.examined import Examined


Vocabulary = Mapping[str, Mapping[str, object]]
"""Name of a vocabulary to its words; what `OneOf` reads from the validation context."""


FORMAT = 2
"""The format of a book that this program writes; `opsbook migrate` moves an older one on."""

Login = Annotated[str, matching(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$", "must be a GitHub login, without the @")]
SlackId = Annotated[str, matching(r"^[UW][A-Z0-9]{2,20}$", "must be the id of a Slack user, like U012ABCDEF")]
Repository = Annotated[str, matching(r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", "must be <owner>/<name>")]
Branch = Annotated[
    str,
    matching(
        r"^[A-Za-z0-9][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*$", "must be the name of a branch, like main", max_length=100
    ),
]


class Entry(Model):
    """Something that records refer to by id. An entry in use is retired with a date, never deleted."""

    id: Slug
    """How records refer to it."""
    retired: IsoDate | None = None
    """Since when it is no longer offered; records of before keep it."""


class Section(Model):
    """A section of `opsbook.yml`; every field has a default, so that a book can be smaller than ours."""

    def decided(self) -> Mapping[str, str]:
        """The actions of its kind that `authority` may name, and what whoever is asked agrees to."""
        return {}

    def moved(self, everything: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
        """What of `opsbook.yml` has another place now, as edits for `migrate`; `everything` is the file's values."""
        return iter(())

    def vocabulary(self) -> Vocabulary:
        """The words that this section defines for records to use."""
        return {}

    def audiences(self) -> Mapping[str, str]:
        """The channels and stories that announcements go to, and what each is told."""
        return {}

    def examine(self) -> Iterator[Examined]:
        """What is left out that the book is poorer without; what is wrong is a finding of the check instead."""
        return iter(())


class Role(Entry):
    """A responsibility that somebody holds."""

    title: Line
    """Its name in full."""
    description: Text | None = None
    """What the holder does."""


class Team(Entry):
    """A team that owns runbooks and services."""

    title: Line
    """Its name in full."""
    channel: ChannelRef | None = None
    """Where it can be asked."""
    github: Repository | None = None
    """Its team on GitHub, as organisation/team: `opsbook people sync` brings its members in."""
    slack: Annotated[str, matching(r"^S[A-Z0-9]{2,20}$", "must be the id of a user group, like S012ABCDEF")] | None = (
        None
    )
    """Its user group in Slack, for the same."""
    hold: tuple[RoleRef, ...] = many()
    """The roles that its members hold."""


class Person(Entry):
    """A holder of roles. Anybody else is `github:<login>`, `slack:<id>` or `local:<name>` and needs no entry."""

    name: Line
    """Their name, or the name of the post."""
    roles: tuple[RoleRef, ...] = many()
    """The roles that they hold."""
    github: (
        Annotated[str, matching(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$", "must be a GitHub login, without the @")] | None
    ) = None
    """GitHub login."""
    github_id: Annotated[int, Field(ge=1), WHOLE] | None = None
    """GitHub user id: it stays when a login is renamed."""
    slack: (
        Annotated[str, matching(r"^[UW][A-Z0-9]{2,20}$", "must be the id of a Slack user, like U012ABCDEF")] | None
    ) = None
    """Slack user id."""


class Channel(Entry):
    """A place where people are told."""

    name: Annotated[str, matching(r"^#[a-z0-9][a-z0-9_-]{0,79}$", "must be the name of a channel, like #incident")]
    """Its name in the chat, with the #."""
    purpose: Line
    """What it is for."""
    audience: Line
    """Who can read it; said under each announcement."""
    url: Url | None = None
    """Its address, so that a page leads to it: in Slack, "Copy link" of the channel."""


CALENDARS = "operations/rotas"
"""Where the calendars of rotas lie in a book, as they were fetched."""


class Rota(Entry):
    """Who is on call: people in turn (`starts`, `every`, `people`), or a calendar (`ical`)."""

    title: Line
    """What the rota is for."""
    starts: UtcTime | None = None
    """When the first person's first turn began."""
    every: Duration = timedelta(days=7)
    """How long a turn lasts."""
    people: tuple[PersonRef, ...] = many()
    """Who takes turns, in order."""
    ical: (
        Annotated[
            str,
            matching(
                r"""^(?:https://[^\s<>"'`\\]+|file)$""",
                "must be an address that begins with https://, or file",
                max_length=500,
            ),
        ]
        | None
    ) = None
    """The address of its calendar (iCal), which `opsbook rotas fetch` brings into the book; `file` where it is brought
    in by hand. Whoever reads the book reads the address: one that is a secret does not belong here."""


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
means(Day, "Monday.", "Tuesday.", "Wednesday.", "Thursday.", "Friday.", "Saturday.", "Sunday.")

DAYS: tuple[Day, ...] = get_args(Day)
"""Every day, in the order of `datetime.weekday`."""

_OF_DAY = Annotated[str, matching(r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$", "must be a time of day, like 09:00")]


class Hours(Model):
    """When people are at work, in the zone of the book."""

    days: tuple[Day, ...] = Field(default=("mon", "tue", "wed", "thu", "fri"), strict=False, min_length=1)
    """On which days."""
    starts: _OF_DAY = "09:00"
    """From when."""
    ends: _OF_DAY = "17:00"
    """Until when."""


class SecurityAlert(Model):
    """Whom to tell about a suspected breach, before anything else."""

    who: Line = "your security team"
    """Who must be alerted."""
    how: Text = "Call them; do not describe the suspicion in a chat or a ticket."
    """How they are reached, without personal contact details."""
    link: Link | None = None
    """A restricted page with the numbers to call."""
    channel: ChannelRef | None = None
    """The only channel that is told, and without facts."""
    book: (
        Annotated[str, matching(r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", "must be <owner>/<name> of a repository")] | None
    ) = None
    """The restricted repository that holds the facts of security incidents."""
    restricted: bool = False
    """Whether this is that restricted repository: then facts of security incidents may be kept here."""


Permission = Literal["read", "triage", "write", "maintain", "admin"]
"""What somebody may do on the forge, each more than the one before it (GitHub: the roles of a repository)."""

means(
    Permission,
    "Sees the repository; on a public one everybody.",
    "Also manages issues and pull requests.",
    "Also pushes.",
    "Also manages the settings that are not sensitive.",
    "May do everything.",
)
Merging = Literal["never", "declarations"]
means(
    Merging,
    "Nothing: people merge every pull request.",
    "Declarations of incidents that pass the check; people merge everything else.",
)

PERMISSIONS: tuple[Permission, ...] = get_args(Permission)


class ForgeSettings(Model):
    """Where changes of the book are published."""

    main: Branch = "main"
    """The branch that holds the agreed book."""
    push: bool = False
    """Whether records are pushed to `origin` by themselves."""
    merge: Merging = "never"
    """What `opsbook merge` merges without a person, once it passes the check: nothing, or declarations of incidents."""
    intake: Permission = "write"
    """What somebody must at least be allowed on the repository to declare an incident by the issue form or the workflow
    form. Everybody has `read` on a public repository."""


class SiteSettings(Model):
    """What the site needs to know."""

    url: Url | None = None
    """Where the site is published."""
    repository: Url | None = None
    """Where the source of a page can be seen and edited."""
    status_page: Link | None = None
    """Our own status page."""


class Deciders(Model):
    """Whose agreement an action needs; one that is missing is a breach, and stops nothing."""

    all: tuple[RoleRef, ...] = many()
    """Each of these roles agrees."""
    any: tuple[RoleRef, ...] = many()
    """One of these roles agrees."""
    since: IsoDate | None = None
    """From which day on (UTC); what was decided before takes nobody's agreement. Set it when you change the roles."""


class HelpQueue(Entry):
    """A queue for requests for help (the help request page: one for each part of an organisation)."""

    title: Line
    """What it is called in the form."""
    channel: ChannelRef
    """Where its tickets are seen and worked on."""
    use_when: Line
    """Which requests belong in it, for somebody who does not know which team to ask."""
    environments: tuple[Slug, ...] = many()
    """The environments that it serves."""


class HelpCategory(Entry):
    """Why somebody needed help: chosen when a ticket is resolved."""

    title: Line
    """What it is called in the menu."""
    meaning: Text
    """When to choose it."""
    examples: Text | None = None
    """What such tickets are about."""
    queues: tuple[Annotated[str, OneOf("queues", "help queue")], ...] = many()
    """The queues that offer it; every queue when none is named."""


class HelpSettings(Model):
    """Where somebody who is stuck asks, and what the answers teach us."""

    how: Text = "Ask in the channel of the team that owns the service."
    """How a request is made."""
    queues: tuple[HelpQueue, ...] = many()
    """Where requests go, in the order of the form."""
    categories: tuple[HelpCategory, ...] = many()
    """Why help was needed, in the order of the menu."""


class CoreConfig(Section):
    """The part of `opsbook.yml` that belongs to no kind."""

    version: Annotated[int, Field(ge=1, le=FORMAT), WHOLE] = 1
    """The format of the book; `opsbook migrate` moves a book on."""
    requires: Line = ">=0.1"
    """The versions of the program that may write to this book."""
    title: Line = "Opsbook"
    """The name of the book, as the site shows it."""
    timezone: Line = "Etc/UTC"
    """The zone in which people see times; files hold UTC."""
    site: SiteSettings = SiteSettings.model_construct()
    """What the site needs to know."""
    forge: ForgeSettings = ForgeSettings.model_construct()
    """Where changes are published."""
    security: SecurityAlert = SecurityAlert.model_construct()
    """Whom to tell about a suspected breach."""
    roles: tuple[Role, ...] = many()
    """The responsibilities that the process names."""
    teams: tuple[Team, ...] = many()
    """The teams that own runbooks and services."""
    people: tuple[Person, ...] = many()
    """Who holds which role."""
    channels: tuple[Channel, ...] = many()
    """Where people are told."""
    rotas: tuple[Rota, ...] = many()
    """Who is on call when."""
    hours: Hours | None = None
    """When people are at work; where nothing is said, nobody is ever out of hours."""
    mailboxes: tuple[Line, ...] = many()
    """Shared mailboxes that records may name; any other mail address is taken for somebody's own."""
    authority: Mapping[str, Deciders] = {}
    """One table: action to the roles whose agreement it needs."""
    help: HelpSettings = HelpSettings.model_construct()
    """Where somebody who is stuck asks."""

    def vocabulary(self) -> Vocabulary:
        """People, roles, teams, owners (roles and teams), channels, rotas and help queues."""
        return {
            "people": by_id(self.people),
            "roles": by_id(self.roles),
            "teams": by_id(self.teams),
            "owners": {**by_id(self.roles), **by_id(self.teams)},
            "channels": by_id(self.channels),
            "rotas": by_id(self.rotas),
            "queues": by_id(self.help.queues),
        }

    def audiences(self) -> Mapping[str, str]:
        """The channel for security, which is told that there is something, and nothing about it."""
        return {self.security.channel: "security incidents"} if self.security.channel is not None else {}

    def examine(self) -> Iterator[Examined]:
        """Whom to alert, where the site is, and who people are elsewhere."""
        from opsbook.core.examined import missing, note

        if "who" not in self.security.model_fields_set:
            yield missing(
                "security alert",
                "opsbook.yml does not say who must be alerted about a suspected breach.",
                "Set `security.who` in opsbook.yml, and `security.how` to how they are reached.",
            )
        if self.security.channel is None:
            yield note(
                "security channel",
                "No channel is told of a security incident: whoever declares it has to call.",
                "Name a private channel as `security.channel` in opsbook.yml.",
            )
        if self.site.url is None:
            yield note(
                "site address",
                "Announcements have no link to the page of the incident and to its checklist.",
                "Set `site.url` in opsbook.yml once the site is published.",
            )
        people = [person for person in self.people if person.retired is None]
        if not people:
            yield note("people", "opsbook.yml names nobody.", "Put the holders of roles under `people` in opsbook.yml.")
        for name, given in (("GitHub login", "github"), ("Slack id", "slack")):
            without = sum(getattr(person, given) is None for person in people)
            if without:
                yield note(
                    f"{name}s",
                    f"No {name} is known of {without if without < len(people) else 'any'} of {len(people)} people:"
                    " they count as outsiders there.",
                    f"Add `{given}` to them under `people` in opsbook.yml.",
                )

    def channel(self, id_: str) -> Channel | None:
        """The channel with this id."""
        return next((channel for channel in self.channels if channel.id == id_), None)

    def rota(self, id_: str | None) -> Rota | None:
        """The rota with this id."""
        return next((rota for rota in self.rotas if rota.id == id_), None)

    def is_working(self, at: datetime) -> bool | None:
        """Whether people are at work at a moment (aware); `None` where the book does not say when they are."""
        if self.hours is None:
            return None
        from opsbook.core.times import Times

        local = Times(at, self.timezone).local(at)
        return DAYS[local.weekday()] in self.hours.days and self.hours.starts <= f"{local:%H:%M}" < self.hours.ends

    def person_name(self, ref: str) -> str:
        """How a person is called on pages and in announcements: the name of a role holder, else the reference."""
        return next((person.name for person in self.people if person.id == ref), ref)

    def owner_title(self, ref: str) -> str:
        """The title of a role or team, else the reference."""
        entries: tuple[Role | Team, ...] = (*self.roles, *self.teams)
        return next((entry.title for entry in entries if entry.id == ref), ref)


def by_id(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Entries by their id, in the order of the file."""
    return {entry.id: entry for entry in entries}
