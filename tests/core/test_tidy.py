"""Repairing the form of a file changes nothing that it says, keeps every comment, and leaves nothing to repair."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.core import markdown, yaml
from opsbook.core.shape import Part
from opsbook.core.tidy import tidy
from opsbook.kinds import registry
from opsbook.kinds.incident.model import Incident, TimelineEntry
from tests.core import strategies
from tests.report.books import repository
from tests.support.tries import tries

FACTS = Part("incident.yaml", "incident", model=Incident)
ENTRY = Part("timeline/*.yaml", "entry", model=TimelineEntry)
RUNBOOK = registry()["runbook"].parts[0]

KEYS = st.sampled_from(
    ["id", "title", "status", "times", "impact", "follow_ups", "operation", "declared_at", "closed_at", "summary",
     "user_facing", "owner", "due", "link", "url", "unknown", "x y"]
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), strategies.texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=20,
)


def worn(text: str, seed: int) -> bytes:
    """A text as an editor without our settings saves it."""
    chance = random.Random(seed)
    lines = [line + chance.choice(("", "", "", " ", "\t", "  ")) for line in text.split("\n")]
    whole = "\n".join(lines) + chance.choice(("", "\n", "\n\n  \n"))
    data = whole.replace("\n", chance.choice(("\n", "\n", "\r\n", "\r"))).encode()
    return chance.choice((b"", b"\xef\xbb\xbf")) + (data.removesuffix(b"\n") if chance.random() < 0.5 else data)


@tries(150)
@given(st.dictionaries(KEYS, VALUES, max_size=8), st.integers(0, 10**9), st.booleans())
def test_yaml_says_the_same_before_and_after(value: dict[str, Any], seed: int, wear: bool) -> None:
    text = strategies.Writer(seed).write(value)
    data = worn(text, seed) if wear else text.encode()
    before = yaml.load(yaml.readable(data)[0].encode(), limit=1 << 20)  # type: ignore[union-attr]

    done = tidy(data, FACTS, 1 << 20)

    after = yaml.load(done.data, limit=1 << 20)
    assert b"\r" not in done.data
    assert not done.data.startswith(b"\xef\xbb\xbf")
    assert json.dumps(after.value, sort_keys=True) == json.dumps(before.value, sort_keys=True)
    assert after.faults == before.faults
    assert sorted(re.findall(rb"# c[0-9]+", done.data)) == sorted(re.findall(rb"# c[0-9]+", data))
    assert sorted(done.data.split()) == sorted(data.removeprefix(b"\xef\xbb\xbf").split()) or b"," in data
    assert tidy(done.data, FACTS, 1 << 20) == type(done)(done.data, (), done.left)
    if not after.faults and not done.left and value:
        fields = sorted(Incident.model_fields, key=lambda name: name == "operation")
        assert [name for name in after.value if name in fields] == [name for name in fields if name in after.value]


LINES = st.sampled_from(
    ["", " ", "  ", "text", "text ", "text  ", "text\t", "text   ", "# Title  ", "- item ", "- item  ", "  more  ", "> said  ",
     "```", "``` ", "code  ", "    indented  ", "| a | b |  ", "|---|---|", "<div>  ", "</div>", "`a ", "b`", "<!-- x  ",
     "-->", "***  ", "[a](b)  ", "1. one ", "\\  ", "&nbsp;  ", "~~~  ", "===  "]
)  # fmt: skip
FRONTS = st.sampled_from(["", "---\ntitle: X\nowner: y\n---\n", "---  \nowner: y  # c1 \ntitle: X\n--- \n"])


@tries(150)
@given(FRONTS, st.lists(LINES, max_size=14), st.integers(0, 10**9))
def test_a_page_says_the_same_before_and_after(front: str, lines: list[str], seed: int) -> None:
    text = front + "\n".join(lines)
    data = text.encode() if seed % 2 else worn(text, seed).replace(b"\r\n", b"\n")
    before = markdown.parse(data)

    done = tidy(data, RUNBOOK)

    after = markdown.parse(done.data)
    assert markdown.html(after.body) == markdown.html(before.body)
    assert getattr(after.front, "value", None) == getattr(before.front, "value", None)
    assert tidy(done.data, RUNBOOK) == type(done)(done.data, (), done.left)


@pytest.mark.parametrize(
    ("part", "before", "after", "changes"),
    [
        (FACTS, b"\xef\xbb\xbftitle: x\r\nid: y\r\n", b"id: y\ntitle: x\n", ["byte order mark", "line ends", "order of keys"]),
        (FACTS, b"title: x  # why \n  \nstatus: y", b"title: x  # why\n\nstatus: y\n", ["trailing space", "final newline"]),
        (FACTS, b"title: x\n\n\n", b"title: x\n", ["final newline"]),
        (FACTS, b"summary: |\n  kept  \n   \n  here\n", b"summary: |\n  kept  \n   \n  here\n", []),
        (FACTS, b"summary: |  \n  x\ntitle: y\n", b"title: y\nsummary: |\n  x\n", ["trailing space", "order of keys"]),
        (FACTS, b"times: {closed_at: b, declared_at: a}\n", b"times: {declared_at: a, closed_at: b}\n", ["order of keys"]),
        (
            FACTS,
            b"# yaml-language-server: $schema=x\n# why\nsummary: x # one\n  # below\n\n# the title\ntitle: y\nid: z\n",
            b"# yaml-language-server: $schema=x\nid: z\n\n# the title\ntitle: y\n# why\nsummary: x # one\n  # below\n",
            ["order of keys"],
        ),
        (
            FACTS,
            b"follow_ups:\n  - owner: a\n    # what\n    title: b\n  - due: c\n    id: d # e\n",
            b"follow_ups:\n  - # what\n    title: b\n    owner: a\n  - id: d # e\n    due: c\n",
            ["order of keys"],
        ),
        (
            ENTRY,
            b"kind: role\nperson: a\nrole: lead\noperation: b\nby: c\nat: d\n",
            b"at: d\nby: c\nkind: role\nrole: lead\nperson: a\noperation: b\n",
            ["order of keys"],
        ),
        (Part("", "configuration"), b"title: x\nversion: 2\n", b"title: x\nversion: 2\n", []),
        (RUNBOOK, b"---\nowner: y \ntitle: X\n---\n# A \n", b"---\ntitle: X\nowner: y\n---\n# A\n", ["trailing space", "order of keys"]),
        (RUNBOOK, b"one  \ntwo \n\nthree  \n", b"one  \ntwo\n\nthree\n", ["trailing space"]),
        (RUNBOOK, b"```\ncode  \n \n```\n\n    more  \n\nend", b"```\ncode  \n \n```\n\n    more  \n\nend\n", ["final newline"]),
        (RUNBOOK, b"a `code \nspan`\n", b"a `code \nspan`\n", []),
    ],
)  # fmt: skip
def test_what_is_repaired_is_said(part: Part, before: bytes, after: bytes, changes: list[str]) -> None:
    done = tidy(before, part)
    assert done.data == after
    assert list(done.changes) == changes
    assert done.left == ()


@pytest.mark.parametrize(
    ("part", "data", "place", "said"),
    [
        (FACTS, b"title: caf\xe9\n", (1, 11), "not UTF-8"),
        (FACTS, b"\xff\xfet\x00", (1, 1), "not UTF-8"),
        (FACTS, b"title: a\nid: b: c \n", (2, 6), "colon"),
        (FACTS, "title: a\u200bb \n".encode(), (1, 9), "Hidden character"),
        (FACTS, b"title: a\ntitle: b \n", (2, 1), "twice"),
        (FACTS, b"summary: |\n  no end", (2, 1), "does not end"),
        (FACTS, b"summary: |+\n  a\n\ntitle: b\n\n# after\n", (1, 1), "cannot be put in order"),
        (RUNBOOK, b"---\ntitle: [ \n---\n", (3, 1), "bracket"),
        (RUNBOOK, b"---\ntitle: x \n", (1, 1), "does not end"),
    ],
)
def test_what_cannot_be_repaired_is_said_and_left(part: Part, data: bytes, place: tuple[int, int], said: str) -> None:
    done = tidy(data, part)
    assert done.data == data
    assert [(fault.line, fault.column) for fault in done.left] == [place]
    assert said in done.left[0].message


def test_line_ends_are_repaired_also_where_the_rest_cannot_be_read() -> None:
    done = tidy(b"\xef\xbb\xbftitle: a\r\nid: [\r\n", FACTS)
    assert done.data == b"title: a\nid: [\n"
    assert done.changes == ("byte order mark", "line ends")
    assert [fault.line for fault in done.left] == [3]


def test_what_this_program_writes_is_in_order() -> None:
    book = repository()
    for ref in book.everything():
        for file in book.record(ref).files.values():
            assert tidy(file.data or b"", file.part).changes == (), file.path
