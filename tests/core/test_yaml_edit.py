"""Edits change what they were asked to change, and nothing else."""

from __future__ import annotations

import difflib
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core import yaml
from tests.core import strategies

WORDS = st.sampled_from(["a", "b", "c", "lead", "title", "impact", "on", "x y", "1"])
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), strategies.texts, WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(WORDS, VALUES, max_size=5)


def places(value: Any, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place of a value, and the places at which something could be added."""
    found: list[tuple[str | int, ...]] = [above] if above else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += places(item, (*above, key))
        found += [(*above, "new"), (*above, "new", "deep", "-")] if "new" not in value else []
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += places(item, (*above, index))
        found += [(*above, "-"), (*above, "-", "new")]
    if value is None:
        found += [(*above, "new"), (*above, "-")]
    return found


def applied(value: Any, loc: tuple[str | int, ...], new: Any) -> Any:
    """The change made to plain values, in the plainest way."""
    if not loc:
        return new
    part, rest = loc[0], loc[1:]
    if value is None:
        value = [] if part == "-" else {}
    if isinstance(value, list):
        if part == "-":
            return [*value, applied(None, rest, new)]
        middle = [] if new is yaml.DELETE and not rest else [applied(value[int(part)], rest, new)]
        return [*value[: int(part)], *middle, *value[int(part) + 1 :]]
    if new is yaml.DELETE and not rest:
        return {key: item for key, item in value.items() if key != part}
    return {**value, part: applied(value.get(part), rest, new)}


def entries(text: str, loc: tuple[str | int, ...]) -> list[tuple[Any, range]]:
    """The node of each step of `loc` that exists, and the lines of its entry with the comments below it."""
    lines = text.splitlines()
    node: Any = pyyaml.compose(text, Loader=pyyaml.CSafeLoader)
    found = [(node, range(len(lines)))]
    for part in loc:
        if isinstance(node, pyyaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == part), None)
            start = pair[0].start_mark.line if pair else 0
        elif isinstance(node, pyyaml.SequenceNode) and isinstance(part, int):
            start = node.value[part - 1].end_mark.line if part else node.start_mark.line
            pair = (None, node.value[part])
        else:
            pair = None
        if pair is None:
            break
        node = pair[1]
        end = node.end_mark.line + 1
        while end < len(lines) and lines[end].strip()[:1] in ("", "#"):
            end += 1
        found.append((node, range(start, end)))
    return found


def touchable(text: str, loc: tuple[str | int, ...], new: Any) -> set[int]:
    """The lines that a change at `loc` may replace or remove."""
    found = entries(text, loc)
    for node, lines in found[: len(loc)]:
        if getattr(node, "flow_style", False):
            return set(lines)
    node, lines = found[-1]
    if len(found) == len(loc) + 1:
        if new is yaml.DELETE and len(found[-2][0].value) == 1:
            lines = found[-2][1]
        # The item behind a deleted first item moves up, onto the line of the dash.
        return {*lines, lines.stop} if new is yaml.DELETE else set(lines)
    return set() if isinstance(node, pyyaml.CollectionNode) and node.value else set(lines)


@given(data=st.data(), document=DOCUMENTS, seed=st.integers(0, 2**32))
def test_an_edit_reads_as_the_value_with_the_change_and_leaves_other_lines_alone(
    data: st.DataObject, document: dict[str, Any], seed: int
) -> None:
    text = strategies.Writer(seed).write(document)
    assert yaml.load(text.encode()).faults == ()
    assert same(yaml.load(text.encode()).value, document)
    loc = data.draw(st.sampled_from(places(document)))
    exists = "-" not in loc and "new" not in loc
    new = data.draw(st.one_of(VALUES, st.just(yaml.DELETE)) if exists else VALUES)
    after = yaml.edit(text, [(loc, new)])
    assert same(yaml.load(after.encode()).value, applied(document, loc, new))

    may = touchable(text, loc, new)
    fresh = iter(after.split("\n"))
    assert all(line in fresh for number, line in enumerate(text.split("\n")) if number not in may)

    kept = re.findall(r"# c\d+", after)
    assert len(kept) == len(set(kept))
    lost = set(re.findall(r"# c\d+", text)) - set(kept)
    if new is not yaml.DELETE and not isinstance(new, dict | list):
        assert not lost


def same(left: Any, right: Any) -> bool:
    """Equal, and of equal types."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


RECORD = """\
# yaml-language-server: $schema=../x.schema.json
# The checkout incident.
id: INC-1 # never changes
title: 'Checkout is down'   # as users see it

severity: sev1
roles:
  # on call
  lead: ada # since 10:05
  comms: ben
services: [checkout, payments] # the first one is the cause
tags: []
log:
  - at: 10:05
    text: |  # as told
      first
      second

  - at: 10:06
    text: third
  # the log ends here
impact:
"""


def edited(*changes: tuple[tuple[str | int, ...], Any], order: tuple[str, ...] = ()) -> list[str]:
    """The lines of the record that a change removed (`-`) and added (`+`)."""
    after = yaml.edit(RECORD, changes, order)
    lines = difflib.unified_diff(RECORD.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            [(("title",), "Down")],
            ["-title: 'Checkout is down'   # as users see it", "+title: Down   # as users see it"],
        ),
        ([(("id",), "no")], ["-id: INC-1 # never changes", '+id: "no" # never changes']),
        ([(("impact",), 3)], ["-impact:", "+impact: 3"]),
        ([(("impact", "users"), 3)], ["+  users: 3"]),
        (
            [(("title",), "a\nb\n")],
            [
                "-title: 'Checkout is down'   # as users see it",
                "+title: |   # as users see it",
                "+  a",
                "+  b",
            ],
        ),
        (
            [(("roles", "lead"), ["ada", "cy"])],
            ["-  lead: ada # since 10:05", "+  lead: # since 10:05", "+    - ada", "+    - cy"],
        ),
        ([(("roles", "scribe"), "cy")], ["+  scribe: cy"]),
        ([(("roles", "comms"), yaml.DELETE)], ["-  comms: ben"]),
        (
            [(("roles",), {"comms": "ben", "lead": "cy"})],
            ["-  lead: ada # since 10:05", "+  lead: cy # since 10:05"],
        ),
        (
            [(("services", "-"), "a, b")],
            [
                "-services: [checkout, payments] # the first one is the cause",
                '+services: [checkout, payments, "a, b"] # the first one is the cause',
            ],
        ),
        (
            [(("services", 0), yaml.DELETE)],
            [
                "-services: [checkout, payments] # the first one is the cause",
                "+services: [payments] # the first one is the cause",
            ],
        ),
        ([(("tags", "-"), "x"), (("tags", "-"), "z")], ["-tags: []", "+tags:", "+  - x", "+  - z"]),
        ([(("log", "-"), {"at": "10:07"})], ['+  - at: "10:07"']),
        (
            [(("log", 0, "text"), "short")],
            ["-    text: |  # as told", "-      first", "-      second", "+    text: short  # as told"],
        ),
        ([(("log", 0, "text"), "x\ny\n")], ["-      first", "-      second", "+      x", "+      y"]),
        (
            [(("log", 0), yaml.DELETE)],
            ["-  - at: 10:05", "-    text: |  # as told", "-      first", "-      second"],
        ),
        (
            [(("log", 0, "at"), yaml.DELETE)],
            ["-  - at: 10:05", "-    text: |  # as told", "+  - text: |  # as told"],
        ),
        ([(("severity",), yaml.DELETE), (("severity",), "sev2")], ["-severity: sev1", "+severity: sev2"]),
        (
            [(("log",), "gone")],
            [
                "-log:",
                "-  - at: 10:05",
                "-    text: |  # as told",
                "-      first",
                "-      second",
                "-",
                "-  - at: 10:06",
                "-    text: third",
                "-  # the log ends here",
                "+# as told",
                "+# the log ends here",
                "+log: gone",
            ],
        ),
        (
            [(("review", "due", "-"), datetime(2026, 11, 21, tzinfo=UTC))],
            ["+review:", "+  due:", "+    - 2026-11-21T00:00:00Z"],
        ),
        ([(("title",), "Checkout is down")], []),
    ],
)
def test_a_change_shows_as_the_smallest_difference(changes: Any, lines: list[str]) -> None:
    assert edited(*changes) == lines


ORDER = (
    "id",
    "title",
    "status",
    "severity",
    "roles",
    "roles.lead",
    "roles.scribe",
    "roles.comms",
    "log",
    "log.by",
    "log.text",
)


def test_a_new_key_goes_to_its_canonical_place() -> None:
    after = yaml.edit(RECORD, [(("status",), "open"), (("roles", "scribe"), "cy"), (("log", 0, "by"), "ada")], ORDER)
    assert "as users see it\nstatus: open\n\nseverity" in after
    assert "since 10:05\n  scribe: cy\n  comms" in after
    assert "  - by: ada\n    at: 10:05\n    text: |" in yaml.edit(
        RECORD, [(("log", 0, "by"), "ada")], ("log.by", "log.at")
    )
    first = yaml.edit(RECORD.replace("id: INC-1 # never changes\n", ""), [(("id",), "INC-2")], ORDER)
    assert first.startswith(
        "# yaml-language-server: $schema=../x.schema.json\nid: INC-2\n# The checkout incident.\ntitle:"
    )


@pytest.mark.parametrize(
    ("before", "loc", "new", "after"),
    [
        ("", ("a",), 1, "a: 1\n"),
        ("# c\n", ("a", "b"), 1, "# c\na:\n  b: 1\n"),
        ("# c", ("a",), 1, "# c\na: 1\n"),
        ("---\n", ("a",), 1, "---\na: 1\n"),
        ("{}\n", ("a",), [1], "a:\n  - 1\n"),
        ("{} # c\n", ("a",), 1, "a: 1 # c\n"),
        ("a: 1", ("b",), 2, "a: 1\nb: 2\n"),
        ("a: 1", ("a",), 2, "a: 2"),
        ("a: 1\n", ("a",), yaml.DELETE, "{}\n"),
        ("# b\na: 1 # c\n# d\n", ("a",), yaml.DELETE, "# b\n{}\n# d\n"),
        ("{a: 1}\n", ("a",), yaml.DELETE, "{}\n"),
        ("{a: 1}\n", ("b",), {"c": [2]}, "{a: 1, b: {c: [2]}}\n"),
        ("a:\n- 1\n- 2\nb: 3\n", ("a", "-"), 4, "a:\n- 1\n- 2\n- 4\nb: 3\n"),
        ("a:\n- 1 # x\n", ("a", 0), yaml.DELETE, "# x\na: []\n"),
        ("a:\n  - - 1\n    - 2\n", ("a", 0, 0), yaml.DELETE, "a:\n  - - 2\n"),
        ("a:\n  - b: 1\n    # c\n    d: 2\n", ("a", 0, "b"), yaml.DELETE, "a:\n  -\n    # c\n    d: 2\n"),
        ("a: [1, # x\n  2]\n", ("a", 0), yaml.DELETE, "a: [ # x\n  2]\n"),
        ("a: [1, # x\n  2, # y\n  ] # z\n", ("a", "-"), 3, "a: [1, # x\n  2, 3, # y\n  ] # z\n"),
        ("a: {b: , c: 1}\n", ("a", "b"), 2, "a: {b: 2 , c: 1}\n"),
        ("a: {b, c: 1}\n", ("a", "b"), 2, "a: {b: 2, c: 1}\n"),
        ("a: |+\n  x\n\nb: 1\n", ("b",), 2, "a: |+\n  x\n\nb: 2\n"),
        ("a: 1\n\nb: 1\n", ("a",), "x\n\n", 'a: "x\\n\\n"\n\nb: 1\n'),
        ("a: |\n  x\nb:\n  - 1\n  # in b\nc: 1\n", ("b",), yaml.DELETE, "a: |\n  x\nc: 1\n"),
        ("a: 1\n   # deep\nb: 1\n", ("a",), "x\ny\n", "# deep\na: |\n  x\n  y\nb: 1\n"),
        ("a:\n  # why\n  1\n", ("a",), 2, "a:\n  # why\n  2\n"),
        ("a: 'x\n\n  y' # c\n", ("a",), "z", "a: z # c\n"),
        ("a: 1\n...\n", ("a",), 2, "a: 2\n...\n"),
        ("a: 1\n...\n", ("b",), 2, "a: 1\nb: 2\n...\n"),
        ("a: 日本 # é\nb: 1\n", ("b",), "ü", "a: 日本 # é\nb: ü\n"),
        ("a: 1\n", ("a",), "x\u202ey", "a: x⟨U+202E⟩y\n"),
        ("x:\n  - 1\n", ("x",), [2, 1, 3], "x:\n  - 2\n  - 1\n  - 3\n"),
        ("a: 1\n     \nb: 1\n", ("a",), "x\ny\n", 'a: "x\\ny\\n"\n     \nb: 1\n'),
    ],
)
def test_corners(before: str, loc: tuple[str | int, ...], new: Any, after: str) -> None:
    assert yaml.edit(before, [(loc, new)]) == after


@pytest.mark.parametrize(
    ("before", "loc", "new"),
    [
        ("a: 1\na: 2\n", ("a",), 3),
        ("a: [\n", ("a",), 3),
        ("a: 1\n", ("b",), yaml.DELETE),
        ("a: 1\n", ("a", "b"), 1),
        ("a: [1]\n", ("a", 1), 1),
        ("a: [1]\n", ("a", -1), 1),
        ("a: [1]\n", ("a", "b"), 1),
        ("a: {}\n", ("a", 0), 1),
        ("a: 1\n", (), 1),
        ("a: 1\n", ("b", 0), 1),
        ("- 1\n", ("a",), 1),
        ("text\n", ("a",), 1),
        ("? a\n: 1\n", ("a",), 2),
        ("? a\n: 1\nb: 2\n", ("a",), yaml.DELETE),
        ("a: [b: 1]\n", ("a", 0, "c"), 2),
        ("--- {}\n", ("a",), [1]),
        ("a: 1\n", ("a",), float("nan")),
        ("a: 1\n", ("a",), {1: 2}),
        ("a: " + "[" * 14 + "]" * 14, ("a", *[0] * 13, "-"), [[1]]),
    ],
)
def test_what_cannot_be_changed_exactly_is_refused(before: str, loc: tuple[str | int, ...], new: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        yaml.edit(before, [(loc, new)])


@given(data=st.data(), document=DOCUMENTS, seed=st.integers(0, 2**32))
def test_several_changes_are_made_one_after_the_other(data: st.DataObject, document: dict[str, Any], seed: int) -> None:
    text, wanted, changes = strategies.Writer(seed).write(document), document, []
    for _ in range(data.draw(st.integers(2, 4))):
        loc = data.draw(st.sampled_from(places(wanted)))
        exists = "-" not in loc and "new" not in loc
        new = data.draw(st.one_of(VALUES, st.just(yaml.DELETE)) if exists else VALUES)
        wanted = applied(wanted, loc, new)
        changes.append((loc, new))
    order = data.draw(st.permutations(["a", "b", "c", "new", "lead", "impact.new", "a.a", "a.new"]))
    assert same(yaml.load(yaml.edit(text, changes, order).encode()).value, wanted)


@given(document=DOCUMENTS, after=DOCUMENTS, seed=st.integers(0, 2**32))
def test_a_document_can_be_made_any_other(document: dict[str, Any], after: dict[str, Any], seed: int) -> None:
    text = strategies.Writer(seed).write({"root": document, "end": 1})
    assert same(yaml.load(yaml.edit(text, [(("root",), after)]).encode()).value, {"root": after, "end": 1})
