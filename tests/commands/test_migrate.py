"""`opsbook migrate` moves a book of before on, keeps people's comments, and has nothing to do twice."""

from __future__ import annotations

from tests.support.desk import Desk
from tests.support.small_book import OPSBOOK_YML

OLD = OPSBOOK_YML.replace("version: 2", "version: 1 # as it began") + "authority:\n  incident.resolve: [team-lead]\n"
FOLDER = "incidents/2026/INC-20261103-4T8QN-mail-is-late"
FACTS = """\
id: INC-20261103-4T8QN
title: Mail is late
classification: operational
severity: P3
status: investigating
declared_by: oncall-a
times: {declared_at: 2026-11-03T10:05:00Z}
follow_ups:
  # the first thing to do
  - title: Alert on the queue
    owner: oncall-a
    due: 2031-01-01
"""


def test_a_book_of_before_is_moved_on(desk: Desk) -> None:
    desk.commit({"opsbook.yml": OLD, f"{FOLDER}/incident.yaml": FACTS}, "A book of before")
    found = desk.opsbook("check")
    assert "CFG006" in found.out
    assert "Run `opsbook migrate`" in found.out
    shown = desk.opsbook("migrate", "--dry-run")
    assert "would change opsbook.yml" in shown.out
    assert (desk.path / "opsbook.yml").read_text() == OLD
    assert desk.opsbook("migrate").code == 0
    text = (desk.path / "opsbook.yml").read_text()
    assert "version: 2 # as it began\n" in text
    assert "incident.resolve:\n    any:\n      - team-lead\n" in text
    facts = (desk.path / FOLDER / "incident.yaml").read_text()
    assert "  # the first thing to do\n  - id: FUP-" in facts
    assert "CFG006" not in desk.opsbook("check").out
    again = desk.opsbook("migrate")
    assert (again.code, again.out) == (0, "The book is up to date.\n")


def test_who_decides_about_publishing_has_a_place_of_its_own(desk: Desk) -> None:
    old = (
        OPSBOOK_YML
        + "authority:\n  # who signs\n  incident.publish: {any: [oncall]}\n  incident.resolve: {any: [oncall]}\n"
    )
    desk.commit({"opsbook.yml": old}, "A book of before")
    assert "“incident.publish” is nothing that takes an agreement" in desk.opsbook("check").out
    assert desk.opsbook("migrate").code == 0
    text = (desk.path / "opsbook.yml").read_text()
    assert "incident.publish" not in text
    assert "  publication:\n    roles:\n      - oncall\n" in text
    assert "CFG007" not in desk.opsbook("check").out


def test_what_cannot_be_read_is_left_as_it_is(desk: Desk) -> None:
    broken = OLD + "roles: [\n"
    desk.commit({"opsbook.yml": broken, f"{FOLDER}/incident.yaml": FACTS + "severity: P2\n"}, "Broken")
    assert desk.opsbook("migrate").code == 0
    assert (desk.path / "opsbook.yml").read_text() == broken
    assert (desk.path / FOLDER / "incident.yaml").read_text() == FACTS + "severity: P2\n"
