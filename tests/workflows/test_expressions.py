"""The evaluator of expressions answers what GitHub's own does, and refuses what it does not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.workflows.expressions import Unknown, evaluate, fill, holds, text_of

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("expressions.json").read_text("utf-8"))

KINDS = {type(None): "Null", bool: "Boolean", int: "Number", float: "Number", str: "String", list: "Array"}


@pytest.mark.parametrize("row", RECORDED["rows"], ids=lambda row: row["expression"])
def test_an_expression_has_the_value_that_github_gives_it(row: dict[str, str]) -> None:
    value = evaluate(row["expression"], RECORDED["contexts"])
    assert (text_of(value), KINDS.get(type(value), "Dictionary")) == (row["text"], row["kind"])


@pytest.mark.parametrize(
    "source",
    [
        "",
        "github.",
        "secrets.X",
        "toJSON(github)",
        "1 +",
        "(true",
        "a b",
        "'open",
        "github.event[",
        "`id`",
        "true true",
    ],
)
def test_what_it_does_not_know_is_an_error(source: str) -> None:
    with pytest.raises(Unknown):
        evaluate(source, RECORDED["contexts"])


def test_values_take_the_place_of_expressions_once() -> None:
    contexts = {"x": {"a": "${{ x.b }}", "b": "secret", "n": 3}}
    assert fill("<${{ x.a }}> ${{x.n}} ${{ x.c }}.", contexts) == "<${{ x.b }}> 3 ."


@pytest.mark.parametrize(
    ("condition", "succeeded", "expected"),
    [
        ("true", True, True),
        ("true", False, False),
        ("${{ x.a == 'A' }}", True, True),
        ("failure() && x.a == 'a'", False, True),
        ("${{ !cancelled() }}", False, True),
        ("x.b", True, False),
    ],
)
def test_a_condition_implies_that_all_went_well_unless_it_asks(condition: str, succeeded: bool, expected: bool) -> None:
    functions = {
        "success": lambda: succeeded, "failure": lambda: not succeeded, "cancelled": lambda: False, "always": lambda: True
    }  # fmt: skip
    assert holds(condition, {"x": {"a": "a"}}, functions) is expected
