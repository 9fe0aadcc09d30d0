"""`opsbook find` answers with the step, its place and how old its review is, or says where to ask."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.desk import make_desk

RUNBOOK = "runbooks/incident-response/respond.md"


def test_an_answer_has_its_place_and_the_age_of_its_review(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "book")
    done = desk.opsbook("find", "look at the dashboards")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "Respond to an incident"
    assert lines[1].startswith(f"  {RUNBOOK}:")
    assert "reviewed " in lines[1]
    assert "Step 1: Look at the dashboards." in done.out
    found = json.loads(desk.opsbook("find", "look at the dashboards", "--format", "json").out)["found"][0]
    assert (found["kind"], found["id"], found["path"]) == ("runbook", "incident-response/respond", RUNBOOK)


def test_what_nothing_answers_says_so_and_is_no_error(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "book")
    done = desk.opsbook("find", "coffee machine")
    assert done.code == 0
    assert done.out.startswith("Nothing fits.")
    assert json.loads(desk.opsbook("find", "coffee machine", "--format", "json").out)["found"] == []
    assert desk.opsbook("runbook", "find", "coffee machine").out.startswith("No runbook fits.")


def test_a_review_on_record_counts_and_so_does_a_change_after_it(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "book")
    assert desk.opsbook("runbook", "review", "respond", "--read", "--by", "oncall-a", "--yes").code == 0
    desk.git("merge", "--quiet", desk.git("for-each-ref", "--format=%(refname:short)", "refs/heads/opsbook").strip())
    assert "reviewed today" in desk.opsbook("find", "look at the dashboards").out
    page = desk.path / RUNBOOK
    page.write_text(page.read_text().replace("Name a lead.", "Name a lead at once."))
    assert "changed after its last review, on " in desk.opsbook("find", "look at the dashboards").out


def test_a_record_is_found_by_its_id_on_its_branch_too(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "book")
    done = desk.opsbook("declare", "--title", "Login fails", "--severity", "P1", "--by", "oncall-a", "--format", "json")
    id_ = json.loads(done.out)["id"]
    assert desk.opsbook("find", id_.lower()).out.splitlines()[0] == "Login fails"
