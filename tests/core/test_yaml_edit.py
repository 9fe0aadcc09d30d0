"""Edits change what they were asked to change, and nothing else."""

from __future__ import annotations

import json
import random
import re
from typing import Any

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
        found += [(*above, "new"), (*above, "new", "deep", "-")]
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
    text = strategies.Writer(random.Random(seed)).write(document)
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
