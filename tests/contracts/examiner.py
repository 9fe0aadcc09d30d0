"""What every examiner promises. An examiner passes by a subclass of `ExaminerContract` that gives it a world."""

from __future__ import annotations

import re
from typing import Protocol

import pytest

from opsbook.core.examined import Examined
from opsbook.core.ports import Examiner


class ExaminerWorld(Protocol):
    """A part of the world that is as it should be, and how it breaks.

    Attributes:
        secrets: what may never be said.
    """

    secrets: tuple[str, ...]

    def examiner(self) -> Examiner:
        """A new examiner of it."""
        ...

    def nothing_set_up(self) -> Examiner | None:
        """An examiner where the part is not set up; `None` for one that is always there."""
        ...

    def break_down(self, how: str) -> None:
        """From now on it fails in one of `HOW`."""
        ...

    def everything(self) -> object:
        """All that could have changed, to be compared."""
        ...


HOW = ("refuses the token", "answers nonsense", "breaks off", "fails inside", "cannot be reached")


def read_aloud(item: Examined, secrets: tuple[str, ...]) -> None:
    """Fail unless a person can follow what is said."""
    assert re.fullmatch(r"\S.*[.”:]", item.says, re.DOTALL), item
    assert re.fullmatch(r"[^\s].*", item.what), item
    assert "None" not in item.says.split() or item.says.startswith("None waits"), item
    assert not re.search(r"\{|\}|<|Error\b|Exception", re.sub(r"\{push: true\}", "", item.says + item.remedy)), item
    assert "  " not in item.says + item.remedy, item
    if item.state in ("missing", "unknown"):
        assert len(item.remedy) > 10, item
    if item.remedy:
        assert item.remedy[0].isupper() or item.remedy[0] in "`“", item
        assert not item.remedy.endswith(".."), item
    for secret in secrets:
        assert secret not in repr(item), item


class ExaminerContract:
    """The promises. A subclass defines the fixture `world`."""

    def test_where_everything_is_in_order_nobody_has_to_do_anything(self, world: ExaminerWorld) -> None:
        found = list(world.examiner().examine())
        assert [item for item in found if not item.is_good] == []
        assert any(item.state == "fine" for item in found)
        for item in found:
            read_aloud(item, world.secrets)

    def test_it_changes_nothing_however_often_it_is_asked(self, world: ExaminerWorld) -> None:
        list(world.examiner().examine())
        before = world.everything()
        examiner = world.examiner()
        first, second = list(examiner.examine()), list(examiner.examine())
        assert first == second
        assert world.everything() == before

    def test_what_is_not_set_up_is_one_note(self, world: ExaminerWorld) -> None:
        examiner = world.nothing_set_up()
        for item in [] if examiner is None else list(examiner.examine()):
            assert item.state == "note"
            read_aloud(item, world.secrets)

    @pytest.mark.parametrize("how", HOW)
    def test_a_failure_is_something_found_and_changes_nothing(self, world: ExaminerWorld, how: str) -> None:
        before = world.everything()
        world.break_down(how)
        found = list(world.examiner().examine())
        assert any(not item.is_good for item in found), found
        for item in found:
            read_aloud(item, world.secrets)
        assert world.everything() == before
