"""People come and go: what teams elsewhere say of their members, as changes of `people` in `opsbook.yml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from opsbook.core import yaml
from opsbook.core.config import CoreConfig, Team
from opsbook.core.text import one_line, shorten

Edit = tuple[Sequence[str | int], Any]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a team of GitHub, or in a user group of Slack; each knows them by an account of its own.

    Attributes:
        name: as people read it; the login where no name is known.
        github, github_id: login and number of the account on GitHub; slack: id of the account in Slack.
    """

    name: str
    github: str | None = None
    github_id: int | None = None
    slack: str | None = None

    @property
    def accounts(self) -> Mapping[str, str | int]:
        """What `opsbook.yml` keeps of it."""
        found = {"github": self.github, "github_id": self.github_id, "slack": self.slack}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Change:
    """What has to change about one person: in words, and in the file."""

    said: str
    edits: tuple[Edit, ...]


def changes(core: CoreConfig, members: Mapping[str, Sequence[Member]], today: date) -> Iterator[Change]:
    """What has to change so that `people` says who is in the teams.

    Nobody is taken out: whoever left is retired, because records refer to them. Only those who hold a role of a team
    and have an account where it was looked up can have left it; whoever was listed by hand for another reason stays.

    Args:
        members: of each team that was looked up, by its id.
    """
    people = [person.model_dump(mode="json", exclude_none=True) for person in core.people]
    teams = [team for team in core.teams if team.id in members]
    here: set[int] = set()
    for team in teams:
        for member in members[team.id]:
            place = _find(people, member)
            here.add(len(people) if place is None else place)
            change = _join(people, member, team) if place is None else _same(people, place, member, team)
            if change is not None:
                yield change
    for place, person in enumerate(people):
        if place not in here and not person.get("retired") and any(_missed(person, team) for team in teams):
            rotas = [rota.id for rota in core.rotas if person["id"] in rota.people and rota.retired is None]
            still = f"; still in the rota {', '.join(rotas)}" if rotas else ""
            yield Change(f"{person['id']} has left{still}", ((("people", place, "retired"), today.isoformat()),))


def _missed(person: Mapping[str, Any], team: Team) -> bool:
    """Whether somebody should be in a team: holds one of its roles, and has an account where it was looked up."""
    accounts = {name for name in ("github", "slack") if getattr(team, name) is not None}
    return bool(set(team.hold) & set(person["roles"]) and accounts & set(person))


def _find(people: list[dict[str, Any]], member: Member) -> int | None:
    """The place of somebody, by the number of an account, then its login, then the same name without that account."""
    named = [place for place, person in enumerate(people) if one_line(person["name"]) == member.name]
    for account in ("github_id", "slack", "github"):
        value = getattr(member, account)
        for place, person in enumerate(people):
            if value is not None and str(person.get(account, "")).casefold() == str(value).casefold():
                return place
    free = [place for place in named if not set(member.accounts) & set(people[place])]
    return free[0] if len(free) == 1 else None


def _join(people: list[dict[str, Any]], member: Member, team: Team) -> Change:
    from slugify import slugify

    account = str(next(iter(member.accounts.values())))
    name = shorten(one_line(member.name), 100) or account
    slug = slugify(name, max_length=40, word_boundary=True) or slugify(account)
    taken = {person["id"] for person in people}
    id_ = next(wanted for n in count(1) if (wanted := slug if n == 1 else f"{slug}-{n}") not in taken)
    person = {"id": id_, "name": name, "roles": list(team.hold), **member.accounts}
    people.append(person)
    return Change(f"{id_} has joined", ((("people", "-"), person),))


def _same(people: list[dict[str, Any]], place: int, member: Member, team: Team) -> Change | None:
    """What is new about somebody who is listed: an account, a role, a login that was renamed, that they are back."""
    person, said = people[place], []
    edits: list[Edit] = []
    for account, value in member.accounts.items():
        if person.get(account) != value:
            said.append(f"{account.replace('_', ' ')} {value}")
            edits.append((("people", place, account), value))
            person[account] = value
    for role in team.hold:
        if role not in person["roles"]:
            said.append(f"is {role}")
            person["roles"] = [*person["roles"], role]
            edits.append((("people", place, "roles"), person["roles"]))
    if person.pop("retired", None):
        said.append("is back")
        edits.append((("people", place, "retired"), yaml.DELETE))
    return Change(f"{person['id']}: {', '.join(said)}", tuple(edits)) if edits else None
