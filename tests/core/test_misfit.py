"""What does not fit a model is said in plain words, at a place that exists."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, StringConstraints, ValidationError, create_model

from opsbook.core import codes
from opsbook.core.misfit import explain
from opsbook.core.record import File
from opsbook.core.shape import Part
from opsbook.core.types import parse_duration, write_duration
from opsbook.kinds.incident.model import Checklist, Incident, TimelineEntry
from opsbook.kinds.service.model import Service
from opsbook.report.schemas import schemas
from tests.report.books import repository
from tests.report.test_schemas import altered, inside
from tests.support.tries import tries

MODELS: dict[str, type[BaseModel]] = {
    "incident": Incident,
    "timeline-entry": TimelineEntry,
    "checklist": Checklist,
    "service": Service,
}
JARGON = re.compile(r"[Ii]nput should|valid (?:string|tuple|integer)|pydantic|_type|regex|pattern|\^|None|dict|tuple")


@tries(300)
@given(altered())
def test_every_misfit_is_a_plain_sentence_at_a_place_that_exists(example: tuple[bytes, str, Any]) -> None:
    _, name, value = example
    model = MODELS.get(name)
    if model is None:
        return
    try:
        model.model_validate(value, context=repository().config.vocabulary)
    except ValidationError as error:
        found = list(explain(error, model, value, name))
        assert found
        for code, message, loc, key in found:
            assert code in codes.FORM
            unquoted = re.sub("“[^”]*”", "", message)
            assert not JARGON.search(unquoted), message
            assert "\n" not in message
            assert len(message) < 1200
            reached = value
            for step in loc[:-1]:
                reached = reached[step]
            if key:
                assert loc[-1] in reached


def thing(pattern: str) -> type[BaseModel]:
    """A model with one field that has to match a pattern."""
    return create_model("Thing", x=(Annotated[str, StringConstraints(pattern=pattern)], ...))


def test_every_pattern_has_a_sentence() -> None:
    """Nobody has to read a regular expression at three in the morning."""
    patterns = set()
    for text in schemas(repository()).values():
        for place, node in inside(json.loads(text)):
            if isinstance(node.get("pattern"), str) and not place.endswith((".not", ".anyOf[1]")):
                patterns.add((node["pattern"], node.get("format")))
    assert len(patterns) > 10
    for pattern, form in patterns:
        if form is None and not pattern.startswith("^([1-9]"):  # times, dates and durations have words of their own
            model = thing(pattern)
            with pytest.raises(ValidationError) as raised:
                model.model_validate({"x": "\n"})
            ((_, message, _, _),) = explain(raised.value, model, {"x": "\n"}, "thing")
            assert re.match("x must (?!match)", message), pattern


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: 5", "1:8 MOD003 title must be text; put it in quotes"),
        ("ours: 1", "1:7 MOD003 ours must be true or false, without quotes"),
        ("lifecycle: dead", "1:12 MOD003 lifecycle must be one of live, beta or retired, and is “dead”"),
        ("health: [{title: a, url: 'http://a', expect: '200'}]", "1:46 MOD003 health[1].expect must be a whole number"),
        ("health: [{title: a, url: 'http://a', expect: 99}]", "1:46 MOD003 health[1].expect must be at least 100, and"),
        ("health: [{title: a, url: 'http://a', expect: 600}]", "1:46 MOD003 health[1].expect must be at most 599, and"),
        ("health: [{title: a}]", "1:10 MOD001 health[1].url is missing in this service"),
        ("health: x", "1:9 MOD003 health must be a list: one line for each, beginning with -"),
        ("health: [x]", "1:10 MOD003 health[1] must be a mapping: lines of the form key: value"),
        ("link: x", "1:7 MOD003 link must be a mapping: lines of the form key: value"),
        ("link: {title: a, url: x}", "1:23 MOD003 link.url must be an address that begins with https:// or http://"),
        ("title: ''", "1:8 MOD003 title must not be empty"),
        ("description: ' '", "1:14 MOD003 description must not be empty"),
        ("titel: x", "1:1 MOD002 “titel” is not a field of this service; did you mean title?"),
        ("zzz: x", "1:1 MOD002 “zzz” is not a field of this service"),
        ("depends_on: [A]", "1:14 MOD003 depends_on[1] must be lower-case letters, digits and single hyphens"),
        ("- a", "1:1 MOD003 the file must be a mapping: lines of the form key: value"),
    ],
)
def test_a_misfit_says_where_it_is_and_what_would_fit(text: str, said: str) -> None:
    file = File("services/x.yaml", Part("", "service", model=Service), lambda _: text.encode(), dict)
    found = [f"{finding.line}:{finding.column} {finding.code} {finding.message}" for finding in file.findings]
    assert any(line.startswith(said) for line in found), found


@given(st.integers(1, 9999), st.sampled_from("mhdw"))
def test_a_length_of_time_is_read_as_it_was_written(count: int, unit: str) -> None:
    span = parse_duration(f"{count}{unit}")
    assert parse_duration(write_duration(span)) == span
