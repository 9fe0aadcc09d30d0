"""`opsbook forms` writes what GitHub shows, and says when it is out of date."""

from __future__ import annotations

from tests.support.desk import Desk

FORM = ".github/ISSUE_TEMPLATE/declare-an-incident.yml"


def test_forms_are_written_once_and_found_out_of_date_when_the_book_changes(desk: Desk) -> None:
    before = desk.opsbook("forms", "--check")
    assert before.code == 1
    assert f"{FORM} is out of date: run opsbook forms" in before.out
    assert not (desk.path / ".github").exists()
    assert desk.opsbook("forms").code == 0
    assert desk.opsbook("forms", "--check").code == 0
    text = (desk.path / "opsbook.yml").read_text()
    desk.write({"opsbook.yml": text.replace("title: Major", "title: Grave")})
    after = desk.opsbook("forms", "--check")
    assert after.code == 1
    assert FORM in after.out
    desk.opsbook("forms")
    assert "P2 Grave: Users can use it with difficulty." in (desk.path / FORM).read_text()


def test_forms_are_not_made_from_what_cannot_be_read(desk: Desk) -> None:
    desk.write({"opsbook.yml": "incidents: [\n"})
    done = desk.opsbook("forms")
    assert done.code == 1
    assert "opsbook check" in done.err
    assert not (desk.path / ".github").exists()
