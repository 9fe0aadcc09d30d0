"""The published schemas are current and closed, describe every field, and say what the models say."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from opsbook.core.book import Book
from opsbook.core.text import hidden_characters
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from opsbook.report.schemas import schemas
from tests.cases.cases import all_cases, base
from tests.report.books import ROOT, errors_of_schema, fits_model, fits_schema, repository, values
from tests.support.tries import tries

COMMITTED = {path.name.removesuffix(".schema.json"): path for path in sorted((ROOT / "schemas").glob("*"))}
NAMES = ("checklist", "drill", "incident", "opsbook", "override", "review", "runbook", "service", "timeline-entry")
CONFIGURATION = (ROOT / "opsbook.yml").read_bytes()
BASE = base()["opsbook.yml"]


def test_the_committed_schemas_are_current() -> None:
    wanted = schemas(repository())
    assert tuple(COMMITTED) == tuple(wanted) == NAMES
    for name, text in wanted.items():
        assert COMMITTED[name].read_text("utf-8") == text, f"{COMMITTED[name].name} is out of date: run opsbook schema"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_by_the_rules_of_its_draft(name: str) -> None:
    schema = json.loads(COMMITTED[name].read_text("utf-8"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def inside(node: Any, place: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema, with its place."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from inside(item, f"{place}[{index}]")
    if isinstance(node, dict):
        yield place, node
        for key, item in node.items():
            yield from inside(item, f"{place}.{key}")


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_closed_and_describes_every_field(name: str) -> None:
    schema = json.loads(COMMITTED[name].read_text("utf-8"))
    conditions = re.compile(r"\.allOf\[\d+\]\.if$")
    for place, node in inside(schema):
        if isinstance(node.get("properties"), dict) and not conditions.search(place):
            assert node.get("additionalProperties") is False or "allOf" in node, f"{place} is open"
            for field, item in node["properties"].items():
                assert item.get("description") or item.get("properties"), f"{place}.{field} has no description"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_has_only_what_every_tool_knows(name: str) -> None:
    text = COMMITTED[name].read_text("utf-8")
    assert "x-opsbook" not in text
    schema = json.loads(text)
    known = {
        "$ref", "$defs", "$schema", "$id", "title", "description", "type", "properties", "required", "additionalProperties",
        "items", "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum", "pattern", "format", "enum",
        "const", "default", "anyOf", "allOf", "not", "if", "then", "markdownEnumDescriptions",
    }  # fmt: skip
    for place, node in inside(schema):
        if not place.endswith((".properties", ".$defs")) and ".default" not in place:
            assert set(node) <= known, place
        if isinstance(node.get("pattern"), str):
            # No look-around, no class that has another meaning elsewhere, and no end of line that is none in Python.
            assert not re.search(r"\(\?[=!<]|\\[dwbAZz]", node["pattern"]), place
            assert not node["pattern"].endswith("$") or node["not"] == {"pattern": "\\n"}, place
        assert node.get("enum") != [], place


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_has_a_name_of_its_own_and_says_what_each_choice_means(name: str) -> None:
    schema = json.loads(COMMITTED[name].read_text("utf-8"))
    assert schema["$id"] == f"urn:opsbook:schema:{name}"
    for place, node in inside(schema):
        if "enum" in node and not place.endswith(".properties"):
            meanings = node["markdownEnumDescriptions"]
            assert len(meanings) == len(node["enum"]), place
            for word, meaning in zip(node["enum"], meanings, strict=True):
                plain = re.sub(r"\\(.)", r"\1", meaning)
                assert f"{word}: {plain}" in node["description"].split("\n"), place


def test_what_the_book_says_of_a_word_is_beside_it() -> None:
    changed = BASE.replace(b"title: Critical", b"title: Critical `x` [y](z)").replace(
        b"name: On-call engineer B", b"name: On-call engineer B\n    retired: 2026-01-01"
    )
    tree = MemoryTree({**base(), "opsbook.yml": changed})
    defs = json.loads(schemas(Book(tree, registry()))["incident"])["$defs"]

    def meaning(name: str, word: str) -> str:
        return str(defs[name]["markdownEnumDescriptions"][defs[name]["enum"].index(word)])

    assert meaning("severities", "P1") == r"Critical \`x\` \[y\](z). Users cannot use the service."
    assert meaning("people", "oncall-b") == "On-call engineer B (retired)."
    assert meaning("components", "web") == "Web."
    assert meaning("service", "payments") == "Payments."


def test_models_and_schemas_accept_every_file_of_this_repository() -> None:
    seen = set()
    for path, name, value in values(repository()):
        seen.add(name)
        assert fits_model(CONFIGURATION, name, value), path
        assert errors_of_schema(CONFIGURATION, name, value) == [], path
    assert seen == set(NAMES) - {"review"}  # nobody has reviewed a runbook of this book by command yet


def test_models_and_schemas_agree_on_every_file_of_every_rule_case() -> None:
    verdicts: dict[tuple[bytes | None, str, str], bool] = {}
    for case in all_cases():
        book = case.book()
        configuration = case.files.get("opsbook.yml")
        unclear = any(finding.code[:3] in ("MOD", "YML") for finding in book.config.findings)
        for path, name, value in values(book):
            if unclear and name != "opsbook":
                continue  # nobody knows the words: the models let every word pass, a schema has to name some
            example = (configuration, name, json.dumps(value))
            if example not in verdicts:
                verdicts[example] = fits_model(configuration, name, value)
                assert fits_schema(configuration, name, value) == verdicts[example], (case.id, path)
    assert list(verdicts.values()).count(False) >= 30


EXAMPLES = [
    *((CONFIGURATION, name, value) for _, name, value in values(repository())),
    *((BASE, name, value) for case in all_cases()[:1] for _, name, value in values(case.book())),
    *(
        (BASE, name, value)
        for case in all_cases()
        if case.code in ("OVR002", "REV003") and case.passes
        for _, name, value in values(case.book())
        if name in ("override", "review")
    ),
]

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.0, 2.0, 1.5, 200.0, 10000, 10**30, 1e300, "", " ", "x", " x", "x ", "x\n", "\nx",
    "x\ny", "x\n\n", "\t", "\u00a0x", "x\u00a0", "x" * 120, "x" * 121, "x" * 61, "é", "x" * 20_001, "no", "1", "1.0",
    "2026-11-21", "2026-02-30", "2026-02-29", "2028-02-29", "2026-13-01", "2026-00-10", "0000-01-01", "0001-01-01",
    "9999-12-31", "2026-11-21\n", "20261121", "2026-W47-6", "٢٠٢٦-11-21", "2026-1-1", "2026-11-21T10:05:00Z",
    "2026-11-21T10:05:00z", "2026-11-21t10:05:00Z", "2026-11-21 10:05:00Z", "2026-11-21T10:05:00+00:00",
    "2026-11-21T10:05:00.5Z", "2026-11-21T10:05Z", "2026-11-21T10:05:00", "2026-11-21T24:00:00Z", "2026-11-21T23:59:60Z",
    "2026-02-30T10:05:00Z", "0000-01-01T00:00:00Z", "2026-11-21T10:05:00Z\n", "1h", "90m", "0m", "01h", "10000d", "1٣m",
    "1h\n", "1 h", "26w", "-1h", "oncall-a", "oncall-a\n", "oncall-z", "github:octo-fiction", "github:octo-fiction\n",
    "github:", "github:-a", "github:robot[bot]", "github:octo_corp",
    "slack:U012ABC", "slack:u012abc", "local:a.b", "local:A", "teams:x",
    "INC-20261121-7KQ4M", "INC-20261121-7KQ4I", "INC-20261121-7KQ4M\n", "INC-٢٠٢٦1121-7KQ4M", "a-b", "a--b", "-a", "A",
    "a/b", "a/b/c", "a/b\n", "/b", "https://x.example/", "http://x", "https://", "https:// x", "https://x\n", "ftp://x",
    "HTTPS://x", "https://x/\"y\"", "https://x/ü", "#incident", "#Incident", "#incident\n", "incident", "x/y", "x/y\n",
    "é/y", "P1", "p1", "P1\n", "closed", "security", "note", "declared", "step", "0123456789abcdef0123", "0" * 64,
    [], [None], ["x"], ["a-b"], ["a-b", "a-b"], [[]], ["x"] * 501, {}, {"x": 1}, {"id": "x"}, {"title": "x"},
    {"title": "x", "url": "https://x.example/"}, {"step": 1, "action": "x", "owner": "oncall"},
)  # fmt: skip


def places(value: Any, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a value."""
    found = [above]
    if isinstance(value, dict):
        for key, item in value.items():
            found += places(item, (*above, key))
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += places(item, (*above, index))
    return found


KEYS = sorted({str(step) for _, _, value in EXAMPLES for place in places(value) for step in place})
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12).filter(lambda text: not hidden_characters(text))
"""Texts that a file can hold: a hidden character is a fault of its own (YML001)."""


@st.composite
def altered(draw: st.DrawFn) -> tuple[bytes, str, Any]:
    """A value of a real file with up to three changes: something dropped, added, replaced, repeated or moved."""
    configuration, name, value = draw(st.sampled_from(EXAMPLES))
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places(value)))
        new = draw(
            st.one_of(st.sampled_from(ODD), TEXTS, st.integers(), st.floats(allow_nan=False, allow_infinity=False))
        )
        new = copy.deepcopy(new)
        if not place:
            if isinstance(value, dict):
                value[draw(st.sampled_from(KEYS))] = new
            continue
        container: Any = value
        for step in place[:-1]:
            container = container[step]
        match draw(st.sampled_from(("replace", "drop", "add", "text", "copy"))):
            case "replace":
                container[place[-1]] = new
            case "drop":
                del container[place[-1]]
            case "add" if isinstance(container[place[-1]], dict):
                container[place[-1]][draw(st.sampled_from(KEYS))] = new
            case "add" if isinstance(container[place[-1]], list):
                container[place[-1]].append(new)
            case "text" if isinstance(container[place[-1]], str):
                container[place[-1]] += draw(st.sampled_from(("\n", " ", "x", "\u0660", "é", "-", "0")))
            case _:
                other = draw(st.sampled_from(places(value)))
                found: Any = value
                for step in other:
                    found = found[step]
                container[place[-1]] = copy.deepcopy(found)
    return configuration, name, value


@tries(300)
@given(altered())
def test_models_and_schemas_agree_on_what_somebody_may_write(example: tuple[bytes, str, Any]) -> None:
    configuration, name, value = example
    if name == "opsbook" and not isinstance(value, dict):
        return
    said = errors_of_schema(configuration, name, value)
    assert (not said) == fits_model(configuration, name, value), said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"at": "2026-11-21T10:05:00Z", "by": "oncall-a", "kind": "note"}, [("$", "'text' is a required property")]),
        (
            {"at": "2026-11-21T10:05:00Z", "by": "oncall-a", "kind": "note", "text": "x", "step": 1},
            [("$", "Additional properties are not allowed ('step' was unexpected)")],
        ),
        (
            {"at": "2026-11-21T10:05:00Z", "by": "oncall-a", "kind": "role", "role": "boss", "person": "oncall-a"},
            [("$.role", "'boss' is not one of ['lead', 'comms']")],
        ),
        ({"at": "2026-11-21T10:05:00Z", "by": "oncall-a", "text": "x"}, [("$", "'kind' is a required property")]),
    ],
    ids=["missing", "unknown", "wrong", "no sort"],
)
def test_a_schema_says_what_is_wrong_with_the_entry_that_was_meant(
    value: dict[str, Any], said: list[tuple[str, str]]
) -> None:
    assert errors_of_schema(CONFIGURATION, "timeline-entry", value) == said


SORTS = {
    "incident": "incidents/*/*/incident.yaml",
    "checklist": "incidents/*/*/checklist.yaml",
    "timeline-entry": "incidents/*/*/timeline/*.yaml",
    "service": "services/*.yaml",
    "opsbook": "opsbook.yml",
}


@pytest.mark.parametrize("name", SORTS)
def test_check_jsonschema_takes_the_records_of_this_repository(name: str) -> None:
    files = sorted(str(path) for path in ROOT.glob(SORTS[name]))
    assert files
    ran = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--schemafile", str(COMMITTED[name]), *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_first_line_of_every_record_leads_an_editor_to_its_schema() -> None:
    for path, name, _ in values(repository()):
        if path.endswith(".md"):
            continue
        first = (ROOT / path).read_text("utf-8").partition("\n")[0]
        found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert found, f"{path} does not name its schema"
        assert ((ROOT / path).parent / found[1]).resolve() == COMMITTED[name], path


@pytest.mark.parametrize("name", NAMES)
def test_models_and_schemas_agree_on_every_odd_value_in_every_place(name: str) -> None:
    """No luck needed: the smallest example of each sort of file, and every odd value in each of its places."""
    configuration, value = min(
        ((configuration, value) for configuration, found, value in EXAMPLES if found == name and configuration == BASE),
        key=lambda item: len(places(item[1])),
    )
    share = 9 if name == "opsbook" else 1  # it is large: every place gets another ninth
    for number, place in enumerate(places(value)[1:]):
        for odd in ODD[number % share :: share]:
            changed = copy.deepcopy(value)
            container: Any = changed
            for step in place[:-1]:
                container = container[step]
            container[place[-1]] = odd
            said = errors_of_schema(configuration, name, changed)
            assert (not said) == fits_model(configuration, name, changed), (place, odd, said)
