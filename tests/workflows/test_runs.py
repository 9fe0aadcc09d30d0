"""Each file of `cases/` is an event; its workflow is run, and nothing that the event says is done.

The keys of a case: `workflow` and `event` (a file of `payloads/`), with `change` and `long` laid over it;
`main` and `pull`, what people committed before; `settings` of the forge, `permissions`, `secrets`, `variables`, `broken`:
how things stand; `without`, jobs that are slow and told elsewhere. What must come of it: `starts`, `jobs`, `says`, `silent`, `declared`, `merged`, `told`, `answers`, `dispatches`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.github_server.faults import Fault
from tests.workflows.runner import Run
from tests.workflows.stage import Stage, stage

CASES = sorted(Path(__file__).with_name("cases").glob("*.yml"))

OUTPUTS = {
    "record": r"INC-\d{8}-[0-9A-Z]{5}",
    "records": r"(INC-\d{8}-[0-9A-Z]{5} ?)*",
    "merged": "true|false",
    "token": r"job-token-\d+",
}
"""What our steps may put into GITHUB_OUTPUT, and its form. Nothing may be put into GITHUB_ENV or GITHUB_PATH."""

GIVEN = {
    "workflow",
    "event",
    "change",
    "long",
    "main",
    "pull",
    "permissions",
    "secrets",
    "variables",
    "broken",
    "settings",
    "without",
}
EXPECTED = {"starts", "jobs", "says", "silent", "declared", "merged", "told", "answers", "dispatches"}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_event_has_the_effects_that_it_should_and_no_other(path: Path, tmp_path: Path) -> None:
    case: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    assert set(case) <= GIVEN | EXPECTED
    with stage(tmp_path, case) as there:
        run = there.play(case)
        assert (run is not None) == case.get("starts", True)
        if run is None:
            return
        nothing_of_the_event_was_done(run, tmp_path)
        as_expected(case, run, there)


def test_there_are_enough_events() -> None:
    assert len(CASES) >= 30


def nothing_of_the_event_was_done(run: Run, folder: Path) -> None:
    """The oracle: no command of the event was run by the shell, by Git or by GitHub."""
    assert not list(folder.rglob("pwned*")), str(run)
    assert "Traceback" not in run.text, str(run)
    for step in run.steps:
        assert all(re.fullmatch(OUTPUTS.get(name, "$^"), value) for name, value in step.outputs.items()), str(run)
        assert not step.variables, str(run)
        assert not step.paths, str(run)
        for line in re.split(r"\r\n|\r|\n", step.text):
            # The runner looks for `::` at the start of a line, and only where that is no command for `##[` anywhere.
            if not re.match(r"::(error|warning) file=[^:]*::", line):
                assert not line.lstrip().startswith("::"), line
                assert "##[" not in line, line


def as_expected(case: dict[str, Any], run: Run, there: Stage) -> None:
    """Whatever the case says must have come of it."""
    assert {name: run.jobs.get(name) for name in case["jobs"]} == case["jobs"], str(run)
    for words in case.get("says", []):
        assert words in run.text, str(run)
    for words in case.get("silent", []):
        assert words not in run.text, str(run)
    pulls = there.pulls()
    declared = [pull for pull in pulls if re.fullmatch(r"opsbook/INC-\d{8}-[0-9A-Z]{5}", pull.head)]
    if "declared" in case:
        assert len(declared) == case["declared"], str(run)
    if "merged" in case:
        assert len([pull for pull in pulls if pull.merged]) == case["merged"], str(run)
    if "told" in case:
        assert len(there.slack.messages()) == case["told"], str(run)
    if "dispatches" in case:
        assert len(there.github.hub.dispatched) == case["dispatches"], str(run)
    for words in case.get("answers", []):
        assert any(words in body for body in there.comments(1)), (there.comments(1), str(run))


def test_from_the_phone_to_the_site_everybody_is_told_once(tmp_path: Path) -> None:
    case = yaml.safe_load((CASES[0].parent / "issue-declared-and-merged.yml").read_text("utf-8"))
    with stage(tmp_path, case) as there:
        declared = there.play(case)
        assert declared is not None
        told = len(there.slack.messages())
        assert told == 2, str(declared)
        followed = there.follow()
        nothing_of_the_event_was_done(followed, tmp_path)
        assert followed.jobs == {"announce": "success", "site": "success", "pages": "skipped"}, str(followed)
        assert len(there.slack.messages()) == told, str(followed)
        assert b"Checkout is down" in there.runner.kept["build/site/index.html"]


def test_what_was_merged_by_hand_is_told_once_however_often_main_is_announced(tmp_path: Path) -> None:
    push = yaml.safe_load((CASES[0].parent / "push-to-main.yml").read_text("utf-8"))
    hand = yaml.safe_load((CASES[0].parent / "main-started-by-hand.yml").read_text("utf-8"))
    with stage(tmp_path, push) as there:
        there.declare_by_hand("Declared with an editor")
        for case in (push, hand, hand):
            run = there.play({**case, "main": [], "without": ["site"]})
            assert run is not None
            assert run.jobs["announce"] == "success", str(run)
            assert len(there.slack.messages()) == 2, str(run)


def test_a_job_that_was_cut_off_is_finished_by_running_it_again_and_the_hour_reminds_once(tmp_path: Path) -> None:
    form = yaml.safe_load((CASES[0].parent / "issue-form-filled.yml").read_text("utf-8"))
    hour = yaml.safe_load((CASES[0].parent / "schedule.yml").read_text("utf-8"))
    with stage(tmp_path, form) as there:
        there.github.faults.append(Fault("pulls/create", "unavailable", times=None))
        cut_off = there.play(form)
        assert cut_off is not None
        assert cut_off.jobs == {"declare": "failure"}
        assert there.pulls() == []
        there.github.faults.clear()
        again = there.again()
        assert again.jobs == {"declare": "success"}, str(again)
        assert [pull.state for pull in there.pulls()] == ["open"]
        told, shown = len(there.slack.messages()), there.comments(2)
        counts = []
        for _ in range(2):
            run = there.play(hour)
            assert run is not None
            assert run.jobs == {"keep": "success"}, str(run)
            counts.append(len(there.slack.messages()))
        assert told < counts[0] == counts[1]
        assert there.comments(2) != shown, "the pull request shows who was reminded"


def test_the_site_shows_what_is_open_and_not_merged_yet(tmp_path: Path) -> None:
    form = yaml.safe_load((CASES[0].parent / "issue-form-filled.yml").read_text("utf-8"))
    hand = yaml.safe_load((CASES[0].parent / "main-started-by-hand.yml").read_text("utf-8"))
    with stage(tmp_path, form) as there:
        assert there.play(form) is not None
        run = there.play({**hand, "without": ["announce"]})
        assert run is not None
        assert run.jobs["site"] == "success", str(run)
        assert b"Checkout is down" in there.runner.kept["build/site/index.html"], str(run)
