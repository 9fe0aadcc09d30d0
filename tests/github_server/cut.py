"""Cut from GitHub's whole description of its API the operations that the test server speaks.

    npm pack @octokit/openapi@23.0.2 && tar xf octokit-openapi-23.0.2.tgz package/generated/api.github.com.json
    python -m tests.github_server.cut package/generated/api.github.com.json

Writes `openapi.json` beside this file: MIT, © GitHub; see `LICENSE-openapi.md`. Examples, prose and `x-` keys are
dropped, and components that nothing refers to.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("openapi.json")

_REPO = "/repos/{owner}/{repo}"

OPERATIONS: dict[str, str] = {
    "/orgs/{org}/teams/{team_slug}/members": "get",
    _REPO: "get",
    f"{_REPO}/actions/runs/{{run_id}}": "get",
    f"{_REPO}/actions/workflows/{{workflow_id}}/dispatches": "post",
    f"{_REPO}/branches/{{branch}}": "get",
    f"{_REPO}/collaborators/{{username}}/permission": "get",
    f"{_REPO}/git/blobs": "post",
    f"{_REPO}/issues": "get post",
    f"{_REPO}/issues/{{issue_number}}": "get patch",
    f"{_REPO}/issues/{{issue_number}}/comments": "get post",
    f"{_REPO}/issues/{{issue_number}}/labels": "post",
    f"{_REPO}/issues/comments/{{comment_id}}": "patch",
    f"{_REPO}/labels": "post",
    f"{_REPO}/labels/{{name}}": "patch",
    f"{_REPO}/pulls": "get post",
    f"{_REPO}/pulls/{{pull_number}}/merge": "put",
    f"{_REPO}/rules/branches/{{branch}}": "get",
    f"{_REPO}/rulesets/{{ruleset_id}}": "get",
}
"""Path to the methods that are kept: those that the program, or a workflow, calls."""

_DROPPED = {"description", "summary", "example", "examples", "externalDocs", "x-github", "x-octokit", "operationId"}


def cut(whole: dict[str, Any]) -> dict[str, Any]:
    """The part of a description that `OPERATIONS` names, with the components that it refers to."""
    paths: dict[str, Any] = {}
    for path, methods in OPERATIONS.items():
        item = whole["paths"][path]
        paths[path] = {
            method: {**_slim(item[method]), "operationId": item[method]["operationId"]} for method in methods.split()
        }
    components: dict[str, dict[str, Any]] = {}
    waiting = list(_references(paths))
    while waiting:
        _, _, group, name = waiting.pop().split("/")
        if name not in components.setdefault(group, {}):
            components[group][name] = _slim(whole["components"][group][name])
            waiting += _references(components[group][name])
    info = {key: whole["info"][key] for key in ("title", "version", "license")}
    ordered = {group: dict(sorted(components[group].items())) for group in sorted(components)}
    return {"openapi": whole["openapi"], "info": info, "paths": paths, "components": ordered}


def _slim(node: Any, *, names: bool = False) -> Any:
    """A part without prose; `names` when the keys of `node` are names that somebody chose, not keywords."""
    if isinstance(node, list):
        return [_slim(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _slim(value, names=key in ("properties", "headers") and not names)
        for key, value in node.items()
        if names or key not in _DROPPED
    }


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


if __name__ == "__main__":
    whole = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    TARGET.write_text(json.dumps(cut(whole), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
