"""The loader reads exactly, or says what is wrong and where; it never crashes, whatever the bytes are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core import yaml

DATA = Path(__file__).parent / "data"


def cases(name: str) -> list[Any]:
    """The entries of a file of cases, read by a loader that is not ours."""
    entries: list[Any] = pyyaml.safe_load((DATA / name).read_text())
    return [pytest.param(entry, id=entry.get("case") or entry["text"]) for entry in entries]


@pytest.mark.parametrize("case", cases("yaml_faults.yml"))
def test_a_mistake_is_named_at_its_place_with_what_to_write_instead(case: dict[str, Any]) -> None:
    document = yaml.load(case["text"].encode())
    found = [f"{fault.code} {fault.line}:{fault.column}" for fault in document.faults]
    assert found == [" ".join(words.split()[:2]) for words in case["faults"]], document.faults
    for fault, words in zip(document.faults, case["faults"], strict=True):
        assert words.split(" ", 2)[2] in fault.message
    if "value" in case:
        assert document.value == case["value"]


@pytest.mark.parametrize("case", cases("yaml_values.yml"))
def test_a_scalar_means_what_yaml_1_2_means_without_its_surprises(case: dict[str, Any]) -> None:
    document = yaml.load(f"a: {case['text']}\nb: [1]\n".encode())
    assert document.faults == ()
    assert (document.value, type(document.value["a"])) == (
        {"a": case["value"], "b": [1]},
        type(case["value"]),
    )


def test_an_integer_may_have_640_digits_and_longer_ones_stay_text() -> None:
    document = yaml.load(f"a: {'9' * 640}\nb: {'9' * 641}\nc: -{'1' * 60_000}\n".encode())
    assert document.faults == ()
    assert document.value == {"a": int("9" * 640), "b": "9" * 641, "c": "-" + "1" * 60_000}
    assert sys.int_info.str_digits_check_threshold >= 640


def test_an_empty_text_is_nothing() -> None:
    for text in (b"", b"\n", b"# a\n", b"---\n", b"# a\n---\n# b\n"):
        assert (yaml.load(text).value, yaml.load(text).faults) == (None, ())


@pytest.mark.parametrize(
    ("data", "places", "value"),
    [
        (b"\xef\xbb\xbfa: 1\n", ["1:1"], {"a": 1}),
        (b"\xef\xbb\xbfa: 1\na: 2\n", ["1:1", "2:1"], {"a": 1}),
        (b"a: 1\r\nb: 2\r\n", ["1:1"], {"a": 1, "b": 2}),
        (b"a: 1\nb: 2\rc: 3\n", ["2:1"], {"a": 1, "b": 2, "c": 3}),
        (b"a: 1\nb: K\xe4se\n", ["2:5"], {"a": 1, "b": "K\ufffdse"}),
        ("é: 1\nb: é\u202ex\u200by\n".encode(), ["2:5", "2:7"], {"é": 1, "b": "é\ufffdx\ufffdy"}),
        ("a: x\u2028y\u0085z\n".encode(), ["1:5", "1:7"], {"a": "x\ufffdy\ufffdz"}),
        (b"a: x\x1b[31m\x07\n", ["1:5", "1:10"], {"a": "x\ufffd[31m\ufffd"}),
        (b"a: 1\n# \xe2\x80\xae\n", ["2:3"], {"a": 1}),
        ("a: 1".encode("utf-16"), ["1:1"], None),
        ("a: 1".encode("utf-16-le"), ["1:1"], None),
        (b"\x00" * 10, ["1:1"], None),
        (b"a: " + b"x" * 65536, ["1:1"], None),
    ],
)
def test_what_is_not_readable_text_is_named_and_the_rest_is_read(data: bytes, places: list[str], value: Any) -> None:
    document = yaml.load(data)
    assert [f"{fault.line}:{fault.column}" for fault in document.faults] == places
    assert {fault.code for fault in document.faults} <= {"YML001", "YML003"}
    assert document.value == value


def test_joiners_inside_an_emoji_are_text() -> None:
    document = yaml.load('a: 👨‍👩‍👧 🏳️‍🌈 1️⃣\nb: "\\U0001F469\\u200D\\U0001F4BB"\n'.encode())
    assert (document.value, document.faults) == ({"a": "👨‍👩‍👧 🏳️‍🌈 1️⃣", "b": "👩‍💻"}, ())


def test_a_flood_of_faults_stays_short() -> None:
    document = yaml.load(b"a: *x\n" * 5000)
    assert 50 < len(document.faults) <= 100
    document = yaml.load(("a: " + "\u200b" * 5000).encode())
    assert len(document.faults) == 21
    assert document.faults[-1].message.startswith("4980 more")


TEXT = b"""\
# note
title: x
roles:
  lead: p1  # who
log:
  - at: 1
    text: |
      foo

  - {at: 2, "text": 'y'}
empty:
"""


@pytest.mark.parametrize(
    ("loc", "value", "key"),
    [
        ((), (2, 1), (2, 1)),
        (("title",), (2, 8), (2, 1)),
        (("roles",), (4, 3), (3, 1)),
        (("roles", "lead"), (4, 9), (4, 3)),
        (("log",), (6, 3), (5, 1)),
        (("log", 0), (6, 5), (6, 5)),
        (("log", 0, "text"), (7, 11), (7, 5)),
        (("log", 1), (10, 5), (10, 5)),
        (("log", 1, "text"), (10, 21), (10, 13)),
        (("empty",), (11, 7), (11, 1)),
        (("roles", "comms"), (4, 3), (3, 1)),
        (("log", 7, "at"), (6, 3), (5, 1)),
        (("nowhere", "at", "all"), (2, 1), (2, 1)),
    ],
)
def test_every_value_has_a_place(loc: tuple[str | int, ...], value: tuple[int, int], key: tuple[int, int]) -> None:
    document = yaml.load(TEXT)
    assert (document.place(loc), document.place(loc, key=True)) == (value, key)
    shifted = yaml.load(TEXT, first_line=3)
    assert shifted.place(loc) == (value[0] + 2, value[1])


def test_places_of_faults_are_shifted_too_and_exist_in_what_cannot_be_read() -> None:
    document = yaml.load(b"a: 1\na: 2\nb: \x07\n", first_line=10)
    assert [(fault.line, fault.column) for fault in document.faults] == [(11, 1), (12, 4)]
    broken = yaml.load(b"a: 1\nb:\n  c: 2\nd: [\n")
    assert broken.value is None
    assert broken.place(("b", "c")) == (3, 6)
    assert yaml.load(b"\xff\xfe").place(("a", 1)) == (1, 1)


def test_columns_count_characters() -> None:
    document = yaml.load('"日本 👨‍👩‍👧": {é: x}\n'.encode())
    assert document.place(("日本 👨‍👩‍👧", "é")) == (1, 17)


HOSTILE = {
    "brackets": b"[" * 60_000,
    "braces": b"{" * 60_000,
    "braces with keys": b"{a: " * 15_000,
    "dashes": b"- " * 30_000,
    "questions": b"? " * 30_000,
    "mixed": b"- [{? " * 10_000,
    "keys": b"a:\n" + b"".join(b" " * i + b"a:\n" for i in range(1, 340)),
    "quotes": b'"' * 60_000,
    "a long key": b"a" * 60_000 + b": 1",
    "anchors": b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 1500)),
    "indicators": b"|" * 60_000,
    "comments": b"# \n" * 20_000,
    "documents": b"---\n" * 15_000,
    "tags": b"!" * 60_000,
    "colons": b":" * 60_000,
    "many keys": b"".join(b"k%d: #\n" % i for i in range(6_000)),
    "glued": b"a: [" + b"'x' ,#y\n" * 7_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_depth_and_no_length_brings_it_down(name: str) -> None:
    document = yaml.load(HOSTILE[name])
    document.place(("a", 0, "b"))
    assert len(document.faults) <= 101
    json.dumps(document.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    document = yaml.load(data)
    document.place(("a",), key=True)
    json.dumps(document.value)


SNIPPETS = st.sampled_from(
    ["a", "b: ", ": ", "- ", "\n", "\n  ", "\n    ", "? ", "[", "]", "{", "}", ", ", "'", '"', "# c", " #",
    "|", ">-", "&x ", "*x", "!t ", "! ", "%YAML 1.2\n", "---\n", "...\n", "<<: ", "\t", "\r\n", "é", "\\",
    "\\u202e", "\ufeff", "@", "`", "12", "0"]
)  # fmt: skip


@given(st.lists(SNIPPETS, max_size=40).map("".join))
def test_any_mix_of_yaml_signs_is_read_as_another_reader_does_or_refused(text: str) -> None:
    document = yaml.load(text.encode())
    document.place(("a", 0), key=True)
    for fault in document.faults:
        assert fault.line >= 1
        assert fault.column >= 1
        assert fault.code in {"YML001", "YML002", "YML003", "YML004", "YML005"}
        assert fault.message.isprintable()
    if not document.faults:
        other = pyyaml.load(text, pyyaml.CBaseLoader)  # it makes strings only
        assert ("" if other is None else other) == as_written(document.value)


def as_written(value: Any) -> Any:
    """A value as a loader gives it that leaves every scalar a string."""
    if isinstance(value, dict):
        return {key: as_written(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_written(item) for item in value]
    return "" if value is None else str(value)
