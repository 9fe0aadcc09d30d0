"""The restricted book is examined: who declares a breach must not find out then that its facts have no place."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbook.adapters.git.forge import GitForge
from opsbook.core.config import SecurityAlert
from opsbook.core.examined import Examined
from opsbook.core.ports import Forge
from opsbook.kinds import registry
from opsbook.report.book_examiner import RestrictedExaminer
from tests.contracts.examiner import read_aloud
from tests.support.desk import make_desk
from tests.support.small_book import OPSBOOK_YML
from tests.support.wired import open_repository


def found(security: SecurityAlert, forge: Forge | None = None, *, repository: str = "example/book") -> Examined:
    """The one thing that is found."""
    (item,) = RestrictedExaminer(security, lambda: forge, repository, registry()).examine()
    read_aloud(item, ())
    return item


def book(path: Path, text: str = OPSBOOK_YML) -> Forge:
    """A book on this machine."""
    desk = make_desk(path)
    if text != OPSBOOK_YML:
        desk.commit({"opsbook.yml": text})
    return GitForge(open_repository(desk))


def test_without_one_it_says_what_becomes_of_details() -> None:
    assert found(SecurityAlert()).state == "note"
    assert "refused" in found(SecurityAlert()).says
    assert "no token" in found(SecurityAlert(book="example/restricted")).says


def test_one_that_says_so_is_fine_and_any_other_is_not(tmp_path: Path) -> None:
    restricted = OPSBOOK_YML.replace("security:\n", "security:\n  restricted: true\n")
    assert found(SecurityAlert(), book(tmp_path / "there", restricted)).state == "fine"
    other = found(SecurityAlert(), book(tmp_path / "other"))
    assert other.state == "missing"
    assert "restricted: true" in other.remedy


@pytest.mark.parametrize("name", ["example/book", "Example/Book"])
def test_this_very_repository_is_no_place_for_them(tmp_path: Path, name: str) -> None:
    item = found(SecurityAlert(book=name), book(tmp_path / "there"))
    assert item.state == "missing"
    assert "this repository" in item.says


def test_one_that_cannot_be_read_is_said_and_stops_nothing(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "there")
    item = found(SecurityAlert(), GitForge(open_repository(desk), main="gone"))
    assert item.state == "missing"
    assert "cannot be read" in item.says


def test_the_restricted_book_itself_is_told_as_such() -> None:
    assert found(SecurityAlert(restricted=True)).state == "note"
