"""Whoever is in a team is listed once, whatever was listed before; and nobody disappears."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from opsbook.core import yaml
from opsbook.core.config import CoreConfig
from opsbook.core.people import Member, changes

TODAY = date(2026, 11, 21)
NAMES = st.sampled_from(["octo-1", "octo-2", "Zoë", "  ", "日本", "a\nb", "Name Name", "name-name"])
MEMBERS = st.lists(
    st.builds(lambda name, n: Member(name, f"login-{n}", n), NAMES, st.integers(1, 6)),
    unique_by=lambda member: member.github_id,
    max_size=5,
)


@given(st.lists(MEMBERS, min_size=1, max_size=4))
def test_after_each_step_exactly_the_members_are_active(steps: list[list[Member]]) -> None:
    text = "teams:\n  - {id: shop, title: Shop, github: example/shop, hold: [oncall]}\npeople: []\nroles: [{id: oncall, title: On call}]\n"
    known: set[str] = set()
    for members in steps:
        core = CoreConfig.model_validate(yaml.load(text.encode()).value, context=None)
        found = list(changes(core, {"shop": members}, TODAY))
        text = yaml.edit(text, [edit for change in found for edit in change.edits])
        core = CoreConfig.model_validate(yaml.load(text.encode()).value)
        active = [person.github_id for person in core.people if person.retired is None]
        assert sorted(active) == sorted(member.github_id for member in members)
        ids = [person.id for person in core.people]
        assert len(set(ids)) == len(ids)
        assert known <= set(ids)
        known = set(ids)
        assert list(changes(core, {"shop": members}, TODAY)) == []
