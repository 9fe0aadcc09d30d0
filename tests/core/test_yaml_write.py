"""What is written reads the same, by us and by every other tool, and is always the same text."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
import ruamel.yaml
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core import yaml
from opsbook.core.text import visible
from tests.core import strategies


class Severity(StrEnum):
    """A word of a model."""

    SEV1 = "sev1"


def test_the_form_is_plain_and_stable() -> None:
    value = {
        "id": "INC-20261121-7KQ4M",
        "title": "Checkout: down",
        "severity": Severity.SEV1,
        "at": datetime(2026, 11, 21, 11, 5, tzinfo=timezone(timedelta(hours=1))),
        "exactly": datetime(2026, 11, 21, 10, 5, 0, 250000, tzinfo=UTC),
        "day": date(2026, 11, 21),
        "words": "2026-11-21",
        "drill": False,
        "lead": None,
        "share": 0.5,
        "tiny": 1e-07,
        "none": [],
        "nothing": {},
        "services": ("checkout", "no"),
        "log": [{"at": 1, "text": "first\n\nsecond\n"}, [1, [2]], "👩‍💻 café"],
        "impact": {"users": {"count": 3}},
    }
    assert (
        yaml.dump(value, schema="../x.schema.json")
        == """\
# yaml-language-server: $schema=../x.schema.json
id: INC-20261121-7KQ4M
title: "Checkout: down"
severity: sev1
at: 2026-11-21T10:05:00Z
exactly: 2026-11-21T10:05:00.250000Z
day: 2026-11-21
words: "2026-11-21"
drill: false
lead: null
share: 0.5
tiny: 1.0e-07
none: []
nothing: {}
services:
  - checkout
  - "no"
log:
  - at: 1
    text: |
      first

      second
  - - 1
    - - 2
  - 👩‍💻 café
impact:
  users:
    count: 3
"""
    )


@given(strategies.mappings)
def test_what_is_written_reads_as_the_same_value(value: dict[str, Any]) -> None:
    text = yaml.dump(value)
    document = yaml.load(text.encode(), limit=10**7)
    assert document.faults == ()
    assert json.dumps(document.value) == json.dumps(value)
    assert yaml.dump(document.value) == text


@given(strategies.mappings)
def test_other_tools_read_the_same(value: dict[str, Any]) -> None:
    text = yaml.dump(value)
    for other in (pyyaml.load(text, pyyaml.CSafeLoader), pyyaml.load(text, pyyaml.SafeLoader)):
        assert json.dumps(other) == json.dumps(value)
    reader = ruamel.yaml.YAML(typ="safe", pure=True)
    assert json.dumps(reader.load(io.StringIO(text))) == json.dumps(value)


@given(strategies.texts, st.sampled_from(["a", "x: y", "no"]))
def test_a_string_stays_a_string_in_every_position(text: str, key: str) -> None:
    value = {key: text, "list": [text, [text], {"in": text, text: text}], text + "!": 1}
    assert pyyaml.safe_load(yaml.dump(value)) == value
    assert yaml.load(yaml.dump(value).encode()).value == value


@given(st.dictionaries(st.text(max_size=5), st.text()))
def test_hidden_characters_are_written_visibly(value: dict[str, str]) -> None:
    document = yaml.load(yaml.dump(value).encode(errors="strict"), limit=10**7)
    assert document.faults == ()
    assert document.value == {visible(key): visible(text) for key, text in value.items()}


def test_a_schema_line_stays_one_line() -> None:
    assert yaml.dump({"a": 1}, schema="x\ny: 1\u202e") == "# yaml-language-server: $schema=x y: 1⟨U+202E⟩\na: 1\n"


def test_sixteen_levels_are_written_and_seventeen_are_not() -> None:
    value: Any = "x"
    for _ in range(15):
        value = [value]
    assert yaml.load(yaml.dump({"a": value}).encode()).faults == ()
    with pytest.raises(ValueError, match="16 levels"):
        yaml.dump({"a": [value]})


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), datetime(2026, 11, 21), b"x", object(), {1: 2}, {"a"}],
)
def test_what_no_record_can_hold_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        yaml.dump({"a": value})
