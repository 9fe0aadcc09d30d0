"""`opsbook find`: what is printed of an answer, where to ask when there is none, and what may never happen to a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.desk import Desk, make_desk

RUNBOOK = """\
---
title: Restart the zebra service
owner: oncall
reviewed: 2026-11-10
symptoms: ["zebra: connection refused"]
---

# Restart the zebra service

## Steps

1. Look at the queue.
2. Restart the stripes.

    ```bash
    zebractl restart
    ```
"""
PATH = "runbooks/response/restart-zebra.md"


@pytest.fixture
def zoo(desk: Desk) -> Desk:
    """A book with one more runbook and a page."""
    desk.write({PATH: RUNBOOK, "docs/zoo.md": "# Lions\n\nLions sleep \u202e at noon.\n"})
    return desk


def test_an_answer_says_where_it_is_how_old_its_review_is_and_which_step(zoo: Desk) -> None:
    done = zoo.opsbook("find", "restart the stripes")
    assert done.code == 0, str(done)
    title, where, step = done.out.splitlines()
    assert title == "Restart the zebra service"
    assert where.startswith(f"  {PATH}:13, reviewed ")
    assert step == "  Steps: Step 2: Restart the stripes."


def test_the_symptom_that_was_asked_for_is_shown(zoo: Desk) -> None:
    done = zoo.opsbook("find", "zebra:", "connection", "refused")
    assert "  “zebra: connection refused”" in done.out.splitlines()


def test_json_is_one_object_with_all_that_is_shown(zoo: Desk) -> None:
    [row] = zoo.opsbook("find", "--format", "json", "restart the stripes").json["found"]
    assert row == {
        "kind": "runbook",
        "id": "response/restart-zebra",
        "path": PATH,
        "line": 13,
        "title": "Restart the zebra service",
        "heading": "Steps",
        "text": "Step 2: Restart the stripes.",
        "why": "Step 2: Restart the stripes.",
        "reviewed": "2026-11-10",
        "note": "",
    }
    assert zoo.opsbook("find", "--format", "json", "kafka lag").json["found"] == []


def test_where_nothing_fits_it_says_so_and_where_to_ask_and_that_is_no_failure(zoo: Desk) -> None:
    """1 is for findings and refusals, and 6 for a folder that is no book: a search that found nothing did its work."""
    done = zoo.opsbook("find", "kafka consumer lag")
    assert done.code == 0
    first, *rest = done.out.splitlines()
    assert first == "Nothing fits."
    assert rest


def test_runbook_find_looks_among_runbooks_alone(zoo: Desk) -> None:
    assert zoo.opsbook("find", "lions").out.startswith("Lions\n  docs/zoo.md:3\n")
    assert zoo.opsbook("runbook", "find", "lions").out.splitlines()[0] == "No runbook fits."
    rows = zoo.opsbook("runbook", "find", "zebra", "--format", "json").json["runbooks"]
    assert [(row["id"], row["path"], row["title"]) for row in rows] == [
        ("response/restart-zebra", PATH, "Restart the zebra service")
    ]


def test_nothing_that_a_page_says_acts_on_a_terminal(zoo: Desk) -> None:
    done = zoo.opsbook("find", "lions sleep")
    assert done.out.startswith("Lions\n")
    assert "\u202e" not in done.out


def test_without_words_there_is_nothing_to_look_for(zoo: Desk) -> None:
    done = zoo.opsbook("find", " ")
    assert (done.code, done.out) == (2, "")
    assert "Nothing to look for" in done.err


def test_words_that_begin_with_a_dash_come_after_two(zoo: Desk) -> None:
    assert zoo.opsbook("find", "--", "--zebra").out.startswith("Restart the zebra service\n")


def test_a_page_that_was_just_edited_is_found_as_it_is(zoo: Desk) -> None:
    assert zoo.opsbook("find", "giraffe").out.startswith("Nothing fits.")
    zoo.write({"docs/zoo.md": "# Giraffe\n"})
    assert zoo.opsbook("find", "giraffe").out.startswith("Giraffe\n  docs/zoo.md:1\n")


def test_a_book_is_not_changed_by_looking(zoo: Desk) -> None:
    before = zoo.git("status", "--porcelain", "--", ":!build")
    zoo.opsbook("find", "zebra")
    assert zoo.git("status", "--porcelain", "--", ":!build") == before


def test_outside_of_a_book_there_is_nothing_to_look_in(tmp_path: Path, desk: Desk) -> None:
    assert desk.opsbook("-C", str(tmp_path), "find", "zebra").code == 6


def test_a_review_on_record_counts_and_so_does_a_change_after_it(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "book")
    assert desk.opsbook("runbook", "review", "respond", "--read", "--by", "oncall-a", "--yes").code == 0
    desk.git("merge", "--quiet", desk.git("for-each-ref", "--format=%(refname:short)", "refs/heads/opsbook").strip())
    assert "reviewed today" in desk.opsbook("find", "look at the dashboards").out
    page = desk.path / "runbooks/incident-response/respond.md"
    page.write_text(page.read_text().replace("Name a lead.", "Name a lead at once."))
    assert "changed after its last review, on " in desk.opsbook("find", "look at the dashboards").out


def test_a_record_is_found_by_its_id_on_its_branch_too(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "book")
    done = desk.opsbook("declare", "--title", "Login fails", "--severity", "P1", "--by", "oncall-a", "--format", "json")
    id_ = json.loads(done.out)["id"]
    assert desk.opsbook("find", id_.lower()).out.splitlines()[0] == "Login fails"


def test_an_incident_that_is_only_on_its_branch_is_found_by_its_words(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "book")
    assert (
        desk.opsbook("declare", "--title", "The lighthouse is dark", "--severity", "P1", "--by", "oncall-a").code == 0
    )
    assert desk.opsbook("find", "lighthouse dark").out.splitlines()[0] == "The lighthouse is dark"
