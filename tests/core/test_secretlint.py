"""What a scanner of others finds is found: secretlint, with the rules that it recommends."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from opsbook.core.secrets import mask
from tests.core.test_tokens import HARMLESS, KEYS, TOKENS

ROOT = Path(__file__).parents[2]
PLACEHOLDERS = {"postgres://user:<password>@host/db", "ghp_" + "x" * 36, "-".join(["xoxb", "x" * 12, "x" * 12])}
"""What it takes for a credential, and what stands for one in documentation."""


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """What it finds in each text."""
    if shutil.which("node") is None or not (ROOT / "tests" / "node_modules" / "@secretlint").is_dir():
        pytest.skip("secretlint is not installed: npm ci --prefix tests --ignore-scripts")
    texts = list({**TOKENS, **KEYS}.values())
    texts = [*(f"see {text} there" for text in texts), *HARMLESS]
    given = json.dumps({text: text for each in texts for text in (each, mask(each)[0])})
    program = ["node", str(Path(__file__).with_name("secretlint.mjs"))]
    done = subprocess.run(program, input=given, capture_output=True, text=True, check=True, timeout=120)
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


def test_it_finds_nothing_in_what_was_masked(found: dict[str, list[str]]) -> None:
    tokens = [f"see {text} there" for text in (*TOKENS.values(), *KEYS.values())]
    assert sum(bool(found[text]) for text in tokens) > 25
    assert {text: found[mask(text)[0]] for text in tokens if found[mask(text)[0]]} == {}


def test_it_finds_nothing_in_what_is_harmless(found: dict[str, list[str]]) -> None:
    assert {text for text in HARMLESS if found[text]} == PLACEHOLDERS
