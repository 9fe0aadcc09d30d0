"""The program leaves on GitHub what it has always left there, byte for byte, and says the same words.

A difference that is meant is recorded anew: see `record`.
"""

from __future__ import annotations

import json
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.replay.record import RECORDED, pretty
from tests.replay.scenarios import SCENARIOS, play


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_leaves_what_was_recorded(name: str, tmp_path: Path) -> None:
    recorded = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    played = play(name, tmp_path)
    # One step at a time: the first that differs explains all that follow.
    for was, now in zip(recorded, played, strict=True):
        if now != was:
            texts = [pretty(step).splitlines() for step in (was, now)]
            difference = unified_diff(*texts, "recorded", "now", lineterm="")
            pytest.fail("\n".join([f"step “{was['step']}”", *difference]), pytrace=False)


def test_every_recording_is_played() -> None:
    assert {path.stem for path in RECORDED.glob("*.json")} == set(SCENARIOS)
