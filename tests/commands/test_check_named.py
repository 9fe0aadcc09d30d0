"""A check of paths looks at the records among them, and says which are none: a hook hands over any names."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

import pytest

from opsbook.commands.maker import check
from opsbook.core.errors import UsageError
from tests.cases.cases import SHORT, base
from tests.commands.test_check_since import Clone, places

FILES = {
    **base(),
    "README.md": b"# Read me\n",
    "docs/index.md": b"# Docs\n",
    ".github/workflows/check.yml": b"on: push\n",
}
FAULTY = {"services/payments.yaml": b"name: payments\n"}


def checked(
    paths: list[str], capsys: pytest.CaptureFixture[str], more: Mapping[str, bytes] = {}
) -> tuple[dict[str, Any], str]:
    """What `check PATH… --format json` prints, and what it says beside that."""
    capsys.readouterr()
    check.run(
        argparse.Namespace(since=None, paths=paths, format="json", now=None, baseline=False, shrink=False),
        Clone({}, {**FILES, **more}, {}),
    )
    out, err = capsys.readouterr()
    return json.loads(out), err


def test_records_are_checked_and_the_rest_is_passed_over_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    named = ["README.md", "services/payments.yaml", ".github/workflows/check.yml", "runbooks/response/respond.md"]
    value, said = checked(named, capsys, FAULTY)
    assert value["checked"] == 2
    assert {item["path"] for item in value["findings"]} == {"services/payments.yaml"}
    assert said == "opsbook: passed over, being no record: README.md, .github/workflows/check.yml\n"


def test_a_long_list_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    more = {f"docs/{number}.md": b"" for number in range(9)}
    _, said = checked(list(more), capsys, more)
    assert said == "opsbook: passed over, being no record: docs/0.md, docs/1.md, docs/2.md and 6 more\n"


def test_nothing_but_other_files_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(["README.md"], capsys, FAULTY)[0] == {"checked": 0, "findings": []}


def test_a_name_at_which_nothing_is_was_mistyped(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="There is nothing at services/paymets"):
        checked(["README.md", "services/paymets.yaml"], capsys)


def test_a_record_that_is_named_by_several_of_its_files_is_checked_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked([f"{SHORT['open']}/report.md", f"{SHORT['open']}/incident.yaml"], capsys)[0]["checked"] == 1


def test_the_configuration_concerns_every_record(capsys: pytest.CaptureFixture[str]) -> None:
    everything = checked(["."], capsys, FAULTY)[0]
    assert checked(["opsbook.yml", "README.md"], capsys, FAULTY)[0] == everything
    assert everything["checked"] > 3
    assert places(everything)


def test_what_lies_among_records_and_is_none_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    more = {"runbooks/notes.md": b"# Notes\n", "incidents/2026/todo.txt": b"x\n"}
    assert places(checked(["README.md", *more], capsys, {**more, **FAULTY})[0]) == [
        "incidents/2026/todo.txt:1 BOK002",
        "incidents/2026/todo.txt:1 FIL002",
        "runbooks/notes.md:1 BOK004",
    ]
