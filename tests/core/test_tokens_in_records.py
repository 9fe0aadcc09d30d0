"""The same engine serves what people type and what they write by hand: every token, every harmless text, in one pass."""

from __future__ import annotations

import json

import pytest

from opsbook.core.check import check_record
from opsbook.kinds import registry
from tests.core.test_tokens import HARMLESS, TOKENS
from tests.kinds.small import START, Desk, book

OPEN = "INC-20261121-7KQ4M"
RUNBOOK = "runbooks/response/respond.md"
REPORT = "incidents/2026/INC-20261116-3M8XD-payments-fail/report.md"


def found(path: str, lines: list[str]) -> list[int]:
    """Which of the lines, added to the end of a page, the check takes for credentials or contact details."""
    before = book().tree.read(path)
    assert before is not None
    text = before.decode().rstrip("\n") + "\n\n```\n"
    after = book({path: text + "\n".join(lines) + "\n```\n"})
    ref = after.at(path)
    assert ref is not None
    findings = check_record(ref, after, START, registry())
    first = text.count("\n") + 1
    return sorted({item.line - first for item in findings if item.path == path and item.code.startswith("LEK")})


@pytest.mark.parametrize("path", [RUNBOOK, REPORT])
def test_every_token_is_found_on_its_line_in_a_page(path: str) -> None:
    lines = [f"{name} = {token}" for name, token in TOKENS.items()]
    assert [lines[at] for at in set(range(len(lines))) - set(found(path, lines))] == []


@pytest.mark.parametrize("path", [RUNBOOK, REPORT])
def test_nothing_harmless_is_found_in_a_page(path: str) -> None:
    assert [HARMLESS[at] for at in found(path, HARMLESS)] == []


@pytest.mark.parametrize("form", ["lines", "json"])
def test_no_token_reaches_the_files_of_a_note_or_of_a_declaration(form: str) -> None:
    desk = Desk()
    for half in (dict(list(TOKENS.items())[::2]), dict(list(TOKENS.items())[1::2])):
        text = "\n".join(half.values()) if form == "lines" else json.dumps(half, indent=1)
        note = desk.plan("note", OPEN, text=text)
        declared = desk.plan("declare", title="Tokens were pasted", severity="P1", summary=text)
        for plan in (note, declared):
            assert desk.broken_by(plan) == []
            written = plan.body + "".join(data.decode() for data in plan.files.values() if data)
            assert [token for token in half.values() if token in written] == []
            assert written.count(" was removed]") >= len(half)


def test_what_is_harmless_is_kept_by_a_note() -> None:
    text = "\n".join(HARMLESS)
    (data,) = Desk().plan("note", OPEN, text=text).files.values()
    assert data is not None
    assert " was removed]" not in data.decode()
