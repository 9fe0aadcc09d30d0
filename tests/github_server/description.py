"""GitHub's description of its API (`openapi.json`): which request is legal, and what an answer must hold.

Known gaps of the description, each closed in `_GAPS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]

GREEDY = {"branch"}
"""Path parameters that may hold slashes."""


def _label_list(operation: Json) -> None:
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    schema["oneOf"].append({"type": "array", "minItems": 1, "items": {"type": "string"}})


_GAPS = {
    # The prose of the description says that a bare list of names is legal too, and github3.py sends one.
    ("/repos/{owner}/{repo}/issues/{issue_number}/labels", "post"): _label_list,
}


class Illegal(Exception):
    """A request that GitHub's description does not allow, or an answer that it does not describe."""


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        name: GitHub's name for it, for example `pulls/create`.
    """

    name: str
    method: str
    path: str
    parameters: tuple[Json, ...]
    body: Json | None
    body_required: bool
    answers: Mapping[str, Json]

    def check_request(self, values: Mapping[str, str], query: Mapping[str, str], body: Any) -> tuple[Json, Json]:
        """The typed parameters of path and query.

        Raises:
            Illegal: an unknown, missing or wrong parameter, or a wrong body.
        """
        known = {(item["in"], item["name"]): item for item in self.parameters}
        typed: dict[str, Json] = {"path": {}, "query": {}}
        for place, given in (("path", values), ("query", query)):
            for name, text in given.items():
                item = known.get((place, name))
                if item is None:
                    raise Illegal(f"{self.name}: no parameter {name!r} in the {place}")
                value = _typed(text, item["schema"])
                _check(value, item["schema"], f"{self.name}: {place} parameter {name}")
                typed[place][name] = value
        for (place, name), item in known.items():
            if place in typed and item.get("required") and name not in typed[place]:
                raise Illegal(f"{self.name}: the {place} parameter {name!r} is missing")
            if place == "query" and name not in typed[place] and "default" in item["schema"]:
                typed[place][name] = item["schema"]["default"]
        if self.body is None:
            if body is not None:
                raise Illegal(f"{self.name}: it takes no body")
        elif body is None:
            if self.body_required:
                raise Illegal(f"{self.name}: the body is missing")
        else:
            _check(body, self.body, f"{self.name}: body")
            _check_names(body, self.body, f"{self.name}: body")
        return typed["path"], typed["query"]

    def answer(self, status: int, content: Any) -> Any:
        """An answer: `content` with what the description also asks for, checked.

        Raises:
            Illegal: the description has no such answer.
        """
        answer = self.answers.get(str(status))
        if answer is None:
            raise Illegal(f"{self.name}: the description has no answer {status}")
        media = (answer.get("content") or {}).get("application/json")
        if media is None:
            if content is not None:
                raise Illegal(f"{self.name}: the answer {status} has no content")
            return None
        filled = fill(media["schema"], content)
        _check(filled, media["schema"], f"{self.name}: answer {status}")
        return filled

    def failure(self, status: int, content: Json) -> Json | None:
        """An answer that is no success, with what the description asks for, checked where it describes one.

        Some answers that GitHub gives are not described for every operation: 401, 403, 404 and 422.
        """
        answer = self.answers.get(str(status))
        if answer is None:
            if status not in (401, 403, 404, 422):
                raise Illegal(f"{self.name}: the description has no answer {status}")
            return content
        media = (answer.get("content") or {}).get("application/json")
        if media is None:
            return None if not content.get("message") else content
        filled = fill(media["schema"], content)
        _check(filled, media["schema"], f"{self.name}: answer {status}")
        return dict(filled)


def operations() -> tuple[Operation, ...]:
    """Every operation of the description."""
    return _loaded()[1]


def find(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation of a request, and the raw values of its path parameters, decoded.

    Args:
        path: as it stands in the request line, without the query.

    Raises:
        Illegal: there is none.
    """
    if re.search(r"(^|/)\.{1,2}(/|$)|//", unquote(path)):
        raise Illegal(f"{method} {path}: the path leads elsewhere")
    others = []
    for pattern, operation in _routes():
        found = pattern.fullmatch(path)
        if found is None:
            continue
        if operation.method == method.lower():
            return operation, {name: unquote(value) for name, value in found.groupdict().items()}
        others.append(operation.method)
    raise Illegal(f"{method} {path}: not in the description" + (f" (only {', '.join(others)})" if others else ""))


def fill(schema: Json, content: Any) -> Any:
    """`content` with every property that the schema describes and that costs nothing to make up.

    Required properties are always there; optional ones only when they are plain values.
    """
    schema = _resolve(schema)
    for group in ("oneOf", "anyOf"):
        if group in schema:
            options = [_resolve(option) for option in schema[group]]
            fitting = [option for option in options if _fits(content, option)]
            return fill((fitting or options)[0], content)
    if isinstance(content, list):
        return [fill(schema.get("items", {}), item) for item in content]
    if not isinstance(content, dict):
        return content
    filled = dict(content)
    for part in (schema, *map(_resolve, schema.get("allOf", ()))):
        required = set(part.get("required", ()))
        for name, inner in part.get("properties", {}).items():
            if name in filled:
                filled[name] = fill(inner, filled[name])
            elif name in required or (_is_plain(_resolve(inner)) and name not in _RENDERED):
                filled[name] = smallest(inner)
    return filled


def smallest(schema: Json) -> Any:
    """The smallest value of a schema."""
    schema = _resolve(schema)
    for group in ("oneOf", "anyOf"):
        if group in schema:
            options = [_resolve(option) for option in schema[group]]
            return None if any(option.get("type") == "null" for option in options) else smallest(options[0])
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return None if None in schema["enum"] else schema["enum"][0]
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        return None
    if kind == "object" or "allOf" in schema:
        return fill(schema, {})
    if kind == "string":
        return _STRINGS.get(schema.get("format", ""), "x" * schema.get("minLength", 0))
    return {"array": [], "boolean": False, "integer": schema.get("minimum", 0), "number": 0, "null": None}[kind]


_RENDERED = {"body_html", "body_text"}
"""Properties that only the media type `full` asks for."""

_STRINGS = {"uri": "https://github.example/", "date-time": "2026-01-01T00:00:00Z", "email": "nobody@example.invalid"}


def _is_plain(schema: Json) -> bool:
    kinds = schema.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if {"oneOf", "anyOf", "allOf"} & set(schema):
        return any(_resolve(option).get("type") == "null" for option in schema.get("anyOf", ()))
    return bool(kinds) and not kinds & {"object", "array"}


def _fits(content: Any, schema: Json) -> bool:
    """Whether content could become a value of a schema: its kind is right and it names only known properties."""
    kind = schema.get("type", "object")
    kinds = {kind} if isinstance(kind, str) else set(kind)
    given = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", type(None): "null"}
    if given.get(type(content), "number") not in kinds:
        return False
    return not isinstance(content, dict) or content.keys() <= schema.get("properties", content).keys()


def _typed(text: str, schema: Json) -> Any:
    schema = _resolve(schema)
    kinds = schema.get("type", "string")
    if "oneOf" in schema:
        return int(text) if text.isdigit() else text
    if kinds in ("integer", "number"):
        return int(text) if re.fullmatch(r"-?\d+", text) else text
    if kinds == "boolean":
        return {"true": True, "false": False, "1": True, "0": False}.get(text, text)
    return text


def _check(value: Any, schema: Json, where: str) -> None:
    # Wherever the server runs: a sweep gives the same answers a thousand times, and to check one takes 20 ms.
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://here", json.dumps(value))
    if (id(schema), text) in _right:
        return
    checker = _checkers.get(id(schema))
    if checker is None:
        checker = Draft202012Validator(schema, registry=_loaded()[2], format_checker=_formats())
        _checkers[id(schema)] = checker
    error = jsonschema.exceptions.best_match(checker.iter_errors(value))
    if error is not None:
        raise Illegal(f"{where}: {error.json_path}: {error.message[:300]}")
    if len(_right) < _REMEMBERED:
        _right.add((id(schema), text))


def _check_names(value: Any, schema: Json, where: str) -> None:
    """Refuse properties that the description does not know: GitHub ignores them, so they are typing errors."""
    options = [schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())]
    resolved = [_resolve(option) for option in options]
    if isinstance(value, list):
        items = [option["items"] for option in resolved if "items" in option]
        for number, item in enumerate(value):
            for inner in items[:1]:
                _check_names(item, inner, f"{where}[{number}]")
    if isinstance(value, dict):
        known = {name: inner for option in resolved for name, inner in option.get("properties", {}).items()}
        for name, inner in value.items():
            if known and name not in known:
                raise Illegal(f"{where}: no property {name!r}")
            if name in known:
                _check_names(inner, known[name], f"{where}.{name}")


def _resolve(schema: Json) -> Json:
    while "$ref" in schema:
        target = schema["$ref"].removeprefix(_BASE)
        node: Any = _loaded()[0]
        for part in target.removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema


_checkers: dict[int, Draft202012Validator] = {}
"""Validators by the identity of their schema: the document is loaded once and never changes."""

_REMEMBERED = 5000
_right: set[tuple[int, str]] = set()
"""Values that were found to be as described, by the identity of their schema."""

_BASE = "https://opsbook.invalid/github.json"


@cache
def _formats() -> jsonschema.FormatChecker:
    return jsonschema.FormatChecker(formats=("date-time", "email"))


@cache
def _loaded() -> tuple[Json, tuple[Operation, ...], Registry[Any]]:
    document = json.loads(Path(__file__).with_name("openapi.json").read_text(encoding="utf-8"))
    document = _modern(document)
    found = []
    for path, item in document["paths"].items():
        for method, value in item.items():
            if gap := _GAPS.get((path, method)):
                gap(value)
            found.append(_operation(document, path, method, value))
    registry: Registry[Any] = Registry().with_resource(_BASE, Resource(contents=document, specification=DRAFT202012))
    return document, tuple(found), registry


def _operation(document: Json, path: str, method: str, value: Json) -> Operation:
    def resolved(node: Json) -> Json:
        while "$ref" in node:
            _, _, group, name = node["$ref"].removeprefix(_BASE).split("/")
            node = document["components"][group][name]
        return node

    body = value.get("requestBody")
    return Operation(
        name=value["operationId"],
        method=method,
        path=path,
        parameters=tuple(resolved(item) for item in value.get("parameters", ())),
        body=body["content"]["application/json"]["schema"] if body else None,
        body_required=bool(body and body.get("required")),
        answers={status: resolved(answer) for status, answer in value["responses"].items()},
    )


def _modern(node: Any) -> Any:
    """OpenAPI 3.0 to JSON Schema 2020-12: `nullable` becomes a type, references become absolute."""
    if isinstance(node, list):
        return [_modern(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _modern(value) for key, value in node.items()}
    if isinstance(made.get("$ref"), str):
        made["$ref"] = _BASE + made["$ref"]
    if made.pop("nullable", False) is True:
        if isinstance(made.get("type"), str) and not {"oneOf", "anyOf", "allOf"} & set(made):
            made["type"] = [made["type"], "null"]
            if "enum" in made and None not in made["enum"]:
                made["enum"] = [*made["enum"], None]
        else:
            return {"anyOf": [made, {"type": "null"}]}
    return made


@cache
def _routes() -> Iterable[tuple[re.Pattern[str], Operation]]:
    """Patterns of paths, the most exact first, so that `issues/comments/1` is no comment list of issue `comments`."""

    def pattern(path: str) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", path)
        text = "".join(
            (f"(?P<{part}>.+)" if part in GREEDY else f"(?P<{part}>[^/]+)") if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
        return re.compile(text)

    known = sorted(operations(), key=lambda item: (item.path.count("{"), -len(item.path)))
    return [(pattern(item.path), item) for item in known]
