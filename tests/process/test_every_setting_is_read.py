"""No field of `opsbook.yml` is without a reader: leave one out, or change it, and something that people get changes.

`rich.yml` sets every field once. What changes is looked for where it is cheap first: in what the check and the doctor
say, in the words of an incident and its reminders, in schemas and forms, and last on the pages.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.check import check_book
from opsbook.core.config import CoreConfig
from opsbook.core.errors import Refused
from opsbook.core.people import Member, changes
from opsbook.core.tree import Overlay
from opsbook.core.types import parse_time
from opsbook.core.yaml import load
from opsbook.kinds import registry
from opsbook.kinds.incident.reminders import remind
from opsbook.report.forms import forms
from opsbook.report.schemas import schemas
from opsbook.site.pages import Site
from tests.kinds.small import Desk, book

ROOT = Path(__file__).parents[2]
RICH: dict[str, Any] = load((Path(__file__).parent / "rich.yml").read_bytes()).value
EVENING = parse_time("2026-11-21T22:00:00Z")
"""A Saturday, out of hours."""

Place = tuple[str | int, ...]

ELSEWHERE: Mapping[str, str] = {
    "forge.push": "adapters/git/test_forge.py: test_without_push_nothing_leaves_this_machine",
    "forge.merge": "commands/test_merge.py: test_nothing_is_merged_unless_main_says_so",
    "forge.intake": "commands/test_intake.py: intake: triage",
    "requires": "cases/CFG001.yml: a version that is to come",
    "security.book": "commands/test_security_book.py: test_the_facts_are_in_the_restricted_book_and_the_stub_has_the_same_id",
    "security.restricted": "commands/test_security_book.py: test_the_facts_are_in_the_restricted_book_and_the_stub_has_the_same_id",
    "incidents.alerts": "kinds/incident/test_alerts.py: test_a_book_without_a_policy_takes_alerts_too",
    "incidents.alerts.severities": "kinds/incident/test_alerts.py: test_what_the_policy_does_not_translate_is_a_proposal_and_says_so",
    "incidents.alerts.service_labels": "kinds/incident/test_alerts.py: test_a_service_is_found_by_a_label_that_it_names",
    "incidents.alerts.calls_every": "kinds/incident/test_alerts.py: test_a_storm_makes_an_incident_for_each_key_and_calls_everybody_once",
}
"""Fields that the world reads and no page: which test shows it."""

UNSET = ("security.restricted",)
"""What only a book of another sort sets: this one is open."""

LATER: Mapping[str, str] = {
    "help.how": "tickets: the page of the queues says it",
    "help.queues.channel": "tickets: they are posted there",
    "help.queues.environments": "tickets: the form offers them",
    "help.categories": "tickets: resolving one asks for its category",
    "help.categories.title": "tickets: the menu offers them",
    "help.categories.meaning": "tickets: the menu explains them",
    "help.categories.examples": "tickets: the menu explains them",
    "help.categories.queues": "tickets: a queue offers them",
}
"""What only a later part of the program reads. It must be empty at the end."""


def inner_models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field holds directly: one, several in a list, or by name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from inner_models(part)


def named(model: type[BaseModel], at: tuple[str, ...] = ()) -> Iterator[str]:
    """Every field of the configuration by its name."""
    for name, field in model.model_fields.items():
        if name not in SAME:
            yield ".".join((*at, name))
            for inner in inner_models(field.annotation):
                yield from named(inner, (*at, name))


def found(model: type[BaseModel], value: Mapping[str, Any], at: Place = ()) -> Iterator[tuple[str, Place, bool]]:
    """Where each stands in `rich.yml`, and whether it may be left out."""
    for name, field in model.model_fields.items():
        if name in SAME or name not in value:
            continue
        here, entries = (*at, name), value[name]
        yield (
            ".".join(part for part in here if isinstance(part, str) and part not in ACTIONS),
            here,
            not field.is_required(),
        )
        for inner in inner_models(field.annotation):
            if isinstance(entries, list):
                for index, entry in enumerate(entries):
                    yield from found(inner, entry, (*here, index))
            elif name == "authority":
                for action, entry in entries.items():
                    yield from found(inner, entry, (*here, action))
            else:
                yield from found(inner, entries, here)


SAME = ("retired", "id", "version")
"""That an entry is not offered any more, what records call it, and the format."""
ACTIONS = ("incident.resolve", "incident.downgrade")
SECTIONS: list[tuple[Place, type[BaseModel]]] = [((), CoreConfig)]
SECTIONS += [((kind.plural,), kind.section) for kind in registry().values() if kind.section is not None]


def every() -> dict[str, tuple[Place, bool]]:
    """Every field that `rich.yml` sets, once."""
    places: dict[str, tuple[Place, bool]] = {}
    for at, model in SECTIONS:
        value = RICH.get(str(at[0]), {}) if at else RICH
        for name, place, optional in found(model, value, at):
            places.setdefault(name, (place, optional))
    return places


def without(place: Place, *, optional: bool) -> dict[str, Any]:
    """The rich configuration without a field, or with another value where one is needed."""
    value = copy.deepcopy(RICH)
    *way, last = place
    inside: Any = value
    for part in way:
        inside = inside[part]
    assert last in inside, f"rich.yml sets no {place}"
    if optional:
        del inside[last]
    else:
        inside[last] = other(inside[last])
    return value


def other(value: Any) -> Any:
    """Another value of the same sort."""
    known = {"P1": "P2", "incident": "team", "investigating": "identified", "general": "incident", "team": "incident"}
    if isinstance(value, str) and value in known:
        return known[value]
    if isinstance(value, str) and value in ("on-call", "product-manager"):
        return {"on-call": "night", "product-manager": "oncall"}[value]
    if isinstance(value, str):
        return value[:-1] + "x" if value.startswith("http") else f"{value}x"
    return value[:-1] if isinstance(value, list) else value


def outcomes(config: dict[str, Any]) -> Iterator[str]:
    """What people get, the cheap first."""
    desk = Desk(_with(book(), config), EVENING)
    read = desk.book
    core = read.config.core
    yield repr([str(finding) for finding in check_book(read, EVENING, registry())])
    yield repr([str(item) for section in (core, *read.config.sections.values()) for item in section.examine()])
    yield repr(
        [
            (item.said)
            for team in core.teams
            for item in changes(core, {team.id: [Member("New", github="new")]}, date(2026, 11, 21))
        ]
    )
    yield repr([core.channels, core.mailboxes, [team.github or team.slack for team in core.teams]])
    yield "".join(_story(desk))
    yield repr(schemas(read))
    try:
        yield repr(forms(read, registry()))
    except Refused as error:
        yield error.message
    yield "".join(
        page.text if hasattr(page, "text") else repr(page)
        for page in Site(desk.book, registry(), desk.now, list).pages()
    )


def _with(before: Book, config: dict[str, Any]) -> Any:
    return Overlay(before.tree, {CONFIG_PATH: yaml.safe_dump(config, sort_keys=False, allow_unicode=True).encode()})


def _story(desk: Desk) -> Iterator[str]:
    """An incident from its declaration to its end: plans, announcements, findings and reminders."""
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("update", "oncall-a", {"template": "still-looking"}),
        ("escalate", "oncall-b", {}),
        ("call", "oncall-a", {"who": "checkout"}),
        ("handover", "oncall-a", {"person": "oncall-b"}),
        ("update", "oncall-a", {"severity": "P2"}),
        ("update", "oncall-a", {"status": "resolved"}),
    ]
    for security in (True, False):
        try:
            id_ = desk.do(
                "declare", title="Mail is late", severity="P1", services=["checkout"], security=security
            ).record
        except Refused as error:
            yield error.message
            return
        yield repr(desk.said(id_))
    for moment, severity in (
        ("2026-11-21T16:30:00Z", "P1"), ("2026-11-23T08:30:00Z", "P1"), ("2026-11-23T17:30:00Z", "P2")
    ):  # fmt: skip
        there = Desk(desk.tree, parse_time(moment))
        try:
            plan = there.do("declare", title="Mail is late", severity=severity)
            yield repr([plan.understood, there.said(plan.record)])
        except Refused as error:
            yield error.message
    for verb, by, values in steps:
        for _ in range(2):
            desk.later(minutes=13)
            yield repr(remind(desk.record(id_), desk.book, desk.now))
        try:
            plan = desk.do(verb, id_, by, **values)
        except Refused as error:
            yield f"{error.message}{error.remedy}"
            continue
        yield repr([plan.understood, plan.body, plan.summary, plan.title, desk.said(id_)])
    yield repr([str(finding) for finding in desk.findings(id_)])
    desk.later(days=4)
    yield repr([str(finding) for finding in desk.findings(id_)])
    yield repr(remind(desk.record(id_), desk.book, desk.now))


@cache
def usual() -> list[str]:
    """What people get with all of it."""
    return list(outcomes(RICH))


FIELDS = every()


def test_the_rich_book_sets_every_field_and_is_in_order() -> None:
    desk = Desk(_with(book(), RICH), EVENING)
    faults = [str(finding) for finding in desk.book.config.findings if finding.severity == "error"]
    assert faults == []
    assert {name for at, model in SECTIONS for name in named(model, tuple(map(str, at)))} == {*FIELDS, *UNSET}
    assert {*LATER, *ELSEWHERE} <= {*FIELDS, *UNSET}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_that_is_left_out_is_missed(name: str) -> None:
    if name in ELSEWHERE:
        path, _, test = ELSEWHERE[name].partition(": ")
        assert test in (ROOT / "tests" / path).read_text("utf-8")
        return
    place, optional = FIELDS[name]
    changed = outcomes(without(place, optional=optional))
    missed = any(now != before for now, before in zip(changed, usual(), strict=True))
    assert missed != (name in LATER), "it is read by now: take it off the list" if missed else "nothing reads it"
